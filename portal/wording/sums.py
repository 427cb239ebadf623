"""What stands beside a sum: of how many invoices, and what it does not hold."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import ngettext

from portal.wording import formats
from ultahost_api.models.invoice_totals import FilteredTotals

_OF_DETAILS = ("net", "tax", "credit")


@dataclass(frozen=True, slots=True)
class Remark:
    """``is_bad``: an amount could not be read, so that the sum may be wrong."""

    words: str
    is_bad: bool


def missing(total: FilteredTotals) -> list[Remark]:
    """What its sums do not contain."""
    return [Remark(text % {"count": count}, is_bad) for count, text, is_bad in _missing(total) if count]


def amount(total: FilteredTotals, name: str) -> str:
    """How many invoices, or one of its sums by name; a dash for what details tell, while none are read."""
    if name == "count":
        return formats.number(total.count)
    if name in _OF_DETAILS and not total.has_details:
        return formats.NOTHING
    return formats.money(getattr(total, name), total.currency)


def _missing(one: FilteredTotals) -> Iterator[tuple[int, str, bool]]:
    undetailed = ngettext(
        "Details of %(count)s not read yet, so its net and tax are missing.",
        "Details of %(count)s not read yet, so their net and tax are missing.",
        one.undetailed,
    )
    details_unread = ngettext(
        "Net or tax of %(count)s could not be read, not included.",
        "Net or tax of %(count)s could not be read, not included.",
        one.details_unread,
    )
    unread = ngettext(
        "%(count)s total could not be read, not included.",
        "%(count)s totals could not be read, not included.",
        one.unread,
    )
    moved = ngettext(
        "%(count)s deposit or payment of other invoices, not included.",
        "%(count)s deposits or payments of other invoices, not included.",
        one.moved,
    )
    yield one.undetailed, undetailed, False
    yield one.details_unread, details_unread, True
    yield one.unread, unread, True
    yield one.moved, moved, False
