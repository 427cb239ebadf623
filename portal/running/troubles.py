"""What is wrong with a database that failed."""

import shutil
import sqlite3
from enum import StrEnum

from django.conf import settings
from django.db import InterfaceError, InternalError, OperationalError, connection

_ROOM = 1_000_000  # bytes; with less, SQLite cannot even make the files that it reads with


class Trouble(StrEnum):
    FULL = "full"
    BUSY = "busy"
    READ_ONLY = "read only"
    DOWN = "down"


def trouble_of(error: BaseException | None) -> Trouble | None:
    """None for what is a fault of ours, or no error of the database."""
    words, state = str(error), getattr(getattr(error, "__cause__", None), "sqlstate", None)
    if state == "25006" and isinstance(error, InternalError):
        return Trouble.READ_ONLY
    if not isinstance(error, OperationalError | InterfaceError | sqlite3.OperationalError):
        return None
    if state == "53100" or "disk is full" in words:
        return Trouble.FULL
    if "locked" in words or state in {"40P01", "55P03", "57014"}:
        return Trouble.BUSY
    if connection.vendor != "sqlite":
        return Trouble.DOWN
    # What else SQLite says of the disk; "no such table" and its like are faults.
    is_read_only = "readonly" in words
    if not is_read_only and not any(sign in words for sign in ("disk I/O", "unable to open")):
        return None
    if shutil.disk_usage(settings.PORTAL_DATA_DIR).free < _ROOM:
        return Trouble.FULL
    return Trouble.READ_ONLY if is_read_only else Trouble.DOWN
