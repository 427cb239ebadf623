"""Text that people type for others: one line of visible characters."""

import unicodedata
from typing import Any

from django import forms
from django.db import models

_JOINERS = "\u200c\u200d"  # some scripts and emoji are spelled with them
_UNSEEN = {"Cc", "Cf", "Cs"}  # control and direction marks, half characters


def one_line(text: str) -> str:
    """Without line ends and invisible marks, which could change how a mail or a page is read."""
    line = " ".join(text.split())
    seen = "".join(c for c in line if c in _JOINERS or unicodedata.category(c) not in _UNSEEN)
    return " ".join(seen.split())


class OneLine(forms.CharField):
    """Takes one line. What shows nothing counts as not filled in."""

    def to_python(self, value: Any) -> str:
        return one_line(super().to_python(value) or "")


class OneLineField(models.CharField):
    """Cleans what a form takes, what is saved and what is updated."""

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": OneLine, **kwargs})

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return one_line(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(self.to_python(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> Any:
        """A column like any other: migrations need not know."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs
