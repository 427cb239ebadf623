from django import template

from portal.wording import cycles, operations, reasons

register = template.Library()

register.filter("cycle_word", cycles.cycle_word)
register.filter("act", operations.act)
register.filter("act_together", operations.act_together)
register.filter("audited", operations.audited)
register.filter("audit_details", operations.details)
register.filter("said", reasons.said)
