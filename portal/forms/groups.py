"""Groups of a form's fields: on wide screens their fields stand in two columns."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import forms


@dataclass(frozen=True, slots=True)
class Group:
    """``fields`` that belong together. A matrix has a row for each of them and a column for each choice."""

    title: Any
    fields: list[forms.BoundField]
    text: Any = ""
    is_matrix: bool = False

    @property
    def columns(self) -> list[Any]:
        """The words of the choices, which all fields of a matrix have in common."""
        return [choice.choice_label for choice in self.fields[0].subwidgets]


def rest(form: forms.BaseForm, groups: Iterable[Group]) -> list[forms.BoundField]:
    """The visible fields that are in no group."""
    grouped = {field.name for group in groups for field in group.fields}
    return [field for field in form.visible_fields() if field.name not in grouped]
