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
    """Used, revoked or too old, or its maker may no longer make one."""


def make(person: User, by: User | None = None) -> str:
    """The whole address; earlier links for this person stop working. Without ``by`` a command made it."""
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
