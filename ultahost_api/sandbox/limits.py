"""Fixed windows per key or per account, and the many ways to write down when one ends."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from threading import Lock
from typing import Literal

Per = Literal["key", "account"]


def _dated(pattern: str) -> Callable[[float, float], str]:
    return lambda now, left: datetime.fromtimestamp(math.ceil(now + left), UTC).strftime(pattern)


# (the wall clock, seconds left) -> the header. All round up: who obeys them is never early.
RESET_FORMS: dict[str, Callable[[float, float], str | None]] = {
    "epoch": lambda now, left: str(math.ceil(now + left)),
    "epoch_ms": lambda now, left: str(math.ceil((now + left) * 1000)),
    "epoch_fraction": lambda now, left: f"{math.ceil((now + left) * 1000) / 1000:.3f}",
    "delta": lambda now, left: str(math.ceil(left)),
    "iso": _dated("%Y-%m-%dT%H:%M:%SZ"),
    "sql": _dated("%Y-%m-%d %H:%M:%S"),
    "http": lambda now, left: formatdate(math.ceil(now + left), usegmt=True),
    "missing": lambda now, left: None,
    "mad": lambda now, left: "soon",
    "past": lambda now, left: str(math.floor(now) - 3600),
}


@dataclass(slots=True)
class Clock:
    """The provider's idea of the time."""

    offset: float = 0.0

    def now(self) -> float:
        return time.time() + self.offset


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a bucket stands after one request; `ends` is on the monotonic clock."""

    allowed: bool
    before: int
    remaining: int
    ends: float


@dataclass(slots=True)
class _Window:
    used: int
    ends: float


@dataclass(slots=True)
class Limits:
    limit: int
    window: float
    reset_form: str
    clock: Clock
    per: Per = "key"
    retry_after: bool = False  # whether a 429 carries Retry-After as well
    _windows: dict[str, _Window] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        if self.reset_form not in RESET_FORMS:
            raise ValueError(f"{self.reset_form} is none of {', '.join(RESET_FORMS)}")

    def take(self, bucket: str) -> Standing:
        with self._lock:
            window = self._open(bucket)
            before = max(self.limit - window.used, 0)
            allowed = before > 0
            window.used += allowed
            return Standing(allowed, before, before - allowed, window.ends)

    def spend(self, bucket: str, seconds: float | None = None) -> Standing:
        """Close the window as if everything had been used, until `seconds` from now."""
        with self._lock:
            window = self._open(bucket)
            window.used = self.limit
            if seconds is not None:
                window.ends = time.monotonic() + seconds
            return Standing(allowed=False, before=0, remaining=0, ends=window.ends)

    def untouched(self) -> Standing:
        """The headers for requests without a key, which are not counted."""
        return Standing(
            allowed=True, before=self.limit, remaining=self.limit, ends=time.monotonic() + self.window
        )

    def headers(self, standing: Standing, form: str | None = None) -> dict[str, str]:
        left = max(standing.ends - time.monotonic(), 0.0)
        reset = RESET_FORMS[form or self.reset_form](self.clock.now(), left)
        headers = {}
        if reset is not None:
            headers = {"X-RateLimit-Remaining": str(standing.remaining), "X-RateLimit-Reset": reset}
        if self.retry_after and not standing.allowed:
            headers["Retry-After"] = str(math.ceil(left))
        return headers

    def _open(self, bucket: str) -> _Window:
        now = time.monotonic()
        window = self._windows.get(bucket)
        if window is None or window.ends <= now:
            window = self._windows[bucket] = _Window(used=0, ends=now + self.window)
        return window
