"""One row of an answer, read field by field into a record.

A field that cannot be read costs its record nothing else: it is left blank, and what the provider wrote
stands in the record's ``unreadable``. Only a row without a readable id makes no record. Some billing systems
escape every text for HTML: that is undone, once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from . import wire
from .wire import Unreadable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unread:
    """Stands for a field that could not be read until its record is made."""

    told: str
    blank: Any


class Row:
    """One JSON object while it is read; ``rest()`` returns the fields that were not read.

    What a method cannot read is Unread, until ``into`` makes the record. ``currency`` is the account's,
    where it is known.
    """

    __slots__ = ("_currency", "_is_whole", "_left")

    def __init__(self, value: object, currency: str = "") -> None:
        if not isinstance(value, dict):
            raise Unreadable(f"{wire.shown(value)} is no record")
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
            return {name: wire.plain(value) for name, value in self._left.items()}
        except RecursionError:  # nested too deep to be of use
            return {}

    def id(self, name: str = "id") -> int:
        try:
            return wire.integer(self.take(name))
        except Unreadable as error:
            raise Unreadable(f"{name}: {error}") from None

    def number(self, name: str) -> Any:
        return self._read(name, wire.number)

    def count(self, name: str) -> Any:
        return self._read(name, wire.count)

    def text(self, name: str) -> Any:
        value = self._left.pop(name, None)
        if isinstance(value, str):
            return wire.unescaped(value) if "&" in value else value  # nearly every one
        return self._unread(value, "") if isinstance(value, dict | list) and value else wire.text(value)

    def markup(self, name: str) -> Any:
        """HTML, whose entities are its own."""
        value = self.take(name)
        return self._unread(value, "") if isinstance(value, dict | list) and value else wire.text(value)

    def flag(self, name: str) -> Any:
        return self._read(name, wire.switch)

    def down(self, name: str) -> Any:
        """A flag of the provider that means the opposite of our field."""
        is_up = self.flag(name)
        return not is_up if isinstance(is_up, bool) else is_up

    def money(self, name: str) -> Any:
        return self._read(name, lambda value: wire.money(value, self._currency))

    def day(self, name: str) -> Any:
        return self._read(name, wire.day)

    def moment(self, name: str) -> Any:
        return self._read(name, wire.moment)

    def texts(self, name: str) -> Any:
        value = self.take(name)
        items = value if isinstance(value, list) else [value]
        if any(isinstance(item, dict | list) and item for item in items):
            return self._unread(value, wire.texts(value))
        if isinstance(value, list):
            return tuple(wire.unescaped(one) for one in wire.texts(value))
        return wire.texts(wire.unescaped(value) if isinstance(value, str) else value)

    def numbers(self, name: str) -> tuple[int, ...]:
        return wire.numbers(self.take(name))

    def nameservers(self) -> Any:
        names = [self.text(f"ns{n}") for n in range(1, 6)]
        readable = tuple(name for name in names if name and isinstance(name, str))
        unread = [name.told for name in names if isinstance(name, Unread)]
        return Unread(wire.told(" ".join(unread)), readable) if unread else readable

    def all(self, name: str, parse: Callable[["Row"], T]) -> Any:
        """One Row for each item. An item that is no object becomes a Row of which nothing can be read."""
        value = self.take(name)
        try:
            items = wire.rows(value)
        except Unreadable:
            items = [value]
        return tuple(parse(Row(item if isinstance(item, dict) else {}, self._currency)) for item in items)

    def _read(self, name: str, read: Callable[[Any], Any]) -> Any:
        value = self._left.pop(name, wire.MISSING)
        try:
            if isinstance(value, str):
                return read(wire.unescaped(value) if "&" in value else value)
            return read(None if value is wire.MISSING else value)
        except Unreadable:
            return self._unread(value, None)

    def _unread(self, value: object, blank: object) -> Unread:
        self._is_whole = False
        return Unread(wire.told(value), blank)
