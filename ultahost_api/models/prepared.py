"""Statements that are asked often: to build one takes longer than to run it."""

from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


class _Statement(NamedTuple):
    text: str
    parameters: tuple[Any, ...]
    columns: tuple[Any, ...]  # the expressions that it selects: they know how their values are read
    fields: range  # where in a row the fields of the model stand
    names: list[str]  # of these fields
    annotations: dict[str, int]  # names, and where in a row they stand


class Prepared:
    """Statements by a key. They are kept, and not what they told.

    So a key holds all that its query depends on: for whom, of which accounts, on which day.
    """

    def __init__(self, most: int) -> None:
        self._most = most  # statements
        self._statements: dict[Hashable, _Statement] = {}

    def rows(
        self,
        model: type[Row],
        key: Hashable,
        query: Callable[[], "QuerySet[Row]"],
        ids: Mapping[UUID, UUID] = MappingProxyType({}),
    ) -> list[Row]:
        """The rows of a query that reads whole rows of ``model``, with annotations, and of nothing else.

        ``ids`` are asked for instead of those that ``query`` names.
        """
        statement = self._statement(key, query)
        if statement is None:
            return []
        first, end, names = statement.fields.start, statement.fields.stop, statement.names
        rows = []
        for values in _read(statement, ids):
            row = model.from_db(connection.alias, names, values[first:end])
            for name, at in statement.annotations.items():
                setattr(row, name, values[at])
            rows.append(row)
        return rows

    def values(self, key: Hashable, query: Callable[[], "QuerySet[Any]"]) -> list[list[Any]]:
        """The rows of a query of values, in the order in which it selects them."""
        statement = self._statement(key, query)
        return _read(statement) if statement else []

    def _statement(self, key: Hashable, query: Callable[[], "QuerySet[Any]"]) -> _Statement | None:
        """None if Django knows that there is no row."""
        statement = self._statements.get(key)
        if statement is None:
            try:
                statement = _compiled(query())
            except EmptyResultSet:
                return None
            if len(self._statements) >= self._most:
                self._statements.clear()  # perhaps by another thread meanwhile
            self._statements[key] = statement
        return statement


def _compiled(query: "QuerySet[Any]") -> _Statement:
    compiler = query.query.get_compiler(connection=connection)
    text, parameters = compiler.as_sql()
    columns = tuple(selected[0] for selected in compiler.select)
    fields = compiler.klass_info["select_fields"] if compiler.klass_info else range(0)
    names = [columns[at].target.attname for at in fields]
    annotations = dict(compiler.annotation_col_map)
    return _Statement(text, tuple(parameters), columns, range(*_ends(fields)), names, annotations)


def _ends(fields: Any) -> tuple[int, int]:
    return (fields[0], fields[-1] + 1) if fields else (0, 0)


def _read(statement: _Statement, ids: Mapping[UUID, UUID] = MappingProxyType({})) -> list[list[Any]]:
    """The rows, with values as Django reads them from this database."""
    parameters = statement.parameters
    if ids:
        named = {_stored(name): _stored(row_id) for name, row_id in ids.items()}
        parameters = tuple(named.get(one, one) for one in parameters)
    with connection.cursor() as cursor:
        cursor.execute(statement.text, parameters)
        found = [list(row) for row in cursor.fetchall()]
    for at, column in enumerate(statement.columns):
        for convert in (*connection.ops.get_db_converters(column), *column.get_db_converters(connection)):
            for row in found:
                row[at] = convert(row[at], column, connection)
    return found


def _stored(row_id: UUID) -> Any:
    return row_id if connection.features.has_native_uuid_field else row_id.hex
