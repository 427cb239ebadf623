"""What can fall due: rows of each kind, and which of their columns say when and how much."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from portal import access
from portal.models import User
from portal.queries import forecast
from portal.queries.cycles import months_of, months_of_years
from portal.wording.agenda import Kind
from ultahost_api.models import InvoiceItem
from ultahost_api.models.line_texts import is_whole_renewal

_RAISED_WITHIN = timedelta(days=14)  # half the shortest cycle: an invoice further away is of another period


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one kind: their columns of the day, the amount, its currency and the cycle, if they recur.

    ``names`` are the columns of which the first that is not empty is what a row is called.
    ``months`` of a cycle are 0 if nothing is due after it, and None if it is not known or there is none.
    """

    kind: Kind
    rows: Callable[[User], QuerySet[Any]]
    day: str
    amount: str
    names: Sequence[str]
    currency: str = "account__currency"
    cycle: str = ""
    months: Callable[[Any], int | None] = lambda cycle: None
    is_counted: bool = True
    ends: bool = False


def _invoices(user: User) -> QuerySet[Any]:
    return access.invoices_to_view(user).open().that_cost()


def _mass_payments(user: User) -> QuerySet[Any]:
    """The invoices that they pay are open as well."""
    return access.invoices_to_view(user).open().filter(only_moves_money=True)


def _services(user: User) -> QuerySet[Any]:
    return forecast.services_that_recur(user).filter(~Q(amount=0))


def _domains(user: User) -> QuerySet[Any]:
    return forecast.domains_that_recur(user).filter(~Q(recurring_amount=0))


def _ending(user: User) -> QuerySet[Any]:
    return access.domains_to_view(user).present().filter(status="Active", auto_renew=False).with_end()


def _quotes(user: User) -> QuerySet[Any]:
    return access.quotes_to_view(user).waiting()


SOURCES = (
    Source(Kind.INVOICES, _invoices, "due_date", "total", ("number",), "currency"),
    Source(Kind.INVOICES, _mass_payments, "due_date", "total", ("number",), "currency", is_counted=False),
    Source(
        Kind.SERVICES,
        _services,
        "next_due_date",
        "amount",
        ("domain", "product_name"),
        cycle="billing_cycle",
        months=months_of,
    ),
    Source(
        Kind.DOMAINS,
        _domains,
        "next_due_date",
        "recurring_amount",
        ("name",),
        cycle="registration_period",
        months=months_of_years,
    ),
    Source(Kind.DOMAINS, _ending, "ends_on", "recurring_amount", ("name",), is_counted=False, ends=True),
    Source(
        Kind.QUOTES,
        _quotes,
        "valid_until",
        "total",
        ("subject",),
        is_counted=False,
    ),
)


def renewed_by(invoices: QuerySet[Any]) -> set[UUID]:
    """Services and domains whose renewal these invoices ask for."""
    lines = InvoiceItem.objects.filter(invoice__in=invoices).order_by()
    found: set[UUID] = set()
    for thing in ("service", "domain"):
        named: Any = lines.exclude(**{thing: None})
        told = named.values_list(
            thing, f"{thing}__next_due_date", "invoice__due_date", "description", "is_renewal"
        )
        for pk, day, due, text, is_renewal in told:
            if not day or not due or abs(day - due) > _RAISED_WITHIN:
                continue
            if is_renewal if thing == "domain" else is_whole_renewal(text):
                found.add(pk)
    return found
