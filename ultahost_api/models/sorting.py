"""Expressions that lists sort by and that indexes hold, the same on both sides so that they meet."""

from copy import copy
from typing import Any, TypeVar

from django.db.models import F, Func, Index, Q, QuerySet
from django.db.models.expressions import Col
from django.db.models.functions import Coalesce
from django.db.models.lookups import Lookup
from django.db.models.sql.where import WhereNode

Rows = TypeVar("Rows", bound="QuerySet[Any]")


class Filled(Func):
    """The beginning of a text, or nothing where it is empty.

    The provider's texts can be longer than an entry of PostgreSQL's indexes. The number is written
    into the statement, since SQLite finds an index by the same words only.
    """

    arity = 1
    template = "NULLIF(SUBSTR(%(expressions)s, 1, 200), '')"


def kept(name: str, *columns: str | Filled | Coalesce) -> Index:
    """An index of the rows that the provider still has.

    It has a condition instead of ``gone_at`` as its first column: PostgreSQL takes no order from an
    index after "IS NULL", and SQLite would prefer such an index to one in the order of the list.
    """
    keys = [F(column) if isinstance(column, str) else column for column in columns]
    return Index(*keys, condition=Q(gone_at=None), name=name)


def sorted_by(name: str, *columns: str | Filled | Coalesce) -> Index:
    """The same in an order that a list offers."""
    return kept(name, *columns, "id")


def unreadable(name: str) -> Index:
    """An index of the few rows that have a field that could not be read."""
    return Index(fields=["gone_at"], condition=~Q(unreadable={}), name=name)


def without_index(rows: Rows, column: str) -> Rows:
    """The same rows. SQLite does not find them by conditions on this column, which most rows meet.

    It guesses how many do. To have a page in some order, it would rather read all rows of a list of accounts
    and sort them, although an index of that order has the first fifty at its begin.
    """
    found = rows.all()
    found.query.where = _without_index(found.query.where, column)
    return found


def _without_index(where: WhereNode, column: str) -> WhereNode:
    children: list[Any] = []
    for child in where.children:
        if isinstance(child, WhereNode):
            child = _without_index(child, column)
        elif isinstance(child, Lookup) and isinstance(child.lhs, Col) and child.lhs.target.name == column:
            child, col = copy(child), child.lhs
            child.lhs = _WithoutIndex(col.alias, col.target, col.output_field)
        children.append(child)
    return WhereNode(children, where.connector, where.negated)


class _WithoutIndex(Col):
    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, parameters = self.as_sql(compiler, connection)
        return f"+{sql}", parameters
