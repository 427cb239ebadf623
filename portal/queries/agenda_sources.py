"""What can fall due: rows of each kind, and which of their columns say when and how much."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from portal import access
from portal.models import User
from portal.queries import forecast
from portal.queries.cycles import months_of, months_of_years
from portal.wording.agenda import Kind


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
