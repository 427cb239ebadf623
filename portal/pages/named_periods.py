"""Months, quarters and years by what they are called in an address: ``2026-10``, ``2026-q3``, ``2026``."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self

from django.utils.translation import gettext as _

from portal.pages.date_filters import EARLIEST
from portal.pages.periods import month_after
from portal.wording import formats

MONTH, QUARTER, YEAR = 1, 3, 12
_NAME = re.compile(r"(199\d|2\d\d\d)(?:-(?:(0[1-9]|1[0-2])|q([1-4])))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """``first`` is its first day, ``months`` how many it has: 1, 3 or 12."""

    first: date
    months: int

    @classmethod
    def around(cls, day: date, months: int) -> Self:
        """The month, quarter or year that a day is in."""
        return cls(date(day.year, day.month - (day.month - 1) % months, 1), months)

    @classmethod
    def named(cls, text: str) -> Self | None:
        """None if the text names no period."""
        found = _NAME.fullmatch(text)
        if not found:
            return None
        year, month, quarter = (int(part) if part else 0 for part in found.groups())
        if quarter:
            return cls(date(year, 3 * quarter - 2, 1), QUARTER)
        return cls(date(year, month, 1), MONTH) if month else cls(date(year, 1, 1), YEAR)

    @property
    def name(self) -> str:
        if self.months == QUARTER:
            return f"{self.first.year}-q{self._quarter}"
        return f"{self.first:%Y-%m}" if self.months == MONTH else str(self.first.year)

    @property
    def label(self) -> str:
        """In the reader's language."""
        if self.months == QUARTER:
            return _("Q%(quarter)d %(year)d") % {"quarter": self._quarter, "year": self.first.year}
        return formats.month(self.first) if self.months == MONTH else str(self.first.year)

    @property
    def last(self) -> date:
        """Its last day."""
        return month_after(self.first, self.months) - timedelta(days=1)

    @property
    def before(self) -> Self:
        """The one that ends where this begins; of the earliest that can be named, itself."""
        return type(self)(max(month_after(self.first, -self.months), EARLIEST), self.months)

    @property
    def _quarter(self) -> int:
        return self.first.month // 3 + 1


def up_to(today: date, months: int, count: int) -> list[NamedPeriod]:
    """So many periods of this length, the newest, which today is in, first."""
    found = [NamedPeriod.around(today, months)]
    while len(found) < count:
        found.append(found[-1].before)
    return found


def month_named(text: str) -> date | None:
    """The first day of the month that is written ``2026-10``; None if the text is no month."""
    period = NamedPeriod.named(text)
    return period.first if period and period.months == MONTH else None
