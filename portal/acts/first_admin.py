"""The door to an empty portal: a one-time token that the start prints, kept as a keyed hash only."""

import secrets

from django.db import transaction
from django.utils.crypto import constant_time_compare

from portal import audit
from portal.models import Act, FirstAdminToken, Role, User


class WrongToken(Exception):
    """The token is not the one that the last start printed, or there is an admin already."""


def is_open() -> bool:
    return not User.objects.exists()


def issue_token() -> str | None:
    """A new token, which replaces the one before; None once there is a user."""
    if not is_open():
        return None
    token = secrets.token_urlsafe(24)
    FirstAdminToken.objects.update_or_create(defaults={"hash": FirstAdminToken.hash_of(token)})
    return token


@transaction.atomic
def create(token: str, *, email: str, name: str, password: str) -> User:
    issued = FirstAdminToken.objects.select_for_update().first()
    given = FirstAdminToken.hash_of(token.strip())
    if not issued or not is_open() or not constant_time_compare(issued.hash, given):
        raise WrongToken
    issued.delete()
    admin = User.objects.create_user(email, password, name=name, role=Role.ADMIN)
    audit.record(admin, Act.PERSON_ADDED, admin, role=admin.role)
    return admin
