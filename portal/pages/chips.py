"""The chips above a list: one for each status that occurs, and one for each view of the list."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from portal.pages.row_filter import NO_STATUS, RowFilter

CHIPS = ("status", "view")  # the parameters that chips set; each removes the others


@dataclass(frozen=True, slots=True)
class Chip:
    """A status or a view to filter by, and how many rows it would show."""

    value: str
    count: int
    is_chosen: bool
    label: str | Promise = ""  # of a choice of ours
    name: str = "status"


def of_statuses(filter: RowFilter, counted: Mapping[str, int], chosen: str) -> list[Chip]:
    """One for each status that occurs, and for the chosen one. Those that the filter names come first.

    Rows without a status have a chip as well, or nothing but all rows together would lead to them.
    """
    first = filter.first_statuses

    def place(status: str) -> tuple[int, int, str]:
        return first.index(status) if status in first else len(first), -counts[status], status

    named = {status or filter.may_lack_status * NO_STATUS: count for status, count in counted.items()}
    counts = {status: count for status, count in named.items() if status and count}
    if chosen and filter.is_valid():
        counts.setdefault(chosen, 0)
    label = filter.status_label
    return [Chip(one, counts[one], one == chosen, label(one)) for one in sorted(counts, key=place)]


def of_views(counted: Mapping[str, int], chosen: str, words: Mapping[str, str | Promise]) -> list[Chip]:
    """Those that have rows, and the chosen one."""
    return [
        Chip(name, counted[name], name == chosen, words[name], "view")
        for name in words
        if counted[name] or name == chosen
    ]
