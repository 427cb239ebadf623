"""SQLite: a copy is made, and put back, as a file of its own."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from django.db import connection
from django.utils import timezone

from portal.keeping import CannotKeep, content
from portal.running import CannotStart
from portal.running.launcher import only_launcher


def dump(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The database at one moment, whoever writes meanwhile, and its description.

    VACUUM INTO copies what is there and not, as the backup API does, pages from which something was deleted.
    """
    copy = folder / "database"
    with closing(sqlite3.connect(_file(), timeout=20)) as live:
        live.execute("VACUUM INTO ?", [str(copy)])
    copy.chmod(0o600)
    with _working_on(copy):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
            for table in content.PASSING:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608
        return copy, content.describe()


@contextmanager
def alone() -> Iterator[None]:
    """Nobody else uses the database, and no portal can be started on it."""
    try:
        with only_launcher(_file().parent):
            if _file().exists():
                with suppress(sqlite3.DatabaseError):  # a broken one; whoever needs it says so
                    _leave_wal(_file())
            yield
    except CannotStart as error:
        raise CannotKeep(str(error)) from None


def put(dump: Path, rows: dict[str, int], finish: Callable[[], None]) -> str:
    """All is done on the dump, which then takes the database's place at once.

    Where a broken database is kept instead, if it was one.
    """
    with closing(sqlite3.connect(dump)) as copy:
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise CannotKeep("The database in this backup is damaged.")
    with _working_on(dump):
        if content.rows() != rows:
            raise CannotKeep("The database in this backup does not hold what its manifest says.")
        finish()
    aside = _put_aside() if _file().exists() and _is_broken() else ""
    if _file().exists():
        _leave_wal(_file())  # a log left behind would be played into the new database
    dump.replace(_file())
    return aside


def _is_broken() -> bool:
    try:
        with closing(sqlite3.connect(_file(), timeout=1)) as database:
            return database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",)
    except sqlite3.DatabaseError:
        return True


def _put_aside() -> str:
    """What is broken may still be of use to whoever looks into it."""
    aside = f"{_file()}.broken-{timezone.now():%Y%m%d-%H%M%S}"
    for suffix in ("-shm", "-wal", ""):
        with suppress(FileNotFoundError):
            Path(f"{_file()}{suffix}").rename(f"{aside}{suffix}")
    return aside


def _file() -> Path:
    return Path(connection.settings_dict["NAME"])


@contextmanager
def _working_on(path: Path) -> Iterator[None]:
    """Django's connection leads to another file; afterwards that is whole without a log beside it."""
    live = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = path
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = live
        _leave_wal(path)


def _leave_wal(path: Path) -> None:
    """Only possible while nobody else has the file open."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError:
        raise CannotKeep(f"{path} is in use: stop the portal first.") from None
