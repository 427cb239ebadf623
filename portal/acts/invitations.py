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
    """The invitation was accepted, revoked or sent again, has expired, or its maker is no longer an admin."""


def send(invitation: Invitation, by: User) -> str:
    """Give the invitation a new secret, 48 hours and ``by`` as its maker.

    Returns the link; the previous one is void.
    """
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
    """The invitation whose link was opened before, if the link is still valid."""
    return Invitation.objects.valid().filter(hash=hash_).first()


def accept(invitation: Invitation, *, name: str, password: str) -> User:
    hashed = make_password(password)  # slow, so it runs before the transaction
    with transaction.atomic():
        User.objects.lock_admins()  # so that the maker stays an admin until the commit
        locked = Invitation.objects.valid().select_for_update(of=("self",)).filter(pk=invitation.pk).first()
        if locked is None or locked.hash != invitation.hash:
            raise NoLongerValid
        if User.objects.filter(email=locked.email).exists():
            raise NoLongerValid
        person = User.objects.create(email=locked.email, password=hashed, name=name, role=locked.role)
        locked.accepted_by = person
        locked.save(update_fields=["accepted_by"])
        audit.record(person, Act.PERSON_ADDED, person, role=person.role)
        return person
