"""The rows that the numbers in the menu count."""

from typing import Any

from django.db.models import QuerySet

from portal import access
from portal.models import User
from portal.queries.prepared import counts_of_today
from ultahost_api.models.sorting import without_index

_KEYS = "keys"


def _in_accounts(user: User) -> dict[str, QuerySet[Any]]:
    return {
        "services": access.services_to_view(user).needing_attention(),
        "invoices": without_index(access.invoices_to_view(user).overdue(), "due_date"),
        "domains": access.domains_to_view(user).may_be_lost(),
        "quotes": access.quotes_to_view(user).waiting(),
    }


def _of_the_user(user: User) -> dict[str, QuerySet[Any]]:
    """Keys change whenever they are used."""
    return {_KEYS: access.keys_to_manage(user).needing_attention()}


def _of_everything(user: User) -> dict[str, QuerySet[Any]]:
    return _in_accounts(user) | _of_the_user(user)


def counted(user: User) -> dict[str, int]:
    """The numbers themselves, which every page shows. Where none are kept, one statement counts all."""
    anew: dict[str, int] = {}
    in_accounts = _counted(user, anew)
    return anew or in_accounts | counts_of_today(user, _of_the_user)


def counted_in_accounts(user: User) -> dict[str, int]:
    """Those of the rows that are copied; a name of which nothing can be found may be missing."""
    return _counted(user, {})


def _counted(user: User, anew: dict[str, int]) -> dict[str, int]:
    """``anew`` gets all numbers, if they are counted now."""

    def count() -> dict[str, int]:
        anew.update(counts_of_today(user, _of_everything))
        return {name: number for name, number in anew.items() if name != _KEYS}

    return access.kept_figures(user, "menu", count)
