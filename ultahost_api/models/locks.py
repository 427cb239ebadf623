"""How long this thread waits for SQLite's one write lock. On PostgreSQL a reader does not wait."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import InternalError, OperationalError, connection

_MOMENT = 0.2  # seconds
# What a database raises that cannot write now. PostgreSQL's own of them is that it is a standby.
CANNOT_WRITE = (OperationalError, InternalError)


@contextmanager
def dispensable() -> Iterator[None]:
    """For a note that a page can do without: where it cannot be written within a moment, it is dropped."""
    with suppress(*CANNOT_WRITE), waiting_at_most(_MOMENT):
        yield


@contextmanager
def waiting_at_most(seconds: float) -> Iterator[None]:
    if connection.vendor == "sqlite":
        with suppress(OperationalError):  # what follows then says so
            connection.ensure_connection()
    if connection.vendor != "sqlite" or connection.connection is None:
        yield
        return
    database = connection.connection  # directly: these are no statements of the page
    (usual,) = database.execute("PRAGMA busy_timeout").fetchone()
    database.execute(f"PRAGMA busy_timeout = {min(usual, int(seconds * 1000))}")
    try:
        yield
    finally:
        if connection.connection is database:
            database.execute(f"PRAGMA busy_timeout = {usual}")
