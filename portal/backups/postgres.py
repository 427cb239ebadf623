"""PostgreSQL: pg_dump reads what one snapshot sees; its rows, and nothing else, come back in one transaction.

A dump is a script: running it runs whatever a person put in who could write the file or the database.
"""

import os
import re
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient

from portal.backups import CannotKeep, content
from portal.backups.archive import Manifest
from ultahost_api.models import Operation

State = Operation.State
_INSTALLED = "/usr/lib/postgresql"
_COPY = re.compile(rb"COPY (?:\S+\.)?(?P<table>[^\s.]+) \((?P<columns>[^()]+)\) FROM stdin;\n")
_LONGEST_LINE = 64 * 1024 * 1024  # bytes


def dump(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The database at one moment, even while others write to it, and its description."""
    target = folder / "database"
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_export_snapshot()")
            snapshot = cursor.fetchone()[0]
        described = content.describe()
        _run(
            "pg_dump",
            *("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"),
            f"--schema={connection.ops.quote_name(_schema())}",
            f"--file={target}",
            *(f"--exclude-table-data={_schema()}.{table}" for table in content.PASSING),
        )
    described["rows"] |= {table: 0 for table in content.PASSING if table in described["rows"]}
    return target, described


@contextmanager
def alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        (others,) = cursor.fetchone()
    if others:
        raise CannotKeep(f"{others} other connections use the database: stop the portal first.")
    yield


def put(dump: Path, manifest: Manifest, finish: Callable[[], None]) -> None:
    """What was there goes and the dump's rows come in one transaction, or neither."""
    with transaction.atomic():
        _drop_all()
        content.build_tables(manifest.migrations)
        tables = content.empty_tables()
        with _rows_only(dump) as script:
            _load(script, tables)
        content.refuse_other_rows(tables, manifest.rows)
        content.check_now()
        _count_on(tables)
        _doubt()
    finish()


def _drop_all() -> None:
    schema = connection.ops.quote_name(_schema())
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"DROP TABLE IF EXISTS {schema}.{connection.ops.quote_name(table)} CASCADE")
        cursor.execute(
            "SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = %s::regnamespace AND NOT EXISTS"
            " (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')",
            [schema],
        )
        for (function,) in cursor.fetchall():
            cursor.execute(f"DROP FUNCTION IF EXISTS {function} CASCADE")


def _load(script: IO[bytes], tables: dict[str, list[str]]) -> None:
    """Takes the rows of known tables out of the script, which is never run."""
    while line := _line(script):
        if head := _COPY.fullmatch(line):
            table = head["table"].decode().strip('"')
            columns = [name.strip('"') for name in head["columns"].decode().split(", ")]
            if table in tables:
                content.refuse_other_columns(table, columns, tables[table])
                _copy(table, columns, _rows(script))
            else:
                deque(_rows(script), maxlen=0)


def _copy(table: str, columns: list[str], rows: Iterable[bytes]) -> None:
    quote = connection.ops.quote_name
    statement = f"COPY {quote(table)} ({', '.join(map(quote, columns))}) FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write(row)


def _rows(script: IO[bytes]) -> Iterator[bytes]:
    while (line := _line(script)) != b"\\.\n":
        if not line:
            raise CannotKeep("This backup is damaged: it ends within a table.")
        yield line


def _line(script: IO[bytes]) -> bytes:
    """Empty at the script's end."""
    line = script.readline(_LONGEST_LINE)
    if line and not line.endswith(b"\n"):
        raise CannotKeep("This backup is damaged: a row in it has no end.")
    return line


@contextmanager
def _rows_only(dump: Path) -> Iterator[IO[bytes]]:
    """The script that pg_restore makes of a dump's rows."""
    with (
        dump.with_name("complaints").open("w+b") as complaints,
        subprocess.Popen(  # noqa: S603
            [_find("pg_restore"), "--data-only", "--no-owner", "--file=-", str(dump)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        ) as process,
    ):
        try:
            yield cast(IO[bytes], process.stdout)
        except BaseException:
            process.kill()
            raise
        if process.wait():
            complaints.seek(0)
            raise CannotKeep(f"pg_restore failed: {_reason(complaints.read().decode())}.")


def _count_on(tables: Iterable[str]) -> None:
    """Numbers that the database gives begin after the greatest."""
    with connection.cursor() as cursor:
        for table in tables:
            for sequence in connection.introspection.get_sequences(cursor, table):
                name, column = sequence["name"], connection.ops.quote_name(sequence["column"])
                cursor.execute(
                    f"SELECT setval(%s, greatest(max({column}), 1), count(*) > 0)"  # noqa: S608
                    f" FROM {connection.ops.quote_name(table)}",
                    [connection.ops.quote_name(name)],
                )


def _doubt() -> None:
    """The part of ``finish`` that no kill may come before: payments that waited would be sent."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {Operation._meta.db_table} SET state = %s, ended_at = now(), next_read_at = now()"  # noqa: S608
            " WHERE state IN (%s, %s)",
            [State.UNKNOWN, State.QUEUED, State.SENDING],
        )


def _schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def _run(program: str, *options: str) -> None:
    """The database is named as Django names it, and its password passed in the environment."""
    arguments, variables = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, options)
    done = subprocess.run(  # noqa: S603
        [_find(program), *arguments[1:]],
        env=os.environ | (variables or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotKeep(f"{program} failed: {_reason(done.stderr)}.")


def _reason(complaints: str) -> str:
    said = [line for line in complaints.splitlines() if "error" in line.lower()] or ["it did not say why"]
    return said[0].rstrip(".")


def _find(program: str) -> str:
    """The one of the server's own version, or else the oldest that is newer: older ones refuse."""
    server = _server_version()
    found = {_version(path): path for path in _installed(program)}
    fitting = sorted(version for version in found if version >= server)
    if fitting:
        return found[fitting[0]]
    wanted = f"install the package postgresql-client-{server}"
    if not found:
        raise CannotKeep(f"{program} was not found: {wanted}.")
    raise CannotKeep(f"{program} {max(found)} is older than the server, which is {server}: {wanted}.")


def _server_version() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return int(cursor.fetchone()[0]) // 10000


def _installed(program: str) -> Iterator[str]:
    yield from (str(path) for path in Path(_INSTALLED).glob(f"*/bin/{program}"))
    if on_path := shutil.which(program):
        yield on_path


def _version(path: str) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    number = re.search(r"(\d+)\.", said)
    return int(number[1]) if number else 0
