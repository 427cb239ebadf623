from datetime import date, datetime

from django import template
from django.utils.html import format_html

from portal.wording import formats
from ultahost_api import conf

register = template.Library()

register.filter("day", formats.day)
register.filter("clock", formats.clock)
register.filter("again", formats.again)
register.filter("until", formats.until)
register.filter("moment", formats.moment)


@register.simple_tag
def on(value: date | None) -> str:
    """A day; its distance is in the title."""
    if value is None:
        return formats.NOTHING
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        value.isoformat(), formats.days_away(value), formats.day(value),
    )  # fmt: skip


@register.simple_tag
def on_or_past(value: date | None) -> str:
    """A day; one that has passed says how long ago that was."""
    if value is None or value >= conf.today():
        return on(value)
    return format_html("{}, {}", on(value), formats.days_away(value))


@register.simple_tag
def when(value: datetime | None) -> str:
    """How long ago, kept up to date in the browser; the exact time is in the title."""
    if value is None:
        return formats.NOTHING
    return format_html(
        '<time datetime="{}" title="{}" data-time>{}</time>',
        value.isoformat(), formats.moment(value), formats.age(value),
    )  # fmt: skip
