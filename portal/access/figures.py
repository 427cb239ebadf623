"""Counts and sums over the rows that a user may see, kept in this process while those rows stay."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.utils import timezone

from portal.access import rights
from portal.models import User
from ultahost_api import conf

Figures = TypeVar("Figures")

_MOST = 500
_kept: dict[Hashable, Any] = {}


def kept_figures(user: User, key: Hashable, work_out: Callable[[], Figures]) -> Figures:
    """What ``work_out`` returns, kept for this user and ``key`` until one of the rows changes.

    It may depend on today, on rows in the user's accounts (of the tables that ``row_versions`` follows) and
    on nothing else. It may be newer than the rows that a page read before it, and never older. What is kept
    is shared by requests, so it is not to be changed.
    """
    rows = rights.rows_if_known(user)
    if rows is None:
        return work_out()
    days = conf.today(), timezone.localdate(), timezone.get_current_timezone_name()
    whole = rows, days, key
    figures: Figures | None = _kept.get(whole)
    if figures is None:
        figures = work_out()
        if len(_kept) >= _MOST:
            _kept.clear()  # perhaps by another thread meanwhile
        _kept[whole] = figures
    return figures
