"""How a database finds the rows of one page: in the order of an index, from the end that is nearer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connection
from django.db.models import F, Model, OrderBy, QuerySet

from ultahost_api.models.sorting import Filled, without_equal, without_index

Rows = TypeVar("Rows", bound="QuerySet[Any]")

_PASSED = 5_000  # rows that are read on the way to a page


@dataclass(frozen=True, slots=True)
class Others:
    """Rows that stand between those of a list: how many, None if not known, and whether everywhere alike."""

    number: int | None
    are_spread: bool


@dataclass(frozen=True, slots=True)
class Order:
    """What rows are sorted by. All columns run one way, as an index does.

    Rows without a value come last in both directions. Where they stand among rows that are equal in the first
    column does not matter.
    """

    model: type[Model]
    columns: Sequence[str | Filled]
    is_descending: bool

    @property
    def may_lack_value(self) -> bool:
        always_filled = {"pk"} | {field.name for field in self.model._meta.fields if not field.null}
        return self.columns[0] not in always_filled

    @property
    def begins_with_empty(self) -> bool:
        """Whether the database finds rows without a value first, when it reads an index this way."""
        return self.is_descending and self.may_lack_value and connection.features.nulls_order_largest

    def terms(self) -> list[OrderBy]:
        """PostgreSQL reads an index backwards only if empty values are not spoken of."""
        return self._terms(nulls_last=True if self.may_lack_value else None)

    def empty(self, rows: Rows) -> Rows:
        """Those of the rows that have no value."""
        return self._with_value(rows).filter(sorted_by=None)

    def part_of(self, rows: Rows, first: int, end: int, count: int, empty: int) -> tuple[Rows, int, int, int]:
        """Those with a value or those without, in the order of an index, and the places of the page in these.

        ``empty`` rows have none. All rows, as they are, if the page has some of both.
        """
        filled = count - empty
        if first < filled < end:
            return rows, first, end, count
        is_empty = first >= filled
        part = self._with_value(rows).filter(sorted_by__isnull=is_empty).order_by(*self._terms())
        return (part, first - filled, end - filled, empty) if is_empty else (part, first, end, filled)

    def _with_value(self, rows: Rows) -> Rows:
        return rows.alias(sorted_by=_value(self.columns[0]))

    def _terms(self, nulls_last: bool | None = None) -> list[OrderBy]:
        first, *further = [*self.columns, "pk"]
        return [self._term(first, nulls_last), *(self._term(one) for one in further)]

    def _term(self, column: str | Filled, nulls_last: bool | None = None) -> OrderBy:
        value = _value(column)
        return value.desc(nulls_last=nulls_last) if self.is_descending else value.asc(nulls_last=nulls_last)


def ids_of_page(rows: QuerySet[Any], first: int, end: int, count: int, others: Others) -> Any:
    """The ids of the rows from ``first`` to before ``end`` of ``count``, as a subquery.

    To pass fewer others in their order costs less than to find all of the rows and sort them.
    """
    if first * 2 > count:
        rows, first, end = rows.reverse(), count - end, count - first
    ids = rows.values("pk")[first:end]
    if others.number is None:
        return ids
    if others.number <= count:
        return without_equal(ids)
    is_near = others.are_spread and others.number * end < _PASSED * count
    return without_index(ids, "account") if is_near else ids


def _value(column: str | Filled) -> F | Filled:
    return F(column) if isinstance(column, str) else column
