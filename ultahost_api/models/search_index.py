"""Finds rows by the words of their folded texts, so that a search does not read a table whole.

A database without the index (``search_tables``) finds the same, only slower.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Model, Q, QuerySet, Value
from django.db.models.expressions import RawSQL

from ultahost_api.models.search_tables import ROWS, indexed, words_of

_MOST = 500  # rows: a word that more rows hold is found as quickly by looking at them in their order
_SHORTEST = 3  # letters: a trigram has three
# What stands before a word. Each text begins a line.
_BEFORE = ("\n", " ", ".", "-", "/", "@", "#", "(")

_LISTED = 40_000  # rows that the index tells sooner than their texts are read
_LOOKED_AT = 5_000  # rows of a word, of which those are chosen that a person may see
_READ = 1_000  # rows of a word, of which those are chosen that have a text that is or begins so

Words = Sequence[set[str]]  # for each word its spellings, one of which a row has to hold


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
    """The ids of rows. ``is_all`` says whether there are no others."""

    ids: list[Any]
    is_all: bool


def holding(model: type[Model], words: Words) -> Q:
    """Which rows of ``model`` hold all of the words in their folded text.

    A word of less than three letters has to begin a word of the text.
    """
    if connection.vendor != "sqlite":
        return holding_all(words)
    found = look_up({"": (model._default_manager.all(), words)}, _MOST)[""]
    return Q(pk__in=found.ids) if found.is_all else _listed(model, words)


def holding_each(model: type[Model], words: Words, path: str) -> list[Q]:
    """Of each word, which rows hold it in the text of what ``path`` leads to; an empty Q where none does."""
    asked = {str(n): (model._default_manager.all(), [word]) for n, word in enumerate(words)}
    told = zip(words, look_up(asked, _MOST).values(), strict=True)
    return [_holding(word, found, path) for word, found in told]


def _holding(word: set[str], found: Found, path: str) -> Q:
    if not found.is_all:
        return holding_all([word], path)
    return Q(**{f"{path}pk__in": found.ids}) if found.ids else Q()


def _listed(model: type[Model], words: Words) -> Q:
    """Rows that hold the words, where these are many: by the index unless to read their texts is quicker."""
    matched, table = _matched(words), words_of(model._meta.db_table)
    if not matched or model not in indexed():
        return holding_all(words)
    others, phrases = holding_all([word for word in words if word not in matched]), _phrases(matched)
    about = {"table": table, "rows": ROWS, "most": _MOST, "looked_at": _LISTED}
    ((_name, number),) = _all_of([_COUNT.format(**about)], ["", phrases])
    if number <= _LISTED:
        return Q(pk__in=RawSQL(_LIST.format(**about), [phrases])) & others  # noqa: S611 - names only
    lacking = [pk for (pk,) in _all_of([_LACKING.format(**about)], [model._meta.db_table, phrases])]
    return ~Q(pk__in=lacking) & others if len(lacking) <= _MOST else holding_all(words)


def holding_all(words: Words, path: str = "") -> Q:
    """Which rows hold all of the words, by reading their texts."""
    found = Q()
    for word in words:
        found &= _contains(_written(word), path)
    return found


def holds(text: str, word: set[str]) -> bool:
    """The same of one folded text that was read."""
    lines = f"\n{text}\n"
    return any(inside in lines for inside in _written(word))


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
    among = {name: (_among(rows), words) for name, (rows, words) in asked.items()}
    found = (_ask_postgres if connection.vendor == "postgresql" else _ask_sqlite)(among, most)
    return {name: found[name] if name in found else _read(*one, most) for name, one in among.items()}


def _among(rows: QuerySet[Any] | Among) -> Among:
    return rows if isinstance(rows, Among) else Among(rows.model, lambda: rows)


def _read(among: Among, words: Words, most: int) -> Found:
    rows = among.rows.filter(holding_all(words)).order_by()
    return _found(list(rows.values_list("pk", flat=True)[: most + 1]), most)


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
    return word if len(word) >= _SHORTEST else text.rstrip("\n")


def _ask_sqlite(asked: _Asked, most: int) -> dict[str, Found]:
    """The newest first, among the _LOOKED_AT newest that hold the words."""
    models = indexed()
    statements, parameters, counted = [], [], {}
    for name, (among, words) in asked.items():
        matched = _matched(words)
        if not words:
            statement, its_own = _compiled(among.rows.order_by().values("pk")[: most + 1])
            statements.append(f"SELECT %s, pk FROM ({statement})")  # noqa: S608 - as Django wrote it
            parameters += [name, *its_own]
        elif matched and among.model in models:
            table = words_of(among.model._meta.db_table)
            is_among, its_own = among.condition([word for word in words if word not in matched])
            phrases = _phrases(matched)
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
        for name, (_among, words) in asked.items()
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
_LIST = "SELECT row_id FROM {table} CROSS JOIN {rows} ON {rows}.id = {table}.rowid WHERE {table} MATCH %s"
_LACKING = (
    "SELECT row_id FROM {rows} WHERE of = %s"
    " AND id NOT IN (SELECT rowid FROM {table} WHERE {table} MATCH %s) LIMIT {most} + 1"
)
_COUNT = "SELECT %s, COUNT(*) FROM (SELECT 1 FROM {table} WHERE {table} MATCH %s LIMIT {looked_at} + 1)"


def _compiled(rows: QuerySet[Any]) -> tuple[str, Any]:
    """Also where Django knows that there is no row."""
    statement, parameters = rows.query.get_compiler(connection=connection, elide_empty=False).as_sql()
    return str(statement), parameters


def _matched(words: Words) -> Words:
    """Those that the trigrams can tell."""
    return [word for word in words if all(len(text) >= _SHORTEST for text in _written(word))]


def _phrases(words: Words) -> str:
    return " AND ".join(f"({' OR '.join(map(_phrase, _written(word)))})" for word in words)


def _phrase(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
