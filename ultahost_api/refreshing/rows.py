"""From the client's records to the values of cached rows."""

from collections.abc import Callable
from dataclasses import fields as record_fields
from functools import lru_cache, partial
from typing import Any

from django.db import models

from ultahost_api.models.cached import Cached

_TEXT_LIMIT = 20_000  # characters of a note; the provider's text has no bound of its own


def values_of(record: Any, model: type[models.Model], names: tuple[str, ...]) -> dict[str, Any]:
    """The record's ``names`` as the model can hold them; ValueError when one cannot be held."""
    return {name: fit(getattr(record, name)) for name, fit in _fitters(model, names)}


@lru_cache
def shared_names(record_type: type, model: type[Cached]) -> tuple[str, ...]:
    """The fields that records of this type and the model's rows both have, the identity aside."""
    columns = {field.name for field in model._meta.get_fields()}
    return tuple(f.name for f in record_fields(record_type) if f.name in columns and f.name != "id")


@lru_cache
def _fitters(
    model: type[models.Model], names: tuple[str, ...]
) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple((name, _fitter(model._meta.get_field(name))) for name in names)


def _fitter(field: Any) -> Callable[[Any], Any]:
    """Cuts text to what the column holds, so that a row compares equal to its copy."""
    if isinstance(field, models.JSONField):
        return _fit_json
    if isinstance(field, models.CharField | models.TextField):
        return partial(_fit_text, longest=field.max_length or _TEXT_LIMIT)
    if isinstance(field, models.PositiveIntegerField):
        return partial(_fit_count, name=field.name)
    return _as_it_is


def _fit_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _fit_text(value: str | None, longest: int) -> str:
    return (value or "").replace("\x00", "")[:longest]


def _fit_count(value: int | None, name: str) -> int | None:
    if value is not None and not 0 <= value < 2**31:
        raise ValueError(f"{name} is out of range")
    return value


def _as_it_is(value: Any) -> Any:
    return value
