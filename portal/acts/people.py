"""Changing roles, deactivating and reactivating. A former admin's open invitations and links are revoked."""

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from portal import audit
from portal.acts import feeds
from portal.models import Act, Invitation, PasswordLink, Switches, User
from ultahost_api import keys as vault
from ultahost_api.models import ApiKey


@transaction.atomic
def add(email: str, password: str, *, name: str, role: str) -> User:
    """Called by a command on the portal's machine."""
    person = User.objects.create_user(email, password, name=name, role=role)
    audit.record(None, Act.PERSON_ADDED, person, role=role)
    return person


def change_role(by: User, person: User, role: str) -> None:
    """Raises LastAdmin if no other admin would be left."""
    before = person.role
    with transaction.atomic():
        person.change_role(role)
        revoked = [] if person.is_admin else _revoke_open(Q(made_by=person), person)
        audit.record(by, Act.ROLE_CHANGED, person, before=before, role=role)
        _note_revoked(by, revoked)


@transaction.atomic
def deactivate(by: User, person: User, keys: Iterable[ApiKey] = ()) -> None:
    """Deactivate the person and disable the ``keys``. Raises LastAdmin if no other admin would be left."""
    person.deactivate()
    revoked = _revoke_open(Q(made_by=person) | Q(person=person), person)
    disabled = list(keys)
    for key in disabled:
        vault.disable(key)
    # The log comes last: until the commit every other entry waits for it
    for key in disabled:
        audit.record(by, Act.KEY_DISABLED, key, account=key.account)
    audit.record(by, Act.PERSON_DEACTIVATED, person)
    feeds.revoke(by, person)
    _note_revoked(by, revoked)


@transaction.atomic
def reactivate(by: User, person: User) -> None:
    person.reactivate()
    audit.record(by, Act.PERSON_REACTIVATED, person)


@transaction.atomic
def end_sessions(by: User, person: User) -> None:
    person.end_sessions()
    audit.record(by, Act.SESSIONS_ENDED, person)


@transaction.atomic
def require_second_factor(by: User | None, required: bool) -> None:
    """From the next request, people without two-factor sign-in have to set it up first.

    ``by`` None: a command.
    """
    Switches.objects.update_or_create(pk=1, defaults={"second_factor": required})
    audit.record(by, Act.FACTOR_REQUIRED, required=required)


def _revoke_open(links: Q, maker: User) -> list[Invitation | PasswordLink]:
    invitations = Invitation.objects.open().filter(invited_by=maker).select_for_update()
    open_links = PasswordLink.objects.open().filter(links).select_for_update()
    revoked: list[Invitation | PasswordLink] = [*invitations, *open_links]
    for one in revoked:
        one.revoked_at = timezone.now()
        one.save(update_fields=["revoked_at"])
    return revoked


def _note_revoked(by: User, revoked: Iterable[Invitation | PasswordLink]) -> None:
    for one in revoked:
        if isinstance(one, Invitation):
            audit.record(by, Act.INVITATION_REVOKED, one)
        else:
            audit.record(by, Act.PASSWORD_LINK_REVOKED, one.person)
