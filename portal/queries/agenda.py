"""What falls due, by day: open invoices, renewals, domains that expire, and quotes that end.

A renewal for which there is no invoice yet is expected. It falls due on the day that Ultahost tells, and for
some months ahead again after each cycle. The database adds up; only the rows that are shown are read.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property, reduce
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import BooleanField, Count, ExpressionWrapper, F, Q, Sum, Window
from django.db.models.functions import RowNumber

from portal import access
from portal.models import User
from portal.queries.agenda_sources import SOURCES, Source
from portal.queries.cycles import due_days, later
from portal.wording.agenda import Kind
from ultahost_api import conf
from ultahost_api.client.core.amounts import written
from ultahost_api.models import Account, InvoiceItem
from ultahost_api.models.line_texts import is_whole_renewal

Kept = TypeVar("Kept")

_KEPT_DAYS = 92  # whose entries are kept: those of a page, not of a feed
EXPECTED_FOR = 12  # months, as far as the forecast of Spend, whose months lead here
_RAISED_WITHIN = timedelta(days=14)  # half the shortest cycle: an invoice further away is of another period


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` until ``before``, which is not one of them."""

    first: date
    before: date


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that falls due. ``turn`` counts the cycles from the day that Ultahost tells."""

    day: date
    kind: Kind
    row: Any
    amount: Decimal | None
    currency: str
    turn: int = 0
    is_expected: bool = False
    is_invoiced: bool = False  # an open invoice asks for it, and is an entry of its own
    is_counted: bool = True  # in the sums
    ends: bool = False  # a domain that is not renewed


@dataclass(slots=True)
class DaySum:
    """What falls due in one currency. ``unread`` amounts are in neither sum."""

    currency: str
    told: Decimal = Decimal(0)  # by invoices
    expected: Decimal = Decimal(0)
    unread: int = 0

    @property
    def all(self) -> Decimal:
        return self.told + self.expected

    def add(self, other: "DaySum") -> None:
        self.told, self.expected = self.told + other.told, self.expected + other.expected
        self.unread += other.unread


@dataclass(slots=True)
class Day:
    day: date
    count: int = 0
    by_currency: dict[str, DaySum] = field(default_factory=dict)

    @property
    def sums(self) -> list[DaySum]:
        return [one for _, one in sorted(self.by_currency.items()) if one.all or one.unread]


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of a source with the same day, cycle and currency."""

    source: Source
    due: date
    cycle: Any
    currency: str
    is_invoiced: bool
    count: int
    known: int
    amount: Decimal


class Agenda:
    """What the user may see of it. ``account`` narrows it to one account.

    What recurs is expected for ``ahead`` months from today.
    """

    def __init__(
        self,
        user: User,
        span: Span,
        *,
        kinds: Collection[Kind] = (),
        account: Account | None = None,
        ahead: int = EXPECTED_FOR,
    ):
        self.user = user
        self.span = span
        self.kinds = kinds or list(Kind)
        self.account = account
        self.today = conf.today()
        self._ahead = ahead
        self._days: dict[tuple[date, int | None], tuple[date, ...]] = {}

    @cached_property
    def days(self) -> list[Day]:
        """Those on which anything falls due, in their order."""
        return self._kept((self.span, *self.kinds), self._add_up)

    def _add_up(self) -> list[Day]:
        found: dict[date, Day] = {}
        for group in self._chosen:
            for day in self._days_of(group):
                one = found.setdefault(day, Day(day))
                one.count += group.count
                told = one.by_currency.setdefault(group.currency, DaySum(group.currency))
                told.add(_sum_of(group, day))
        return [found[day] for day in sorted(found)]

    @property
    def sums(self) -> list[DaySum]:
        whole = Day(self.span.first)
        for day in self.days:
            for currency, one in day.by_currency.items():
                whole.by_currency.setdefault(currency, DaySum(currency)).add(one)
        return whole.sums

    @cached_property
    def counts(self) -> dict[Kind, int]:
        """How many entries each kind has, whichever kinds were chosen."""
        return self._kept((self.span, "counts"), self._count)

    def _count(self) -> dict[Kind, int]:
        counts = dict.fromkeys(Kind, 0)
        for group in self._groups:
            counts[group.source.kind] += group.count * len(self._days_of(group))
        return counts

    def entries(self, days: Iterable[date], most: int) -> list[Entry]:
        """Of these days, of each kind and cycle at most so many a day."""
        wanted = frozenset(days)
        key = self._key(self.span, frozenset(self.kinds), wanted, most)
        if len(wanted) > _KEPT_DAYS:
            return self._entries(wanted, most)
        return access.kept_rows(self.user, key, lambda: self._entries(wanted, most))

    def _entries(self, wanted: Collection[date], most: int) -> list[Entry]:
        found: list[Entry] = []
        for source in SOURCES:
            groups = [one for one in self._chosen if one.source is source]
            groups = [one for one in groups if any(day in wanted for day in self._days_of(one))]
            for row in self._rows(source, groups, most):
                found += self._entries_of(source, row, wanted)
        order = list(Kind)
        return sorted(found, key=lambda one: (one.day, order.index(one.kind), str(one.row), one.row.pk))

    def _entries_of(self, source: Source, row: Any, wanted: Collection[date]) -> Iterator[Entry]:
        due, cycle = getattr(row, source.day), getattr(row, source.cycle) if source.cycle else None
        months = source.months(cycle)
        for day in self._falls_on(due, months):
            if day not in wanted:
                continue
            turn = ((day.year - due.year) * 12 + day.month - due.month) // months if months else 0
            is_invoiced = not turn and row.pk in self._invoiced
            yield Entry(
                day=day,
                kind=source.kind,
                row=row,
                amount=getattr(row, source.amount),
                currency=getattr(row, source.currency, "") or row.account.currency,
                turn=turn,
                is_expected=bool(source.cycle) and not is_invoiced,
                is_invoiced=is_invoiced,
                is_counted=source.is_counted and not is_invoiced,
                ends=source.ends,
            )

    def _days_of(self, group: _Group) -> Sequence[date]:
        return self._falls_on(group.due, group.source.months(group.cycle))

    def _falls_on(self, due: date, months: int | None) -> Sequence[date]:
        """The day that was told, and from today for some months the days after each cycle."""
        key = due, months
        if key not in self._days:
            self._days[key] = (*self._work_out(due, months),)
        return self._days[key]

    def _work_out(self, due: date, months: int | None) -> Iterator[date]:
        first, before = self.span.first, self.span.before
        if first <= due < before:
            yield due
        if months:
            horizon = later(self.today, self._ahead)
            ahead = due_days(due, months, max(first, self.today), min(before, horizon + timedelta(days=1)))
            yield from (day for day in ahead if day > due)

    @property
    def _chosen(self) -> list[_Group]:
        return [group for group in self._groups if group.source.kind in self.kinds]

    def _kept(self, name: Hashable, work_out: Callable[[], Kept]) -> Kept:
        return access.kept_figures(self.user, self._key(name), work_out)

    def _key(self, *parts: Hashable) -> Hashable:
        return "agenda", self._ahead, self.account and self.account.pk, *parts

    @cached_property
    def _groups(self) -> list[_Group]:
        return self._kept(
            self.span, lambda: [group for source in SOURCES for group in self._groups_of(source)]
        )

    def _groups_of(self, source: Source) -> Iterator[_Group]:
        rows = self._of_account(source.rows(self.user)).filter(**{f"{source.day}__lt": self.span.before})
        if not source.cycle:
            rows = rows.filter(**{f"{source.day}__gte": self.span.first})
        invoiced = ExpressionWrapper(Q(pk__in=self._invoiced), BooleanField())
        columns = [source.day, source.currency, *([source.cycle, "invoiced"] if source.cycle else [])]
        grouped: Any = (
            (rows.annotate(invoiced=invoiced) if source.cycle else rows).order_by().values(*columns)
        )
        for told in grouped.annotate(
            rows=Count("pk"), known=Count(source.amount), amounts=Sum(source.amount)
        ):
            yield _Group(
                source=source,
                due=told[source.day],
                cycle=told.get(source.cycle),
                currency=told[source.currency],
                is_invoiced=bool(told.get("invoiced")),
                count=told["rows"],
                known=told["known"],
                amount=Decimal(written(round(told["amounts"] or Decimal(0), 4))),
            )

    @cached_property
    def _invoiced(self) -> set[UUID]:
        """Services and domains whose renewal an open invoice asks for."""
        return self._kept("invoiced", self._read_invoiced)

    def _read_invoiced(self) -> set[UUID]:
        asking = self._of_account(access.invoices_to_view(self.user)).open().that_cost()
        lines = InvoiceItem.objects.filter(invoice__in=asking).order_by()
        found: set[UUID] = set()
        for thing in ("service", "domain"):
            named: Any = lines.exclude(**{thing: None})
            told = named.values_list(
                thing, f"{thing}__next_due_date", "invoice__due_date", "description", "is_renewal"
            )
            for pk, day, due, text, is_renewal in told:
                renews = is_renewal if thing == "domain" else is_whole_renewal(text)
                if renews and day and due and abs(day - due) <= _RAISED_WITHIN:
                    found.add(pk)
        return found

    def _rows(self, source: Source, groups: list[_Group], most: int) -> Iterable[Any]:
        """The rows of these groups, at most so many of each day and cycle."""
        if not groups:
            return []
        by_cycle: defaultdict[Any, set[date]] = defaultdict(set)
        for group in groups:
            by_cycle[group.cycle].add(group.due)
        which = reduce(or_, (_one_cycle(source, cycle, dues) for cycle, dues in by_cycle.items()))
        columns = [F(name) for name in (source.day, source.cycle) if name]
        place = Window(RowNumber(), partition_by=columns, order_by=F("remote_id").asc())
        rows = self._of_account(source.rows(self.user)).filter(which)
        return rows.annotate(place=place).filter(place__lte=most)

    def _of_account(self, rows: Any) -> Any:
        return rows.filter(account=self.account) if self.account else rows


def _sum_of(group: _Group, day: date) -> DaySum:
    """What the group adds to the sum of one of its days."""
    is_told_of = group.is_invoiced and day == group.due
    if not group.source.is_counted or is_told_of:
        return DaySum(group.currency)
    told = DaySum(group.currency, unread=group.count - group.known)
    if group.source.cycle:
        told.expected = group.amount
    else:
        told.told = group.amount
    return told


def _one_cycle(source: Source, cycle: Any, dues: set[date]) -> Q:
    named = {source.cycle: cycle} if source.cycle else {}
    return Q(**{f"{source.day}__in": dues}, **named)
