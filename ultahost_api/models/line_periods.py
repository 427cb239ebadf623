"""How long the period of an invoice line lasts, where its text tells that in figures."""

import re
from datetime import date

from ultahost_api.models.line_texts import plain

_DATE = r"(\d{1,4})[./-](\d{1,2})[./-](\d{1,4})\.?"
_PERIOD = re.compile(rf"\( ?{_DATE} - {_DATE} ?\)")
_YEARS = re.compile(r" - (\d{1,2}) ?[^\W\d_][^\d-]{0,19}(?:\(|$)")
_DAYS_OF_MONTH = 365.25 / 12
_SLACK = 4  # days: months differ, and a period ends on its last day or on the day after it


def fits(text: str, months: int) -> bool:
    """Whether a line may be of a period of so many months: its first line tells no other.

    A day that stands before or after its month is read in both ways.
    """
    line = plain(text.strip().partition("\n")[0])
    lengths = _days(line)
    if lengths:
        return any(abs(length - months * _DAYS_OF_MONTH) <= _SLACK for length in lengths)
    years = _YEARS.search(line)
    return years is None or int(years[1]) * 12 == months


def _days(line: str) -> set[int]:
    """The lengths that the two days of a line may be apart; none if it has no two days in figures."""
    found = _PERIOD.search(line)
    if found is None:
        return set()
    first, last = _readings(*found.groups()[:3]), _readings(*found.groups()[3:])
    apart = {(until - since).days for since, until in zip(first, last, strict=True) if since and until}
    return {days for days in apart if days > 0}


def _readings(one: str, two: str, three: str) -> tuple[date | None, date | None]:
    """With the day before the month, and after it."""
    if len(one) == 4:
        return (day := _date(one, two, three)), day
    return _date(three, two, one), _date(three, one, two)


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
