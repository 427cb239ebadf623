"""Where a person begins to type: the first field of a form, or the first with an error."""

from django import template
from django.forms import BaseForm, BoundField

register = template.Library()

_TYPED = {"text", "email", "password", "number", "search", "tel", "url", "date"}


@register.simple_tag
def focus_first(form: BaseForm | None) -> str:
    """Draws nothing; the field draws the attribute."""
    fields = form.visible_fields() if form else []
    wrong = [field for field in fields if field.errors]
    first = next(filter(_is_typed, wrong or fields[:1]), None)
    if first and not any("autofocus" in field.field.widget.attrs for field in fields):
        first.field.widget.attrs["autofocus"] = True
    return ""


def _is_typed(field: BoundField) -> bool:
    """A choice among boxes has no one place to begin."""
    widget = field.field.widget
    return getattr(widget, "input_type", "") in _TYPED or field.widget_type in {"textarea", "select"}
