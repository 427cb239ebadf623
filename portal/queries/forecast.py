"""What is expected to fall due, from due dates and cycles: of a run of days, and month by month.

Free and one-time services have no cycle. A cancellation that was requested ends a service, and a domain
whose auto-renew is off gets no renewal invoice.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portal import access
from portal.models import User
from portal.queries.cycles import due_days, later, months_of
from ultahost_api import operations
from ultahost_api.models import Operation
from ultahost_api.models.domains import DomainQuerySet
from ultahost_api.models.services import ServiceQuerySet

YEAR = 12  # months


@dataclass(frozen=True, slots=True)
class Recurring:
    """What is due on a day and again after each cycle: one row, or ``count`` rows of the same date and cycle.

    ``row`` is what the caller wants back with each day.
    """

    due: date
    months: int
    amount: Decimal  # what all of them come to
    count: int = 1
    row: Any = None


@dataclass(frozen=True, slots=True)
class Month:
    """What is expected in a calendar month: its first day, the sum, and how many renewals that is."""

    first: date
    amount: Decimal
    count: int


def expected(recurring: Iterable[Recurring], since: date, before: date) -> Iterator[tuple[date, Recurring]]:
    """Each day in [since, before) on which something is due, and what. In no order."""
    for one in recurring:
        for day in due_days(one.due, one.months, since, before):
            yield day, one


def by_month(recurring: Iterable[Recurring], today: date, months: int = YEAR) -> list[Month]:
    """The calendar months from today until the same day so many months later, which is not included.

    The first and the last are parts of a month, so that what is due once a year is in it once.
    """
    before = later(today, months)
    amounts: defaultdict[date, Decimal] = defaultdict(Decimal)
    counts: defaultdict[date, int] = defaultdict(int)
    for day, one in expected(recurring, today, before):
        amounts[day.replace(day=1)] += one.amount
        counts[day.replace(day=1)] += one.count
    first = today.replace(day=1)
    shown = [month for n in range(months + 1) if (month := later(first, n)) < before]
    return [Month(month, amounts[month], counts[month]) for month in shown]


def services_that_recur(user: User) -> ServiceQuerySet:
    """Active services that the user may view and whose cancellation was not requested."""
    services = access.services_to_view(user).present().filter(status="Active")
    requests = Operation.objects.filter(action="request_cancellation", withdrawn_at=None)
    # Ids of several accounts may be alike: what is pending is told of each service.
    asked = services.filter(
        remote_id__in=requests.values("remote_id"), account__in=requests.values("account")
    )
    return services.exclude(pk__in=[*operations.pending_cancellations(asked)])


def domains_that_recur(user: User) -> DomainQuerySet:
    """Active domains that the user may view. One whose auto-renew was not read is taken to renew."""
    return access.domains_to_view(user).present().filter(status="Active").exclude(auto_renew=False)


def recurring(service_or_domain: Any) -> Recurring | None:
    """None where nothing recurs, or where its date, cycle or amount is not known."""
    row = service_or_domain
    is_domain = hasattr(row, "recurring_amount")
    months = (row.registration_period or 0) * YEAR if is_domain else months_of(row.billing_cycle)
    amount = row.recurring_amount if is_domain else row.amount
    if not months or row.next_due_date is None or not amount or amount < 0:
        return None
    return Recurring(row.next_due_date, months, amount, row=row)
