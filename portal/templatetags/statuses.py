from django import template

from portal.wording import risks, statuses

register = template.Library()

register.filter("hue", statuses.hue)
register.filter("status_word", statuses.status_word)
register.filter("risk_hue", risks.risk_hue)
register.filter("risk_mark", risks.risk_mark)
register.filter("risk_words", risks.risk_words)
register.filter("level_hue", statuses.level_hue)
