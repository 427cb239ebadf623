"""The provider's odd dates, amounts, flags and lists, read into Python; liberal in, strict out.

A field that cannot be read costs its record nothing else: it is left blank, and what the provider wrote
stands in the record's ``unreadable``. Only a row without a readable id makes no record. How an amount may be
written stands in ``amounts``. Some billing systems escape every text for HTML: that is undone, once.
"""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from .amounts import read_amount
from .secret import Secret

_BIGGEST_ID = 2**63 - 1
_BIGGEST_COUNT = 2**31 - 1
_TOLD = 255  # characters of what could not be read
_YEARS = range(2, 9999)  # a moment in them has a date in every time zone
MISSING = object()  # stands for a field that the provider did not send
_WHOLE = re.compile(r"[+-]?[0-9]{1,19}(\.0{1,9})?")
_UP, _DOWN = {"1", "true", "on", "yes"}, {"0", "false", "off", "no", ""}
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
_DAY_FIRST = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})(.*)", re.DOTALL)
# PHP makes -0001-11-30 of 0000-00-00 when it formats it.
_NO_DATE = ("0000-", "-0001-", "00/00/0000", "30/11/-0001")

T = TypeVar("T")


class Unreadable(ValueError):
    """A value makes no sense."""


@dataclass(frozen=True, slots=True)
class Unread:
    """Stands for a field that could not be read until its record is made."""

    told: str
    blank: Any


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


def unescaped(text: str) -> str:
    """``R&D`` of ``R&amp;D``. What lacks its semicolon is none: ``?a=1&copy=2`` is an address."""
    return _ENTITY.sub(lambda found: html.unescape(found[0]), text)


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
        raise Unreadable(f"{_shown(value)} is neither on nor off")
    return word in _UP


def _word(value: object) -> str:
    return str(value).strip().lower().removesuffix(".0")


def money(value: object, currency: str = "") -> Decimal:
    """``currency`` is the account's, where it is known: an amount in another one is none."""
    try:
        return read_amount(value, currency)
    except ValueError:
        raise Unreadable(f"{_shown(value)} is no amount") from None


def moment(value: object) -> datetime | None:
    """Aware. The provider names no time zone; UTC is assumed."""
    if isinstance(value, dict | list) and value:
        raise Unreadable(f"{_shown(value)} is no date")
    told = text(value).strip()
    if not told or told.startswith(_NO_DATE):
        return None
    try:
        read = datetime.fromisoformat(_DAY_FIRST.sub(_day_last, told))
    except ValueError:
        raise Unreadable(f"{_shown(value)} is no date") from None
    if read.year not in _YEARS:
        raise Unreadable(f"{_shown(value)} is no date of our time")
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


class Row:
    """One JSON object while it is read; ``rest()`` returns the fields that were not read.

    What a method cannot read is Unread, until ``into`` makes the record. ``currency`` is the account's,
    where it is known.
    """

    __slots__ = ("_currency", "_is_whole", "_left")

    def __init__(self, value: object, currency: str = "") -> None:
        if not isinstance(value, dict):
            raise Unreadable(f"{_shown(value)} is no record")
        self._left = dict(value)
        self._currency = currency
        self._is_whole = True  # nothing of it was Unread

    def into(self, record: Callable[..., T], /, **fields: Any) -> T:
        """The record of these fields. ``unreadable`` tells of those that are blank for that reason."""
        if self._is_whole:
            return record(**fields)
        unread = {name: value for name, value in fields.items() if type(value) is Unread}
        blanks = {name: value.blank for name, value in unread.items()}
        return record(**fields | blanks, unreadable={name: value.told for name, value in unread.items()})

    def take(self, name: str) -> Any:
        return self._left.pop(name, None)

    def rest(self) -> dict[str, Any]:
        if not self._left:
            return self._left
        try:
            return {name: plain(value) for name, value in self._left.items()}
        except RecursionError:  # nested too deep to be of use
            return {}

    def id(self, name: str = "id") -> int:
        try:
            return integer(self.take(name))
        except Unreadable as error:
            raise Unreadable(f"{name}: {error}") from None

    def number(self, name: str) -> Any:
        return self._read(name, _number_or_none)

    def count(self, name: str) -> Any:
        """A number that is not negative, nor so large that no column holds it."""
        return self._read(name, _count)

    def text(self, name: str) -> Any:
        value = self._left.pop(name, None)
        if isinstance(value, str):
            return unescaped(value) if "&" in value else value  # nearly every one
        return self._unread(value, "") if isinstance(value, dict | list) and value else text(value)

    def markup(self, name: str) -> Any:
        """HTML, whose entities are its own."""
        value = self.take(name)
        return self._unread(value, "") if isinstance(value, dict | list) and value else text(value)

    def flag(self, name: str) -> Any:
        return self._read(name, switch)

    def down(self, name: str) -> Any:
        """A flag of the provider that means the opposite of our field."""
        is_up = self.flag(name)
        return not is_up if isinstance(is_up, bool) else is_up

    def money(self, name: str) -> Any:
        return self._read(name, lambda value: money(value, self._currency))

    def day(self, name: str) -> Any:
        return self._read(name, day)

    def moment(self, name: str) -> Any:
        return self._read(name, moment)

    def texts(self, name: str) -> Any:
        value = self.take(name)
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, dict | list) and item for item in items):
            return self._unread(value, texts(value))
        if isinstance(value, list):
            return tuple(unescaped(one) for one in texts(value))
        return texts(unescaped(value) if isinstance(value, str) else value)

    def numbers(self, name: str) -> tuple[int, ...]:
        return numbers(self.take(name))

    def nameservers(self) -> Any:
        names = [self.text(f"ns{n}") for n in range(1, 6)]
        readable = tuple(name for name in names if name and isinstance(name, str))
        unread = [name.told for name in names if isinstance(name, Unread)]
        return Unread(" ".join(unread)[:_TOLD], readable) if unread else readable

    def all(self, name: str, parse: Callable[["Row"], T]) -> Any:
        """One Row for each item. An item that is no object becomes a Row of which nothing can be read."""
        value = self.take(name)
        try:
            items = rows(value)
        except Unreadable:
            items = [value]
        return tuple(parse(Row(item if isinstance(item, dict) else {}, self._currency)) for item in items)

    def _read(self, name: str, read: Callable[[Any], Any]) -> Any:
        value = self._left.pop(name, MISSING)
        try:
            if isinstance(value, str):
                return read(unescaped(value) if "&" in value else value)
            return read(None if value is MISSING else value)
        except Unreadable:
            return self._unread(value, None)

    def _unread(self, value: object, blank: object) -> Unread:
        self._is_whole = False
        return Unread(told(value), blank)


def _number_or_none(value: object) -> int | None:
    return None if value is None or value == "" else integer(value)


def _count(value: object) -> int | None:
    number = _number_or_none(value)
    if number is not None and not 0 <= number <= _BIGGEST_COUNT:
        raise Unreadable(f"{_shown(value)} is out of range")
    return number


def _shown(value: object) -> str:
    return repr(value)[:40]


def _day_last(found: re.Match[str]) -> str:
    day, month, year, rest = found.groups()
    return f"{year}-{month:0>2}-{day:0>2}{rest}"
