"""Renewals that are due soon and cost over a tenth more than the last one did."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from portal.queries.cycles import months_of, months_of_years
from ultahost_api.models import Domain, Event, InvoiceItem, Service
from ultahost_api.models.invoice_statuses import NOT_SPENT
from ultahost_api.models.line_periods import fits
from ultahost_api.models.line_texts import is_whole_renewal

AHEAD = timedelta(days=60)
_MOST = 100


@dataclass(frozen=True, slots=True)
class Dearer:
    """What the next renewal costs, and what the last one did."""

    row: Service | Domain
    was: Decimal
    next: Decimal
    paid_on: date | None = None  # the date of the invoice of the last one, where it could be read

    @property
    def percent(self) -> int:
        """How much more, rounded half up as every figure that is worked out."""
        return int(((self.next / self.was - 1) * 100).to_integral_value(ROUND_HALF_UP))


def dearer(
    services: QuerySet[Service], domains: QuerySet[Domain], currency: str, today: date
) -> list[Dearer]:
    """Of the active ones among these, whose accounts have this currency; the soonest first."""
    soon = {"status": "Active", "next_due_date__range": (today, today + AHEAD)}
    whole = _lines(currency).filter(service=OuterRef("pk"), description__contains="(")
    renewals = _lines(currency).filter(domain=OuterRef("pk"), is_renewal=True)
    found = [
        *_risen(services.filter(**soon), "amount", whole),
        *_risen(domains.filter(**soon).exclude(auto_renew=False), "recurring_amount", renewals),
    ]
    kept = _without_new_cycle(found)
    return sorted(kept, key=lambda one: (one.row.next_due_date or today, str(one.row)))


def _lines(currency: str) -> QuerySet[InvoiceItem]:
    """The newest line first, in the outer query of a service or domain.

    Invoices of before a change of the account's currency kept theirs: they compare with nothing of now.
    """
    lines = InvoiceItem.objects.filter(amount__gt=0, invoice__gone_at=None, invoice__currency=currency)
    return lines.exclude(invoice__status__in=NOT_SPENT).order_by(
        F("invoice__date").desc(nulls_last=True), "-invoice__remote_id", "-amount"
    )


def _risen(rows: QuerySet[Any], amount: str, lines: QuerySet[InvoiceItem]) -> Iterator[Dearer]:
    told = {"last": "amount", "text": "description", "paid_on": "invoice__date"}
    last = {name: Subquery(lines.values(field)[:1]) for name, field in told.items()}
    for row in rows.annotate(**last).filter(**{f"{amount}__gt": F("last")}).order_by("next_due_date")[:_MOST]:
        price = getattr(row, amount)
        if price * 10 > row.last * 11 and _is_the_same(row, row.text):
            yield Dearer(row, row.last, price, row.paid_on)


def _is_the_same(row: Service | Domain, text: str) -> bool:
    """Whether the last line bills what the next renewal will: a whole period, and one as long."""
    if isinstance(row, Domain):
        months = months_of_years(row.registration_period)
    elif is_whole_renewal(text):
        months = months_of(row.billing_cycle)
    else:
        return False
    return not months or fits(text, months)


def _without_new_cycle(found: list[Dearer]) -> Iterable[Dearer]:
    """What is paid for a longer time than on the last invoice did not get dearer."""
    if not found:
        return found
    told = Event.objects.filter(
        row_id__in=[one.row.pk for one in found],
        changes__has_any_keys=["billing_cycle", "registration_period"],
    )
    changed = dict(told.order_by("at").values_list("row_id", "at"))  # the last of each row
    return [one for one in found if not _was_before(one, changed.get(one.row.pk))]


def _was_before(one: Dearer, changed: datetime | None) -> bool:
    """Whether the last renewal was, or may have been, before this change of its cycle."""
    if changed is None:
        return False
    return one.paid_on is None or one.paid_on <= timezone.localdate(changed)
