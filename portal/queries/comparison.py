"""How what invoices came to in one period differs from another: each row of a partition, and the rest."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from portal.queries.spend import Partition, Row


@dataclass(frozen=True, slots=True)
class Difference:
    """What a key came to in both periods. ``kind``: new, gone, dearer, cheaper; empty without a change."""

    key: Any
    was: Decimal
    now: Decimal
    kind: str = ""

    @property
    def amount(self) -> Decimal:
        return self.now - self.was


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


def compare(was: Partition, now: Partition) -> Comparison:
    before, after = ({row.key: row for row in one.rows} for one in (was, now))
    rows = [_difference(key, before.get(key), after.get(key)) for key in before | after]
    return Comparison(
        sorted(rows, key=lambda row: (-abs(row.amount), str(row.key))),
        Difference(None, was.not_assigned, now.not_assigned),
        Difference(None, was.tax, now.tax),
        Difference(None, -was.credit, -now.credit),
        Difference(None, was.total, now.total),
    )


def _difference(key: Any, was: Row | None, now: Row | None) -> Difference:
    before, after = (row.amount if row else Decimal(0) for row in (was, now))
    if was is None or now is None:
        return Difference(key, before, after, "gone" if was else "new")
    kind = "dearer" if after > before else "cheaper" if after < before else ""
    return Difference(key, before, after, kind)
