"""Small parts of pages, the same as in the cells of lists."""

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString

from portal.pages import parts, related
from portal.queries.freshness import lacks_worker

register = template.Library()

register.filter("cut", parts.cut)
register.filter("isolated", parts.isolated)
register.simple_tag(lacks_worker)
register.simple_tag(parts.account)
register.simple_tag(parts.amount)
register.simple_tag(parts.date_of)
register.simple_tag(parts.freshness, name="freshness_words")
register.simple_tag(parts.history)
register.simple_tag(parts.moment_of)
register.simple_tag(parts.on)
register.simple_tag(parts.private)
register.simple_tag(parts.readable)
register.simple_tag(parts.renewal)
register.simple_tag(parts.status)
register.simple_tag(parts.unread_mark)
register.simple_tag(parts.when)
register.simple_tag(related.related)
register.simple_tag(related.url, name="url_of")


@register.filter
def breakable(text: object) -> SafeString:
    """The text; where it has no room, a line breaks after an @ before it breaks within a word."""
    return SafeString(escape(text).replace("@", "@<wbr>"))
