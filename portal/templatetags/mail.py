"""What only mails need."""

from django import template

from portal.mail.plain import plain
from portal.wording import formats, operations

register = template.Library()

register.filter("plain", plain)
register.filter("days_away", formats.days_away)
register.filter("meaning", operations.meaning)
