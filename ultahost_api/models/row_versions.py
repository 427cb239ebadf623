"""A number for each account that changes whenever one of its rows does.

What was worked out from the rows of some accounts holds while their numbers are the same. Triggers change
the numbers, in the transaction that changes the rows, whichever process or program it is. Migrations of
SQLite build tables anew without their triggers: ``give_way`` removes triggers and numbers before migrations
run, and ``prepare`` makes them after every migrate. An account without a number tells nothing.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, models, transaction
from django.db.models import OuterRef, Subquery, Sum

logger = logging.getLogger(__name__)

_ALL = ("insert", "update", "delete")


@dataclass(frozen=True, slots=True)
class _Table:
    accounts: str  # a statement that reads the ids of those that a {row} belongs to
    changes: Sequence[str]


_followed: dict[str, _Table] = {}


class RowVersion(models.Model):
    """A part of the number of an account, which is the sum of its parts.

    Most often there is one. Two transactions that change rows of an account at the same time each leave one,
    so that neither waits for the other.
    """

    account_id = models.UUIDField(db_index=True)
    part = models.BigIntegerField()  # random, of 48 bits: a sum of some fits a column

    def __str__(self) -> str:
        return f"{self.account_id}: {self.part}"


def follow(
    table: str, accounts: str = "SELECT {row}.account_id AS account_id", changes: Sequence[str] = _ALL
) -> None:
    """These changes of a row of ``table`` change the numbers of the accounts whose ids ``accounts`` reads."""
    _followed[table] = _Table(accounts, changes)


def tables() -> set[str]:
    """Those whose rows the numbers tell of."""
    return {*_followed}


def of_account() -> Subquery:
    """The number, for a query of accounts; None if a change of the account's rows would not be noticed."""
    parts = RowVersion.objects.filter(account_id=OuterRef("pk")).order_by().values("account_id")
    return Subquery(parts.annotate(version=Sum("part")).values("version"))


def give_way(*, plan: list[Any], **_: Any) -> None:
    """Before migrations: those of SQLite take triggers away, and older tables have no numbers."""
    if any(connection.vendor == "sqlite" or backwards for _migration, backwards in plan):
        with transaction.atomic(), connection.cursor() as cursor:
            _drop(cursor)


def _drop(cursor: Any) -> None:
    there = connection.introspection.table_names(cursor)
    for table, followed in _followed.items():
        for change in followed.changes if table in there else ():
            trigger = _trigger(table, change)
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger} ON {table}")
                cursor.execute(f"DROP FUNCTION IF EXISTS {trigger}")
            else:
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger}")
    if _NUMBERS in there:
        cursor.execute(f"DELETE FROM {_NUMBERS}")  # noqa: S608


def prepare(**_: Any) -> None:
    """Make the triggers that are missing, and a number for each account."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            _prepare(cursor)
    except DatabaseError as error:
        logger.warning("Pages are slower than they could be: triggers were not made (%s).", error)


def _prepare(cursor: Any) -> None:
    there = set(connection.introspection.table_names(cursor))
    if _NUMBERS not in there:
        return  # an older schema
    is_postgres = connection.vendor == "postgresql"
    cursor.execute(_POSTGRES_TRIGGERS if is_postgres else _SQLITE_TRIGGERS)
    made = {name for (name,) in cursor.fetchall()}
    missing = [
        (table, change)
        for table, followed in _followed.items()
        for change in followed.changes
        if table in there and _trigger(table, change) not in made
    ]
    for table, change in missing:
        for statement in (_on_postgres if is_postgres else _on_sqlite)(table, change):
            cursor.execute(statement)
    if missing:
        cursor.execute(f"DELETE FROM {_NUMBERS}")  # noqa: S608
        cursor.execute(f"INSERT INTO {_NUMBERS} (account_id, part) SELECT id, {_random()} FROM {_ACCOUNTS}")  # noqa: S608


_NUMBERS, _ACCOUNTS = "ultahost_api_rowversion", "ultahost_api_account"
_SQLITE_TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
_POSTGRES_TRIGGERS = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal"


def _trigger(table: str, change: str) -> str:
    return f"{table}_version_{change}"


def _random() -> str:
    if connection.vendor == "postgresql":
        return "(random() * 281474976710655)::bigint"
    return "random() & 281474976710655"


def _on_sqlite(table: str, change: str) -> Iterable[str]:
    accounts = _followed[table].accounts.format(row="OLD" if change == "delete" else "NEW")
    yield f"""CREATE TRIGGER {_trigger(table, change)} AFTER {change.upper()} ON {table} BEGIN
        DELETE FROM {_NUMBERS} WHERE account_id IN ({accounts});
        INSERT INTO {_NUMBERS} (account_id, part)
            SELECT account_id, {_random()} FROM ({accounts}) WHERE account_id IS NOT NULL;
    END"""  # noqa: S608


def _on_postgres(table: str, change: str) -> Iterable[str]:
    """Once a statement. Parts that another transaction is about to replace are left to it."""
    name, accounts = _trigger(table, change), _followed[table].accounts.format(row="changed")
    yield f"""CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE accounts uuid[];
        BEGIN
            accounts := ARRAY(
                SELECT DISTINCT theirs.account_id FROM changed CROSS JOIN LATERAL ({accounts}) AS theirs
                WHERE theirs.account_id IS NOT NULL);
            DELETE FROM {_NUMBERS} WHERE id IN (
                SELECT id FROM {_NUMBERS} WHERE account_id = ANY(accounts) FOR UPDATE SKIP LOCKED);
            INSERT INTO {_NUMBERS} (account_id, part) SELECT one, {_random()} FROM unnest(accounts) AS one;
            RETURN NULL;
        END $$"""  # noqa: S608
    rows = "OLD" if change == "delete" else "NEW"
    yield f"""CREATE TRIGGER {name} AFTER {change.upper()} ON {table}
        REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {name}()"""


for _table in (
    "assignedline",
    "domain",
    "email",
    "event",
    "invoice",
    "operation",
    "order",
    "quote",
    "service",
):
    follow(f"ultahost_api_{_table}")
follow(
    "ultahost_api_invoiceitem",
    "SELECT account_id FROM ultahost_api_invoice WHERE id = {row}.invoice_id",
)
follow("ultahost_api_account", "SELECT {row}.id AS account_id", changes=("insert",))  # so that each has one
