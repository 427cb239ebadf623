from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models

from ultahost_api.models.folding import amount_text, searchable

_AT_ONCE = 2000  # rows
_LATER = ("own_words", "things")  # rows from before these have no line for them


class FoldedField(models.TextField):  # type: ignore[type-arg]  # only in the stubs does it take any
    """Follows the row's texts whenever the row is saved; ``update`` and the like pass by it."""

    def pre_save(self, model_instance: Any, add: bool) -> str:
        model_instance.folded = model_instance.fold({})
        return str(model_instance.folded)

    def deconstruct(self) -> Any:
        """A column like any other: migrations need not know."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


class Searched(models.Model):
    """A row that searches find by its ``searched`` attributes: texts in any spelling, numbers and amounts."""

    searched: ClassVar[tuple[str, ...]]
    searched_through: ClassVar[tuple[str, ...]] = ()  # relations that these read, to be read ahead

    folded = FoldedField(default="", db_default="", editable=False)

    class Meta:
        abstract = True

    def fold(self, told: Mapping[str, Any]) -> str:
        """``folded`` as it is once the row has the values of ``told``."""
        values = {name: told.get(name, getattr(self, name)) for name in self.searched}
        for name in _LATER:
            if not values.get(name):
                values.pop(name, None)
        return _folded(values.values())


def _folded(values: Iterable[Any]) -> str:
    return searchable(map(_text, values))


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return amount_text(value)
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def fold_rows(model: type[models.Model], searched: tuple[str, ...], connection: Any) -> None:
    """For a migration: fills ``folded`` of the rows that are there."""
    rows = model._base_manager.using(connection.alias).order_by("pk").values_list("pk", *searched)
    pk, quote = model._meta.pk, connection.ops.quote_name
    assert pk is not None  # noqa: S101
    table, column = quote(model._meta.db_table), quote(pk.column)
    statement = f"UPDATE {table} SET folded = %s WHERE {column} = %s"  # noqa: S608 - names only
    found = list(rows[:_AT_ONCE])
    while found:
        changed = [(_folded(values), pk.get_db_prep_value(key, connection)) for key, *values in found]
        with connection.cursor() as cursor:
            cursor.executemany(statement, changed)
        found = list(rows.filter(pk__gt=found[-1][0])[:_AT_ONCE])
