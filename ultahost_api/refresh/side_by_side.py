"""Reads that wait for their answers side by side; the thread that started them does all else."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from types import TracebackType
from typing import Any, Self

from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import KeyMeter, metered
from ultahost_api.client import Action, Client, NotSent, Rate
from ultahost_api.models import ApiKey

AT_ONCE = 6  # one place that a slow answer takes leaves five
_MOST = 20  # with those that keep no place because they take long
_LONG = 0.5  # seconds


class Reads:
    """At most ``AT_ONCE`` reads of one key, and besides them a few that take long while others do not.

    Their threads know no database: the one that is in ``next`` asks the budget for them and tells it what
    came back.
    """

    def __init__(self, key: ApiKey, tries: int) -> None:
        self._key, self._tries = key, tries
        self._pool = ThreadPoolExecutor(_MOST, thread_name_prefix="reads")
        self._inbox: SimpleQueue[Callable[[], Future[Any] | None]] = SimpleQueue()
        self._running: dict[Future[Any], float] = {}  # since when, in seconds
        self._is_quick = True  # the last answer came soon
        self.is_closed = False

    @property
    def have_place(self) -> bool:
        """An API that is slow for all is not asked for more at once."""
        quick = [begun for begun in self._running.values() if not (self._is_quick and _is_long(begun))]
        return len(quick) < AT_ONCE and len(self._running) < _MOST

    def start(self, read: Callable[[Client], Any], purpose: Purpose) -> Future[Any]:
        client = metered(_HandedOn(self._key, purpose, self), tries=self._tries)
        started = self._pool.submit(read, client)
        self._running[started] = monotonic()
        started.add_done_callback(lambda ended: self._inbox.put(lambda: ended))
        return started

    def next(self) -> Future[Any] | None:
        """The next that ends; None where a place becomes free before."""
        while True:
            try:
                ended = self._inbox.get(timeout=self._place_in())()
            except Empty:
                return None
            if ended:
                self._is_quick = not _is_long(self._running.pop(ended))
                return ended

    def _place_in(self) -> float | None:
        """Seconds until a running read keeps its place no more; None if that will not be."""
        soon = [begun for begun in self._running.values() if not _is_long(begun)]
        may_be = self._is_quick and not self.is_closed and soon and len(self._running) < _MOST
        return max(0.0, min(soon) + _LONG - monotonic()) if may_be else None

    def done_here(self, act: Callable[[], None]) -> None:
        """In a thread of the pool: have ``next`` do it."""
        done: Future[None] = Future()
        self._inbox.put(partial(self._do, act, done))
        done.result()

    def _do(self, act: Callable[[], None], done: Future[None]) -> None:
        try:
            act()
            done.set_result(None)
        except BaseException as error:
            done.set_exception(error)
            if not isinstance(error, Exception):
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """No more calls; the answers of those that are out are counted."""
        self.is_closed = True
        while self._running:
            self.next()
        self._pool.shutdown()


def _is_long(begun: float) -> bool:
    return monotonic() - begun >= _LONG


class _HandedOn(KeyMeter):
    def __init__(self, key: ApiKey, purpose: Purpose, reads: Reads) -> None:
        super().__init__(key, purpose)
        self._reads = reads

    def before(self, action: Action) -> None:
        self._reads.done_here(partial(self._before, action))

    def _before(self, action: Action) -> None:
        if self._reads.is_closed:
            raise NotSent("its run has ended")
        super().before(action)

    def after(self, action: Action, status: int | None, rate: Rate, words: str) -> None:
        self._reads.done_here(partial(self._after, action, status, rate, words))

    def _after(self, action: Action, status: int | None, rate: Rate, words: str) -> None:
        if status == 401:
            self._reads.is_closed = True
        super().after(action, status, rate, words)
