"""How a database finds the rows of one page: in the order of an index, from the end that is nearer."""

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Model, OrderBy, QuerySet

from ultahost_api.models.sorting import Filled, without_index


def in_order(model: type[Model], columns: Sequence[str | Filled], *, is_descending: bool) -> list[OrderBy]:
    """Rows without a value come last in both directions. All columns run one way, as an index does.

    Where they stand among rows that are equal in the first column does not matter.
    """
    first, *further = [*columns, "pk"]
    # PostgreSQL reads an index backwards only if empty values are not spoken of.
    always_filled = {"pk"} | {field.name for field in model._meta.fields if not field.null}
    nulls_last = None if first in always_filled else True
    return [_ordered(first, is_descending, nulls_last), *(_ordered(one, is_descending) for one in further)]


def ids_of_page(rows: QuerySet[Any], first: int, end: int, count: int, *, passes_accounts: bool) -> Any:
    """The ids of the rows from ``first`` to before ``end`` of ``count``, as a subquery.

    ``passes_accounts``: whether these are most rows, so that reading others on the way costs little.
    """
    if first * 2 > count:
        rows, first, end = rows.reverse(), count - end, count - first
    ids = rows.values("pk")[first:end]
    return without_index(ids, "account") if passes_accounts else ids


def _ordered(column: str | Filled, is_descending: bool, nulls_last: bool | None = None) -> OrderBy:
    value = F(column) if isinstance(column, str) else column
    return value.desc(nulls_last=nulls_last) if is_descending else value.asc(nulls_last=nulls_last)
