"""Finds rows by the words of their folded texts, so that a search does not read a table whole.

A database without the index (``search_tables``) finds the same, only slower.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db import OperationalError, connection
from django.db.models import Model, Q, QuerySet, Value
from django.db.models.expressions import RawSQL

from ultahost_api.models.held_words import SHORTEST, Words, holding_all, written
from ultahost_api.models.search_tables import ROWS, TRIGGERS, indexed, models_of, words_of

_MOST = 500  # rows: a word that more rows hold is found as quickly by looking at them in their order

_LISTED = 40_000  # rows that the index tells sooner than their texts are read
_LOOKED_AT = 5_000  # rows of a word, of which those are chosen that a person may see
_READ = 1_000  # rows of a word, of which those are chosen that have a text that is or begins so


class Among:
    """Rows to look among. What finds them is built when it is needed, and compiled once for each ``key``.

    So a key has all that ``query`` depends on. Without one nothing is kept beyond this object.
    """

    def __init__(
        self, model: type[Model], query: Callable[[], QuerySet[Any]], key: Hashable | None = None
    ) -> None:
        self.model, self._query, self._key = model, query, key
        self._own: dict[Hashable, tuple[str, Any]] = {}

    @cached_property
    def rows(self) -> QuerySet[Any]:
        return self._query()

    def condition(self, words: Words) -> tuple[str, Any]:
        """A statement that finds the row ``found.row_id`` if it is one of these and holds the words."""
        is_kept = self._key is not None and not words
        key, known = (self._key, _CONDITIONS) if is_kept else (str(words), self._own)
        told = known.get(key)
        if told is None:
            chosen = self.rows.filter(holding_all(words), pk=RawSQL("found.row_id", ())).order_by()
            if len(known) >= _MOST_CONDITIONS:
                known.clear()  # perhaps by another thread meanwhile
            told = known[key] = _compiled(chosen.values(one=Value(1)))
        return told


_MOST_CONDITIONS = 200
_CONDITIONS: dict[Hashable, tuple[str, Any]] = {}  # by the key; those that no word belongs to

Asked = Mapping[str, tuple[QuerySet[Any] | Among, Words]]
_Asked = Mapping[str, tuple[Among, Words]]


@dataclass(frozen=True, slots=True)
class Found:
    """The ids of rows. ``is_all`` says whether there are no others.

    ``number`` is how many rows hold the words, whether they were looked among or not, if the index told it.
    """

    ids: list[Any]
    is_all: bool
    number: int | None = None


def holding(model: type[Model], words: Words) -> Q:
    """Which rows of ``model`` hold all of the words in their folded text.

    A word of less than three letters has to begin a word of the text.
    """
    (found,) = holding_several(model, [words])
    return found


def holding_several(model: type[Model], several: Sequence[Words]) -> list[Q]:
    """The same of several choices of words, which are looked up together."""
    if connection.vendor != "sqlite":
        return [holding_all(words) for words in several]
    rows = model._default_manager.all()
    told = look_up({str(n): (rows, words) for n, words in enumerate(several)}, _MOST, counted=_LISTED)
    return [
        Q(pk__in=found.ids) if found.is_all else _listed(model, words, found.number)
        for words, found in zip(several, told.values(), strict=True)
    ]


def holding_each(model: type[Model], words: Words, path: str) -> list[Q]:
    """Of each word, which rows hold it in the text of what ``path`` leads to; an empty Q where none does."""
    asked = {str(n): (model._default_manager.all(), [word]) for n, word in enumerate(words)}
    told = zip(words, look_up(asked, _MOST, counted=_LOOKED_AT).values(), strict=True)
    return [_holding(word, found, path) for word, found in told]


def _holding(word: set[str], found: Found, path: str) -> Q:
    if not found.is_all:
        return holding_all([word], path)
    return Q(**{f"{path}pk__in": found.ids}) if found.ids else Q()


def _listed(model: type[Model], words: Words, number: int | None) -> Q:
    """Rows that hold the words, where these are many: by the index unless to read their texts is quicker."""
    if number is None:
        return holding_all(words)
    matched = _matched(words)
    others, phrases = holding_all([word for word in words if word not in matched]), _phrases(matched)
    about = {"table": words_of(model._meta.db_table), "rows": ROWS, "most": _MOST}
    if number <= _LISTED:
        return Q(pk__in=RawSQL(_LIST.format(**about), [phrases])) & others  # noqa: S611 - names only
    lacking = [pk for (pk,) in _all_of([_LACKING.format(**about)], [model._meta.db_table, phrases])]
    return ~Q(pk__in=lacking) & others if len(lacking) <= _MOST else holding_all(words)


def equal_to(word: set[str]) -> Words:
    """Words for ``look_up`` that find the rows of which a whole text is the word."""
    return [{f"\n{spelling}\n" for spelling in word}]


def beginning(word: set[str]) -> Words:
    """Words for ``look_up`` that find the rows of which a text begins so."""
    return [{f"\n{spelling}" for spelling in word}]


def look_up(asked: Asked, most: int, counted: int | None = None) -> dict[str, Found]:
    """At most ``most`` rows that hold all of the words, by the names of what is asked.

    It takes one statement, on SQLite one more without ``counted``.
    Each row is held to the conditions of its query set. What the index cannot tell is read row by row: on
    SQLite words of scripts without spaces that have less than three letters, and rows of a few accounts
    where the word is in thousands of others. If more than ``most`` are found,
    SQLite tells their number as far as ``counted`` and one more.
    """
    among = {name: (_among(rows), words) for name, (rows, words) in asked.items()}
    if connection.vendor == "postgresql":
        return _ask_postgres(among, most)
    return _ask_sqlite(among, most, counted)


def _among(rows: QuerySet[Any] | Among) -> Among:
    return rows if isinstance(rows, Among) else Among(rows.model, lambda: rows)


def _read(among: Among, words: Words, most: int) -> Found:
    rows = among.rows.filter(holding_all(words)).order_by()
    return _found(list(rows.values_list("pk", flat=True)[: most + 1]), most)


def _found(ids: list[Any], most: int) -> Found:
    return Found(ids[:most], is_all=len(ids) <= most)


def _ask_postgres(asked: _Asked, most: int) -> dict[str, Found]:
    """The index cannot tell where a text begins or ends: _READ rows with the word are read for that."""
    statements, parameters = [], []
    for name, (among, words) in asked.items():
        lines = [text for word in words for text in word if text != text.strip("\n")]
        inside = [set(map(_inside, word)) for word in words]
        found = among.rows.filter(holding_all(inside)).order_by().values("pk", "folded")
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


def _inside(text: str) -> str:
    """What the index is asked for. A short word, which has to begin one, is sought at the begin of a line."""
    word = text.strip("\n")
    return word if len(word) >= SHORTEST else text.rstrip("\n")


def _ask_sqlite(asked: _Asked, most: int, counted: int | None) -> dict[str, Found]:
    """The newest first, among the _LOOKED_AT newest that hold the words."""
    ids: defaultdict[str, list[Any]] = defaultdict(list)
    numbers: dict[str, int] = {}
    looked_for = _find(asked, most, counted, ids, numbers)
    # Where few were found, more may be among those that were not looked at. To count many takes long.
    few = [name for name in looked_for if name not in numbers and len(ids[name]) <= most]
    counts, phrases = [_COUNT.format(**looked_for[name]) for name in few], []
    for name in few:
        phrases += [name, looked_for[name]["phrases"]]
    numbers.update((name, number) for name, _none, number in _all_of(counts, phrases))
    found = {}
    for name, (among, words) in asked.items():
        is_told = not words or len(ids[name]) > most or numbers.get(name, _LOOKED_AT + 1) <= _LOOKED_AT
        told = _found(ids[name], most) if is_told else _read(among, words, most)
        found[name] = replace(told, number=numbers.get(name))
    return found


_INDEXED: dict[str, set[type[Model]]] = {}  # by the name of the database: whose index was kept lately


def _find(
    asked: _Asked, most: int, counted: int | None, ids: dict[str, list[Any]], numbers: dict[str, int]
) -> dict[str, dict[str, Any]]:
    """Fills in the ids, and the numbers if they are to be ``counted``. Returns what was looked up.

    The statement that finds them tells whose index is kept, so that this is not asked first. It is asked
    again if that has changed; then a table may be missing as well.
    """
    database = str(connection.settings_dict["NAME"])
    models = _INDEXED.get(database)
    told = None
    if models is not None:
        statements, parameters, looked_for = _statements(asked, most, counted, models)
        with suppress(OperationalError):
            told = _all_of([*statements, f"SELECT NULL, name, NULL FROM ({TRIGGERS})"], parameters)  # noqa: S608
            if models_of(row_id for name, row_id, _number in told if name is None) != models:
                told = None
    if told is None:
        models = _INDEXED[database] = indexed()
        statements, parameters, looked_for = _statements(asked, most, counted, models)
        told = _all_of(statements, parameters)
    for name, row_id, number in told:
        if number is not None:
            numbers[name] = number
        elif name is not None:
            ids[name].append(row_id)
    return looked_for


def _statements(
    asked: _Asked, most: int, counted: int | None, models: set[type[Model]]
) -> tuple[list[str], list[Any], dict[str, dict[str, Any]]]:
    statements, parameters, looked_for = [], [], {}
    for name, (among, words) in asked.items():
        matched = _matched(words)
        if not words:
            statement, its_own = _compiled(among.rows.order_by().values("pk")[: most + 1])
            statements.append(f"SELECT %s, pk, NULL FROM ({statement})")  # noqa: S608 - as Django wrote it
            parameters += [name, *its_own]
        elif matched and among.model in models:
            is_among, its_own = among.condition([word for word in words if word not in matched])
            phrases = _phrases(matched)
            number = max(counted or 0, _LOOKED_AT)
            table = words_of(among.model._meta.db_table)
            about = {"table": table, "phrases": phrases, "counted": number}
            statements.append(
                _FIND.format(is_among=is_among, rows=ROWS, most=most + 1, looked_at=_LOOKED_AT, **about)
            )
            parameters += [name, phrases, *its_own]
            if counted is not None:
                statements.append(_COUNT.format(**about))
                parameters += [name, phrases]
            looked_for[name] = about
    return statements, parameters, looked_for


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
    "SELECT * FROM (SELECT %s, row_id, NULL FROM (SELECT row_id FROM {table} CROSS JOIN {rows}"
    " ON {rows}.id = {table}.rowid WHERE {table} MATCH %s ORDER BY {table}.rowid DESC LIMIT {looked_at})"
    " AS found WHERE EXISTS ({is_among}) LIMIT {most})"
)
_LIST = "SELECT row_id FROM {table} CROSS JOIN {rows} ON {rows}.id = {table}.rowid WHERE {table} MATCH %s"
_LACKING = (
    "SELECT row_id FROM {rows} WHERE of = %s"
    " AND id NOT IN (SELECT rowid FROM {table} WHERE {table} MATCH %s) LIMIT {most} + 1"
)
_COUNT = "SELECT %s, NULL, COUNT(*) FROM (SELECT 1 FROM {table} WHERE {table} MATCH %s LIMIT {counted} + 1)"


def _compiled(rows: QuerySet[Any]) -> tuple[str, Any]:
    """Also where Django knows that there is no row."""
    statement, parameters = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    return str(statement), parameters


def _matched(words: Words) -> Words:
    """Those that the trigrams can tell."""
    return [word for word in words if all(len(text) >= SHORTEST for text in written(word))]


def _phrases(words: Words) -> str:
    return " AND ".join(f"({' OR '.join(map(_phrase, written(word)))})" for word in words)


def _phrase(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
