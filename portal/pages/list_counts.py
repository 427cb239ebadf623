"""What a list counts, by name, and how the counts of several accounts are added up."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from ultahost_api.models.counting import add_counts

_BY = "by "  # before the name of a column by whose values is counted


def by_status(parts: Mapping[str, QuerySet[Any]]) -> tuple[dict[str, str], dict[str, QuerySet[Any]]]:
    """The columns and the rows of the parts of a list, which has a status in another column in each."""
    rows = {f"{_BY}{column}": part for column, part in parts.items()}
    return {name: name.removeprefix(_BY) for name in rows}, rows


def add_up(some: Iterable[Mapping[str, Mapping[str, int]]]) -> dict[str, Counter[str]]:
    """By name. The statuses of all parts are one."""
    counted = add_counts(some)
    counted["status"] = sum((told for name, told in counted.items() if name.startswith(_BY)), Counter())
    return counted
