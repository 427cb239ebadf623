"""What was read of the rows that a user may see, kept in this process while those rows stay.

Counts and sums, and the rows of the pages of lists that were shown last. They are kept by the user, by their
rights and by the day, and end with the first change of a row: see ``row_versions``.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from datetime import date
from threading import Lock
from typing import Any, TypeVar
from uuid import UUID

from django.utils import timezone

from portal.access import rights
from portal.models import User
from ultahost_api import conf
from ultahost_api.models import Account

Kept = TypeVar("Kept")
Added = TypeVar("Added")
Narrow = Callable[[Any], Any]


class _Store:
    """The ``most`` that were asked for last."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable) -> Any:
        """None if it is not kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    def put(self, key: Hashable, made: Any) -> None:
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self.most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_figures = _Store(most=500)
_by_account = _Store(most=200)
_rows = _Store(most=30)  # pages, each of some hundred kilobytes


def kept_figures(user: User, key: Hashable, work_out: Callable[[], Kept]) -> Kept:
    """What ``work_out`` returns, kept for this user and ``key`` until one of the rows changes.

    It may depend on today, on rows in the user's accounts (of the tables that ``row_versions`` follows) and
    on nothing else. It may be newer than the rows that a page read before it, and never older. What is kept
    is shared by requests, so it is not to be changed.
    """
    return _kept(_figures, user, key, work_out)


def kept_by_account(
    user: User,
    key: Hashable,
    work_out: Callable[[Narrow], Mapping[UUID, Kept]],
    add_up: Callable[[Collection[Kept]], Added],
) -> Added:
    """What ``work_out`` tells of each account that has anything, added up.

    Of each account it is kept until one of the account's rows changes: where copies are refreshed all the
    time, a few of them have changed and the others have not. ``work_out`` is given what narrows a query set
    to the accounts that it is asked for, and returns by the account's id. Otherwise as ``kept_figures``.
    """
    each = rights.rows_of_each_if_known(user)
    if each is None:
        return add_up(work_out(lambda rows: rows).values())
    return kept_figures(user, ("of accounts", key), lambda: add_up(_of_accounts(user, key, each, work_out)))


def _of_accounts(
    user: User,
    key: Hashable,
    each: Mapping[Account, Hashable],
    work_out: Callable[[Narrow], Mapping[UUID, Kept]],
) -> Collection[Kept]:
    whole = user.pk, user.role, user.is_active, *_days(), key
    before: dict[UUID, tuple[Hashable, Kept | None]] = _by_account.get(whole) or {}
    kept = {
        account.pk: before[account.pk]
        for account, rows in each.items()
        if account.pk in before and before[account.pk][0] == rows
    }
    if changed := [account for account in each if account.pk not in kept]:
        told = work_out((lambda rows: rows.of(changed)) if kept else (lambda rows: rows))
        kept |= {account.pk: (each[account], told.get(account.pk)) for account in changed}
    _by_account.put(whole, kept)
    return [figure for _rows, figure in kept.values() if figure is not None]


def kept_rows(user: User, key: Hashable, read: Callable[[], Kept]) -> Kept:
    """The same for the rows of a page, of which fewer are kept."""
    return _kept(_rows, user, key, read)


def are_followed(user: User, accounts: Iterable[Account]) -> bool:
    """Whether what is kept for the user ends with each change of a row of these accounts."""
    each = rights.rows_of_each_if_known(user)
    return each is not None and each.keys() >= {*accounts}


def forget() -> None:
    """As a process that has just started."""
    _figures.clear()
    _by_account.clear()
    _rows.clear()


def _kept(store: _Store, user: User, key: Hashable, make: Callable[[], Kept]) -> Kept:
    rows = rights.rows_if_known(user)
    if rows is None:
        return make()
    whole = rows, *_days(), key
    made: Kept | None = store.get(whole)
    if made is None:
        made = make()
        store.put(whole, made)
    return made


def _days() -> tuple[date, date, str]:
    return conf.today(), timezone.localdate(), timezone.get_current_timezone_name()
