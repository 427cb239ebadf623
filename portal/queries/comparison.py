"""How what invoices came to in one period differs from another: each row of a partition, and the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.queries.spend import Partition


@dataclass(frozen=True, slots=True)
class Difference:
    """What a key came to in both periods; None in one of which no details are read.

    ``kind``: new, gone, dearer, cheaper; empty without a change, or where none can be told.
    """

    key: Any
    was: Decimal | None
    now: Decimal | None
    kind: str = ""

    def __bool__(self) -> bool:
        """Whether it came to anything."""
        return bool(self.was or self.now)

    @property
    def amount(self) -> Decimal | None:
        return None if self.was is None or self.now is None else self.now - self.was


@dataclass(frozen=True, slots=True)
class Comparison:
    """The rows by the size of their differences, the largest first, and beside them what belongs to none.

    The differences of the rows and of the rest add up to the difference of the totals.
    """

    rows: list[Difference]
    not_assigned: Difference
    tax: Difference
    credit: Difference  # what credit takes off a total, so below zero
    total: Difference


def compare(was: Partition | None, now: Partition | None, *, is_whole: bool = True) -> Comparison:
    """None is a period of which no details are read.

    Without them, and unless both periods are ``is_whole``, no row is new, gone, dearer or cheaper: what is
    missing of a period may belong to it.
    """
    before, after = ({row.key: row.amount for row in one.rows} if one else None for one in (was, now))
    rows = [_difference(key, before, after, is_whole) for key in (before or {}) | (after or {})]

    def beside(amount: Callable[[Partition], Decimal]) -> Difference:
        return Difference(None, amount(was) if was else None, amount(now) if now else None)

    return Comparison(
        sorted(rows, key=lambda row: (-_size(row), str(row.key))),
        beside(lambda one: one.not_assigned),
        beside(lambda one: one.tax),
        beside(lambda one: -one.credit),
        beside(lambda one: one.total),
    )


def _size(row: Difference) -> Decimal:
    """Of one whose difference is not known, the amount that is."""
    return abs((row.now or Decimal(0)) - (row.was or Decimal(0)))


_Amounts = Mapping[Any, Decimal] | None


def _difference(key: Any, before: _Amounts, after: _Amounts, is_whole: bool) -> Difference:
    was, now = (None if one is None else one.get(key, Decimal(0)) for one in (before, after))
    if not is_whole or before is None or after is None or was is None or now is None:
        return Difference(key, was, now)
    if key not in before or key not in after:
        return Difference(key, was, now, "gone" if key in before else "new")
    return Difference(key, was, now, "dearer" if now > was else "cheaper" if now < was else "")
