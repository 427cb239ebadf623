"""Which renewals an open invoice asks for already, so that each counts with its invoice alone."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, QuerySet, Value, When

from portal.queries.cycles import later, months_of, months_of_years
from ultahost_api.models import InvoiceItem
from ultahost_api.models.line_texts import is_whole_renewal

_RAISED_WITHIN = timedelta(days=14)  # half the shortest cycle: an invoice further away is of another period
_CYCLES: dict[str, tuple[str, Callable[[Any], int | None]]] = {
    "service": ("billing_cycle", months_of),
    "domain": ("registration_period", months_of_years),
}

# By service or domain, how many cycles after the day that Ultahost tells: 0 on that day itself.
Renewed = Mapping[UUID, frozenset[int]]


def renewed_by(invoices: QuerySet[Any]) -> Renewed:
    """What these invoices ask for. Who pays late has two of one service, whose due date stays."""
    lines = InvoiceItem.objects.filter(invoice__in=invoices).order_by()
    found: defaultdict[UUID, set[int]] = defaultdict(set)
    for thing, (cycle_column, months) in _CYCLES.items():
        named: Any = lines.exclude(**{thing: None})
        columns = (f"{thing}__next_due_date", f"{thing}__{cycle_column}", "invoice__due_date")
        for pk, day, cycle, due, text, is_renewal in named.values_list(
            thing, *columns, "description", "is_renewal"
        ):
            if not day or not due or not (is_renewal if thing == "domain" else is_whole_renewal(text)):
                continue
            turn = max(0, _nearest(day, due, months(cycle)))
            if abs(later(day, turn * (months(cycle) or 0)) - due) <= _RAISED_WITHIN:
                found[pk].add(turn)
    return {pk: frozenset(turns) for pk, turns in found.items()}


def turn_of(due: date, day: date, months: int | None) -> int:
    """How many cycles after ``due`` this day is on which it falls due again."""
    return ((day.year - due.year) * 12 + day.month - due.month) // months if months else 0


def turns_of_rows(renewed: Renewed) -> Case:
    """Of the row of a query, as ``read`` takes it."""
    by_code: defaultdict[str, list[UUID]] = defaultdict(list)
    for pk, turns in renewed.items():
        by_code[" ".join(map(str, sorted(turns)))].append(pk)
    whens = [When(pk__in=ids, then=Value(code)) for code, ids in by_code.items()]
    return Case(*whens, default=Value(""), output_field=CharField())


def read(code: str) -> Collection[int]:
    return frozenset(map(int, code.split()))


def _nearest(day: date, due: date, months: int | None) -> int:
    return round((due - day).days / (months * 365.25 / 12)) if months else 0
