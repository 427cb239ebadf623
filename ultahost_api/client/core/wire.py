"""The provider's odd dates, amounts, flags and lists, read into Python; liberal in, strict out.

How an amount may be written stands in ``amounts``.
"""

import html
import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from .amounts import read_amount
from .secret import Secret

_BIGGEST_ID = 2**63 - 1
_BIGGEST_COUNT = 2**31 - 1
_TOLD = 255  # characters of what could not be read
_YEARS = range(2, 9999)  # a moment in them has a date in every time zone
_DIGITS_OF_A_DAY = 8  # 20261231
_DEEPEST = 100  # levels of what is kept
MISSING = object()  # stands for a field that the provider did not send
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}(\.0{1,9})?")
_UP, _DOWN = {"1", "true", "on", "yes"}, {"0", "false", "off", "no", ""}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # no database takes them
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(.*)", re.DOTALL)
# 0000-00-00 with any marks and order; PHP makes -0001-11-30 of it when it formats it.
_NO_DATE = re.compile(r"(?:0000[-/.]|00([-/.])00\1(?:00){1,2}(?!\d)|-0001-|30/11/-0001)")


class Unreadable(ValueError):
    """A value makes no sense."""


def integer(value: object) -> int:
    if type(value) is int and 0 <= value <= _BIGGEST_ID:
        return value  # nearly every one
    if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        told = str(value).strip()
        if _WHOLE.fullmatch(told) and abs(number := int(told.partition(".")[0])) <= _BIGGEST_ID:
            return number
    raise Unreadable(f"{shown(value)} is no number")


def integer_or_none(value: object) -> int | None:
    try:
        return integer(value)
    except Unreadable:
        return None


def number(value: object) -> int | None:
    """None where nothing was told."""
    return None if value is None or value == "" else integer(value)


def count(value: object) -> int | None:
    """A number that is not negative, nor so large that no column holds it."""
    told = number(value)
    if told is not None and not 0 <= told <= _BIGGEST_COUNT:
        raise Unreadable(f"{shown(value)} is out of range")
    return told


def told_id(data: object, name: str) -> int | None:
    """The id of this name in what a write answered; None when the answer does not tell it."""
    return integer_or_none(data.get(name)) if isinstance(data, dict) else None


def unescaped(text: str) -> str:
    """``R&D`` of ``R&amp;D``. What lacks its semicolon is none: ``?a=1&copy=2`` is an address."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


def storable(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, dict | list) else str(value)


def flag(value: object) -> bool:
    return _word(value) in _UP


def switch(value: object) -> bool | None:
    """As ``flag``, where it matters that nothing was told."""
    if value is None:
        return None
    if (word := _word(value)) not in _UP | _DOWN:
        raise Unreadable(f"{shown(value)} is neither on nor off")
    return word in _UP


def _word(value: object) -> str:
    return str(value).strip().lower().removesuffix(".0")


def money(value: object, currency: str = "") -> Decimal:
    """``currency`` is the account's, where it is known: an amount in another one is none."""
    try:
        return read_amount(value, currency)
    except ValueError:
        raise Unreadable(f"{shown(value)} is no amount") from None


def moment(value: object) -> datetime | None:
    """Aware. The provider names no time zone; UTC is assumed."""
    if isinstance(value, dict | list) and value:
        raise Unreadable(f"{shown(value)} is no date")
    told = text(value).strip()
    if not told or _NO_DATE.match(told):
        return None
    if told.isdecimal() and len(told) != _DIGITS_OF_A_DAY:  # else seconds since 1970 begin with a year
        raise Unreadable(f"{shown(value)} is no date")
    try:
        read = datetime.fromisoformat(_DAY_FIRST.sub(_day_last, told))
    except ValueError:
        raise Unreadable(f"{shown(value)} is no date") from None
    if read.year not in _YEARS:
        raise Unreadable(f"{shown(value)} is no date of our time")
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def day(value: object) -> date | None:
    if isinstance(value, str) and len(value) == 10 and value[4] == "-":
        try:
            usual = date.fromisoformat(value)
        except ValueError:
            pass  # not the usual form; `moment` knows the others
        else:
            if usual.year in _YEARS:
                return usual
    read = moment(value)
    return read.date() if read else None


def rows(value: object) -> list[Any]:
    """A list, which PHP sends as an object once its keys have gaps."""
    if isinstance(value, dict) and all(key.isdecimal() for key in value):
        return list(value.values())
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return value
    raise Unreadable(f"{shown(value)} is no list")


def texts(value: object) -> tuple[str, ...]:
    """Of a list, of a JSON list inside a text, or of lines and commas."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return (str(value),)
    if isinstance(value, list):
        return tuple(storable(text(item)) for item in value if text(item))
    return tuple(part for part in re.split(r"[\s,]+", text(value)) if part)


def numbers(value: object) -> tuple[int, ...]:
    """Of "", of "29", of "29,30" or of a list."""
    read = (integer_or_none(item) for item in texts(value))
    return tuple(number for number in read if number is not None)


def plain(value: Any, depth: int = 0) -> Any:
    """JSON again: decimals as numbers where those hold them exactly, else as text.

    Raises RecursionError for what is nested too deep to be of use, at the same depth on each Python.
    """
    if depth > _DEEPEST:
        raise RecursionError("nested too deep")
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if isinstance(value, dict):
        return {name: plain(one, depth + 1) for name, one in value.items()}
    return [plain(one, depth + 1) for one in value] if isinstance(value, list) else value


def told(value: object) -> str:
    """What the provider wrote, as far as it is kept; a secret is not."""
    if isinstance(value, Secret) or value is MISSING:
        return ""
    if isinstance(value, str):
        return value[:_TOLD]
    try:
        return json.dumps(plain(value), ensure_ascii=False, default=str)[:_TOLD]
    except RecursionError:  # nested too deep to be of use
        return ""


def shown(value: object) -> str:
    return repr(value)[:40]


def _day_last(found: re.Match[str]) -> str:
    day, month, year, rest = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}{rest}"
