"""Brings the database and the static files to this version of the portal."""

import fcntl
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import OperationalError

from portal.running import CannotStart
from ultahost_api.installation import OtherApi, remember_api_url


def prepare_database(*, allow_new_api: bool) -> None:
    try:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)
        remember_api_url(allow_new=allow_new_api)
    except OtherApi as error:
        raise CannotStart(str(error)) from None
    except OperationalError as error:
        raise CannotStart(f"The database does not work: {str(error).strip().splitlines()[0]}") from None


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
