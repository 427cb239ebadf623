from django import template

from portal import wording

register = template.Library()

register.filter("act", wording.act)
