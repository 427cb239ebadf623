"""What invoices of one currency come to: by month, by account, and by what their lines are about.

A partition gives each line or invoice a key. What belongs to no key, tax and credit are rows of their own,
so that every partition of the same invoices adds up to the same total: what was to be paid.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db.models import Q

from portal import access
from portal.access.figures import Narrow
from portal.models import User
from portal.models.labels import label_of_line
from portal.queries.cycles import later
from ultahost_api.calls.estimates import seconds_for_all
from ultahost_api.models import Account, ApiKey
from ultahost_api.models.invoices import InvoiceQuerySet
from ultahost_api.models.spending import BY_PRODUCT, Sums, by_account_and_month, by_line

MONTHS = 24

Kept = TypeVar("Kept")
Cells = dict[tuple[UUID, date | None], Sums]


@dataclass(frozen=True, slots=True)
class Row:
    """A key, what its lines come to net, and how many lines or invoices that is."""

    key: Any
    amount: Decimal
    count: int


@dataclass(frozen=True, slots=True)
class Partition:
    """Rows by key, the largest first, and beside them what belongs to none of them."""

    rows: list[Row]
    not_assigned: Decimal
    tax: Decimal
    credit: Decimal

    @property
    def total(self) -> Decimal:
        net = sum((row.amount for row in self.rows), self.not_assigned)
        return net + self.tax - self.credit


def seconds_to_read(undetailed: Mapping[UUID, int]) -> float | None:
    """How long the details of so many invoices of each account will take; None if no key can read them."""
    keys: dict[UUID, ApiKey] = {}
    for key in ApiKey.objects.usable().filter(account__in=undetailed):
        keys.setdefault(cast(UUID, key.account_id), key)
    calls = [(key, undetailed[account]) for account, key in keys.items()]
    return seconds_for_all(calls) if calls else None


def partition(keyed: Iterable[tuple[Any, Decimal, int]], whole: Sums) -> Partition:
    """By key. Lines whose key is empty, and what an invoice has beside its lines, are not assigned."""
    found: dict[Any, Row] = {}
    for key, amount, count in keyed:
        if key:
            was = found.get(key, Row(key, Decimal(0), 0))
            found[key] = Row(key, was.amount + amount, was.count + count)
    rows = sorted(found.values(), key=lambda row: (-row.amount, str(row.key)))
    assigned = sum((row.amount for row in rows), Decimal(0))
    return Partition(rows, whole.net - assigned, whole.tax, whole.credit)


def _together(some: Iterable[Cells]) -> Cells:
    return {key: sums for cells in some for key, sums in cells.items()}


class Spend:
    """The invoices that a user may view in one currency, of one account or all, from ``since`` to ``until``.

    The sums by month are those of the last 24 months, whatever the period.
    """

    def __init__(
        self, user: User, currency: str, since: date, until: date, today: date, account: Account | None = None
    ) -> None:
        self._user, self._currency, self._account = user, currency, account
        self.since, self.until = since, until
        self.first = later(today.replace(day=1), 1 - MONTHS)

    @property
    def _invoices(self) -> InvoiceQuerySet:
        invoices = access.invoices_to_view(self._user).counted().filter(currency=self._currency)
        return invoices.of([self._account]) if self._account else invoices

    def _key(self, name: str) -> Hashable:
        account = self._account and self._account.pk
        return "spend", name, self._currency, account, self.since, self.until

    def _kept(self, name: str, work_out: Callable[[], Kept]) -> Kept:
        return access.kept_figures(self._user, self._key(name), work_out)

    @cached_property
    def _cells(self) -> Cells:
        return access.kept_by_account(self._user, self._key("cells"), self._read_cells, _together)

    def _read_cells(self, narrow: Narrow) -> dict[UUID, Cells]:
        since = min(self.first, self.since)
        invoices = self._invoices.filter(Q(date__gte=since) | Q(date=None))
        found: defaultdict[UUID, Cells] = defaultdict(dict)
        for (account, month), sums in by_account_and_month(narrow(invoices)).items():
            found[account][account, month] = sums
        return found

    @property
    def undated(self) -> int:
        """Invoices whose date is not known: they are in no month."""
        return sum(sums.count for (_, month), sums in self._cells.items() if month is None)

    @property
    def undetailed(self) -> dict[UUID, int]:
        """By account, how many invoices of the last 24 months have no details yet."""
        found: defaultdict[UUID, int] = defaultdict(int)
        for (account, month), sums in self._cells.items():
            if month and month >= self.first:
                found[account] += sums.undetailed
        return {account: count for account, count in found.items() if count}

    @cached_property
    def months(self) -> list[tuple[date, Sums]]:
        """The last 24, the oldest first."""
        found: defaultdict[date | None, list[Sums]] = defaultdict(list)
        for (_, month), sums in self._cells.items():
            found[month].append(sums)
        return [(month, Sums.of(found[month])) for n in range(MONTHS) if (month := later(self.first, n))]

    @cached_property
    def whole(self) -> Sums:
        """All of the period."""
        return Sums.of(sums for _, _, sums in self._in_period())

    @property
    def by_month(self) -> Partition:
        return partition(((month, sums.net, sums.count) for _, month, sums in self._in_period()), self.whole)

    @property
    def by_account(self) -> Partition:
        return partition(((key, sums.net, sums.count) for key, _, sums in self._in_period()), self.whole)

    @cached_property
    def by_product(self) -> Partition:
        return self._kept("products", lambda: self.by_line(BY_PRODUCT))

    @cached_property
    def by_label(self) -> Partition:
        """The keys are ids of labels."""
        return self._kept("labels", lambda: self.by_line(label_of_line()))

    def by_line(self, key: Any) -> Partition:
        """``key`` is an expression over a line of an invoice, empty where the line tells nothing."""
        return partition(by_line(key, self.invoices_of_period), self.whole)

    @property
    def invoices_of_period(self) -> InvoiceQuerySet:
        return self._invoices.filter(date__range=(self.since, self.until))

    def _in_period(self) -> Iterable[tuple[Any, date, Sums]]:
        """Periods begin and end with months."""
        for (account, month), sums in self._cells.items():
            if month and self.since <= month <= self.until:
                yield account, month, sums
