"""PostgreSQL: pg_dump reads what one snapshot sees; psql puts it back in one transaction."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient

from portal.keeping import CannotKeep, content
from ultahost_api.models import Operation

State = Operation.State
_INSTALLED = "/usr/lib/postgresql"


def dump(folder: Path) -> tuple[Path, dict[str, Any]]:
    """The database at one moment, whoever writes meanwhile, and its description."""
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


def put(dump: Path, rows: dict[str, int], finish: Callable[[], None]) -> None:
    """What was there goes and what the dump holds comes in one transaction, or neither."""
    script, before, after = (dump.with_name(name) for name in ("dump.sql", "before.sql", "after.sql"))
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump), database=False)
    before.write_text("".join(f"{statement};\n" for statement in _drops()))
    after.write_text(_count_again(rows) + _doubt())
    options = (
        "--no-psqlrc",
        "--quiet",
        "--output=/dev/null",
        "--set=ON_ERROR_STOP=1",
        "--single-transaction",
    )
    _run("psql", *options, *(f"--file={path}" for path in (before, script, after)))
    finish()


def _drops() -> Iterator[str]:
    schema = connection.ops.quote_name(_schema())
    for table in connection.introspection.table_names():
        yield f"DROP TABLE IF EXISTS {schema}.{connection.ops.quote_name(table)} CASCADE"
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = %s::regnamespace AND NOT EXISTS"
            " (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')",
            [schema],
        )
        for (function,) in cursor.fetchall():
            yield f"DROP FUNCTION IF EXISTS {schema}.{function} CASCADE"
    # The dump makes the schema anew, unless it is the one that every database has.
    if schema != '"public"':
        yield f"DROP SCHEMA IF EXISTS {schema}"


def _count_again(rows: dict[str, int]) -> str:
    schema = connection.ops.quote_name(_schema())
    told = ", ".join(
        f"((SELECT count(*) FROM {schema}.{connection.ops.quote_name(table)}), {count:d})"  # noqa: S608
        for table, count in rows.items()
    )
    return (
        f"DO $$ BEGIN IF EXISTS (SELECT FROM (VALUES {told}) AS t (here, told) WHERE here <> told) THEN"
        " RAISE EXCEPTION 'the backup does not hold what its manifest says'; END IF; END $$;\n"
    )


def _doubt() -> str:
    """The part of ``finish`` that no kill may come before: payments that waited would be sent."""
    table = f"{connection.ops.quote_name(_schema())}.{Operation._meta.db_table}"
    return (
        f"UPDATE {table} SET state = '{State.UNKNOWN}', ended_at = now(), next_read_at = now()"  # noqa: S608
        f" WHERE state IN ('{State.QUEUED}', '{State.SENDING}');\n"
    )


def _schema() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return str(cursor.fetchone()[0])


def _run(program: str, *options: str, database: bool = True) -> None:
    """The database is named as Django names it, and its password passed in the environment."""
    arguments, variables = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, options)
    done = subprocess.run(  # noqa: S603
        [_find(program), *(arguments[1:] if database else options)],
        env=os.environ | (variables or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line.lower()] or [
            "it did not say why"
        ]
        raise CannotKeep(f"{program} failed: {said[0].rstrip('.')}.")


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
