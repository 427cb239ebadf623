"""A value that is not shown by accident: not in a repr, a log line, an error report or a pickle."""

from hmac import compare_digest
from typing import NoReturn

MASK = "••••••••"


class Secret:
    """Holds a secret; ``reveal()`` is the only way to it, and easy to search for."""

    __slots__ = ("_value",)

    def __init__(self, value: "str | Secret") -> None:
        self._value = value.reveal() if isinstance(value, Secret) else str(value)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK})"

    def __str__(self) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A Secret is never pickled or copied; pass it on, or reveal() it where it is used.")


class MaskedText(str):
    """Text that has to be a real ``str``, such as a header's value, yet must not show in a frame's locals."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK


class MaskedBytes(bytes):
    """The same for a body on its way to or from the socket."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


def without(text: str, *secrets: Secret) -> str:
    """``text`` with every secret in it masked: providers like to quote what they were given."""
    for secret in filter(None, secrets):
        text = text.replace(secret.reveal(), MASK)
    return text
