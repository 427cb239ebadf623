"""The rate limit in an answer's headers, and the Meter that is told about it."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from .actions import Action

_DAY = 24 * 60 * 60
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")
_COUNT = re.compile(r"[0-9]{1,9}")
_SPACED_OFFSET = re.compile(r" (?=[+-][0-9]{2}:?[0-9]{2}$)")


@dataclass(frozen=True, slots=True)
class Rate:
    """The rate headers of one answer. Times are seconds from the moment the answer was given."""

    remaining: int | None = None
    reset_in: float | None = None
    retry_after: float | None = None
    raw_reset: str = ""

    @property
    def wait(self) -> float | None:
        """Seconds until the next call is allowed: the later of reset and ``Retry-After``, or None."""
        told = [seconds for seconds in (self.reset_in, self.retry_after) if seconds is not None]
        return max(told, default=None)


UNTOLD = Rate()


class Meter(Protocol):
    """Is told of every request, resends too. One meter belongs to one API key."""

    def before(self, action: Action) -> None:
        """May raise RateLimited; then nothing is sent and ``after`` is not called."""

    def after(self, action: Action, status: int | None, rate: Rate, words: str) -> None:
        """``status`` is the answer's, in HTTP or in its body; None when the provider gave none: of ``rate``
        then ``retry_after`` alone may be told, by a server in front of it. ``words`` are what an error says,
        in the provider's words where it gave any; of a success nothing.

        Should not raise: the answer would be lost.
        """


class Unmetered:
    """The meter of a client that was given none."""

    def before(self, action: Action) -> None: ...

    def after(self, action: Action, status: int | None, rate: Rate, words: str) -> None: ...


def read_rate(headers: Mapping[str, str]) -> Rate:
    """Never raises. ``headers`` looks names up whatever their case."""
    reset = headers.get("X-RateLimit-Reset", "").strip()
    answered_at = _moment(headers.get("Date", "")) or time.time()
    remaining = headers.get("X-RateLimit-Remaining", "").strip()
    return Rate(
        remaining=int(remaining) if _COUNT.fullmatch(remaining) else None,
        reset_in=_seconds_until(reset, answered_at),
        retry_after=_seconds_until(headers.get("Retry-After", "").strip(), answered_at),
        raw_reset=reset[:64],
    )


def _seconds_until(told: str, answered_at: float) -> float | None:
    """Seconds; None if the value is missing, past, unreadable or more than a day away.

    The provider documents "timestamp" and no unit, so a number is taken by its size. Measured against
    the answer's own Date header, a wrong clock on this side changes nothing.
    """
    if not told:
        return None
    seconds = _number(told, answered_at) if _NUMBER.fullmatch(told) else _moment(told, less=answered_at)
    return seconds if seconds is not None and 0 <= seconds <= _DAY else None


def _number(told: str, answered_at: float) -> float:
    number = float(told)
    if number >= 1e11:
        return number / 1000 - answered_at
    if number >= 1e9:
        return number - answered_at
    return number


def _moment(told: str, less: float = 0.0) -> float | None:
    """Epoch seconds of an ISO 8601, SQL or HTTP date, minus ``less``; without an offset it is UTC."""
    is_http = told[:1].isalpha()  # it begins with the weekday
    for parse in (parsedate_to_datetime, _iso) if is_http else (_iso, parsedate_to_datetime):
        try:
            moment = parse(told)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - less
        except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
            continue
    return None


def _iso(told: str) -> datetime:
    return datetime.fromisoformat(_SPACED_OFFSET.sub("", told))
