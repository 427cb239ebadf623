"""The rows that the numbers in the menu count."""

from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from portal import access
from portal.models import User
from ultahost_api import conf
from ultahost_api.models.counting import PreparedCounts, counts

_PREPARED = PreparedCounts(most=200)


def rows_of(user: User) -> dict[str, QuerySet[Any]]:
    """For each noun of the menu that has any."""
    return {
        "services": access.services_to_view(user).needing_attention(),
        "invoices": access.invoices_to_view(user).overdue(),
        "domains": access.domains_to_view(user).may_be_lost(),
        "quotes": access.quotes_to_view(user).waiting(),
        "keys": access.keys_to_manage(user).needing_attention(),
    }


def counted(user: User) -> dict[str, int]:
    """The numbers themselves. Every page shows them, so their statement is built once a day for a user."""
    known = access.rights_if_known(user)
    if known is None:
        return counts(**rows_of(user))
    key = known, conf.today(), timezone.get_current_timezone_name()
    return _PREPARED.counts(key, lambda: rows_of(user))
