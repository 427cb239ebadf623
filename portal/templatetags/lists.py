"""What a list page needs to keep its whole state in the address."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BoundField
from django.http import QueryDict
from django.template import Context
from django.utils.html import format_html_join

from portal.pages.columns import Column
from portal.pages.tables import AnyTable

register = template.Library()

# Filters with a place of their own in the toolbar; chips are links, so the form only keeps their status.
IN_TOOLBAR = ("status", "account", "q")


@register.inclusion_tag("components/_heading.html")
def heading(table: AnyTable, column: Column) -> dict[str, Any]:
    """A `<th>`; where the table sorts by the column, a click leads to `?sort=due`, then to `?sort=-due`."""
    name = column.name
    direction = {name: "ascending", f"-{name}": "descending"}.get(table.sort)
    return {
        "column": column,
        "words": column.heading or column.title,
        "direction": direction,
        "sort": (f"-{name}" if direction == "ascending" else name) if name in table.listing.sorts else "",
    }


@register.simple_tag(takes_context=True)
def kept_inputs(context: Context, form: BaseForm) -> str:
    """Hidden inputs for all of the address that the filter form does not send itself, except the page."""
    query: QueryDict = context.request.GET  # type: ignore[attr-defined]
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
