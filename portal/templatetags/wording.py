from django import template

from portal.wording import operations, reasons

register = template.Library()

register.filter("act", operations.act)
register.filter("audited", operations.audited)
register.filter("audit_details", operations.details)
register.filter("said", reasons.said)
