"""What is wrong with a database that failed."""

import shutil
from enum import StrEnum

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

_ROOM = 1_000_000  # bytes; with less, SQLite cannot even make the files that it reads with


class Trouble(StrEnum):
    FULL = "full"
    BUSY = "busy"
    DOWN = "down"


def trouble_of(error: BaseException | None) -> Trouble | None:
    """None for what is a fault of ours, or no error of the database."""
    if not isinstance(error, OperationalError | InterfaceError):
        return None
    words, state = str(error), getattr(error.__cause__, "sqlstate", None)
    if state == "53100" or "disk is full" in words:
        return Trouble.FULL
    if "locked" in words or state in {"40P01", "55P03"}:
        return Trouble.BUSY
    if connection.vendor != "sqlite":
        return Trouble.DOWN
    # What else SQLite says of the disk; "no such table" and its like are faults.
    if not any(sign in words for sign in ("disk I/O", "unable to open", "readonly")):
        return None
    return Trouble.FULL if shutil.disk_usage(settings.PORTAL_DATA_DIR).free < _ROOM else Trouble.DOWN
