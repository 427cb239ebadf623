"""Mail about what others did; nothing where no mail is set up."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from portal import access
from portal.models import User
from ultahost_api.models import Account

log = logging.getLogger(__name__)


def tell_owners(account: Account, user: User, subject: str) -> None:
    """``subject`` says what was done; the mail adds by whom. Who owns a key tells nobody."""
    if not settings.EMAIL_URL or access.own_key(user, account):
        return
    words = _(
        "%(subject)s, in the account %(account)s. It was %(who)s (%(email)s) who did this in the portal."
    )
    body = words % {"subject": _line(subject), "account": account, "who": user, "email": user.email}
    for owner in access.owners_of(account):
        tell(owner, subject, body)


def tell(person: User, subject: str, body: str) -> None:
    if not settings.EMAIL_URL:
        return
    try:
        EmailMessage(_line(subject), body, settings.DEFAULT_FROM_EMAIL, [person.email]).send()
    except OSError as error:  # what was done is done; smtplib's errors are among these
        log.warning("%s could not be told by mail: %s", person.pk, type(error).__name__)


def _line(subject: str) -> str:
    """A name from Ultahost may hold a line's end, which no header takes."""
    return " ".join(subject.split())
