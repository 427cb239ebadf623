"""Saves of rows that several people edit: what a form compares with holds until it is saved."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django import forms
from django.db import models, transaction
from django.shortcuts import get_object_or_404

Row = TypeVar("Row", bound=models.Model)
Form = TypeVar("Form", bound=forms.ModelForm)


@contextmanager
def locked(row: Row) -> Iterator[Row]:
    """The row as it is stored now; no other saves it before the block ends. A 404 if it was deleted."""
    with transaction.atomic():
        yield get_object_or_404(type(row)._default_manager.select_for_update(), pk=row.pk)


def saved(row: Row | None, make: Callable[[Row | None], Form], save: Callable[[Row], None]) -> Form:
    """The form that was posted, of ``row`` as it is now. If it is valid, its row has been saved.

    ``row`` is None if the form adds one.
    """
    if row is None:
        return _saved(make(None), save)
    with locked(row) as now:
        return _saved(make(now), save)


def _saved(form: Form, save: Callable[[Row], None]) -> Form:
    if form.is_valid():
        save(form.save(commit=False))
    return form
