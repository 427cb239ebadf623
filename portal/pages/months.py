"""A month to choose: the one before, the one after, or any other from a menu of years."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from portal.pages.periods import month_after


@dataclass(frozen=True, slots=True)
class MonthPicker:
    """The menu has the years from that of ``first`` to that of ``last``, and that of the month itself."""

    month: date  # its first day
    first: date
    last: date
    address: Callable[[str], str]  # of a month as it stands in an address: ``2026-10``

    @property
    def before(self) -> tuple[date, str]:
        return self._leading_to(month_after(self.month, -1))

    @property
    def after(self) -> tuple[date, str]:
        return self._leading_to(month_after(self.month, 1))

    @property
    def years(self) -> list[tuple[int, list[tuple[date, str]]]]:
        """The newest year first, each with all of its months, so that they stand in columns."""
        years = {*range(self.first.year, self.last.year + 1), self.month.year}
        return [
            (year, [self._leading_to(date(year, month, 1)) for month in range(1, 13)])
            for year in sorted(years, reverse=True)
        ]

    def _leading_to(self, month: date) -> tuple[date, str]:
        return month, self.address(f"{month:%Y-%m}")
