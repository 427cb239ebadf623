"""Draws faults by weight and lets them strike, several at once where they can."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import DatabaseError, connection
from redis import RedisError

from tests.faults import faults_of_api as api
from tests.faults import faults_of_portal as portal
from tests.faults.faults_of_portal import CannotRing
from tests.faults.processes import WORKERS
from tests.faults.scene import Scene

_PAUSE = 0.15  # seconds between two draws
_MOST_PLANNED = 40  # faults that wait for their request


@dataclass(frozen=True, slots=True)
class Kind:
    """``holds`` names what it needs for itself while it lasts, and one to two ``rest`` (seconds) after."""

    weight: float
    strike: Callable[[Scene], None]
    holds: frozenset[str] = frozenset()
    rest: float = 0.0


def _kind(weight: float, strike: Callable[[Scene], None], *holds: str, rest: float = 0.0) -> Kind:
    return Kind(weight, strike, frozenset(holds), rest)


def _killed(name: str) -> Callable[[Scene], None]:
    return lambda scene: portal.killed(scene, name)


def _stopped(name: str) -> Callable[[Scene], None]:
    return lambda scene: portal.worker_stopped(scene, name)


KINDS = [
    _kind(24, api.spoilt_answer),
    _kind(3, api.spoilt_write, "writes", rest=1),
    _kind(10, api.moved_rows),
    _kind(6, api.limited),
    _kind(1, api.unclear_limit, "unclear limit", rest=10),
    _kind(4, api.odd_reset_form),
    _kind(1, api.other_reset_form, "reset form", rest=8),
    _kind(1, api.other_clock, "clock", rest=8),
    _kind(2, api.slow_answer, "slow answer"),
    _kind(1, api.api_down, "api", rest=15),
    _kind(2, api.key_revoked, "key", rest=10),
    _kind(5, portal.killed_mid_refresh, *WORKERS, rest=2),
    *(_kind(2, _killed(name), name, rest=3) for name in WORKERS),
    *(_kind(1, _killed(name), name, rest=10) for name in ("web", "beat", "beat2", "valkey")),
    _kind(1, portal.web_child_killed, "web", rest=10),
    _kind(0.3, portal.all_killed, "valkey", *WORKERS, rest=5),
    *(_kind(0.7, _stopped(name), name, rest=3) for name in WORKERS),
    _kind(1, portal.broker_frozen, "valkey", rest=12),
    _kind(1, portal.broker_refusing, "valkey", rest=12),
    _kind(1, portal.broker_flapping, "valkey", rest=12),
    _kind(1, portal.broker_wiped, "valkey", rest=8),
    _kind(2, portal.delivered_again, "messages", rest=1),
    _kind(1, portal.stale_messages, "messages", rest=1),
    _kind(1, portal.database_locked, "database", rest=6),
]


class Injector:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.broken: list[str] = []  # faults that could not be made: the harness's own trouble
        self._held: set[str] = set()
        self._next: Kind | None = None  # needs so much for itself that it would never come to it by chance
        self._lock = threading.Lock()

    def run(self, faults: int, seconds: float) -> None:
        """Until so many have happened, or for so long."""
        deadline = time.monotonic() + seconds
        with ThreadPoolExecutor(max_workers=24) as pool:
            while self.scene.faults.total() < faults and time.monotonic() < deadline:
                self._draw(pool)
                time.sleep(_PAUSE)
            self.scene.over.set()
            self.scene.provider.faults.clear()

    def _draw(self, pool: ThreadPoolExecutor) -> None:
        if self._next and self._take(self._next.holds):
            pool.submit(self._strike, self._next)
            self._next = None
        (kind,) = self.scene.random.choices(KINDS, [kind.weight for kind in KINDS])
        if not kind.holds:
            if self.scene.waiting() < _MOST_PLANNED:
                self._strike(kind)
        elif self._next and kind.holds & self._next.holds:
            return
        elif self._take(kind.holds):
            pool.submit(self._strike, kind)
        elif len(kind.holds) > 1 and not self._next:
            self._next = kind

    def _take(self, holds: frozenset[str]) -> bool:
        with self._lock:
            if holds & self._held:
                return False
            self._held |= holds
            return True

    def _strike(self, kind: Kind) -> None:
        try:
            kind.strike(self.scene)
        except (DatabaseError, RedisError, CannotRing):
            connection.close()  # another fault came in between: this one did not happen
        except Exception as error:
            self.broken.append(f"{kind.strike}: {type(error).__name__} {error}")
        finally:
            if kind.holds:
                connection.close()
                self.scene.over.wait(kind.rest * (1 + self.scene.random.random()))
            with self._lock:
                self._held -= kind.holds
