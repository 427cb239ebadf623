"""What falls due, by day: open invoices, renewals, domains that expire, and quotes that end.

A renewal for which there is no invoice yet is expected. It falls due on the day that Ultahost tells, and for
some months ahead again after each cycle. The database adds up; only the rows that are shown are read.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, reduce
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Count, F, Q, Sum, TextField, Value, Window
from django.db.models.functions import Cast, RowNumber

from portal import access
from portal.models import User
from portal.queries.agenda_days import Day, DaySum, Entry, Span
from portal.queries.agenda_invoiced import Renewed, read, renewed_by, turn_of, turns_of_rows
from portal.queries.agenda_sources import SOURCES, Source
from portal.queries.cycles import due_days, end_of
from portal.queries.forecast import YEAR
from portal.wording.agenda import Kind
from ultahost_api import conf
from ultahost_api.client.core.amounts import written
from ultahost_api.models import Account
from ultahost_api.models.sorting import without_index

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class _Group:
    """Rows of a source with the same day, cycle and currency."""

    source: Source
    due: date
    cycle: Any
    currency: str
    invoiced: Collection[int]  # how many cycles after the day that was told
    count: int
    known: int
    amount: Decimal


class Agenda:
    """What the user may see of it. ``account`` narrows it to one account.

    What recurs is expected for ``ahead`` months from today, of which the last day is not included: by default
    as far as in the forecast of Spend, whose months lead here.
    """

    def __init__(
        self,
        user: User,
        span: Span,
        *,
        kinds: Collection[Kind] = (),
        account: Account | None = None,
        ahead: int = YEAR,
    ):
        self.user = user
        self.span = span
        self.kinds = kinds or list(Kind)
        self.account = account
        self.today = conf.today()
        self._ahead = ahead
        self._days: dict[tuple[date, int | None], tuple[date, ...]] = {}
        self._known: dict[Source, Any] = {}

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
        found: list[Entry] = []
        for source in self._sources_on(wanted):
            for row in self._rows(source, wanted, most):
                found += self._entries_of(source, row, wanted)
        return sorted(found, key=_turn_on_page)

    def first_entries(self, days: Iterable[date], most: int) -> list[Entry]:
        """Of each of these days the first of ``entries``, at most so many."""
        wanted = frozenset(days)
        key = self._key(self.span, frozenset(self.kinds), wanted, most)
        return access.kept_rows(self.user, key, lambda: self._first_entries(wanted, most))

    def _first_entries(self, wanted: Collection[date], most: int) -> list[Entry]:
        """Of all only the names are read: most rows of a day are not shown, and take long to read."""
        on_day: defaultdict[date, list[tuple[int, str, UUID]]] = defaultdict(list)
        for source, pk, due, months, name in self._named(wanted, most):
            for day in self._falls_on(due, months):
                if day in wanted:
                    on_day[day].append((_KINDS.index(source.kind), name, pk))
        shown = {day: {pk for _kind, _name, pk in sorted(named)[:most]} for day, named in on_day.items()}
        every = set().union(*shown.values())
        found: list[Entry] = []
        for source in self._sources_on(wanted):
            for row in self._rows_of(source).filter(pk__in=every):
                found += [one for one in self._entries_of(source, row, wanted) if row.pk in shown[one.day]]
        return sorted(found, key=_turn_on_page)

    def _named(
        self, wanted: Collection[date], most: int
    ) -> Iterator[tuple[Source, UUID, date, int | None, str]]:
        """Of each row its source, id, day and cycle in months, and what it is called. One statement."""
        sources = [*self._sources_on(wanted)]
        months = {(one.source, str(one.cycle)): one.source.months(one.cycle) for one in self._chosen}
        asked = [
            self._rows(source, wanted, most)
            .select_related(None)
            .values_list(
                "pk",
                "remote_id",
                source.names[0],
                Value(place),
                F(source.day),
                Cast(F(source.cycle), TextField()) if source.cycle else Value(""),
                F(source.names[-1]),
            )
            for place, source in enumerate(sources)
        ]
        for pk, number, name, place, due, cycle, other in (
            asked[0].union(*asked[1:], all=True) if asked else ()
        ):
            source = sources[place]
            yield source, pk, due, months.get((source, cycle)), name or other or f"#{number}"

    def _sources_on(self, wanted: Collection[date]) -> Iterator[Source]:
        for source in SOURCES:
            groups = (one for one in self._chosen if one.source is source)
            if any(day in wanted for group in groups for day in self._days_of(group)):
                yield source

    def _entries_of(self, source: Source, row: Any, wanted: Collection[date]) -> Iterator[Entry]:
        due, cycle = getattr(row, source.day), getattr(row, source.cycle) if source.cycle else None
        months = source.months(cycle)
        for day in self._falls_on(due, months):
            if day not in wanted:
                continue
            turn = turn_of(due, day, months)
            is_invoiced = turn in self._invoiced.get(row.pk, ())
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
        """The day that was told, and from today for some months the days after each cycle.

        None of what is free or was paid once, although Ultahost may tell a day.
        """
        key = due, months
        if key not in self._days:
            self._days[key] = (*self._work_out(due, months),)
        return self._days[key]

    def _work_out(self, due: date, months: int | None) -> Iterator[date]:
        first, before = self.span.first, self.span.before
        if months == 0:
            return
        if first <= due < before:
            yield due
        if months:
            horizon = end_of(self.today, self._ahead)
            ahead = due_days(due, months, max(first, self.today), min(before, horizon))
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
        rows = self._rows_of(source).filter(**{f"{source.day}__lt": self.span.before})
        # What recurs is told of whatever its day, so that an index by day would have most rows looked up.
        if source.cycle:
            rows = without_index(rows, source.day)
        else:
            rows = rows.filter(**{f"{source.day}__gte": self.span.first})
        currency = source.currency == "account__currency" and self._currency
        columns = [source.day, *([] if currency else [source.currency])]
        columns += [source.cycle, "invoiced"] if source.cycle else []
        grouped: Any = rows.annotate(invoiced=turns_of_rows(self._invoiced)).order_by().values(*columns)
        counts = {"rows": Count("pk"), "known": Count(source.amount), "amounts": Sum(source.amount)}
        for told in grouped.annotate(**counts):
            yield _Group(
                source=source,
                due=told[source.day],
                cycle=told.get(source.cycle),
                currency=currency or told[source.currency],
                invoiced=read(told.get("invoiced", "")),
                count=told["rows"],
                known=told["known"],
                amount=Decimal(written(round(told["amounts"] or Decimal(0), 4))),
            )

    @cached_property
    def _currency(self) -> str:
        """That of all accounts, if they have one in common: none is looked up for it."""
        accounts = [self.account] if self.account else access.accounts_to_view(self.user)
        currencies = {one.currency for one in accounts}
        return currencies.pop() if len(currencies) == 1 else ""

    @cached_property
    def _invoiced(self) -> Renewed:
        asking = self._of_account(access.invoices_to_view(self.user)).open().that_cost()
        return self._kept("invoiced", lambda: renewed_by(asking))

    def _rows(self, source: Source, wanted: Collection[date], most: int) -> Any:
        """The rows that fall due on these days, at most so many of each day and cycle."""
        groups = [one for one in self._chosen if one.source is source]
        groups = [one for one in groups if any(day in wanted for day in self._days_of(one))]
        by_cycle: defaultdict[Any, set[date]] = defaultdict(set)
        for group in groups:
            by_cycle[group.cycle].add(group.due)
        which = reduce(or_, (_one_cycle(source, cycle, dues) for cycle, dues in by_cycle.items()))
        columns = [F(name) for name in (source.day, source.cycle) if name]
        place = Window(RowNumber(), partition_by=columns, order_by=F("remote_id").asc())
        rows = self._rows_of(source)
        first = rows.filter(which).order_by().annotate(place=place).filter(place__lte=most)
        return rows.filter(pk__in=first.values("pk"))

    def _rows_of(self, source: Source) -> Any:
        """All of them. Which services are being cancelled is read once."""
        if source not in self._known:
            self._known[source] = self._of_account(source.rows(self.user))
        return self._known[source]

    def _of_account(self, rows: Any) -> Any:
        return rows.filter(account=self.account) if self.account else rows


_KINDS = list(Kind)


def _turn_on_page(one: Entry) -> tuple[date, int, str, UUID]:
    return one.day, _KINDS.index(one.kind), str(one.row), one.row.pk


def _sum_of(group: _Group, day: date) -> DaySum:
    """What the group adds to the sum of one of its days."""
    is_invoiced = turn_of(group.due, day, group.source.months(group.cycle)) in group.invoiced
    if not group.source.is_counted or is_invoiced:
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
