"""Statements that are asked often: to build one takes longer than to run it."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


class Prepared:
    """Statements by a key. They are kept, and not what they told.

    So a key holds all that its query depends on: for whom, of which accounts, on which day.
    """

    def __init__(self, most: int) -> None:
        self._most = most  # statements
        self._statements: dict[Hashable, tuple[str, Any]] = {}

    def rows(self, model: type[Row], key: Hashable, query: Callable[[], "QuerySet[Row]"]) -> list[Row]:
        """The rows of a query that reads whole rows of ``model`` and of nothing else."""
        statement = self._statement(key, query)
        return list(model._default_manager.raw(*statement)) if statement else []

    def values(self, key: Hashable, query: Callable[[], "QuerySet[Any]"]) -> list[tuple[Any, ...]]:
        """The rows of a query of values, as the database writes them."""
        statement = self._statement(key, query)
        if statement is None:
            return []
        with connection.cursor() as cursor:
            cursor.execute(*statement)
            found: list[tuple[Any, ...]] = cursor.fetchall()
        return found

    def _statement(self, key: Hashable, query: Callable[[], "QuerySet[Any]"]) -> tuple[str, Any] | None:
        """None if Django knows that there is no row."""
        statement = self._statements.get(key)
        if statement is None:
            try:
                statement = query().query.sql_with_params()
            except EmptyResultSet:
                return None
            if len(self._statements) >= self._most:
                self._statements.clear()  # perhaps by another thread meanwhile
            self._statements[key] = statement
        return statement
