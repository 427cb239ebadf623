"""The door to an empty portal: a one-time token that the start prints, kept as a keyed hash only."""

import secrets

from django.db import transaction
from django.utils.crypto import constant_time_compare

from portal.models import FirstAdminToken, Role, User
from ultahost_api.crypto.digests import keyed_digest


class WrongToken(Exception):
    """The token is not the one that the last start printed, or somebody is an admin already."""


def is_open() -> bool:
    return not User.objects.exists()


def issue_token() -> str | None:
    """A new token, which replaces the one before; None once there is a user."""
    if not is_open():
        return None
    token = secrets.token_urlsafe(24)
    FirstAdminToken.objects.update_or_create(defaults={"hash": _hash(token)})
    return token


def create(token: str, *, email: str, name: str, password: str) -> User:
    with transaction.atomic():
        issued = FirstAdminToken.objects.select_for_update().first()
        if not issued or not is_open() or not constant_time_compare(issued.hash, _hash(token.strip())):
            raise WrongToken
        issued.delete()
        return User.objects.create_user(email, password, name=name, role=Role.ADMIN)


def _hash(token: str) -> str:
    return keyed_digest("first admin token", token)
