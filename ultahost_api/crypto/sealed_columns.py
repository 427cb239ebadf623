"""Sealed texts in the database: which columns hold them, each bound to its row.

The additional data are the table, the column and the row's primary key, so that a ciphertext copied to
another row does not open there.
"""

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from django.db import models

from ultahost_api.crypto.sealing import CannotUnseal, current_prefix, seal_text, unseal_text


class SealedColumn(NamedTuple):
    """A column of text, bound to its row. An empty string in it means nothing is sealed."""

    model: type[models.Model]
    column: str

    def __str__(self) -> str:
        return str(self.model._meta.verbose_name_plural)

    @property
    def path(self) -> str:
        return self.column

    @property
    def rows(self) -> models.QuerySet[models.Model]:
        return self.model._default_manager.exclude(**{self.column: ""})

    def aad(self, pk: object) -> str:
        return _row_aad(self.model, self.column, pk)

    def text_in(self, value: Any) -> str:
        return str(value)

    def put(self, text: str, value: Any) -> Any:
        return text


class SealedMember(NamedTuple):
    """A text inside a JSON column of another app's table, bound to a purpose because its row is not known."""

    model: type[models.Model]
    column: str
    member: str
    purpose: str

    def __str__(self) -> str:
        return f"{self.model._meta.verbose_name_plural}, {self.member}"

    @property
    def path(self) -> str:
        return f"{self.column}__{self.member}"

    @property
    def rows(self) -> models.QuerySet[models.Model]:
        return self.model._default_manager.filter(**{f"{self.column}__has_key": self.member})

    def aad(self, pk: object) -> str:
        return self.purpose

    def text_in(self, value: Any) -> str:
        return str(value[self.member])

    def put(self, text: str, value: Any) -> Any:
        return {**value, self.member: text}


Sealed = SealedColumn | SealedMember
_register: list[Sealed] = []


def register(model: type[models.Model], column: str) -> None:
    """Make ``reseal`` walk this column."""
    _register.append(SealedColumn(model, column))


def register_member(model: type[models.Model], column: str, member: str, purpose: str) -> None:
    """Make ``reseal`` walk what ``seal_text(value, purpose)`` made, under this name in a JSON column."""
    _register.append(SealedMember(model, column, member, purpose))


def seal(row: models.Model, column: str, value: str) -> None:
    """Put ``value`` sealed into the row's column; saving is the caller's."""
    setattr(row, column, seal_text(value, _row_aad(type(row), column, row.pk)))


def unseal(row: models.Model, column: str) -> str:
    return unseal_text(getattr(row, column), _row_aad(type(row), column, row.pk))


def values(tables: Container[str]) -> Iterator[tuple[str, str]]:
    """Every registered sealed value with its additional data, of the tables that there are."""
    for target in _register:
        if target.model._meta.db_table in tables:
            for pk, value in target.rows.values_list("pk", target.column).iterator():
                yield target.text_in(value), target.aad(pk)


def reseal() -> Iterator[tuple[Sealed, int, int]]:
    """Seal every registered value again with the first key; yields (where, resealed, unreadable).

    Each row is one statement and resealed rows are skipped, so it may be killed and run again. What others
    still write with an older key meanwhile is resealed as well.
    """
    for target in _register:
        resealed, unreadable = 0, set[object]()
        while stale := set(_stale(target).values_list("pk", flat=True)) - unreadable:
            for pk in stale:
                try:
                    resealed += _reseal_row(target, pk)
                except CannotUnseal:
                    unreadable.add(pk)
        yield target, resealed, len(unreadable)


def _stale(target: Sealed) -> models.QuerySet[models.Model]:
    return target.rows.exclude(**{f"{target.path}__startswith": current_prefix()})


def _reseal_row(target: Sealed, pk: object) -> bool:
    """Returns False if the value was deleted, wiped or replaced meanwhile; it then stays so."""
    found = list(_stale(target).filter(pk=pk).values_list(target.column, flat=True))
    if not found:
        return False
    (value,) = found
    again = seal_text(unseal_text(target.text_in(value), target.aad(pk)), target.aad(pk))
    # Not by saving the row, nor without asking whether the column still holds what was read.
    untouched = target.model._default_manager.filter(pk=pk, **{target.column: value})
    return bool(untouched.update(**{target.column: target.put(again, value)}))


def _row_aad(model: type[models.Model], column: str, pk: object) -> str:
    return f"{model._meta.db_table}|{column}|{pk}"
