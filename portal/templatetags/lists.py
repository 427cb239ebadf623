"""What a list page needs to keep its whole state in the address. `list` is its ListPage."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.http import QueryDict
from django.template import Context
from django.utils.html import format_html_join

register = template.Library()

# Filters with a place of their own in the toolbar; chips are links, so the form only keeps their status.
IN_TOOLBAR = ("status", "account", "q")


@register.inclusion_tag("components/sort_header.html", takes_context=True)
def sort_header(context: Context, field: str, label: str, css_class: str = "") -> dict[str, Any]:
    """A `<th>` that sorts by this field: `?sort=due`, then `?sort=-due`."""
    direction = {field: "ascending", f"-{field}": "descending"}.get(context["list"].sort)
    return {
        "request": context["request"],
        "field": field,
        "label": label,
        "css_class": css_class,
        "direction": direction,
        "sort": f"-{field}" if direction == "ascending" else field,
    }


@register.simple_tag(takes_context=True)
def kept_inputs(context: Context, form: BaseForm) -> str:
    """Hidden inputs for all of the address that the filter form does not send itself, except the page."""
    query: QueryDict = context["request"].GET
    sent = {*form.fields, "page"} - {"status"}
    kept = [(name, value) for name, values in query.lists() if name not in sent for value in values]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', kept)


@register.filter
def further_fields(form: BaseForm) -> list[BoundField]:
    return [field for field in form.visible_fields() if field.name not in IN_TOOLBAR]


@register.filter
def elided(page: Page[Any]) -> Iterator[int | str]:
    """Page numbers around the current one, with gaps: 1 2 … 7 8 9 … 20."""
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
