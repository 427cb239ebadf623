"""Amounts, read exactly, and only where one reading alone is possible.

- A single point is the decimal point, as in the documentation: "1234.50", and "12.345" of a currency
  with three decimals.
- A comma is the decimal sign where other separators stand before it ("1.234,50"), or where it cannot part
  thousands: before other than three digits ("99,00"), or after a lone zero ("0,125").
- Commas, points, spaces and apostrophes part thousands where a decimal sign of another kind follows or
  the same one stands there again: "1,234.50", "1.234.567". Spaces and apostrophes always do: "1 234".
- One currency sign and one three-letter code may stand before or behind: "$99.00 USD".

A single comma before three digits ("1,234") can be read in two ways, so it is not read. Nor is an amount
that names another currency than the account's, or one of more than 11 digits before the decimal sign or 4
behind it: 15 digits are what SQLite and PostgreSQL both keep and add without loss.
"""

import re
from decimal import Decimal

_WHOLE_DIGITS, _DECIMALS = 11, 4
_LONGEST = 60  # characters
_USUAL = re.compile(r"-?[0-9]{1,11}(?:\.[0-9]{1,4})?")
_NAMED = r"(?:[A-Za-z]{3}|[$€£¥₫₹₩₺₽₴₪฿₱₦])"
_WRITTEN = re.compile(
    rf"(?P<sign>[-+−]?)\s*(?P<before>{_NAMED}?\s*{_NAMED}?)\s*(?P<inner>[-+−]?)"
    rf"\s*(?P<number>[0-9](?:[.,'’\s]?[0-9])*)\s*(?P<after>{_NAMED}?\s*{_NAMED}?)"
)
# The currencies that a sign may stand for.
_SIGNS = {
    "$": "USD ARS AUD BBD BMD BND BSD BZD CAD CLP COP DOP FJD GYD HKD JMD KYD LRD MXN NAD NZD SBD SGD SRD TTD"
    " TWD UYU XCD",
    "€": "EUR",
    "£": "GBP EGP FKP GIP LBP SHP",
    "¥": "JPY CNY",
    "₫": "VND",
    "₹": "INR",
    "₩": "KRW",
    "₺": "TRY",
    "₽": "RUB",
    "₴": "UAH",
    "₪": "ILS",
    "฿": "THB",
    "₱": "PHP",
    "₦": "NGN",
}


def read_amount(value: object, currency: str = "") -> Decimal:
    """ValueError where that is not possible. ``currency`` is the account's, where it is known."""
    if isinstance(value, str):
        if _USUAL.fullmatch(value):
            return +Decimal(value)  # without a sign before zero
        number = _written(value, currency)
    elif isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        number = Decimal(str(value))
    else:
        raise ValueError
    return _fitting(number)


def written(amount: Decimal) -> str:
    """With two decimals, or with as many as it has."""
    exact = amount.normalize()
    return f"{exact:.2f}" if exact == round(exact, 2) else f"{exact:f}"


def _fitting(number: Decimal) -> Decimal:
    if not number.is_finite() or number.adjusted() >= _WHOLE_DIGITS or number != round(number, _DECIMALS):
        raise ValueError
    kept = round(number, _DECIMALS) if -number.as_tuple().exponent > _DECIMALS else number  # type: ignore[operator]
    return kept + 0  # without a sign before zero, and without an exponent


def _written(text: str, currency: str) -> Decimal:
    found = _WRITTEN.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if not found or (found["sign"] and found["inner"]):
        raise ValueError
    _check_currency(re.findall(_NAMED, f"{found['before']} {found['after']}"), currency.upper())
    number = Decimal(_plain(found["number"]))
    return number if (found["sign"] or found["inner"]) in ("", "+") else -number


def _check_currency(named: list[str], currency: str) -> None:
    """At most one sign and one code, which name the same currency: the account's, where that is known."""
    signs = [name for name in named if name in _SIGNS]
    codes = {name.upper() for name in named if name not in _SIGNS} | ({currency} if currency else set())
    if len(named) - len(signs) > 1 or len(signs) > 1 or len(codes) > 1:
        raise ValueError
    if any(code not in _SIGNS[sign].split() for sign in signs for code in codes):
        raise ValueError


def _plain(number: str) -> str:
    """Digits, and a point where there are decimals."""
    number = re.sub(r"\s", " ", number).replace("’", "'")
    whole, decimals = _parted(number)
    kinds = set(re.findall(r"[^0-9]", whole))
    if len(kinds) > 1 or (kinds and not re.fullmatch(r"[0-9]{1,3}(?:[^0-9][0-9]{3})+", whole)):
        raise ValueError
    return re.sub(r"[^0-9]", "", whole) + (f".{decimals}" if decimals else "")


def _parted(number: str) -> tuple[str, str]:
    """What stands before the decimal sign and behind it."""
    signs = re.findall(r"[^0-9]", number)
    if not signs or signs[-1] not in ",." or signs.count(signs[-1]) > 1:
        return number, ""
    whole, _sign, decimals = number.rpartition(signs[-1])
    if signs == [","] and len(decimals) == 3 and whole != "0":
        raise ValueError
    return whole, decimals
