"""Periods to choose from instead of two days: a month, a quarter or a year around a day."""

from datetime import date, timedelta

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Period(TextChoices):
    THIS_MONTH = "this-month", _("This month")
    LAST_MONTH = "last-month", _("Last month")
    THIS_QUARTER = "this-quarter", _("This quarter")
    LAST_QUARTER = "last-quarter", _("Last quarter")
    THIS_YEAR = "this-year", _("This year")
    LAST_12_MONTHS = "last-12-months", _("Last 12 months")
    NEXT_MONTH = "next-month", _("Next month")
    NEXT_30_DAYS = "next-30-days", _("Next 30 days")
    NEXT_90_DAYS = "next-90-days", _("Next 90 days")
    CUSTOM = "custom", _("Custom")  # the two days beside it, if any


# Of what has happened, and of what falls due.
BEHIND = (
    *(Period.THIS_MONTH, Period.LAST_MONTH, Period.THIS_QUARTER, Period.LAST_QUARTER, Period.THIS_YEAR),
    *(Period.LAST_12_MONTHS, Period.CUSTOM),
)
AHEAD = (
    *(Period.THIS_MONTH, Period.NEXT_MONTH, Period.NEXT_30_DAYS, Period.NEXT_90_DAYS, Period.THIS_YEAR),
    Period.CUSTOM,
)
_DAYS_AHEAD = {Period.NEXT_30_DAYS: 30, Period.NEXT_90_DAYS: 90}


def days_of(period: str, today: date) -> tuple[date, date] | None:
    """The first and the last day. The last 12 months end today, the next days begin today."""
    month = month_after(today, 0)
    quarter = month_after(today, -((today.month - 1) % 3))
    starts = {
        Period.THIS_MONTH: (month, 1),
        Period.LAST_MONTH: (month_after(month, -1), 1),
        Period.THIS_QUARTER: (quarter, 3),
        Period.LAST_QUARTER: (month_after(quarter, -3), 3),
        Period.THIS_YEAR: (date(today.year, 1, 1), 12),
        Period.NEXT_MONTH: (month_after(month, 1), 1),
    }
    if period in _DAYS_AHEAD:
        return today, today + timedelta(days=_DAYS_AHEAD[Period(period)])
    if period == Period.LAST_12_MONTHS:
        return _a_year_before(today) + timedelta(days=1), today
    if period not in starts:
        return None
    first, months = starts[Period(period)]
    return first, month_after(first, months) - timedelta(days=1)


def month_after(day: date, later: int) -> date:
    """The first day of the month that is so many months later."""
    months = day.year * 12 + day.month - 1 + later
    return date(months // 12, months % 12 + 1, 1)


def _a_year_before(day: date) -> date:
    """Of 29 February it is 28 February."""
    return date(day.year - 1, day.month, min(day.day, 28) if day.month == 2 else day.day)
