"""What a list page needs to keep its whole state in the address."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import template
from django.utils.html import format_html_join

from portal import http
from portal.pages import bars
from portal.pages.any_table import AnyTable
from portal.wording.links import href

register = template.Library()

register.simple_tag(bars.headings)
register.simple_tag(bars.column_boxes)
register.simple_tag(bars.chips)
register.simple_tag(bars.pills)
register.simple_tag(bars.page_steps)
register.simple_tag(bars.size_steps)


@register.simple_tag(takes_context=True)
def list_url(context: Mapping[str, Any], name: str, account: Any = None) -> str:
    """The address of a list as it was when a row of it was opened; else that of the rows of the account."""
    address = href(name)
    query = http.query_before(context["request"], address) or (f"account={account.pk}" if account else "")
    return f"{address}?{query}" if query else address


@register.simple_tag
def price_of(prices: Mapping[UUID, object], product: Any) -> object:
    """What was last paid for a product; None if that is not known."""
    return prices.get(product.pk)


@register.simple_tag
def kept_inputs(table: AnyTable) -> str:
    """Hidden inputs for all of the address that the filter form does not send itself, except the page.

    They stand in the section that is replaced and belong to the form, which is not.
    """
    left_out = {*table.sent, "page"}
    kept = [
        (name, value)
        for name, values in table.request.GET.lists()
        if name not in left_out
        for value in values
    ]
    return format_html_join("", '<input type="hidden" form="filters" name="{}" value="{}">', kept)
