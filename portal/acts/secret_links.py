"""Links that carry a secret.

They are mailed immediately or shown once, and are never in a row of the outbox.
"""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from portal.models import User
from portal.wording import preferences

log = logging.getLogger(__name__)


def address_of(view: str, *args: Any) -> str:
    return f"{settings.PORTAL_URL}{reverse(view, args=args)}"


def mail(email: str, template: str, link: str, **about: Any) -> bool:
    """Returns False if mail is not set up or could not be sent. The page then shows the link to the admin.

    A reader who has no login yet has no language here either: the sender's is the best guess.
    """
    if not settings.EMAIL_URL:
        return False
    person = User.objects.filter(email=email).first()
    here = translation.get_language() or settings.LANGUAGE_CODE
    with translation.override(preferences.language_of(person, here) if person else here):
        title, words = (
            _("Your login for the team portal"),
            render_to_string(template, {"link": link, **about}),
        )
    try:
        send_mail(title, words, settings.DEFAULT_FROM_EMAIL, [email])
    except OSError as error:  # smtplib's errors are among these
        log.warning("A link of %s could not be mailed: %s", template, type(error).__name__)
        return False
    return True
