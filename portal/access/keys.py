"""The keys that a user manages, and the key with which a write of theirs is sent."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from portal.models import User
from ultahost_api.models import Account, ApiKey, Refresh
from ultahost_api.models.api_keys import ApiKeyQuerySet
from ultahost_api.models.prepared import Prepared

_PREPARED = Prepared(most=1)


def keys_to_manage(user: User) -> ApiKeyQuerySet:
    """A member's own keys; for an admin all keys. A billing user has none."""
    keys = ApiKey.objects.present().select_related("owner", "account", "rate_window", "replaces", "successor")
    if user.is_admin:
        return keys
    return keys.filter(owner=user) if user.is_active and user.may_hold_keys else keys.none()


def key_to_manage(user: User, key_id: UUID) -> ApiKey:
    return get_object_or_404(keys_to_manage(user), pk=key_id)


def key_to_write_with(user: User, account: Account) -> ApiKey | None:
    """The user's own key, else the account's oldest usable one.

    The caller has checked that the user may write.
    """
    usable = ApiKey.objects.usable().filter(account=account).select_related("owner", "account")
    return usable.filter(owner=user).first() or usable.first()


def own_key(user: User, account: Account) -> ApiKey | None:
    return ApiKey.objects.usable().filter(account=account, owner=user).select_related("account").first()


def ids_of_accounts_with_working_key() -> frozenset[UUID]:
    """Those that a key opens, of any person."""
    found = _PREPARED.values("working", _accounts_with_working_key)
    return frozenset(account for (account,) in found)


def _accounts_with_working_key() -> QuerySet[ApiKey, Any]:
    return ApiKey.objects.usable().order_by().exclude(account=None).values_list("account").distinct()


def stopped_refreshes(user: User) -> QuerySet[Refresh]:
    """Refreshes that have stopped, in accounts which keys that the user manages open."""
    accounts = keys_to_manage(user).active().exclude(account=None).values("account")
    return Refresh.objects.filter(account__in=accounts).exclude(broken_at=None).select_related("account")
