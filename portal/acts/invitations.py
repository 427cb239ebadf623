"""Inviting people: a link that works once, within 48 hours; mailed, or copied by the admin."""

from datetime import timedelta

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.acts import secret_links
from portal.models import Act, Invitation, User

LIFE = timedelta(hours=48)


class NoLongerValid(Exception):
    """Accepted, revoked, too old, sent again since it was opened, or its maker is no longer an admin."""


def send(invitation: Invitation, by: User) -> str:
    """Give it a new secret, 48 hours and its maker; the link before is dead. Returns the link."""
    secret = Invitation.new_secret()
    invitation.invited_by = by
    invitation.hash = Invitation.hash_of(secret)
    invitation.sent_at = timezone.now()
    invitation.expires_at = invitation.sent_at + LIFE
    with transaction.atomic():
        invitation.save()
        audit.record(by, Act.PERSON_INVITED, invitation, email=invitation.email, role=invitation.role)
    return secret_links.address_of("open_invitation", secret)


def mail(invitation: Invitation, link: str) -> bool:
    return secret_links.mail(invitation.email, "invitations/mail.txt", link, invitation=invitation)


def revoke(invitation: Invitation, by: User) -> None:
    invitation.revoked_at = timezone.now()
    with transaction.atomic():
        invitation.save(update_fields=["revoked_at"])
        audit.record(by, Act.INVITATION_REVOKED, invitation)


def find(secret: str) -> Invitation | None:
    return Invitation.objects.valid().filter(hash=Invitation.hash_of(secret)).first()


def opened(hash_: str) -> Invitation | None:
    """The one whose link was opened before, if that link still holds."""
    return Invitation.objects.valid().filter(hash=hash_).first()


def accept(invitation: Invitation, *, name: str, password: str) -> User:
    hashed = make_password(password)  # takes long, and nobody waits for it
    with transaction.atomic():
        User.objects.lock_admins()  # the maker's right is not taken away meanwhile
        locked = Invitation.objects.valid().select_for_update(of=("self",)).filter(pk=invitation.pk).first()
        if locked is None or locked.hash != invitation.hash or _is_here(locked.email):
            raise NoLongerValid
        person = User.objects.create(email=locked.email, password=hashed, name=name, role=locked.role)
        locked.accepted_by = person
        locked.save(update_fields=["accepted_by"])
        audit.record(person, Act.PERSON_ADDED, person, role=person.role)
        return person


def _is_here(email: str) -> bool:
    return User.objects.filter(email=email).exists()
