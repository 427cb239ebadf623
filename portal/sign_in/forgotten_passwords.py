"""The link for a person who forgot their password."""

from portal.models import User
from portal.sign_in.allauth_internals import request_password_reset
from portal.wording import preferences


def mail_link(email: str) -> None:
    """Mails a link, if an active user has this address."""
    if person := User.objects.active().filter(email=email).first():
        with preferences.worn(person):
            request_password_reset(None, email, [person], None)
