"""Expressions that lists sort by and that indexes hold, the same on both sides so that they meet."""

from django.db.models import F, Func, Index, Q
from django.db.models.functions import Coalesce


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
