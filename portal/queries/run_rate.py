"""What the active services and domains of one currency cost: a month, in the next twelve, and since when.

The database adds up those of one cycle and due date, so that few rows are read however many there are.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

from django.db.models import Count, Q, Sum

from portal import access
from portal.models import User
from portal.queries import forecast
from portal.queries.cycles import monthly, months_of, months_of_years
from portal.queries.dearer import Dearer, dearer
from portal.queries.forecast import Month, Recurring
from ultahost_api.models import Account, Domain, Event, Noun, Service
from ultahost_api.models.domains import DomainQuerySet
from ultahost_api.models.invoice_totals import added
from ultahost_api.models.services import ServiceQuerySet

Kept = TypeVar("Kept")

_ACTIVE = "Active"
# The fields that a rate is worked out from. An event tells what each was.
_FIELDS = {
    Noun.SERVICES: ("status", "amount", "billing_cycle"),
    Noun.DOMAINS: ("status", "recurring_amount", "registration_period"),
}
_COMES_OR_GOES = (Event.Kind.APPEARED, Event.Kind.GONE, Event.Kind.RETURNED)


@dataclass(frozen=True, slots=True)
class _Group:
    """Active rows of one cycle and due date. ``months`` is 0 where nothing recurs, None if not known."""

    months: int | None
    due: date | None
    amount: Decimal
    count: int
    unread: int  # of these the amount is not known
    charged: int  # the amount is above zero, or below it: a credit
    renews: bool = True


@dataclass(frozen=True, slots=True)
class Change:
    """How a service's or domain's cost a month differs from what it was at the beginning of the month."""

    row: Service | Domain
    was: Fraction
    now: Fraction

    @property
    def difference(self) -> Fraction:
        return self.now - self.was

    @property
    def kind(self) -> str:
        if not self.was or not self.now:
            return "cancelled" if self.was else "new"
        return "dearer" if self.now > self.was else "cheaper"


class RunRate:
    """Of the accounts whose services a user may view, or of one of these."""

    def __init__(self, user: User, currency: str, account: Account | None = None) -> None:
        """The accounts are named by id, so that no statement reads them for their currency."""
        self._user, self.currency = user, currency
        seen = [one for one in access.accounts_to_view(user) if one.currency == currency]
        self.accounts = [one for one in seen if account is None or one.pk == account.pk]
        self._key = "run rate", currency, account and account.pk

    @cached_property
    def services(self) -> ServiceQuerySet:
        return access.services_to_view(self._user).present().of(self.accounts)

    @cached_property
    def domains(self) -> DomainQuerySet:
        return access.domains_to_view(self._user).present().of(self.accounts)

    def _kept(self, name: Hashable, work_out: Callable[[], Kept]) -> Kept:
        return access.kept_figures(self._user, (*self._key, name), work_out)

    @cached_property
    def _groups(self) -> list[_Group]:
        return self._kept("groups", self._read_groups)

    def _read_groups(self) -> list[_Group]:
        services: Any = self.services.filter(status=_ACTIVE).order_by()
        domains: Any = self.domains.filter(status=_ACTIVE).order_by()
        found = [
            _Group(months_of(row["billing_cycle"]), row["next_due_date"], *_told(row))
            for row in services.values("billing_cycle", "next_due_date").annotate(**_sums("amount"))
        ]
        by = ("registration_period", "next_due_date", "auto_renew")
        for row in domains.values(*by).annotate(**_sums("recurring_amount")):
            years, renews = row["registration_period"], row["auto_renew"] is not False
            months = months_of_years(years)
            found.append(_Group(months, row["next_due_date"], *_told(row), renews))
        return found

    @property
    def count(self) -> int:
        """How many are active."""
        return sum(group.count for group in self._groups)

    @property
    def unknown(self) -> int:
        """Of how many the cycle or the amount is not known."""
        groups = self._groups
        without_cycle = sum(group.count for group in groups if group.months is None)
        return without_cycle + sum(group.unread for group in groups if group.months)

    @cached_property
    def rate(self) -> Fraction:
        return self._kept("rate", self._add_up)

    def _add_up(self) -> Fraction:
        rates = (monthly(group.amount, group.months) for group in self._groups if group.months)
        return sum(rates, Fraction())

    @cached_property
    def cancelling(self) -> list[Service]:
        """Active services whose cancellation was requested."""
        active = self.services.filter(status=_ACTIVE)
        return self._kept("cancelling", lambda: forecast.cancelling(active))

    def dearer(self, today: date) -> list[Dearer]:
        return self._kept("dearer", lambda: dearer(self.services, self.domains, self.currency, today))

    def forecast(self, today: date) -> list[Month]:
        def work_out() -> list[Month]:
            return forecast.by_month([*self._recurring(), *self._cancelled()], today)

        return self._kept(("forecast", today), work_out)

    @property
    def undated(self) -> dict[str, int]:
        """How many have no due date, and so are not in the forecast; by the name of their list."""
        return self._kept("undated", lambda: forecast.undated(self.services, self.domains))

    def _recurring(self) -> Iterator[Recurring]:
        for group in self._groups:
            if group.months != 0 and group.due and group.renews and (group.charged or group.unread):
                yield Recurring(group.due, group.months, group.amount, group.charged, group.unread)

    def _cancelled(self) -> Iterator[Recurring]:
        """What their groups hold of these is taken off again."""
        for service in self.cancelling:
            if one := forecast.recurring(service):
                yield Recurring(one.due, one.months, -one.amount, -one.count, -one.unread)

    def told_at(self, moment: datetime) -> list[Account]:
        """Those of which it is known what they cost then, in this currency."""
        return [
            one
            for one in self.accounts
            if one.created_at < moment and one.currency_at(moment) == one.currency
        ]

    def changes(self, since: datetime) -> list[Change]:
        """Since the beginning of a month, the largest first, of the accounts of which it is known."""
        return self._kept(("changes", since), lambda: self._read_changes(since))

    def _read_changes(self, since: datetime) -> list[Change]:
        known = self.told_at(since)
        events = access.events_to_view(self._user).of(known).filter(_TELLS, at__gte=since)
        changed = list(events.order_by("-at", "-pk")) if known else []
        by_row: dict[Any, list[Event]] = {}
        for event in changed:
            by_row.setdefault(event.row_id, []).append(event)
        found = [_change(row, by_row[row.pk]) for row in self._rows(changed)]
        real = [one for one in found if one and one.difference]
        return sorted(real, key=lambda one: (-abs(one.difference), str(one.row)))

    def _rows(self, events: Iterable[Event]) -> Iterator[Service | Domain]:
        """The rows of the events; those that are gone as well."""
        views: tuple[tuple[str, Any], ...] = (
            (Noun.SERVICES, access.services_to_view(self._user)),
            (Noun.DOMAINS, access.domains_to_view(self._user)),
        )
        for noun, rows in views:
            wanted = {event.row_id for event in events if event.noun == noun}
            yield from rows.filter(pk__in=wanted) if wanted else ()


_TELLS = Q(noun__in=[*_FIELDS]) & (
    Q(kind__in=_COMES_OR_GOES)
    | Q(changes__has_any_keys=sorted({name for names in _FIELDS.values() for name in names}))
)


def _change(row: Service | Domain, newest_first: list[Event]) -> Change | None:
    """None where what it costs, or what it cost, is not known."""
    noun = Noun.SERVICES if isinstance(row, Service) else Noun.DOMAINS
    told: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS[noun]}
    is_there, was_there, before = not row.is_gone, not row.is_gone, dict(told)
    for event in newest_first:
        if event.kind in _COMES_OR_GOES:
            was_there = event.kind == Event.Kind.GONE
        for name, (was, _now) in event.changes.items():
            if name in before:
                before[name] = None if event.kind == Event.Kind.READABLE else was
    now, was = _rate(told, is_there), _rate(before, was_there)
    return None if now is None or was is None else Change(row, was, now)


def _rate(told: dict[str, Any], is_there: bool) -> Fraction | None:
    """What a row of these fields costs a month. In events amounts are text."""
    if not is_there or told["status"] != _ACTIVE:
        return Fraction(0)
    amount = told["amount"] if "amount" in told else told["recurring_amount"]
    if "billing_cycle" in told:
        months = months_of(told["billing_cycle"] or "")
    else:
        years = told["registration_period"]
        months = months_of_years(int(years)) if years else None
    if months == 0:
        return Fraction(0)
    return None if amount is None or months is None else monthly(Decimal(amount), months)


def _sums(amount: str) -> dict[str, Any]:
    return {
        "sum": Sum(amount),
        "count": Count("pk"),
        "unread": Count("pk", filter=Q(**{amount: None})),
        "charged": Count("pk", filter=~Q(**{amount: 0}) & ~Q(**{amount: None})),
    }


def _told(row: dict[str, Any]) -> tuple[Decimal, int, int, int]:
    return added(row["sum"]), row["count"], row["unread"], row["charged"]
