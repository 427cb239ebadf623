"""The foot of a table of invoices or accounts: a row of sums per currency, each under its column."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from portal.wording import sums
from ultahost_api.models.invoice_totals import FilteredTotals

_SUMMED = frozenset({"count", "net", "tax", "credit", "total", "paid", "open"})


@dataclass(frozen=True, slots=True)
class Foot:
    """The sums of one currency, and the class and text of each cell after the one that names it."""

    total: FilteredTotals
    cells: list[tuple[str, str]]


def feet(totals: Iterable[FilteredTotals], columns: Sequence[tuple[str, str]]) -> list[Foot]:
    """``columns`` are name and class of those after the first; a name that is no sum stays empty."""
    return [
        Foot(one, [(css, sums.amount(one, name) if name in _SUMMED else "") for name, css in columns])
        for one in totals
    ]
