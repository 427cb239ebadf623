"""Set-password links: each works once, within 48 hours; mailed, or copied by the admin."""

import logging
import secrets
from datetime import timedelta

from allauth.account.forms import default_token_generator
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit
from portal.models import Act, PasswordLink, User
from ultahost_api.crypto.digests import keyed_digest

LIFE = timedelta(hours=48)

log = logging.getLogger(__name__)


class NoLongerValid(Exception):
    """Used, revoked or too old, or its maker may no longer make one."""


def make(person: User, by: User | None = None) -> str:
    """The whole address; earlier links for this person stop working. Without ``by`` a command made it."""
    secret, now = secrets.token_urlsafe(32), timezone.now()
    with transaction.atomic():
        end(person)
        PasswordLink.objects.create(
            person=person, made_by=by, hash=_hash(secret), made_at=now, expires_at=now + LIFE
        )
        audit.record(by, Act.PASSWORD_LINK_MADE, person)
    return f"{settings.PORTAL_URL}{reverse('open_password_link', args=[secret])}"


def mail(person: User, link: str) -> bool:
    """False where no mail is set up or it could not be sent: the admin then hands the link over."""
    if not settings.EMAIL_URL:
        return False
    words = render_to_string("people/link.txt", {"person": person, "link": link})
    try:
        send_mail(_("Your login for the team portal"), words, settings.DEFAULT_FROM_EMAIL, [person.email])
    except OSError as error:  # smtplib's errors are among these
        log.warning("The link for %s could not be mailed: %s", person.pk, type(error).__name__)
        return False
    return True


def find(secret: str) -> PasswordLink | None:
    return PasswordLink.objects.valid().filter(hash=_hash(secret)).first()


def opened(link_id: str) -> PasswordLink | None:
    """The one whose secret was shown before, if it still holds."""
    return PasswordLink.objects.valid().select_related("person").filter(pk=link_id).first()


def use(link: PasswordLink, password: str) -> None:
    """Set the password. Of two who use the link at once, one is told that it is no longer valid."""
    hashed = make_password(password)  # takes long, and nobody waits for it
    with transaction.atomic():
        User.objects.lock_admins()  # the maker's right is not taken away meanwhile
        locked = PasswordLink.objects.valid().select_for_update(of=("self",)).filter(pk=link.pk).first()
        if locked is None:
            raise NoLongerValid
        locked.used_at = timezone.now()
        locked.save(update_fields=["used_at"])
        User.objects.filter(pk=locked.person_id).update(password=hashed)


def use_own(person: User, token: str, password: str) -> None:
    """The same with the link that the person asked for, whose token depends on the password before."""
    hashed = make_password(password)
    with transaction.atomic():
        locked = User.objects.active().select_for_update(no_key=True).filter(pk=person.pk).first()
        if locked is None or not default_token_generator.check_token(locked, token):
            raise NoLongerValid
        User.objects.filter(pk=person.pk).update(password=hashed)


def end(person: User) -> None:
    """A sign-in and a new password end the links that were made before."""
    PasswordLink.objects.open().filter(person=person).update(revoked_at=timezone.now())


def _hash(secret: str) -> str:
    return keyed_digest("set-password link", secret)
