"""What a list page needs to keep its whole state in the address."""

from django import template
from django.forms import BaseForm, BoundField
from django.http import QueryDict
from django.template import Context
from django.utils.html import format_html_join

from portal.pages import bars

register = template.Library()

# Filters with a place of their own in the toolbar; chips are links, so the form only keeps their status.
IN_TOOLBAR = ("status", "account", "q")

register.simple_tag(bars.headings)
register.simple_tag(bars.chips)
register.simple_tag(bars.page_steps)
register.simple_tag(bars.size_steps)


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
