"""Brings the database and the static files to this version of the portal."""

import fcntl
import hashlib
import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, InterfaceError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from portal.running import CannotStart, schema, to_lock
from portal.wording.library import words
from ultahost_api import installation
from ultahost_api.installation import DatabaseFails, WrongDatabase

log = logging.getLogger(__name__)

_LATE = "portal.running.preparing"
_LOCK = 0x706F7274616C  # a number of our own among PostgreSQL's advisory locks: "portal"


def prepare_database(*, allow_new_api: bool = False, allow_new_keys: bool = False) -> None:
    try:
        with _one_at_a_time():
            schema.refuse_newer()
            if not allow_new_keys:
                installation.check_keys()  # before anything is changed
            call_command("migrate", interactive=False, verbosity=0)
            call_command("createcachetable", verbosity=0)
            installation.remember_api_url(allow_new=allow_new_api)
            installation.remember_keys(allow_new=allow_new_keys)
    except WrongDatabase as error:
        raise CannotStart(words(error)) from None
    except (DatabaseError, InterfaceError) as error:
        raise CannotStart(words(DatabaseFails(error))) from None


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two that migrate at once would each make the same tables. PostgreSQL may have them on two machines."""
    with to_lock(Path(settings.PORTAL_DATA_DIR) / "preparing.lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if connection.vendor != "postgresql":
            yield
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
            try:
                yield
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])


def refuse_other_database(end: Callable[[], object]) -> None:
    """CannotStart on a database of another API, of other keys or of a newer version.

    One that does not answer yet is looked at as soon as it does, before anything else is done with it; then
    ``end`` has to end this process.
    """
    try:
        _check()
    except (DatabaseError, InterfaceError) as error:
        log.warning("The database does not answer (%s): it is checked when it does.", type(error).__name__)
        connection_created.connect(partial(_check_late, end), weak=False, dispatch_uid=_LATE)
    finally:
        connection.close()  # SQLite's must not be inherited by the processes that a worker forks


def _check() -> None:
    try:
        schema.refuse_newer()
        installation.check()
    except WrongDatabase as error:
        raise CannotStart(words(error)) from None


def _check_late(end: Callable[[], object], *, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Receives each new connection until one has passed; no other thread gets one before."""
    try:
        _check()
    except CannotStart as error:
        print(f"portal: {error}", file=sys.stderr, flush=True)
        end()
    except (DatabaseError, InterfaceError):
        connection.close()  # or the next one would use it unchecked
        raise
    else:
        connection_created.disconnect(dispatch_uid=_LATE)


def collect_static_files() -> None:
    """Only when one of them changed: it takes seconds. Two portals of one checkout take turns."""
    root, now = Path(settings.STATIC_ROOT), _fingerprint()
    if root.exists() and not os.access(root, os.W_OK):
        return  # of an image, or a checkout that cannot be written: they were collected when it was made
    root.mkdir(parents=True, exist_ok=True)
    stamp = root / ".collected"
    with (root / ".collecting").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text() != now:
            call_command("collectstatic", interactive=False, verbosity=0)
            stamp.write_text(now)


def _fingerprint() -> str:
    """Changes with the name, size or time of any static file of any application."""
    files = []
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            files.append(f"{path} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(files)).encode()).hexdigest()
