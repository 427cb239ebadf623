"""The statuses to filter a list by, each with the number of rows that it would show."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from portal.pages.filters import RowFilter


@dataclass(frozen=True, slots=True)
class Chip:
    value: str
    count: int
    is_chosen: bool
    label: str | Promise = ""  # of a choice of ours


def chips(filter: RowFilter, counted: Mapping[str, int], chosen: str) -> list[Chip]:
    """One for each status that occurs, and for the chosen one. Those that the filter names come first."""
    first = filter.first_statuses

    def place(status: str) -> tuple[int, int, str]:
        return first.index(status) if status in first else len(first), -counts[status], status

    counts = {status: count for status, count in counted.items() if count}
    if chosen and filter.is_valid():
        counts.setdefault(chosen, 0)
    label = filter.status_label
    return [Chip(one, counts[one], one == chosen, label(one)) for one in sorted(counts, key=place)]
