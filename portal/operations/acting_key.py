"""The key with which a write is sent: the one that the page named, or none."""

from uuid import UUID

from django.utils.translation import gettext as _

from portal.models import User
from ultahost_api.models import Account, ApiKey


class OtherKey(Exception):
    """Another key than the page named would be used, or there is none. The message is for the user."""


def whose(user: User, key: ApiKey | None) -> str:
    """The key and its owner in words, for the page before a write."""
    if key is None:
        return _("none: this account has no active key")
    if key.owner_id == user.pk:
        return _("%(key)s, yours") % {"key": key}
    return _("%(key)s of %(owner)s") % {"key": key, "owner": key.owner}


def as_named(user: User, account: Account, named_id: UUID | None, key: ApiKey | None) -> ApiKey:
    """Return ``key``, which would be used now, if it is the one that was named; else raise OtherKey.

    The named id is only compared: an id in a form never chooses a key.
    """
    if key and key.pk == named_id:
        return key
    of_account = ApiKey.objects.filter(account=account).select_related("owner")
    named = of_account.filter(pk=named_id).first() if named_id else None
    raise OtherKey(_words(whose(user, named) if named else "", whose(user, key) if key else ""))


def _words(named: str, now: str) -> str:
    if named and now:
        words = _("This page named the key %(named)s, but now %(now)s would be used. Nothing was sent.")
    elif now:
        words = _("This page named no key of this account, but now %(now)s would be used. Nothing was sent.")
    elif named:
        words = _("The key %(named)s no longer works, and there is no other. Nothing was sent.")
    else:
        words = _("This account has no active key. Nothing was sent.")
    return words % {"named": named, "now": now}
