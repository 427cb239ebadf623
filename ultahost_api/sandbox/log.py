"""Every request seen, and which of them a patient client would not have sent."""

import json
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

KEPT = 100_000


@dataclass(slots=True)
class RequestSeen:
    """One request; the monotonic fields compare with `time.monotonic()` of this process."""

    at: float  # monotonic, when it had arrived
    wall: float
    key: str  # the last four characters
    method: str
    action: str
    parameters: dict[str, Any]  # secrets masked
    bucket: str = field(default="", repr=False)  # whose window it counts in
    remaining_before: int | None = None  # None: it did not reach the limit
    status: int | None = None  # None: no answer was sent, or not yet
    limited: bool = False  # answered with 429
    closed_until: float | None = None  # monotonic; the answer told that nothing is left until then
    answered: float | None = None  # monotonic, when the answer was out

    def to_json(self) -> dict[str, Any]:
        return {
            "wall": self.wall,
            "key": self.key,
            "method": self.method,
            "action": self.action,
            "parameters": self.parameters,
            "remaining_before": self.remaining_before,
            "status": self.status,
            "limited": self.limited,
        }


class Log:
    def __init__(self, path: Path | None = None) -> None:
        self._seen: deque[RequestSeen] = deque(maxlen=KEPT)
        self._lock = Lock()
        self._path = path

    def arrived(self, key: str, method: str, action: str, parameters: dict[str, Any]) -> RequestSeen:
        seen = RequestSeen(time.monotonic(), time.time(), key[-4:], method, action, parameters)
        with self._lock:
            self._seen.append(seen)
        return seen

    def seen(self) -> list[RequestSeen]:
        with self._lock:
            return list(self._seen)

    def write(self, seen: RequestSeen) -> None:
        if self._path is not None:
            line = json.dumps(seen.to_json(), ensure_ascii=False)
            with self._lock, self._path.open("a", encoding="utf-8") as file:
                file.write(f"{line}\n")

    def early(self) -> list[RequestSeen]:
        """Requests that came after their bucket's client had been told to wait, and before the reset.

        One that was under way when the news went out is not early.
        """
        requests = sorted(self.seen(), key=lambda seen: seen.at)
        told = deque(sorted((s for s in requests if s.answered), key=lambda seen: seen.answered or 0))
        closed: dict[str, float] = {}
        early = []
        for seen in requests:
            while told and (told[0].answered or 0) <= seen.at:
                news = told.popleft()
                closed[news.bucket] = max(closed.get(news.bucket, 0), news.closed_until or 0)
            if seen.at < closed.get(seen.bucket, 0):
                early.append(seen)
        return early
