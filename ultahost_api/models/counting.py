"""How many rows several query sets have, with one statement."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Count, F, QuerySet, Value

Found = Mapping[str, QuerySet[Any]]


def counts(**found: QuerySet[Any]) -> dict[str, int]:
    """By name; 0 where there is none."""
    return {name: sum(told.values()) for name, told in counts_by({}, found).items()}


def counts_by(columns: Mapping[str, str], found: Found) -> dict[str, dict[str, int]]:
    """The same, and of each name in ``columns`` a count for each value of its column of text."""
    asked = [
        rows.order_by()
        .values(counted=Value(name), value=F(columns[name]) if name in columns else Value(""))
        .annotate(rows=Count("*"))
        for name, rows in found.items()
    ]
    told: Any = asked[0].union(*asked[1:], all=True)
    by_name: dict[str, dict[str, int]] = {name: {} for name in found}
    for one in told:
        by_name[one["counted"]][one["value"]] = one["rows"]
    return by_name
