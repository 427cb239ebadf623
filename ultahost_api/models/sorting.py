"""Expressions that lists sort by and that indexes hold, the same on both sides so that they meet."""

from collections.abc import Callable
from copy import copy
from typing import Any, TypeVar

from django.db.models import CharField, DecimalField, F, Func, Index, Lookup, Q, QuerySet
from django.db.models.expressions import Col
from django.db.models.functions import Coalesce, Least
from django.db.models.sql.where import WhereNode

Rows = TypeVar("Rows", bound="QuerySet[Any]")


class Filled(Func):
    """The beginning of a text, or nothing where it is empty.

    The provider's texts can be longer than an entry of PostgreSQL's indexes. The number is written
    into the statement, since SQLite finds an index by the same words only.
    """

    arity = 1
    template = "NULLIF(SUBSTR(%(expressions)s, 1, 200), '')"


Key = str | Filled | Coalesce | Least


@CharField.register_lookup
class OneOf(Lookup):
    """One of some words of ours, as ``status__one_of=(…)``.

    They are written into the statement: SQLite finds an index of rows with such words by the same only.
    """

    lookup_name = "one_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        column, parameters = self.process_lhs(compiler, connection)
        words = ", ".join("'{}'".format(word.replace("'", "''")) for word in self.rhs)
        return f"{column} IN ({words})", parameters


def kept(name: str, *columns: Key, only: Q | None = None) -> Index:
    """An index of the rows that the provider still has.

    It has a condition instead of ``gone_at`` as its first column: PostgreSQL takes no order from an
    index after "IS NULL", and SQLite would prefer such an index to one in the order of the list. An index
    that holds all that a statement reads ends with ``gone_at``: without it SQLite reckons with reading rows.
    ``only`` is a further condition.
    """
    keys = [F(column) if isinstance(column, str) else column for column in columns]
    condition = Q(gone_at=None) & only if only else Q(gone_at=None)
    return Index(*keys, condition=condition, name=name)


def sorted_by(name: str, *columns: Key) -> Index:
    """The same in an order that a list offers."""
    return kept(name, *columns, "id")


def unreadable(name: str) -> Index:
    """An index of the few rows that have a field that could not be read."""
    return Index(fields=["gone_at"], condition=~Q(unreadable={}), name=name)


def first_of(rows: Rows, most: int) -> Rows:
    """The first rows in their order. What else they are annotated with is worked out for these alone."""
    found = rows.all()
    found.query.where = WhereNode()
    return found.filter(pk__in=rows.values("pk")[:most])


def without_index(rows: Rows, column: str, lookup: str = "") -> Rows:
    """The same rows. SQLite does not find them by conditions on this column, which most rows meet.

    ``lookup`` names the only ones of these that are meant.

    It guesses how many do. To have a page in some order, it would rather read all rows of a list of accounts
    and sort them, although an index of that order has the first fifty at its begin.
    """
    return _without_index(
        rows, lambda one: one.lhs.target.name == column and one.lookup_name in (lookup or one.lookup_name,)
    )


def without_equal(rows: Rows) -> Rows:
    """The same of each condition that a column is equal to something: most rows meet all of them."""
    return _without_index(
        rows, lambda one: one.lookup_name in ("exact", "in", "one_of") and not one.lhs.target.primary_key
    )


def _without_index(rows: Rows, is_meant: Callable[[Any], bool]) -> Rows:
    found = rows.all()
    found.query.where = _unindexed(found.query.where, is_meant)
    return found


def _unindexed(where: WhereNode, is_meant: Callable[[Any], bool]) -> WhereNode:
    children: list[Any] = []
    for child in where.children:
        if isinstance(child, WhereNode):
            child = _unindexed(child, is_meant)
        elif isinstance(child, Lookup) and _can_be_unindexed(child) and is_meant(child):
            child, col = copy(child), child.lhs
            child.lhs = _WithoutIndex(col.alias, col.target, col.output_field)
        children.append(child)
    return WhereNode(children, where.connector, where.negated)


def _can_be_unindexed(lookup: Lookup) -> bool:
    """An amount is compared with a text, which SQLite makes a number for a bare column alone."""
    return isinstance(lookup.lhs, Col) and not isinstance(lookup.lhs.output_field, DecimalField)


class _WithoutIndex(Col):
    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        sql, parameters = self.as_sql(compiler, connection)
        return f"+{sql}", parameters
