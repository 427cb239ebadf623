"""How the portal writes amounts, days and ages, in the language of the page."""

import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache, lru_cache, partial
from itertools import pairwise
from math import ceil, inf

from babel.core import Locale
from babel.dates import TIMEDELTA_UNITS, format_skeleton, format_timedelta
from babel.numbers import format_currency, format_decimal, get_currency_precision
from django.conf import settings
from django.utils import timezone
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, to_locale

from portal.wording.translated import Translated
from ultahost_api import conf

NOTHING = "–"
_WORDS = Translated({"now": gettext_lazy("now")})
NON_BREAKING = "\u00a0"
# A currency that is written in letters and its amount, between which browsers put a space and babel none.
_BETWEEN = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")


def money(amount: Decimal | None, currency: str) -> str:
    """`€1,234.50`, `KWD 12.345`, `¥1,980`; an amount with more decimals than its currency keeps all of them.

    Ultahost may ask for `¥1,980.50`, and that is what a person pays.
    """
    if amount is None:
        return NOTHING
    precision = get_currency_precision(currency) if currency else 2
    if amount != round(amount, precision):
        precision = max(2, -int(amount.normalize().as_tuple().exponent))
    form = _form(_language(), currency, precision, amount.is_signed())
    if form is None:
        return _by_babel(amount, currency, _language())
    before, after, symbols = form
    return f"{before}{f'{abs(amount):,.{precision}f}'.translate(symbols)}{after}"


@lru_cache(maxsize=1000)
def _form(
    language: str, currency: str, precision: int, is_negative: bool
) -> tuple[str, str, dict[int, str]] | None:
    """What stands before and after an amount, and the language's comma and point.

    Read from two amounts that babel writes, since it takes as long for one as a row takes for all the rest.
    None where a language writes digits or groups them in another way: babel then writes each amount.
    """
    told = _locale(language).number_symbols["latn"]
    symbols = {ord(","): told["group"].replace(" ", NON_BREAKING), ord("."): told["decimal"]}
    forms = set()
    for whole in (1234, 1234567):
        sample = whole + Decimal(1).scaleb(-precision)
        text = _by_babel(-sample if is_negative else sample, currency, language)
        before, found, after = text.partition(f"{sample:,f}".translate(symbols))
        forms.add((before, after) if found else None)
    form = forms.pop()
    return (*form, symbols) if form and not forms else None


def _by_babel(amount: Decimal, currency: str, language: str) -> str:
    locale = _locale(language)
    if not currency:
        text = format_decimal(amount, "#,##0.00", locale=locale, decimal_quantization=False)
    elif amount == round(amount, get_currency_precision(currency)):
        text = format_currency(amount, currency, locale=locale)
    else:
        text = format_currency(
            amount, currency, locale=locale, currency_digits=False, decimal_quantization=False
        )
    return _BETWEEN.sub(NON_BREAKING, str(text).replace(" ", NON_BREAKING))


def unreadable_amounts(count: int) -> str:
    """`2 amounts unreadable`."""
    return ngettext("%(count)d amount unreadable", "%(count)d amounts unreadable", count) % {"count": count}


def number(value: int) -> str:
    """`1,234`, `1.234`."""
    return _number(value, _language())


@lru_cache(maxsize=10_000)
def _number(value: int, language: str) -> str:
    return str(format_decimal(value, locale=_locale(language)))


def day(value: date | None) -> str:
    """`6 Jun 2026`, `6. Juni 2026`; of a moment, the day it is here."""
    if value is None:
        return NOTHING
    local = _local(value)
    return _day(date(local.year, local.month, local.day), _language())


@lru_cache(maxsize=10_000)
def _day(value: date, language: str) -> str:
    """English writes the day first here, which its readers on both sides of the Atlantic understand."""
    if language.startswith("en"):
        text = f"{value.day} {str(MONTHS_3[value.month]).title()} {value.year:04}"
    else:
        text = format_skeleton("yMMMd", value, locale=_locale(language))
    return text.replace(" ", NON_BREAKING)


def month(value: date) -> str:
    """`October 2026`."""
    return f"{str(MONTHS[value.month]).capitalize()}{NON_BREAKING}{value.year:04}"


def short_month(value: date) -> str:
    """`Oct`, beside its year."""
    return str(MONTHS_3[value.month]).capitalize()


def moment(value: datetime) -> str:
    """`6 Jun 2026, 14:32`."""
    local = _local(value)
    return f"{day(local)}, {local:%H:%M}"


def stamp(value: datetime | None) -> str:
    """`2026-06-06T14:32:00+00:00`, for a cell of a file."""
    return value.isoformat(timespec="seconds") if value else ""


def clock(value: datetime) -> str:
    """`14:32`."""
    return f"{_local(value):%H:%M}"


def clock_or_moment(value: datetime) -> str:
    """`14:32`; on another day than today `6 Jun 2026, 14:32`."""
    is_today = f"{_local(value):%Y-%m-%d}" == f"{_local(timezone.now()):%Y-%m-%d}"
    return clock(value) if is_today else moment(value)


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
        return _WORDS["now"]
    seconds = delta.days * 86400 + delta.seconds
    return _age(-_alike(-seconds) if seconds < 0 else _alike(seconds), _language())


_UNITS = (inf, *(seconds for _name, seconds in TIMEDELTA_UNITS))


def _alike(seconds: int) -> int:
    """One of all ages that have the same words, so that few are asked for: what babel rounds to."""
    for longer, unit in pairwise(_UNITS):
        if seconds >= unit:
            return int(min(round(seconds / unit) * unit, longer - 1))
    return seconds


@lru_cache(maxsize=1000)
def _age(seconds: int, language: str) -> str:
    write = partial(format_timedelta, timedelta(seconds=seconds), add_direction=True, threshold=1)
    try:
        text = write(format="short", locale=_locale(language))
    except KeyError:  # a language can lack the short form of one direction, as German does for "in 1 month"
        text = write(format="long", locale=_locale(language))
    return text.replace(".", "")


def days_away(value: date, today: date | None = None) -> str:
    """`today`, `in 12 days`, `3 days ago`."""
    return _away((value - (today or conf.today())).days, get_language())


@lru_cache(maxsize=10_000)
def _away(days: int, _language: str | None) -> str:
    if days == 0:
        return gettext("today")
    if days > 0:
        return ngettext("tomorrow", "in %(days)d days", days) % {"days": days}
    return ngettext("yesterday", "%(days)d days ago", -days) % {"days": -days}


def _local(value: date) -> date:
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(to_locale(language))
