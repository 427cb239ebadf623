"""Sums over invoices that count as spend: by account and month, and by what their lines are about."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.db.models import Case, Count, F, Q, Sum, TextField, Value, When
from django.db.models.functions import Cast, Concat, StrIndex, Substr
from django.db.models.lookups import Exact

from ultahost_api.models.invoice_items import InvoiceItem
from ultahost_api.models.invoice_statuses import OPEN_INVOICE
from ultahost_api.models.invoice_totals import added, details_unread
from ultahost_api.models.invoices import InvoiceQuerySet

DOMAINS, OTHER, NOT_ASSIGNED = "domains", "other", ""
OWN_KEYS = (DOMAINS, OTHER, NOT_ASSIGNED)
NAMED = "="  # before the name of a product, which may be one of ours

# The product that the line itself names, also where several services may be meant. Of a service, nothing else
# is told to a reader of its invoice alone.
BY_PRODUCT = Case(
    When(domain__isnull=False, then=Value(DOMAINS)),
    When(service=None, product="", then=Value(NOT_ASSIGNED)),
    When(service=None, then=Concat(Value(NAMED), F("product"))),
    When(service__product_name="", then=Value(OTHER)),
    When(Exact(StrIndex("description", F("service__product_name")), 0), then=Value(OTHER)),
    default=Concat(Value(NAMED), F("service__product_name")),
    output_field=TextField(),
)

_NET_KNOWN = Q(subtotal__isnull=False)


@dataclass(frozen=True, slots=True)
class Sums:
    """What some invoices come to. Net, tax and credit are of those whose details were read.

    ``undetailed`` is how many were not, ``unread`` of how many an amount could not be read. One that was
    ``refunded`` was invoiced, and is neither paid nor open: how much was refunded is not known.
    """

    count: int = 0
    net: Decimal = Decimal(0)
    tax: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)
    open: Decimal = Decimal(0)
    undetailed: int = 0
    unread: int = 0
    refunded: int = 0

    @classmethod
    def of(cls, some: Iterable["Sums"]) -> "Sums":
        """What they come to together."""
        columns: Any = zip(*map(_columns, some), strict=True)
        return cls(*(sum(column) for column in columns))

    @property
    def is_told(self) -> bool:
        """Whether details of any were read, where there are any."""
        return not self.count or self.undetailed < self.count

    @property
    def invoiced(self) -> Decimal:
        return self.net + self.tax


_columns = attrgetter(*(one.name for one in fields(Sums)))


def by_account_and_month(invoices: InvoiceQuerySet) -> dict[tuple[Any, date | None], Sums]:
    """One statement. A month is its first day; None for invoices without a date."""
    month = Substr(Cast("date", TextField()), 1, 7)
    rows: Any = (
        invoices.order_by()
        .values("account", month=month)
        .annotate(
            count=Count("pk"),
            net=Sum("subtotal"),
            first_tax=Sum("tax", filter=_NET_KNOWN),
            second_tax=Sum("tax2", filter=_NET_KNOWN),
            given=Sum("credit", filter=_NET_KNOWN),
            paid=Sum("total", filter=Q(status="Paid")),
            open=Sum("total", filter=OPEN_INVOICE),
            undetailed=Count("pk", filter=Q(detailed_at=None)),
            unread=Count("pk", filter=Q(total=None) | details_unread(invoices)),
            refunded=Count("pk", filter=Q(status="Refunded")),
        )
    )
    return {(row["account"], _first_day(row["month"])): _sums(row) for row in rows}


def by_line(key: Any, invoices: InvoiceQuerySet) -> Iterator[tuple[Any, Decimal, int]]:
    """The key of lines, what they come to net, and how many they are. One statement.

    ``key`` is an expression over a line, such as BY_PRODUCT. Lines of invoices whose net is not known are
    left out, as these are left out of every sum.
    """
    wanted = invoices.order_by().filter(_NET_KNOWN)
    lines: Any = InvoiceItem.objects.order_by().filter(invoice__in=wanted.values("pk"), amount__isnull=False)
    for row in lines.values(key=key).annotate(net=Sum("amount"), count=Count("pk")):
        yield row["key"], added(row["net"]), row["count"]


def with_line_of(key: Any, value: str | None, invoices: InvoiceQuerySet) -> InvoiceQuerySet:
    """Those that have a line with this key."""
    lines = InvoiceItem.objects.alias(key=key).filter(key=value)
    return invoices.filter(pk__in=lines.order_by().values("invoice"))


def _first_day(month: str | None) -> date | None:
    return date.fromisoformat(f"{month}-01") if month else None


def _sums(row: Mapping[str, Any]) -> Sums:
    return Sums(
        count=row["count"],
        net=added(row["net"]),
        tax=added(row["first_tax"]) + added(row["second_tax"]),
        credit=added(row["given"]),
        paid=added(row["paid"]),
        open=added(row["open"]),
        undetailed=row["undetailed"],
        unread=row["unread"],
        refunded=row["refunded"],
    )
