"""An index over the folded texts, so that a search does not read a table whole.

PostgreSQL has it by pg_trgm. SQLite has it as one FTS5 table of trigrams, which triggers keep. Migrations
cannot change tables that have such triggers, and take them away when they build a table anew: ``give_way``
removes the index before migrations run, and ``prepare`` makes what is missing after every migrate. A database
without the index finds the same, only slower.
"""

import logging
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Model, Q

# One row for each row that can be found. The first has a key of its own: VACUUM gives tables without one
# new row numbers.
ROWS, WORDS = "ultahost_api_search_rows", "ultahost_api_search_words"
TABLES = (ROWS, WORDS)  # and those that FTS5 puts beside the second, whose names begin with its name
_MOST = 500  # rows: a word that more rows hold is found as quickly by looking at them in their order
_SHORTEST = 3  # letters: a trigram has three

logger = logging.getLogger(__name__)


def holding(model: type[Model], word: str, path: str = "") -> Q:
    """Which rows of ``model`` hold ``word`` in their folded text; ``path`` leads there from what is asked."""
    found = _found_by_index(model, word)
    if found is None and path:
        rows = model._default_manager.filter(folded__contains=word).values_list("pk", flat=True)
        found = list(rows[: _MOST + 1])
    if found is None or len(found) > _MOST:
        return Q(**{f"{path}folded__contains": word})
    return Q(**{f"{path}pk__in": found})


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
    for table in _tables():
        for moment in _TRIGGERS:
            cursor.execute(f"DROP TRIGGER IF EXISTS {_trigger(table, moment)}")
    for table in TABLES:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")


def _found_by_index(model: type[Model], word: str) -> list[Any] | None:
    """One more than ``_MOST`` at most; None if no index can tell."""
    if connection.vendor != "sqlite" or len(word) < _SHORTEST:
        return None
    table, phrase = model._meta.db_table, '"' + word.replace('"', '""') + '"'
    kept = "SELECT 1 FROM sqlite_master WHERE type = 'trigger' AND name = %s"
    found = f"""SELECT row_id FROM {WORDS} CROSS JOIN {ROWS} ON {ROWS}.id = {WORDS}.rowid
        WHERE {WORDS} MATCH %s AND {ROWS}.of = %s LIMIT {_MOST + 1}"""  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        cursor.execute(kept, [_trigger(table, "insert")])
        if not cursor.fetchone():
            return None
        cursor.execute(found, [phrase, table])
        return [row_id for (row_id,) in cursor.fetchall()]


def _tables() -> dict[str, str]:
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
        for table in there & _tables().keys():
            cursor.execute(
                f"CREATE INDEX IF NOT EXISTS {table}_folded ON {table} USING gin (folded gin_trgm_ops)"
            )


_TRIGGERS = {
    "insert": """AFTER INSERT ON {table} BEGIN
        INSERT OR REPLACE INTO {rows} (of, row_id) VALUES ('{table}', NEW.{pk});
        INSERT INTO {words} (rowid, folded) VALUES (last_insert_rowid(), NEW.folded);
    END""",
    "update": """AFTER UPDATE OF folded ON {table} WHEN OLD.folded <> NEW.folded BEGIN
        UPDATE {words} SET folded = NEW.folded
            WHERE rowid = (SELECT id FROM {rows} WHERE of = '{table}' AND row_id = NEW.{pk});
    END""",
    "delete": """AFTER DELETE ON {table} BEGIN
        DELETE FROM {words} WHERE rowid = (SELECT id FROM {rows} WHERE of = '{table}' AND row_id = OLD.{pk});
        DELETE FROM {rows} WHERE of = '{table}' AND row_id = OLD.{pk};
    END""",
}


def _trigger(table: str, moment: str) -> str:
    return f"{table}_search_{moment}"


def _prepare_sqlite() -> None:
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE IF NOT EXISTS {ROWS}"
            " (id INTEGER PRIMARY KEY, of TEXT NOT NULL, row_id NOT NULL, UNIQUE (of, row_id))"
        )
        cursor.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {WORDS} USING fts5(folded, tokenize='trigram')")
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        kept = {name for (name,) in cursor.fetchall()}
        for table, pk in _tables().items():
            missing = [moment for moment in _TRIGGERS if _trigger(table, moment) not in kept]
            if table not in there or not missing:
                continue
            for moment in missing:
                body = _TRIGGERS[moment].format(table=table, pk=pk, rows=ROWS, words=WORDS)
                cursor.execute(f"CREATE TRIGGER {_trigger(table, moment)} {body}")
            _fill(cursor, table, pk)


def _fill(cursor: Any, table: str, pk: str) -> None:
    cursor.execute(f"DELETE FROM {WORDS} WHERE rowid IN (SELECT id FROM {ROWS} WHERE of = %s)", [table])  # noqa: S608
    cursor.execute(f"DELETE FROM {ROWS} WHERE of = %s", [table])  # noqa: S608
    cursor.execute(f"INSERT INTO {ROWS} (of, row_id) SELECT %s, {pk} FROM {table}", [table])  # noqa: S608
    cursor.execute(
        f"INSERT INTO {WORDS} (rowid, folded) SELECT {ROWS}.id, folded FROM {table}"  # noqa: S608
        f" JOIN {ROWS} ON {ROWS}.of = %s AND {ROWS}.row_id = {table}.{pk}",
        [table],
    )
