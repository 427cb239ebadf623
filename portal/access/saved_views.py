"""The saved views that a person finds in a list, and those that they may change."""

import re
from urllib.parse import unquote_plus
from uuid import UUID

from django.db.models import CharField, Q, Value
from django.db.models.functions import Coalesce, NullIf
from django.shortcuts import get_object_or_404

from portal.access import rights
from portal.models import SavedView, User
from ultahost_api.models import Account
from ultahost_api.models.folding import searchable
from ultahost_api.models.prepared import Prepared

_PREPARED = Prepared(most=200)


def saved_views_of(user: User, listing: str) -> list[SavedView]:
    """Their own and the shared ones, without views that name an account which the user may not see.

    ``maker`` is what its owner is called.
    """
    seen = Q(owner=user) | Q(shared=True)
    maker = Coalesce(NullIf("owner__name", Value("")), "owner__email", output_field=CharField())
    found = _PREPARED.rows(
        SavedView,
        (user.pk, listing),
        lambda: SavedView.objects.filter(seen, listing=listing).annotate(maker=maker),
    )
    unseen = rights.unseen_accounts(user) if found else []
    return [view for view in found if view.owner_id == user.pk or not _names(view, unseen)]


def saved_view_to_change(user: User, view_id: UUID) -> SavedView:
    """The maker's; an admin changes the shared ones as well."""
    theirs = Q(owner=user) | Q(shared=True) if user.is_admin else Q(owner=user)
    return get_object_or_404(SavedView.objects.filter(theirs), pk=view_id)


def _names(view: SavedView, accounts: list[Account]) -> bool:
    """Whether the view filters by one of the accounts, or whether its name or search has their names."""
    told = searchable([view.name, unquote_plus(view.query)])
    return any(
        str(account.pk) in view.query or _has(told, searchable([account.name])) for account in accounts
    )


def _has(text: str, name: str) -> bool:
    return bool(name.strip() and re.search(rf"(?<!\w){re.escape(name.strip())}(?!\w)", text))
