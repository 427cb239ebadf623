"""SQLite: a copy is made, and put back, as a file of its own."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from portal.backups import CannotKeep, content
from portal.backups.archive import Manifest
from portal.running import CannotStart
from portal.running.launcher import only_launcher
from ultahost_api.models import search_tables

_LONGEST_ROW = 64 * 1024 * 1024  # bytes
_PLAIN_TABLE = """SELECT 1 FROM main.sqlite_schema
    WHERE type = 'table' AND name = ? AND rootpage > 0 AND sql LIKE 'CREATE TABLE %'"""
_PLAIN_COLUMNS = "SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0"


def dump(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The database at one moment, even while others write to it, and its description.

    VACUUM INTO copies what is there and not, as the backup API does, pages from which something was deleted.
    """
    copy = folder / "database"
    with closing(sqlite3.connect(_file(), timeout=20)) as live:
        live.execute("VACUUM INTO ?", [str(copy)])
    copy.chmod(0o600)
    with _working_on(copy):
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")
            search_tables.drop(cursor)  # it may hold words of rows that were removed
            there = connection.introspection.table_names(cursor)  # an older version lacks some
            for table in set(content.PASSING).intersection(there):
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608
        return copy, content.describe()


@contextmanager
def alone() -> Iterator[None]:
    """Ensures that no other process uses the database and that no portal can start on it."""
    try:
        with only_launcher(_file().parent):
            if _file().exists():
                with suppress(sqlite3.DatabaseError):  # a broken one; the code that reads it says so
                    _leave_wal(_file())
            yield
    except CannotStart as error:
        raise CannotKeep(str(error)) from None


def put(dump: Path, manifest: Manifest, finish: Callable[[], None]) -> str:
    """All is done in a new file, which then takes the database's place at once.

    Where a broken database is kept instead, if it was one.
    """
    fresh = dump.with_name("fresh")
    with _working_on(fresh):
        content.build_tables(manifest.migrations)
        connection.disable_constraint_checking()
        with transaction.atomic(), closing(_open_strangers(dump)) as source:
            tables = content.empty_tables()
            for table, columns in tables.items():
                _load(source, table, columns)
            connection.check_constraints()
        connection.enable_constraint_checking()
        content.refuse_other_rows(tables, manifest.rows)
        finish()
    fresh.chmod(0o600)
    aside = _put_aside() if _file().exists() and _is_broken() else ""
    if _file().exists():
        _leave_wal(_file())  # a log left behind would be played into the new database
    fresh.replace(_file())
    return aside


def _is_broken() -> bool:
    try:
        with closing(sqlite3.connect(_file(), timeout=1)) as database:
            return database.execute("PRAGMA quick_check(1)").fetchone() != ("ok",)
    except sqlite3.DatabaseError:
        return True


def _put_aside() -> str:
    """What is broken may still be of use to the person who looks into it."""
    aside = f"{_file()}.broken-{timezone.now():%Y%m%d-%H%M%S}"
    for suffix in ("-shm", "-wal", ""):
        with suppress(FileNotFoundError):
            Path(f"{_file()}{suffix}").rename(f"{aside}{suffix}")
    return aside


def _open_strangers(dump: Path) -> sqlite3.Connection:
    """As SQLite's own advice has it for files of strangers: nothing that their schema says is run."""
    source = sqlite3.connect(f"{dump.as_uri()}?mode=ro&immutable=1", uri=True)
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
        source.execute(f"PRAGMA {pragma}")
    source.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_ROW)
    return source


def _load(source: sqlite3.Connection, table: str, columns: list[str]) -> None:
    """From a plain table alone: views, virtual tables and generated columns would work out what they hold."""
    quoted = ", ".join(map(connection.ops.quote_name, columns))
    found = source.execute(_PLAIN_TABLE, [table]).fetchone()
    plain = [name for (name,) in source.execute(_PLAIN_COLUMNS, [table])] if found else []
    content.refuse_other_columns(table, plain, columns)
    rows = source.execute(f"SELECT {quoted} FROM main.{connection.ops.quote_name(table)}")  # noqa: S608
    places = ", ".join(["%s"] * len(columns))
    insert = f"INSERT INTO {connection.ops.quote_name(table)} ({quoted}) VALUES ({places})"  # noqa: S608
    with connection.cursor() as cursor:
        while some := rows.fetchmany(1000):
            cursor.executemany(insert, some)


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
    """Fails while another process has the file open."""
    try:
        with closing(sqlite3.connect(path, timeout=1)) as database:
            database.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise  # such as a full disk
        raise CannotKeep(f"{path} is in use: stop the portal first.") from None
