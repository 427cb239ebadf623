from django import template

from portal.wording import statuses

register = template.Library()

register.filter("hue", statuses.hue)
register.filter("status_word", statuses.status_word)
register.filter("risk_hue", statuses.risk_hue)
register.filter("risk_mark", statuses.risk_mark)
register.filter("risk_words", statuses.risk_words)
register.filter("level_hue", statuses.level_hue)
