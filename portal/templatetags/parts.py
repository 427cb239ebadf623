from django import template

from portal.pages import parts, related

register = template.Library()

register.filter("cut", parts.cut)
register.simple_tag(parts.account)
register.simple_tag(parts.freshness, name="freshness_words")
register.simple_tag(parts.history)
register.simple_tag(parts.private)
register.simple_tag(parts.renewal)
register.simple_tag(related.related)
register.simple_tag(related.url, name="url_of")
register.simple_tag(parts.risk)
register.simple_tag(parts.status)
register.simple_tag(parts.unread_mark)
