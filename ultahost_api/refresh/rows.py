"""From the client's records to the values of cached rows."""

from collections.abc import Callable
from dataclasses import fields as record_fields
from functools import lru_cache
from typing import Any

from django.db import models

from ultahost_api.models.cached import Cached

_TEXT_LIMIT = 20_000  # characters; the provider's text has no bound of its own
_TOLD = 255  # characters of what is unreadable


def values_of(record: Any, model: type[models.Model], names: tuple[str, ...]) -> dict[str, Any]:
    """The record's ``names`` as the model holds them, and what of them is ``unreadable``.

    So is a text that its column does not hold whole: to cut it would be to show another one.
    """
    values = {name: fit(getattr(record, name)) for name, fit in _fitters(model, names)}
    unreadable = {name: told for name, told in record.unreadable.items() if name in values}
    for name, longest in _bounds(model, names):
        if len(values[name]) > longest:
            unreadable[name], values[name] = values[name][:_TOLD], ""
    return {**values, "unreadable": unreadable}


@lru_cache
def shared_names(record_type: type, model: type[Cached]) -> tuple[str, ...]:
    """The fields that both have, but for ``id`` and ``unreadable``."""
    columns = {field.name for field in model._meta.get_fields()} - {"id", "unreadable"}
    return tuple(f.name for f in record_fields(record_type) if f.name in columns)


@lru_cache
def _fitters(
    model: type[models.Model], names: tuple[str, ...]
) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple((name, _fitter(model._meta.get_field(name))) for name in names)


def _fitter(field: Any) -> Callable[[Any], Any]:
    """A function that converts a value to the form in which its column returns it."""
    if isinstance(field, models.JSONField):
        return _fit_json
    return fit_text if isinstance(field, models.CharField | models.TextField) else _as_it_is


def _fit_json(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def fit_text(value: str | None) -> str:
    return (value or "").replace("\x00", "")


@lru_cache
def _bounds(model: type[models.Model], names: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    """How many characters each column of text holds."""
    fields: list[Any] = [model._meta.get_field(name) for name in names]
    texts = [field for field in fields if isinstance(field, models.CharField | models.TextField)]
    return tuple((field.name, field.max_length or _TEXT_LIMIT) for field in texts)


def _as_it_is(value: Any) -> Any:
    return value
