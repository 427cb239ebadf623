"""Limits how many threads of a process may wait for Ultahost, so that the others can serve pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

_places = BoundedSemaphore(3)  # of gunicorn's 8


class Busy(Exception):
    """All slots are in use. The page says so immediately instead of queueing."""


@contextmanager
def provider_call() -> Iterator[None]:
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        _places.release()
