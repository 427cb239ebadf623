"""Billing cycles: how many months each lasts, and the days on which what recurs falls due."""

from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from babel.numbers import get_currency_precision

from portal.wording.cycles import NEVER, plain_cycle

_MONTHS = {
    "monthly": 1,
    "quarterly": 3,
    "semiannually": 6,
    "semiannual": 6,
    "annually": 12,
    "annual": 12,
    "yearly": 12,
    "biennially": 24,
    "biennial": 24,
    "triennially": 36,
    "triennial": 36,
}


def months_of(cycle: str) -> int | None:
    """How long Ultahost's word for a cycle lasts: 0 if nothing recurs, None if the word is not known."""
    word = plain_cycle(cycle)
    return 0 if word in NEVER else _MONTHS.get(word)


def months_of_years(years: int | None) -> int | None:
    """Of the registration period of a domain. None if it is not known; a domain is never registered for 0."""
    return years * 12 if years else None


def later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month: 31 January, 28 February, 31 March."""
    month = day.year * 12 + day.month - 1 + months
    first = date(month // 12, month % 12 + 1, 1)
    return first.replace(day=min(day.day, last_of_month(first).day))


def end_of(today: date, months: int) -> date:
    """The day on which so many months from today are over, itself not included.

    From 29 February to 28 February a year later, so that what is due each 28 February is in them once.
    """
    day = later(today, months)
    return day if day.day == today.day else day + date.resolution


def last_of_month(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def due_days(due: date, months: int | None, since: date, before: date) -> Iterator[date]:
    """The days in [since, before) on which something is due that is due on ``due`` and again each cycle.

    Each is counted from ``due``, so that a month with fewer days does not move those that follow.
    Without a cycle that is known (None) it is due once.
    """
    if months is None:
        if since <= due < before:
            yield due
        return
    behind = (since.year - due.year) * 12 + since.month - due.month
    turn = max(0, -(-(behind - 1) // months))
    most = (date.max.year - due.year) * 12 - due.month  # an odd answer may tell a cycle of thousands of years
    while turn * months <= most and (day := later(due, turn * months)) < before:
        if day >= since:
            yield day
        turn += 1


def monthly(amount: Decimal, months: int) -> Fraction:
    """What an amount comes to in a month, exactly."""
    return Fraction(amount) / months


def price_of_years(price: Decimal | None, period: int | None, years: int) -> Decimal | Fraction | None:
    """Of a domain whose renewal for ``period`` years has a ``price``; None if it is not known.

    As it was told, or a fraction if it had to be worked out.
    """
    if price is None or not period or price <= 0:
        return None
    turns, rest = divmod(years, period)
    return Fraction(price) * years / period if rest else price * turns


def total(prices: Sequence[Decimal | Fraction], currency: str) -> Decimal:
    """What was told is kept to its last decimal; a sum with something worked out is rounded once."""
    told = [price for price in prices if isinstance(price, Decimal)]
    if len(told) == len(prices):
        return sum(told, Decimal(0))
    return rounded(sum((Fraction(price) for price in prices), Fraction(0)), currency)


def rounded(amount: Fraction, currency: str) -> Decimal:
    """Half up, away from zero, to the decimals of the currency. Of a sum, once it is added up."""
    scale = 10 ** (get_currency_precision(currency) if currency else 2)
    halves = int(abs(amount) * scale * 2)  # towards zero
    whole = Decimal((halves + 1) // 2) / scale
    quantum = Decimal(1) / scale
    return (-whole if amount < 0 else whole).quantize(quantum, rounding=ROUND_HALF_UP)
