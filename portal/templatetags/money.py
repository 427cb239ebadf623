from decimal import Decimal

from django import template

from portal.wording import formats

register = template.Library()


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    return formats.money(amount, currency)
