"""What is expected to fall due, from due dates and cycles: of a run of days, and month by month.

Free and one-time services have no cycle, and what has a cycle that is not known is due once, on the day that
Ultahost tells. An amount below zero is a credit. A cancellation that was requested ends a service, and a
domain whose auto-renew is off gets no renewal invoice.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Value

from portal import access
from portal.models import User
from portal.queries.cycles import due_days, end_of, later, months_of, months_of_years
from portal.wording.cycles import recurs
from ultahost_api import operations
from ultahost_api.models import Account, Operation, Service
from ultahost_api.models.domains import DomainQuerySet
from ultahost_api.models.invoices import InvoiceQuerySet
from ultahost_api.models.services import ServiceQuerySet

YEAR = 12  # months: as far as is looked ahead


@dataclass(frozen=True, slots=True)
class Recurring:
    """Rows that are due on a day and again after each cycle, or once if the cycle is not known (None)."""

    due: date
    months: int | None
    amount: Decimal  # what all of them come to
    count: int = 1  # those whose amount is known and not zero
    unread: int = 0  # those whose amount could not be read


@dataclass(frozen=True, slots=True)
class Month:
    """What is expected in a calendar month: its first day, the sum, and how many renewals that is.

    ``unread`` renewals are in neither, because their amount could not be read.
    """

    first: date
    amount: Decimal
    count: int
    unread: int = 0


def expected(recurring: Iterable[Recurring], since: date, before: date) -> Iterator[tuple[date, Recurring]]:
    """Each day in [since, before) on which something is due, and what. In no order."""
    for one in recurring:
        for day in due_days(one.due, one.months, since, before):
            yield day, one


def by_month(recurring: Iterable[Recurring], today: date, months: int = YEAR) -> list[Month]:
    """The calendar months from today until so many months are over.

    The first and the last are parts of a month, so that what is due once a year is in it once.
    """
    before = end_of(today, months)
    amounts: defaultdict[date, Decimal] = defaultdict(Decimal)
    counts: defaultdict[date, int] = defaultdict(int)
    unread: defaultdict[date, int] = defaultdict(int)
    for day, one in expected(recurring, today, before):
        amounts[day.replace(day=1)] += one.amount
        counts[day.replace(day=1)] += one.count
        unread[day.replace(day=1)] += one.unread
    first = today.replace(day=1)
    shown = [month for n in range(months + 1) if (month := later(first, n)) < before]
    return [Month(month, amounts[month], counts[month], unread[month]) for month in shown]


def services_that_recur(user: User) -> ServiceQuerySet:
    """Active services that the user may view and whose cancellation was not requested."""
    services = access.services_to_view(user).present().filter(status="Active")
    return services.exclude(pk__in=[service.pk for service in cancelling(services)])


def cancelling(services: ServiceQuerySet) -> list[Service]:
    """Those whose cancellation was requested and is to come."""
    requests = Operation.objects.filter(action="request_cancellation", withdrawn_at=None).order_by()
    # Ids of several accounts may be alike: what is pending is told of each service.
    asked = list(
        services.filter(remote_id__in=requests.values("remote_id"), account__in=requests.values("account"))
    )
    pending = operations.pending_cancellations(asked) if asked else {}
    return [service for service in asked if service.pk in pending]


def domains_that_recur(user: User) -> DomainQuerySet:
    """Active domains that the user may view. One whose auto-renew was not read is taken to renew."""
    return access.domains_to_view(user).present().filter(status="Active").exclude(auto_renew=False)


def undated(
    services: ServiceQuerySet, domains: DomainQuerySet, invoices: InvoiceQuerySet | None = None
) -> dict[str, int]:
    """How many recur and are due at no time that is known, by the name of their list. One statement.

    With ``invoices`` also how many of these are open and have no due date.
    """
    of_services: Any = services.undated().order_by().values(noun=Value("services"), cycle=F("billing_cycle"))
    of_domains: Any = domains.undated().order_by().values(noun=Value("domains"), cycle=Value(""))
    parts = [of_domains]
    if invoices is not None:
        open_ones: Any = invoices.open().filter(due_date=None).order_by()
        parts.append(open_ones.values(noun=Value("invoices"), cycle=Value("")))
    parts = [part.annotate(count=Count("pk")) for part in parts]
    told = of_services.annotate(count=Count("pk")).union(*parts, all=True)
    counts = {"services": 0, "domains": 0, "invoices": 0}
    for row in told:
        counts[row["noun"]] += row["count"] if recurs(row["cycle"]) else 0
    return counts


def undated_of(user: User, account: Account | None) -> dict[str, int]:
    """The same of all that the user may view, or of one account."""
    rows: list[Any] = [
        access.services_to_view(user).present(),
        access.domains_to_view(user).present(),
        access.invoices_to_view(user),
    ]
    narrowed = [one.of([account]) if account else one for one in rows]
    key = "undated", account and account.pk
    return access.kept_figures(user, key, lambda: undated(*narrowed))


def recurring(service_or_domain: Any) -> Recurring | None:
    """None where nothing recurs, costs nothing, or has no date."""
    row = service_or_domain
    is_domain = hasattr(row, "recurring_amount")
    months = months_of_years(row.registration_period) if is_domain else months_of(row.billing_cycle)
    amount = row.recurring_amount if is_domain else row.amount
    if months == 0 or row.next_due_date is None or amount == 0:
        return None
    is_read = amount is not None
    return Recurring(row.next_due_date, months, amount or Decimal(0), int(is_read), int(not is_read))
