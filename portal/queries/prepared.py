"""Counts that many pages ask for, by statements that are built once a day for a user."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from portal import access
from portal.models import User
from ultahost_api import conf
from ultahost_api.models.counting import PreparedCounts, counts

_PREPARED = PreparedCounts(most=400)


def counts_of_today(user: User, rows: Callable[[User], dict[str, QuerySet[Any]]]) -> dict[str, int]:
    """By name; a name of which nothing can be found may be missing.

    ``rows`` may depend on the user, on their rights and on the day, and on nothing else.
    """
    known = access.rights_if_known(user)
    if known is None:
        return counts(**rows(user))
    key = rows, known, conf.today(), timezone.get_current_timezone_name()
    return _PREPARED.counts(key, lambda: rows(user))
