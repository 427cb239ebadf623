"""Codes and numbers as people paste them: in groups, with spaces that mean nothing."""

from typing import Any

from django import forms


class UngroupedField(forms.CharField):
    """Its value has no spaces, of no width, and none of the other ``between`` characters."""

    def __init__(self, *, between: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.between = f"{between}\u200b\u2060\ufeff"

    def to_python(self, value: Any) -> str:
        """Before the length is checked."""
        typed = str(super().to_python(value) or "")
        return "".join(one for one in typed if not one.isspace() and one not in self.between)
