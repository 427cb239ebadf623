"""An index over the folded texts, so that a search does not read a table whole.

PostgreSQL has it by pg_trgm. SQLite has it as an FTS5 table of trigrams for each table with folded texts,
which triggers keep. Migrations cannot change tables that have such triggers, and take them away when they
build a table anew: ``give_way`` removes the index before migrations run, and ``prepare`` makes what is missing
after every migrate. A database without the index finds the same, only slower.
"""

import logging
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Model, Q, TextField, Value

# One row for each row that can be found. The first has a key of its own: VACUUM gives tables without one
# new row numbers. The second begins the name of each table's index.
ROWS, WORDS = "ultahost_api_search_rows", "ultahost_api_search_words"
TABLES = (ROWS, WORDS)  # how the names of all tables begin, of those as well that FTS5 puts beside its own
_MOST = 500  # rows: a word that more rows hold is found as quickly by looking at them in their order
_SHORTEST = 3  # letters: a trigram has three
# What stands before a word. Each text begins a line.
_BEFORE = ("\n", " ", ".", "-", "/", "@", "#", "(")

Words = Sequence[set[str]]  # for each word its spellings, one of which a row has to hold

logger = logging.getLogger(__name__)


def holding(model: type[Model], word: str, path: str = "") -> Q:
    """Which rows of ``model`` hold ``word`` in their folded text; ``path`` leads there from what is asked.

    A word of less than three letters has to begin a word of the text.
    """
    found = look_up({"": (model, [{word}])})[""] if connection.vendor == "sqlite" else None
    if found is None and path:
        rows = model._default_manager.filter(holding_all([{word}])).values_list("pk", flat=True)
        found = list(rows[: _MOST + 1])
        found = None if len(found) > _MOST else found
    return holding_all([{word}], path) if found is None else Q(**{f"{path}pk__in": found})


def holding_all(words: Words, path: str = "") -> Q:
    """Which rows hold all of the words, by reading their texts."""
    found = Q()
    for word in words:
        found &= _contains(_written(word), path)
    return found


def equal_to(word: set[str]) -> Words:
    """Words for ``look_up`` that find the rows of which a whole text is the word."""
    return [{f"\n{spelling}\n" for spelling in word}]


def look_up(asked: Mapping[str, tuple[type[Model], Words]]) -> dict[str, list[Any] | None]:
    """The ids of the rows that hold all of the words, by the names of what is asked, with one statement.

    None where more than ``_MOST`` rows do or no index can tell: ``holding_all`` finds them in their order.
    """
    written = {name: [_written(word) for word in words] for name, (_model, words) in asked.items()}
    indexed = _indexed(model for model, _words in asked.values())
    known = {
        name: model
        for name, (model, _words) in asked.items()
        if model in indexed and all(len(text) >= _SHORTEST for word in written[name] for text in word)
    }
    found: dict[str, list[Any] | None] = {name: [] if name in known else None for name in asked}
    ask = _ask_postgres if connection.vendor == "postgresql" else _ask_sqlite
    for name, row_id in ask(known, written) if known else ():
        found[name].append(row_id)  # type: ignore[union-attr]  # it is a list for what is known
    return {name: None if ids and len(ids) > _MOST else ids for name, ids in found.items()}


def _written(word: set[str]) -> set[str]:
    """What a text holds if it holds the word. Words of scripts without spaces may be short anywhere."""
    return {text for spelling in word for text in _starts(spelling)}


def _starts(word: str) -> Iterable[str]:
    if len(word) >= _SHORTEST or any(unicodedata.category(letter) == "Lo" for letter in word):
        return (word,)
    return (f"{before}{word}" for before in _BEFORE)


def _contains(texts: Iterable[str], path: str = "") -> Q:
    """A line break in one of the ``texts`` stands for the begin or the end as well."""
    found, column = Q(), f"{path}folded"
    for text in texts:
        core = text.strip("\n")
        begins, ends = text.startswith("\n"), text.endswith("\n")
        found |= Q(**{f"{column}__contains": text})
        if begins:
            found |= Q(**{f"{column}__startswith": text.removeprefix("\n")})
        if ends:
            found |= Q(**{f"{column}__endswith": text.removesuffix("\n")})
        if begins and ends:
            found |= Q(**{column: core})
    return found


def _indexed(models: Iterable[type[Model]]) -> set[type[Model]]:
    """Those whose index is kept."""
    if connection.vendor != "sqlite":
        return set(models)
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        kept = {name for (name,) in cursor.fetchall()}
    return {model for model in models if _trigger(model._meta.db_table, "insert") in kept}


def _ask_postgres(known: Mapping[str, type[Model]], written: Mapping[str, Words]) -> Iterable[Any]:
    asked = [
        model._default_manager.filter(*(_contains(texts) for texts in written[name]))
        .order_by()
        .values_list(Value(name, TextField()), "pk")[: _MOST + 1]
        for name, model in known.items()
    ]
    return asked[0].union(*asked[1:], all=True)


def _ask_sqlite(known: Mapping[str, type[Model]], written: Mapping[str, Words]) -> Iterable[Any]:
    statements, parameters = [], []
    for name, model in known.items():
        words = _words(model._meta.db_table)
        statements.append(
            f"SELECT * FROM (SELECT %s, row_id FROM {words} CROSS JOIN {ROWS} ON {ROWS}.id = {words}.rowid"  # noqa: S608
            f" WHERE {words} MATCH %s LIMIT {_MOST + 1})"
        )
        parameters += [name, " AND ".join(f"({' OR '.join(map(_phrase, word))})" for word in written[name])]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), parameters)
        return cursor.fetchall()


def _phrase(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


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
    for table in (ROWS, WORDS, *map(_words, _tables())):
        cursor.execute(f"DROP TABLE IF EXISTS {table}")


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


def _words(table: str) -> str:
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
        for table, pk in _tables().items():
            missing = [moment for moment in _TRIGGERS if _trigger(table, moment) not in kept]
            if table not in there or not missing:
                continue
            columns = "folded, tokenize='trigram'"
            cursor.execute(f"CREATE VIRTUAL TABLE IF NOT EXISTS {_words(table)} USING fts5({columns})")
            for moment in missing:
                body = _TRIGGERS[moment].format(table=table, pk=pk, rows=ROWS, words=_words(table))
                cursor.execute(f"CREATE TRIGGER {_trigger(table, moment)} {body}")
            _fill(cursor, table, pk)


def _fill(cursor: Any, table: str, pk: str) -> None:
    words = _words(table)
    cursor.execute(f"DELETE FROM {words}")  # noqa: S608
    cursor.execute(f"DELETE FROM {ROWS} WHERE of = %s", [table])  # noqa: S608
    cursor.execute(f"INSERT INTO {ROWS} (of, row_id) SELECT %s, {pk} FROM {table}", [table])  # noqa: S608
    cursor.execute(
        f"INSERT INTO {words} (rowid, folded)"  # noqa: S608
        f" SELECT {ROWS}.id, char(10) || folded || char(10) FROM {table}"
        f" JOIN {ROWS} ON {ROWS}.of = %s AND {ROWS}.row_id = {table}.{pk}",
        [table],
    )
