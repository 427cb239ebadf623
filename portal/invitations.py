"""Inviting people: a link that works once, within 48 hours; mailed, or copied by the admin."""

import logging
import secrets
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.models import Invitation, User
from ultahost_api.sealing import keyed_digest

LIFE = timedelta(hours=48)

log = logging.getLogger(__name__)


class NoLongerValid(Exception):
    """Accepted, revoked, too old, or sent again since the link was opened."""


def send(invitation: Invitation) -> str:
    """Give it a new secret and 48 hours; the link before is dead. Returns the link."""
    secret = secrets.token_urlsafe(32)
    invitation.hash = _hash(secret)
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + LIFE
    invitation.save()
    return f"{settings.PORTAL_URL}{reverse('open_invitation', args=[secret])}"


def mail(invitation: Invitation, link: str) -> bool:
    """False where no mail is set up or it could not be sent: the admin then hands the link over."""
    if not settings.EMAIL_URL:
        return False
    words = render_to_string("invitations/mail.txt", {"invitation": invitation, "link": link})
    try:
        send_mail(_("Your login for the team portal"), words, settings.DEFAULT_FROM_EMAIL, [invitation.email])
    except OSError as error:  # smtplib's errors are among these
        log.warning("The invitation %s could not be mailed: %s", invitation.pk, type(error).__name__)
        return False
    return True


def revoke(invitation: Invitation) -> None:
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])


def find(secret: str) -> Invitation | None:
    return Invitation.objects.valid().filter(hash=_hash(secret)).first()


def opened(hash_: str) -> Invitation | None:
    """The one whose link was opened before, if that link still holds."""
    return Invitation.objects.valid().filter(hash=hash_).first()


def accept(invitation: Invitation, *, name: str, password: str) -> User:
    with transaction.atomic():
        locked = Invitation.objects.valid().select_for_update().filter(pk=invitation.pk).first()
        if locked is None or locked.hash != invitation.hash or _is_here(locked.email):
            raise NoLongerValid
        person = User.objects.create_user(locked.email, password, name=name, role=locked.role)
        locked.accepted_by = person
        locked.save(update_fields=["accepted_by"])
        return person


def _is_here(email: str) -> bool:
    return User.objects.filter(email=email).exists()


def _hash(secret: str) -> str:
    return keyed_digest("invitation", secret)
