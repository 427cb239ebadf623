"""What only mails need."""

from django import template

from portal import formats, wording
from portal.notifying.plain import plain

register = template.Library()

register.filter("plain", plain)
register.filter("days_away", formats.days_away)
register.filter("meaning", wording.meaning)
