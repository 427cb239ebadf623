from decimal import Decimal

from django import template

from portal.pages import parts
from portal.wording import formats

register = template.Library()

register.filter("isolated", parts.isolated)


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    return formats.money(amount, currency)
