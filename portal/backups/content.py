"""What a database holds, told through whatever Django's connection leads to."""

from collections.abc import Iterable, Iterator
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from portal.backups import CannotKeep
from portal.models import FirstAdminToken
from ultahost_api import installation
from ultahost_api.crypto import sealed_columns, sealing
from ultahost_api.models import Heartbeat, Installation, RowVersion, search_tables

# What holds only for now: sessions end within days, the caches age in minutes, and triggers number rows anew.
PASSING = [
    RowVersion._meta.db_table,
    Session._meta.db_table,
    UserSession._meta.db_table,
    *(str(cache["LOCATION"]) for cache in settings.CACHES.values()),
]
# What a portal writes by itself before anybody uses it.
_MADE_BY_ITSELF = {
    *PASSING,
    *(model._meta.db_table for model in (ContentType, FirstAdminToken, Heartbeat, Installation)),
    MigrationRecorder.Migration._meta.db_table,
    "auth_permission",
    "portal_auditentry",  # sign-ins that failed
    "portal_audithead",
    "portal_audittext",
}


def rows() -> dict[str, int]:
    """How many each table has."""
    with connection.cursor() as cursor:
        counted = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.startswith(search_tables.TABLES):
                continue  # made from the rows themselves
            cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(table)}")  # noqa: S608
            counted[table] = cursor.fetchone()[0]
        return counted


def refuse_content() -> None:
    held = [table for table, count in rows().items() if count and table not in _MADE_BY_ITSELF]
    if held:
        raise CannotKeep(
            "The database holds a portal's content already: add --replace to lose that, or name an empty one."
        )


def describe() -> dict[str, Any]:
    """The manifest's part that the database itself can tell."""
    checks = installation.remembered_keys()
    return {
        "database": connection.vendor,
        "migrations": _last_migrations(),
        "rows": rows(),
        "sealing_keys": sorted({sealing.key_id_in(text) for text in [*_opened(), checks.sealing] if text}),
        "sealing_check": checks.sealing,
        "hmac_check": checks.hmac,
    }


def _opened() -> Iterator[str]:
    """Sealed values. Values that could not be decrypted before the restore are not checked after it."""
    for text, aad in sealed_columns.values(connection.introspection.table_names()):
        if sealing.opens(text, aad):
            yield text


def build_tables(migrations: dict[str, str]) -> None:
    """Those of the version that had come so far, by the portal's own migrations, into an empty database."""
    MigrationExecutor(connection, progress_callback=_settle).migrate(list(migrations.items()))


def _settle(action: str, *_: Any) -> None:
    """PostgreSQL changes no table in a transaction that has checks of its rows still to come."""
    if action == "apply_success":
        check_now()


def check_now() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def empty_tables() -> dict[str, list[str]]:
    """The columns of each table that takes rows of a backup. What migrations have put in is removed.

    Which of those ran is not for the backup to say.
    """
    left_alone = {*PASSING, MigrationRecorder.Migration._meta.db_table}
    tables = {table: count for table, count in rows().items() if table not in left_alone}
    with connection.cursor() as cursor:
        for table in (table for table, count in tables.items() if count):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608
        describe = connection.introspection.get_table_description
        return {table: [column.name for column in describe(cursor, table)] for table in tables}


def refuse_other_columns(table: str, there: list[str], here: list[str]) -> None:
    if sorted(there) != sorted(here):
        raise CannotKeep(f"The table {table} of this backup is not as the portal makes it.")


def refuse_other_rows(tables: Iterable[str], told: dict[str, int]) -> None:
    here = rows()
    if any(here[table] != told.get(table) for table in tables):
        raise CannotKeep("The database in this backup does not hold what its manifest says.")


def refuse_newer(migrations: dict[str, str]) -> None:
    known = MigrationLoader(None).disk_migrations
    if any(migration not in known for migration in migrations.items()):
        raise CannotKeep("This backup was made by a newer portal: restore it with that, or a newer one.")


def _last_migrations() -> dict[str, str]:
    applied = sorted(MigrationRecorder(connection).applied_migrations())
    return dict(applied)
