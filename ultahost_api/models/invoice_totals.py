"""What invoices come to: each sum with how many amounts could not be read, and so are not in it."""

from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, DecimalField, Q, QuerySet, Sum, Value, When

from ultahost_api.client.core.amounts import written
from ultahost_api.models.invoice_statuses import IS_OPEN, is_overdue

_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class Owed:
    """What one account owes in one currency, and when the first that is unpaid is due."""

    currency: str
    total: Decimal
    first_due: date | None
    unread: int  # invoices whose total could not be read, and is not in ``total``


@dataclass(frozen=True, slots=True)
class FilteredTotals:
    """Sums of one currency over the rows of a list.

    ``moved`` rows only pay other invoices or add to the credit: they are in no sum and not in ``count``.

    No sum holds what could not be read: ``unread`` says of how many rows the total is missing,
    ``details_unread`` of how many net or tax. ``undetailed`` have no net and tax yet.
    """

    currency: str
    count: int
    net: Decimal
    tax: Decimal
    credit: Decimal
    total: Decimal
    paid: Decimal
    open: Decimal
    unread: int
    undetailed: int
    details_unread: int
    moved: int = 0

    @property
    def has_details(self) -> bool:
        """Whether net and tax of any row are known."""
        return self.undetailed < self.count


def add_filtered(some: Iterable[FilteredTotals]) -> list[FilteredTotals]:
    """One for each currency."""
    by_currency: dict[str, list[Any]] = {}
    for one in some:
        by_currency.setdefault(one.currency, []).append(astuple(one)[1:])
    columns = {currency: zip(*told, strict=True) for currency, told in sorted(by_currency.items())}
    return [FilteredTotals(currency, *[sum(column) for column in told]) for currency, told in columns.items()]


def filtered_totals(row: dict[str, Any]) -> FilteredTotals:
    if row["only_moves_money"]:
        nothing: dict[str, Any] = dict.fromkeys(("net", "tax", "credit", "total", "paid", "open"), Decimal(0))
        counts = {"count": 0, "unread": 0, "undetailed": 0, "details_unread": 0, "moved": row["count"]}
        return FilteredTotals(row["currency"], **nothing, **counts)
    return FilteredTotals(
        currency=row["currency"],
        count=row["count"],
        net=added(row["net"]),
        tax=added(added(row["first_tax"]) + added(row["second_tax"])),
        credit=added(row["used"]),
        total=added(row["whole"]),
        paid=added(row["paid"]),
        open=added(row["open"]),
        unread=row["unread"],
        undetailed=row["undetailed"],
        details_unread=row["details_unread"],
    )


@dataclass(frozen=True, slots=True)
class CurrencyTotals:
    """Sums of one currency: open, overdue, credits (as what they give), and invoiced this year and paid.

    No sum holds the amounts that could not be read: ``…_unread`` says how many. Of a due date that could not
    be read it is unknown whether it has passed.
    """

    currency: str
    open: Decimal
    overdue: Decimal
    overdue_count: int
    credits: Decimal
    credits_count: int
    paid: Decimal
    paid_count: int
    open_unread: int
    due_unread: int
    paid_unread: int


@dataclass(frozen=True, slots=True)
class State:
    """Invoices of one currency that count alike; ``unread`` ones have no known total."""

    count: int = 0
    unread: int = 0
    sum: Decimal = Decimal(0)

    def __add__(self, other: "State") -> "State":
        return State(self.count + other.count, self.unread + other.unread, self.sum + other.sum)


States = dict[str, dict[str, State]]  # by currency, and by how they count


def add_states(some: Iterable[States]) -> list[CurrencyTotals]:
    """Of all of them, by currency: two currencies are never added together."""
    whole: States = {}
    for states in some:
        for currency, told in states.items():
            added_up = whole.setdefault(currency, {})
            for state, one in told.items():
                added_up[state] = added_up.get(state, State()) + one
    return [currency_totals(currency, told) for currency, told in sorted(whole.items())]


def states_of(
    invoices: QuerySet[Any], today: date, *, every_year: bool
) -> Iterator[tuple[UUID, str, str, State]]:
    """By account and currency, how invoices count, and those that count so. One statement.

    Each part of it reads a few rows in an index. Invoices that count in no sum only name their currency.
    """
    rows = invoices.order_by()
    paid = rows.filter(status="Paid")
    parts = [(paid, _PAID)]
    if not every_year:
        in_this_year = paid.filter(date__year=today.year)
        parts = [(in_this_year, _PAID), (paid.filter(date=None, unreadable__has_key="date"), _PAID_SOME_TIME)]
    sums = {"count": Count("*"), "known": Count("total"), "sum": Sum("total")}
    asked = [
        part.values("account", "currency", state=state).annotate(**sums)
        for part, state in [*parts, (rows.filter(IS_OPEN), _open_state(today))]
    ]
    nothing = {"count": Value(0), "known": Value(0), "sum": Value(Decimal(0), DecimalField())}
    named = rows.values("account", "currency", state=Value(""), **nothing)
    for told in asked[0].union(*asked[1:], named.distinct(), all=True):
        one = State(told["count"], told["count"] - told["known"], added(told["sum"]))
        yield told["account"], told["currency"], told["state"], one


_PAID, _PAID_SOME_TIME = Value("paid"), Value("paid some time")


def _open_state(today: date) -> Case:
    """Each only once: SQLite takes longer for each sum that has a condition."""
    undated = Q(status="Unpaid", due_date=None, unreadable__has_key="due_date")
    return Case(
        When(total__lt=0, then=Value("credit")),
        When(total=0, then=Value("")),
        When(undated, then=Value("due some time")),
        When(is_overdue(today), then=Value("overdue")),
        default=Value("open"),
    )


def details_unread(invoices: QuerySet[Any]) -> Q:
    """Of an invoice: net or tax cannot be told although the details were read."""
    odd = invoices.model._default_manager.filter(gone_at=None).exclude(unreadable={}).order_by()

    def unread(column: str) -> Q:
        """By ids, which an index of the few rows with such a field holds, so that no row is read for it."""
        return Q(**{column: None}, pk__in=odd.filter(unreadable__has_key=column).values("pk"))

    lacking = Q(subtotal=None) | unread("tax") | unread("tax2") | unread("credit")
    return Q(detailed_at__isnull=False) & lacking


def currency_totals(currency: str, states: dict[str, State]) -> CurrencyTotals:
    def of(state: str) -> State:
        return states.get(state, State())

    still_open = [of(state) for state in ("open", "overdue", "due some time")]
    return CurrencyTotals(
        currency,
        open=sum((one.sum for one in still_open), Decimal(0)),
        overdue=of("overdue").sum,
        overdue_count=of("overdue").count,
        credits=abs(of("credit").sum),
        credits_count=of("credit").count,
        paid=of("paid").sum,
        paid_count=of("paid").count,
        open_unread=sum(one.unread for one in still_open),
        due_unread=of("due some time").count,
        paid_unread=of("paid").unread + of("paid some time").count,
    )


def added(value: Decimal | None) -> Decimal:
    """SQLite adds decimals as floats: exact again to the last decimal that an amount may have."""
    return Decimal(written(round(value or Decimal(0), _DECIMALS)))
