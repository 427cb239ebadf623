"""The newest of some rows, of several models with one statement."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model

_NEWEST = (
    'SELECT * FROM (SELECT %s, id FROM "{table}" WHERE id IN ({ids})'
    " ORDER BY {day} DESC NULLS LAST, remote_id DESC LIMIT {most}) AS newest"
)


def newest(asked: Sequence[tuple[type[Model], str, Sequence[Any]]], most: int) -> list[list[Any]]:
    """Of each model, column of days and ids at most ``most`` of the ids, those of the newest rows first."""
    statements, parameters = [], []
    for place, (model, day, ids) in enumerate(asked):
        statements.append(
            _NEWEST.format(table=model._meta.db_table, day=day, most=most, ids=", ".join(["%s"] * len(ids)))
        )
        parameters += [place, *map(_stored, ids)]
    found: list[list[Any]] = [[] for _ in asked]
    if statements:
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(statements), parameters)
            for place, row_id in cursor.fetchall():
                found[place].append(row_id)
    return found


def _stored(row_id: Any) -> Any:
    """SQLite has the ids of rows as text."""
    return row_id if isinstance(row_id, str) or connection.features.has_native_uuid_field else row_id.hex
