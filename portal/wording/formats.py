"""How the portal writes amounts, days and ages, in the language of the page."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil

from babel.core import Locale
from babel.dates import format_timedelta
from babel.numbers import format_currency, format_decimal, get_currency_precision
from django.conf import settings
from django.utils import dateformat, timezone
from django.utils.translation import get_language, gettext, ngettext, to_locale

from ultahost_api import conf

NOTHING = "–"
NON_BREAKING = "\u00a0"


def money(amount: Decimal | None, currency: str) -> str:
    """`€1,234.50`, `KWD12.345`, `¥1,980`; an amount with more decimals than its currency keeps all of them.

    Ultahost may ask for `¥1,980.50`, and that is what a person pays.
    """
    if amount is None:
        return NOTHING
    if not currency:
        text = format_decimal(amount, "#,##0.00", locale=_locale(), decimal_quantization=False)
    elif amount == round(amount, get_currency_precision(currency)):
        text = format_currency(amount, currency, locale=_locale())
    else:
        text = format_currency(
            amount, currency, locale=_locale(), currency_digits=False, decimal_quantization=False
        )
    return str(text).replace(" ", NON_BREAKING)


def day(value: date | None) -> str:
    """`6 Jun 2026`; of a moment, the day it is here."""
    if value is None:
        return NOTHING
    return dateformat.format(_local(value), f"j{NON_BREAKING}M{NON_BREAKING}Y")


def moment(value: datetime) -> str:
    """`6 Jun 2026, 14:32`."""
    return f"{day(value)}, {clock(value)}"


def stamp(value: datetime | None) -> str:
    """`2026-06-06T14:32:00+00:00`, for a cell of a file."""
    return value.isoformat(timespec="seconds") if value else ""


def clock(value: datetime) -> str:
    """`14:32`."""
    return dateformat.format(_local(value), "H:i")


def again(value: datetime, now: datetime | None = None) -> str:
    """`at 14:32`; below a minute `in 23 s`, because the clock would tell the minute that it is now."""
    left = (value - (now or timezone.now())).total_seconds()
    if left < 60:
        return gettext("in %(seconds)d s") % {"seconds": max(1, ceil(left))}
    return gettext("at %(clock)s") % {"clock": clock(value)}


def until(value: datetime, now: datetime | None = None) -> str:
    """`until 14:32`; below a minute `for 23 s`."""
    left = (value - (now or timezone.now())).total_seconds()
    if left < 60:
        return gettext("for %(seconds)d s") % {"seconds": max(1, ceil(left))}
    return gettext("until %(clock)s") % {"clock": clock(value)}


def age(value: datetime, now: datetime | None = None) -> str:
    """`3 min ago`, in the words that static/js/time.js also uses."""
    delta = value - (now or timezone.now())
    if abs(delta) < timedelta(minutes=1):
        return gettext("now")
    text = format_timedelta(delta, format="short", add_direction=True, threshold=1, locale=_locale())
    return text.replace(".", "")


def days_away(value: date, today: date | None = None) -> str:
    """`today`, `in 12 days`, `3 days ago`."""
    days = (value - (today or conf.today())).days
    if days == 0:
        return gettext("today")
    if days > 0:
        return ngettext("tomorrow", "in %(days)d days", days) % {"days": days}
    return ngettext("yesterday", "%(days)d days ago", -days) % {"days": -days}


def _local(value: date) -> date:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def _locale() -> Locale:
    return Locale.parse(to_locale(get_language() or settings.LANGUAGE_CODE))
