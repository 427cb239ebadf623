"""Links that carry a secret.

They are mailed immediately or shown once, and are never in a row of the outbox.
"""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

log = logging.getLogger(__name__)


def address_of(view: str, *args: Any) -> str:
    return f"{settings.PORTAL_URL}{reverse(view, args=args)}"


def mail(email: str, template: str, link: str, **about: Any) -> bool:
    """Returns False if mail is not set up or could not be sent. The page then shows the link to the admin."""
    if not settings.EMAIL_URL:
        return False
    words = render_to_string(template, {"link": link, **about})
    try:
        send_mail(_("Your login for the team portal"), words, settings.DEFAULT_FROM_EMAIL, [email])
    except OSError as error:  # smtplib's errors are among these
        log.warning("A link of %s could not be mailed: %s", template, type(error).__name__)
        return False
    return True
