"""How many of a process's threads may wait for Ultahost: a slow provider leaves the others to the pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

_places = BoundedSemaphore(3)  # of gunicorn's 8


class Busy(Exception):
    """All places are taken: say so at once instead of queueing."""


@contextmanager
def provider_call() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        _places.release()
