"""Set-password links: each works once, within 48 hours; mailed, or copied by the admin."""

from datetime import timedelta

from allauth.account.forms import default_token_generator
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from portal import audit
from portal.acts import secret_links
from portal.models import Act, PasswordLink, User

LIFE = timedelta(hours=48)


class NoLongerValid(Exception):
    """The link was used or revoked, has expired, or its maker is no longer an admin."""


def make(person: User, by: User | None = None) -> str:
    """The full address of a new link.

    Earlier links for this person stop working. ``by`` is None for a command.
    """
    secret, now = PasswordLink.new_secret(), timezone.now()
    with transaction.atomic():
        end(person)
        PasswordLink.objects.create(
            person=person, made_by=by, hash=PasswordLink.hash_of(secret), made_at=now, expires_at=now + LIFE
        )
        audit.record(by, Act.PASSWORD_LINK_MADE, person)
    return secret_links.address_of("open_password_link", secret)


def mail(person: User, link: str) -> bool:
    return secret_links.mail(person.email, "people/link.txt", link, person=person)


def find(secret: str) -> PasswordLink | None:
    return PasswordLink.objects.valid().filter(hash=PasswordLink.hash_of(secret)).first()


def opened(link_id: str) -> PasswordLink | None:
    """The link whose secret was opened before, if it is still valid."""
    return PasswordLink.objects.valid().select_related("person").filter(pk=link_id).first()


def use(link: PasswordLink, password: str) -> None:
    """Set the password.

    Raises NoLongerValid, also for the second of two requests that use the link at once.
    """
    hashed = make_password(password)  # slow, so it runs before the transaction
    with transaction.atomic():
        User.objects.lock_admins()  # so that the maker stays an admin until the commit
        locked = PasswordLink.objects.valid().select_for_update(of=("self",)).filter(pk=link.pk).first()
        if locked is None:
            raise NoLongerValid
        locked.used_at = timezone.now()
        locked.save(update_fields=["used_at"])
        User.objects.filter(pk=locked.person_id).update(password=hashed)


def use_own(person: User, token: str, password: str) -> None:
    """Set the password by the link that the person asked for. Its token depends on the previous password."""
    hashed = make_password(password)
    with transaction.atomic():
        locked = User.objects.active().select_for_update(no_key=True).filter(pk=person.pk).first()
        if locked is None or not default_token_generator.check_token(locked, token):
            raise NoLongerValid
        User.objects.filter(pk=person.pk).update(password=hashed)


def end(person: User) -> None:
    """Revoke the person's open links: called at each sign-in and each new password."""
    PasswordLink.objects.open().filter(person=person).update(revoked_at=timezone.now())
