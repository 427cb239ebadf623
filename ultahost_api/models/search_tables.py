"""Where searches look words up: the tables and indexes, and how they are made.

PostgreSQL has them by pg_trgm. SQLite has an FTS5 table of trigrams for each table with folded texts, which
triggers keep. Migrations cannot change tables that have such triggers, and take them away when they build a
table anew: ``give_way`` removes the index before migrations run, and ``prepare`` makes what is missing after
every migrate.
"""

import logging
from collections.abc import Iterable
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

# One row for each row that can be found. The first has a key of its own: VACUUM gives tables without one
# new row numbers. The second begins the name of each table's index.
ROWS, WORDS = "ultahost_api_search_rows", "ultahost_api_search_words"
TABLES = (ROWS, WORDS)  # how the names of all tables begin, of those as well that FTS5 puts beside its own

logger = logging.getLogger(__name__)


# The names from which ``models_of`` tells whose index is kept.
TRIGGERS = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name GLOB '*_search_insert'"


def indexed() -> set[type[Model]]:
    """The models whose index is kept."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        return models_of(name for (name,) in cursor.fetchall())


def models_of(triggers: Iterable[str]) -> set[type[Model]]:
    kept = set(triggers)
    return {model for model in apps.get_models() if _trigger(model._meta.db_table, "insert") in kept}


def prepare(**_: Any) -> None:
    """Make what is missing of the index, and fill it."""
    try:
        with transaction.atomic():
            (_prepare_postgres if connection.vendor == "postgresql" else _prepare_sqlite)()
    except DatabaseError as error:
        logger.warning("Searches are slower than they could be: the index was not made (%s).", error)


def give_way(*, plan: list[Any], **_: Any) -> None:
    """Before migrations: remove what would be in their way."""
    if plan and connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            drop(cursor)


def drop(cursor: Any) -> None:
    """SQLite's, with its triggers."""
    for table in tables():
        for moment in _TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {_trigger(table, moment)}")
    for table in (ROWS, WORDS, *map(words_of, tables())):
        cursor.execute(f"DROP TABLE IF EXISTS {table}")


def tables() -> dict[str, str]:
    """The name of the primary key of each table that has folded texts."""
    found = [model._meta for model in apps.get_models()]
    return {
        one.db_table: str(one.pk.column)
        for one in found
        if one.pk and any(column.name == "folded" for column in one.local_fields)
    }


def _prepare_postgres() -> None:
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for table in there & tables().keys():
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {table}_folded ON {table} USING gin (folded gin_trgm_ops)"
            )


_TRIGGERS = {
    "insert": """AFTER INSERT ON {table} BEGIN
        INSERT OR REPLACE INTO {rows} (of, row_id) VALUES ('{table}', NEW.{pk});
        INSERT INTO {words} (rowid, folded)
            VALUES (last_insert_rowid(), char(10) || NEW.folded || char(10));
    END""",
    "update": """AFTER UPDATE OF folded ON {table} WHEN OLD.folded <> NEW.folded BEGIN
        UPDATE {words} SET folded = char(10) || NEW.folded || char(10)
            WHERE rowid = (SELECT id FROM {rows} WHERE of = '{table}' AND row_id = NEW.{pk});
    END""",
    "delete": """AFTER DELETE ON {table} BEGIN
        DELETE FROM {words} WHERE rowid = (SELECT id FROM {rows} WHERE of = '{table}' AND row_id = OLD.{pk});
        DELETE FROM {rows} WHERE of = '{table}' AND row_id = OLD.{pk};
    END""",
}


def _trigger(table: str, moment: str) -> str:
    return f"{table}_search_{moment}"


def words_of(table: str) -> str:
    return f"{WORDS}_{table}"


def _prepare_sqlite() -> None:
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {ROWS}"
            " (id INTEGER PRIMARY KEY, of TEXT NOT NULL, row_id NOT NULL, UNIQUE (of, row_id))"
        )
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        kept = {name for (name,) in cursor.fetchall()}
        for table, pk in tables().items():
            missing = [moment for moment in _TRIGGERS if _trigger(table, moment) not in kept]
            if table not in there or not missing:
                continue
            columns = "folded, tokenize='trigram'"
            cursor.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {words_of(table)} USING fts5({columns})")
            for moment in missing:
                body = _TRIGGERS[moment].format(table=table, pk=pk, rows=ROWS, words=words_of(table))
                cursor.execute(f"CREATE TRIGGER {_trigger(table, moment)} {body}")
            _fill(cursor, table, pk)


def _fill(cursor: Any, table: str, pk: str) -> None:
    words = words_of(table)
    cursor.execute(f"DELETE FROM {words}")  # noqa: S608
    cursor.execute(f"DELETE FROM {ROWS} WHERE of = %s", [table])  # noqa: S608
    cursor.execute(f"INSERT INTO {ROWS} (of, row_id) SELECT %s, {pk} FROM {table}", [table])  # noqa: S608
    cursor.execute(
        f"INSERT INTO {words} (rowid, folded)"  # noqa: S608
        f" SELECT {ROWS}.id, char(10) || folded || char(10) FROM {table}"
        f" JOIN {ROWS} ON {ROWS}.of = %s AND {ROWS}.row_id = {table}.{pk}",
        [table],
    )
