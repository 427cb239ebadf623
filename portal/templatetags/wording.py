from django import template

from portal import wording

register = template.Library()

register.filter("act", wording.act)
register.filter("audited", wording.audited)
register.filter("audit_details", wording.details)
