"""Set-password links: mailed where mail is set, else copied by the admin. They die with their first use."""

import logging

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.models import User

log = logging.getLogger(__name__)


def make(person: User) -> str:
    """The whole address. Opening it moves the secret out of the address bar into the session."""
    token = default_token_generator.make_token(person)
    path = reverse(
        "account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(person), "key": token}
    )
    return f"{settings.PORTAL_URL}{path}"


def mail(person: User) -> bool:
    """False where no mail is set up or it could not be sent: the admin then hands the link over."""
    if not settings.EMAIL_URL:
        return False
    words = render_to_string("people/link.txt", {"person": person, "link": make(person)})
    try:
        send_mail(_("Your login for the team portal"), words, settings.DEFAULT_FROM_EMAIL, [person.email])
    except OSError as error:  # smtplib's errors are among these
        log.warning("The link for %s could not be mailed: %s", person.pk, type(error).__name__)
        return False
    return True
