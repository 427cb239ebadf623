"""From the client's records to the values of cached rows."""

from dataclasses import fields as record_fields
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db import models

from ultahost_api.models.cached import Cached

_CENT = Decimal("0.01")
_TEXT_LIMIT = 20_000  # characters of a note; the provider's text has no bound of its own


def values_of(record: Any, model: type[models.Model], names: tuple[str, ...]) -> dict[str, Any]:
    """The record's ``names`` as the model can hold them; ValueError when one cannot be held."""
    return {name: _fit(model._meta.get_field(name), getattr(record, name)) for name in names}


@lru_cache
def shared_names(record_type: type, model: type[Cached]) -> tuple[str, ...]:
    """The fields that records of this type and the model's rows both have, the identity aside."""
    columns = {field.name for field in model._meta.get_fields()}
    return tuple(f.name for f in record_fields(record_type) if f.name in columns and f.name != "id")


def _fit(field: Any, value: Any) -> Any:
    """Cut text and round amounts to what the column holds, so that a row compares equal to its copy."""
    if isinstance(field, models.JSONField):
        return list(value) if isinstance(value, tuple) else value
    if isinstance(field, models.CharField | models.TextField):
        return (value or "").replace("\x00", "")[: field.max_length or _TEXT_LIMIT]
    if isinstance(field, models.DecimalField) and value is not None:
        return _fit_amount(field, value)
    if isinstance(field, models.PositiveIntegerField) and value is not None and not 0 <= value < 2**31:
        raise ValueError(f"{field.name} is out of range")
    return value


def _fit_amount(field: Any, value: Decimal) -> Decimal:
    if abs(value) >= Decimal(10) ** (field.max_digits - field.decimal_places):
        raise ValueError(f"{field.name} is out of range")
    return value.quantize(_CENT)
