"""What can go wrong, one class per cause. Each can be pickled and holds no request, header or secret."""

import re
from datetime import datetime
from enum import StrEnum

_LONGEST = 300


class Unsaid(StrEnum):
    """What ``message`` says where the provider gave no words: the library's own sentences about an answer."""

    UNREACHED = "Ultahost could not be reached"
    UNANSWERED = "no answer arrived"
    NOT_JSON = "the answer is not the JSON that was expected"
    NO_PAGE = "a page that is not there was answered, and no JSON"
    STRANGERS_PAGE = "the page of another server was answered, and no JSON"
    TOO_LONG = "the answer is longer than 5 MB"
    ODDLY_PACKED = "the answer is packed in a way that was not asked for"
    NOT_UNPACKED = "the answer cannot be unpacked"
    CUT_SHORT = "the answer is cut short"
    STATUS_ALONE = "Ultahost answered"
    NO_REASON = "refused without a reason"

    @classmethod
    def of(cls, message: str) -> "Unsaid | None":
        """The sentence that ``message`` is; None where the words are the provider's."""
        found = _UNSAID.fullmatch(message)
        return cls(found["sentence"]) if found else None


# With the name of a network fault or a status
_UNSAID = re.compile(rf"(?P<sentence>{'|'.join(map(re.escape, Unsaid))})(?: \(\w*\)| \d+)?")


class UltahostError(Exception):
    """``message`` is in the provider's words where it gave any; ``status`` is None when no answer arrived."""

    def __init__(self, message: str = "", *, action: str = "", status: int | None = None) -> None:
        self.message = plain(message)
        self.action = action
        self.status = status
        super().__init__(self.message)

    def __str__(self) -> str:
        told = self.message or type(self).__name__
        return f"{self.action}: {told}" if self.action else told


class NotSent(UltahostError):
    """No byte was sent: the name was not found, the connection was refused, or TLS failed."""


class InvalidParameters(NotSent):
    """The action is not documented, or its parameters are not; found before anything was sent."""


class NoAnswer(UltahostError):
    """A read was sent, but its answer did not arrive completely. Nothing changed at the provider."""


class OutcomeUnknown(UltahostError):
    """A write may or may not have happened.

    ``settled_by`` names the read that can find out, or is empty if none can.
    """

    def __init__(
        self, message: str = "", *, action: str = "", status: int | None = None, settled_by: str = ""
    ) -> None:
        super().__init__(message, action=action, status=status)
        self.settled_by = settled_by


class BadRequest(UltahostError):
    """The provider refused what was asked: HTTP 400, or an answer that says ``result: error``."""


class Unauthorized(UltahostError):
    """The provider does not know this API key."""


class Forbidden(UltahostError):
    """The API key may not do this."""


class NotFound(UltahostError):
    """There is no such thing in this account. After a repeated delete this means done."""


class RateLimited(UltahostError):
    """Too many requests; nothing happened.

    ``retry_at`` is an aware datetime, or None if the answer did not say.
    """

    def __init__(
        self,
        message: str = "",
        *,
        action: str = "",
        status: int | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(message, action=action, status=status)
        self.retry_at = retry_at


class ServerError(UltahostError):
    """The provider failed at a read."""


class BadAnswer(UltahostError):
    """A read was answered with something that cannot be read: HTML, half a JSON, a redirect, too much."""


class Garbled(BadAnswer):
    """The body is not complete JSON. The next answer may be."""


def plain(text: str) -> str:
    """One line of at most 300 printable characters, whatever a stranger's server said."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST]).split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
