from django import template

from portal.queries.payment_gateways import gateway_word

register = template.Library()

register.filter("gateway", gateway_word)
