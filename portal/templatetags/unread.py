"""Cells of rows with unreadable fields: these show "unreadable", never a blank or an old value."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext as _

from portal.templatetags import dates
from portal.wording import fields, formats
from ultahost_api.models import Invoice

register = template.Library()

register.filter("unread_fields", fields.unread)
register.filter("unread_words", fields.unread_words)


@register.filter
def or_unread(shown: Any, told: str | None) -> Any:
    """``shown``, or "unreadable" if Ultahost wrote ``told`` instead."""
    if told is None:
        return shown
    words = _("Ultahost wrote “%(told)s”") % {"told": told}
    return format_html('<span class="unread" title="{}">{}</span>', words, _("unreadable"))


@register.filter
def amount_words(invoice: Invoice, currency: str) -> str:
    """The total as plain text."""
    return fields.money(invoice, "total", currency)


@register.simple_tag
def readable(row: Any, name: str, shown: Any) -> Any:
    """``shown``, unless the field of this name could not be read."""
    return or_unread(shown, row.unreadable.get(name))


@register.simple_tag
def amount(row: Any, name: str, currency: str) -> Any:
    return readable(row, name, formats.money(getattr(row, name), currency))


@register.simple_tag
def date_of(row: Any, name: str) -> Any:
    return readable(row, name, dates.on(getattr(row, name)))


@register.simple_tag
def moment_of(row: Any, name: str) -> Any:
    return readable(row, name, dates.when(getattr(row, name)))
