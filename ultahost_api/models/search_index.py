"""An index over the folded texts, so that a search does not read a table whole.

PostgreSQL has it by pg_trgm. SQLite has it as an FTS5 table of trigrams for each table with folded texts,
which triggers keep. Migrations cannot change tables that have such triggers, and take them away when they
build a table anew: ``give_way`` removes the index before migrations run, and ``prepare`` makes what is
missing after every migrate. A database without the index finds the same, only slower.
"""

import logging
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Model, Q, QuerySet, Value
from django.db.models.expressions import RawSQL

# One row for each row that can be found. The first has a key of its own: VACUUM gives tables without one
# new row numbers. The second begins the name of each table's index.
ROWS, WORDS = "ultahost_api_search_rows", "ultahost_api_search_words"
TABLES = (ROWS, WORDS)  # how the names of all tables begin, of those as well that FTS5 puts beside its own
_MOST = 500  # rows: a word that more rows hold is found as quickly by looking at them in their order
_SHORTEST = 3  # letters: a trigram has three
# What stands before a word. Each text begins a line.
_BEFORE = ("\n", " ", ".", "-", "/", "@", "#", "(")

_LOOKED_AT = 5_000  # rows of a word, of which those are chosen that a person may see
_READ = 1_000  # rows of a word, of which those are chosen that have a text that is or begins so

Words = Sequence[set[str]]  # for each word its spellings, one of which a row has to hold
Asked = Mapping[str, tuple[QuerySet[Any], Words]]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of rows. ``is_all`` says whether there are no others."""

    ids: list[Any]
    is_all: bool


def holding(model: type[Model], word: str, path: str = "") -> Q:
    """Which rows of ``model`` hold ``word`` in their folded text; ``path`` leads there from what is asked.

    A word of less than three letters has to begin a word of the text.
    """
    rows = model._default_manager.all()
    if connection.vendor == "sqlite" or path:
        found = look_up({"": (rows, [{word}])}, _MOST)[""]
        if found.is_all:
            return Q(**{f"{path}pk__in": found.ids})
    return holding_all([{word}], path)


def holding_all(words: Words, path: str = "") -> Q:
    """Which rows hold all of the words, by reading their texts."""
    found = Q()
    for word in words:
        found &= _contains(_written(word), path)
    return found


def equal_to(word: set[str]) -> Words:
    """Words for ``look_up`` that find the rows of which a whole text is the word."""
    return [{f"\n{spelling}\n" for spelling in word}]


def beginning(word: set[str]) -> Words:
    """Words for ``look_up`` that find the rows of which a text begins so."""
    return [{f"\n{spelling}" for spelling in word}]


def look_up(asked: Asked, most: int) -> dict[str, Found]:
    """At most ``most`` rows that hold all of the words, by the names of what is asked: with two statements.

    Each row is held to the conditions of its query set. What the index cannot tell is read row by row: on
    SQLite words of scripts without spaces that have less than three letters, and rows of a few accounts
    where the word is in thousands of others.
    """
    found = (_ask_postgres if connection.vendor == "postgresql" else _ask_sqlite)(asked, most)
    return {name: found[name] if name in found else _read(*asked[name], most) for name in asked}


def _read(rows: QuerySet[Any], words: Words, most: int) -> Found:
    return _found(
        list(rows.filter(holding_all(words)).order_by().values_list("pk", flat=True)[: most + 1]), most
    )


def _found(ids: list[Any], most: int) -> Found:
    return Found(ids[:most], is_all=len(ids) <= most)


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


def _ask_postgres(asked: Asked, most: int) -> dict[str, Found]:
    """The index cannot tell where a text begins or ends: _READ rows with the word are read for that."""
    statements, parameters = [], []
    for name, (rows, words) in asked.items():
        lines = [text for word in words for text in word if text != text.strip("\n")]
        inside = [{text.strip("\n") for text in word} for word in words]
        found = rows.filter(holding_all(inside)).order_by().values("pk", "folded")
        statement, its_own = _compiled(found[: _READ if lines else most + 1])
        is_line = " OR ".join(["strpos(chr(10) || folded || chr(10), %s) > 0"] * len(lines)) or "true"
        statements.append(f"(SELECT %s, pk FROM ({statement}) AS found WHERE {is_line} LIMIT {most + 1})")  # noqa: S608
        parameters += [name, *its_own, *lines]
    ids: dict[str, list[Any]] = {name: [] for name in asked}
    with connection.cursor() as cursor:
        if statements:
            cursor.execute(" UNION ALL ".join(statements), parameters)
        for name, row_id in cursor.fetchall() if statements else ():
            ids[name].append(row_id)
    return {name: _found(told, most) for name, told in ids.items()}


def _ask_sqlite(asked: Asked, most: int) -> dict[str, Found]:
    """The newest first, among the _LOOKED_AT newest that hold the words."""
    indexed, among = _indexed(), _Among()
    statements, parameters, counted = [], [], {}
    for name, (rows, words) in asked.items():
        matched = _matched(words)
        if not words:
            statement, its_own = _compiled(rows.order_by().values("pk")[: most + 1])
            statements.append(f"SELECT %s, pk FROM ({statement})")  # noqa: S608 - as Django wrote it
            parameters += [name, *its_own]
        elif matched and rows.model in indexed:
            table = _words(rows.model._meta.db_table)
            is_among, its_own = among.condition(rows, [word for word in words if word not in matched])
            phrases = " AND ".join(f"({' OR '.join(map(_phrase, _written(word)))})" for word in matched)
            about = {"table": table, "rows": ROWS, "most": most + 1, "looked_at": _LOOKED_AT}
            statements.append(_FIND.format(is_among=is_among, **about))
            parameters += [name, phrases, *its_own]
            counted[name] = _COUNT.format(**about), phrases
    ids: defaultdict[str, list[Any]] = defaultdict(list)
    for name, row_id in _all_of(statements, parameters):
        ids[name].append(row_id)
    # Where few were found, more may be among those that were not looked at. To count many takes long.
    few = {name: how for name, how in counted.items() if len(ids[name]) <= most}
    asked_for = [one for name, (_statement, phrases) in few.items() for one in (name, phrases)]
    looked_at = dict(_all_of([statement for statement, _phrases in few.values()], asked_for))
    told = [
        name
        for name, (_rows, words) in asked.items()
        if not words or len(ids[name]) > most or looked_at.get(name, _LOOKED_AT + 1) <= _LOOKED_AT
    ]
    return {name: _found(ids[name], most) for name in told}


def _all_of(statements: Sequence[str], parameters: Sequence[Any]) -> list[Any]:
    """The rows of all of them, with one statement."""
    if not statements:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), parameters)
        rows: list[Any] = cursor.fetchall()
    return rows


# {rows} of an index, of which those are told that are {is_among}; and how many there are.
_FIND = (
    "SELECT * FROM (SELECT %s, row_id FROM (SELECT row_id FROM {table} CROSS JOIN {rows}"
    " ON {rows}.id = {table}.rowid WHERE {table} MATCH %s ORDER BY {table}.rowid DESC LIMIT {looked_at})"
    " AS found WHERE EXISTS ({is_among}) LIMIT {most})"
)
_COUNT = "SELECT %s, COUNT(*) FROM (SELECT 1 FROM {table} WHERE {table} MATCH %s LIMIT {looked_at} + 1)"


class _Among:
    """Conditions of query sets as SQL, each compiled once: the same rows are asked for several times."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], tuple[str, Any]] = {}

    def condition(self, rows: QuerySet[Any], words: Words) -> tuple[str, Any]:
        """A statement that finds the row ``found.row_id`` if it is among ``rows`` and holds the words."""
        key = id(rows), str(words)
        if key not in self._known:
            chosen = rows.filter(holding_all(words), pk=RawSQL("found.row_id", ())).order_by()
            self._known[key] = _compiled(chosen.values(one=Value(1)))
        return self._known[key]


def _compiled(rows: QuerySet[Any]) -> tuple[str, Any]:
    """Also where Django knows that there is no row."""
    statement, parameters = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    return str(statement), parameters


def _matched(words: Words) -> Words:
    """Those that the trigrams can tell."""
    return [word for word in words if all(len(text) >= _SHORTEST for text in _written(word))]


def _indexed() -> set[type[Model]]:
    """The models whose index is kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        kept = {name for (name,) in cursor.fetchall()}
    return {model for model in apps.get_models() if _trigger(model._meta.db_table, "insert") in kept}


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
