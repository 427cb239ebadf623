"""Cells of rows with unreadable fields: these show "unreadable", never a blank or an old value."""

from django import template

from portal.pages import parts
from portal.wording import fields
from ultahost_api.models import Invoice

register = template.Library()

register.filter("unread_fields", fields.unread)
register.filter("or_unread", parts.or_unread)
register.simple_tag(parts.readable)
register.simple_tag(parts.amount)
register.simple_tag(parts.date_of)
register.simple_tag(parts.moment_of)


@register.filter
def amount_words(invoice: Invoice, currency: str) -> str:
    """The total as plain text."""
    return fields.money(invoice, "total", currency)
