"""How things are said: filters that turn a value into words."""

from django import template
from django.utils.translation import get_language

from portal.forms.addresses import countries
from portal.mail.plain import plain
from portal.queries.payment_gateways import gateway_word
from portal.wording import cycles, fields, formats, operations, reasons, risks, statuses, sums
from ultahost_api.models import Invoice

register = template.Library()

# Days, times, amounts and numbers
register.filter("again", formats.again)
register.filter("clock", formats.clock)
register.filter("clock_or_moment", formats.clock_or_moment)
register.filter("day", formats.day)
register.filter("days_away", formats.days_away)
register.filter("moment", formats.moment)
register.filter("missing", sums.missing)
register.filter("money", formats.money)
register.filter("month", formats.month)
register.filter("number", formats.number)
register.filter("short_month", formats.short_month)

# Ultahost's words, and those for what was done there
register.filter("act_together", operations.act_together)
register.filter("cycle_word", cycles.cycle_word)
register.filter("gateway", gateway_word)
register.filter("level_hue", statuses.level_hue)
register.filter("meaning", operations.meaning)
register.filter("quoted", reasons.quoted)
register.filter("risk_hue", risks.risk_hue)
register.filter("risk_words", risks.risk_words)
register.filter("said", reasons.said)
register.filter("status_word", statuses.status_word)
register.filter("trouble_quoted", reasons.trouble_quoted)
register.filter("trouble_why", reasons.trouble_why)
register.filter("told_besides", fields.besides)
register.filter("unread_fields", fields.unread)

register.filter("plain", plain)  # of mails


@register.filter
def amount_words(invoice: Invoice, currency: str) -> str:
    """The total as plain text."""
    return fields.money(invoice, "total", currency)


@register.filter
def country(code: str) -> str:
    """The name of a country; of an unknown code, the code."""
    return dict(countries(get_language() or "en")).get(code, code) if code else "–"
