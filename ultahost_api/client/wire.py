"""The provider's odd dates, amounts, flags and lists, read into Python; liberal in, strict out.

How an amount may be written stands in ``amounts``.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from .amounts import read_amount

ZERO = Decimal(0)
_BIGGEST_ID = 2**63 - 1
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}(\.0{1,9})?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(.*)", re.DOTALL)
# PHP makes -0001-11-30 of 0000-00-00 when it formats it.
_NO_DATE = ("0000-", "-0001-", "00/00/0000", "30/11/-0001")

T = TypeVar("T")


class Unreadable(ValueError):
    """A field that a record cannot do without makes no sense."""


def integer(value: object) -> int:
    if type(value) is int and 0 <= value <= _BIGGEST_ID:
        return value  # nearly every one
    if isinstance(value, str | int | float | Decimal) and not isinstance(value, bool):
        told = str(value).strip()
        if _WHOLE.fullmatch(told) and abs(number := int(told.partition(".")[0])) <= _BIGGEST_ID:
            return number
    raise Unreadable(f"{_shown(value)} is no number")


def integer_or_none(value: object) -> int | None:
    try:
        return integer(value)
    except Unreadable:
        return None


def text(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None or isinstance(value, dict | list) else str(value)


def flag(value: object) -> bool:
    return str(value).strip().lower() in ("1", "true", "on", "yes")


def money(value: object, currency: str = "") -> Decimal:
    """``currency`` is the account's, where it is known: an amount in another one is none."""
    try:
        return read_amount(value, currency)
    except ValueError:
        raise Unreadable(f"{_shown(value)} is no amount") from None


def moment(value: object) -> datetime | None:
    """Aware. The provider names no time zone; UTC is assumed."""
    told = text(value).strip()
    if not told or told.startswith(_NO_DATE):
        return None
    try:
        read = datetime.fromisoformat(_DAY_FIRST.sub(_day_last, told))
    except ValueError:
        raise Unreadable(f"{_shown(value)} is no date") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def day(value: object) -> date | None:
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass  # not the usual form; `moment` knows the others
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
    raise Unreadable(f"{_shown(value)} is no list")


def texts(value: object) -> tuple[str, ...]:
    """Of a list, of a JSON list inside a text, or of lines and commas."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            return (str(value),)
    if isinstance(value, list):
        return tuple(text(item) for item in value if text(item))
    return tuple(part for part in re.split(r"[\s,]+", text(value)) if part)


def numbers(value: object) -> tuple[int, ...]:
    """Of "", of "29", of "29,30" or of a list."""
    read = (integer_or_none(item) for item in texts(value))
    return tuple(number for number in read if number is not None)


def plain(value: Any) -> Any:
    """JSON again: decimals as numbers where those hold them exactly, else as text."""
    if isinstance(value, Decimal):
        number = float(value)
        return number if Decimal(repr(number)) == value else str(value)
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


class Row:
    """One JSON object while it is read; ``rest()`` is what nobody asked for."""

    __slots__ = ("_left",)

    def __init__(self, value: object) -> None:
        if not isinstance(value, dict):
            raise Unreadable(f"{_shown(value)} is no record")
        self._left = dict(value)

    def take(self, name: str) -> Any:
        return self._left.pop(name, None)

    def rest(self) -> dict[str, Any]:
        return {name: plain(value) for name, value in self._left.items()}

    def id(self, name: str = "id") -> int:
        return self._named(name, integer)

    def number(self, name: str) -> int | None:
        return integer_or_none(self.take(name))

    def text(self, name: str) -> str:
        return text(self._left.pop(name, None))

    def flag(self, name: str) -> bool:
        return flag(self.take(name))

    def money(self, name: str) -> Decimal:
        return self._named(name, money)

    def money_or_zero(self, name: str) -> Decimal:
        return ZERO if self._left.get(name) in (None, "") else self._named(name, money)

    def day(self, name: str) -> date | None:
        return self._named(name, day)

    def moment(self, name: str) -> datetime | None:
        return self._named(name, moment)

    def texts(self, name: str) -> tuple[str, ...]:
        return texts(self.take(name))

    def numbers(self, name: str) -> tuple[int, ...]:
        return numbers(self.take(name))

    def nameservers(self) -> tuple[str, ...]:
        return tuple(filter(None, [self.text(f"ns{n}") for n in range(1, 6)]))

    def all(self, name: str, parse: Callable[["Row"], T]) -> tuple[T, ...]:
        return tuple(parse(Row(item)) for item in rows(self.take(name)))

    def _named(self, name: str, read: Callable[[object], T]) -> T:
        value = self._left.pop(name, None)
        try:
            return read(value)
        except Unreadable as error:
            raise Unreadable(f"{name}: {error}") from None


def _shown(value: object) -> str:
    return repr(value)[:40]


def _day_last(found: re.Match[str]) -> str:
    day, month, year, rest = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}{rest}"
