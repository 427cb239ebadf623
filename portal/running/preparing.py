"""Brings the database and the static files to this version of the portal."""

import fcntl
import hashlib
import logging
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import DatabaseError, OperationalError, connection

from portal.running import CannotStart
from ultahost_api import installation
from ultahost_api.installation import WrongDatabase

log = logging.getLogger(__name__)


def prepare_database(*, allow_new_api: bool = False, allow_new_keys: bool = False) -> None:
    try:
        if not allow_new_keys:
            installation.check_keys()  # before anything is changed
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        installation.remember_api_url(allow_new=allow_new_api)
        installation.remember_keys(allow_new=allow_new_keys)
    except WrongDatabase as error:
        raise CannotStart(str(error)) from None
    except OperationalError as error:
        raise CannotStart(f"The database does not work: {str(error).strip().splitlines()[0]}") from None


def refuse_other_database() -> None:
    """For a process that was started by hand: CannotStart on a database of another API or other keys."""
    try:
        installation.check()
    except WrongDatabase as error:
        raise CannotStart(str(error)) from None
    except DatabaseError as error:
        log.warning("The database does not answer (%s): its keys were not checked.", type(error).__name__)
    finally:
        connection.close()  # SQLite's must not be inherited by the processes that a worker forks


def collect_static_files() -> None:
    """Only when one of them changed: it takes seconds. Two portals of one checkout take turns."""
    root, now = Path(settings.STATIC_ROOT), _fingerprint()
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
