"""How many rows several query sets have, with one statement."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

from django.db.models import Count, F, QuerySet, Value

from ultahost_api.models.prepared import Prepared

Found = Mapping[str, QuerySet[Any]]


def counts(**found: QuerySet[Any]) -> dict[str, int]:
    """By name; 0 where there is none."""
    return {name: sum(told.values()) for name, told in counts_by({}, found).items()}


def counts_by(columns: Mapping[str, str], found: Found) -> dict[str, dict[str, int]]:
    """The same, and of each name in ``columns`` a count for each value of its column of text."""
    by_name: dict[str, dict[str, int]] = {name: {} for name in found}
    for name, value, rows in _union(columns, found):
        by_name[name][value] = rows
    return by_name


def counts_by_account(columns: Mapping[str, str], found: Found) -> dict[Any, dict[str, dict[str, int]]]:
    """What ``counts_by`` tells, of each account that has any such row, by the account's id."""
    by_account: dict[Any, dict[str, dict[str, int]]] = {}
    for name, value, rows, account in _union(columns, found, "account_id"):
        by_account.setdefault(account, {}).setdefault(name, {})[value] = rows
    return by_account


def add_counts(some: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, Counter[str]]:
    """By name, as ``counts_by`` tells them; of a name that none of them has nothing was found."""
    whole: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for counted in some:
        for name, told in counted.items():
            whole[name].update(told)
    return whole


def _union(columns: Mapping[str, str], found: Found, *group: str) -> QuerySet[Any]:
    asked = [
        rows.order_by()
        .values(*group, counted=Value(name), value=F(columns[name]) if name in columns else Value(""))
        .annotate(rows=Count("*"))
        .values_list("counted", "value", "rows", *group)
        for name, rows in found.items()
    ]
    together: QuerySet[Any] = asked[0].union(*asked[1:], all=True)
    return together


class PreparedCounts:
    """Counts that are asked often, with one statement for each key; see ``Prepared``."""

    def __init__(self, most: int) -> None:
        self._prepared = Prepared(most)

    def counts(self, key: Hashable, found: Callable[[], Found]) -> dict[str, int]:
        """By name; a name of which nothing can be found may be missing."""
        return {name: rows for name, _value, rows in self._prepared.values(key, lambda: _union({}, found()))}
