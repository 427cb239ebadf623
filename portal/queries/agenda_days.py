"""What an agenda tells: entries, and what they come to on each day and in each currency."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from portal.wording.agenda import Kind


@dataclass(frozen=True, slots=True)
class Span:
    """Days from ``first`` until ``before``, which is not one of them."""

    first: date
    before: date


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that falls due. ``turn`` counts the cycles from the day that Ultahost tells."""

    day: date
    kind: Kind
    row: Any
    amount: Decimal | None
    currency: str
    turn: int = 0
    is_expected: bool = False
    is_invoiced: bool = False  # an open invoice asks for it, and is an entry of its own
    is_counted: bool = True  # in the sums
    ends: bool = False  # a domain that is not renewed


@dataclass(slots=True)
class DaySum:
    """What falls due in one currency. ``unread`` amounts are in neither sum."""

    currency: str
    told: Decimal = Decimal(0)  # by invoices
    expected: Decimal = Decimal(0)
    unread: int = 0

    @property
    def all(self) -> Decimal:
        return self.told + self.expected

    def add(self, other: "DaySum") -> None:
        self.told, self.expected = self.told + other.told, self.expected + other.expected
        self.unread += other.unread


@dataclass(slots=True)
class Day:
    day: date
    count: int = 0
    by_currency: dict[str, DaySum] = field(default_factory=dict)

    @property
    def sums(self) -> list[DaySum]:
        return [one for _, one in sorted(self.by_currency.items()) if one.all or one.unread]
