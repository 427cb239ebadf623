from django import template

from portal.pages import parts
from portal.wording import formats

register = template.Library()

register.filter("day", formats.day)
register.filter("month", formats.month)
register.filter("short_month", formats.short_month)
register.filter("clock", formats.clock)
register.filter("clock_or_moment", formats.clock_or_moment)
register.filter("again", formats.again)
register.filter("until", formats.until)
register.filter("moment", formats.moment)
register.filter("isolated", parts.isolated)
register.filter("number", formats.number)
register.simple_tag(parts.on)
register.simple_tag(parts.on_or_past)
register.simple_tag(parts.when)
