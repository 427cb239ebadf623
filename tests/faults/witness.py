"""What the budget in each of the portal's processes decided and wrote down, and when.

The times are monotonic: they compare with those of every process on this machine. A request that was granted
before the news was written down may arrive at the provider any time later, on a busy machine seconds later.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any, NamedTuple

from django.apps import AppConfig
from django.conf import settings

from ultahost_api.sandbox.log import RequestSeen

FILE = "witness"


class Note(NamedTuple):
    key: str  # last four
    at: float


@dataclass
class Books:
    """``grants`` by when each was asked for, ``closings`` by when they were written down."""

    grants: list[Note] = field(default_factory=list)
    closings: list[Note] = field(default_factory=list)

    @classmethod
    def read(cls, data_dir: Path) -> "Books":
        books = cls()
        kept = {"granted": books.grants, "closed": books.closings}
        for line in (data_dir / FILE).read_text().splitlines():
            kind, key, at = line.split()
            kept[kind].append(Note(key, float(at)))
        return books

    def written_down(self, news: RequestSeen) -> float | None:
        """When the portal's rows knew it; None when they never did."""
        later = [
            note.at for note in self.closings if note.key == news.key and note.at >= (news.answered or 0)
        ]
        return min(later, default=None)

    def granted(self, key: str, after: float, until: float) -> bool:
        return any(grant.key == key and after < grant.at <= until for grant in self.grants)


class Witness(AppConfig):
    """Part of every process that runs under tests.faults.settings."""

    name = "tests.faults"
    label = "witness"

    def ready(self) -> None:
        from ultahost_api.calls import budget

        budget._taken = _noting_grants(budget._taken)
        budget.record = _noting_closings(budget.record)


def _noting_grants(taken: Callable[..., bool]) -> Callable[..., bool]:
    @wraps(taken)
    def take(key: Any, *arguments: Any) -> bool:
        asked = time.monotonic()
        is_granted = taken(key, *arguments)
        if is_granted:
            _note("granted", key, asked)
        return is_granted

    return take


def _noting_closings(record: Callable[..., None]) -> Callable[..., None]:
    @wraps(record)
    def noted(key: Any, rate: Any, status: int | None, *arguments: Any, **named: Any) -> None:
        record(key, rate, status, *arguments, **named)
        if status == 429 or rate.remaining == 0:
            _note("closed", key, time.monotonic())

    return noted


def _note(kind: str, key: Any, at: float) -> None:
    """One short write, which other processes' do not come between."""
    file = os.open(settings.PORTAL_DATA_DIR / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, f"{kind} {key.last_four} {at}\n".encode())
    finally:
        os.close(file)
