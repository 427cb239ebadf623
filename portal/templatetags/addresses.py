from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from portal.forms.addresses import countries

register = template.Library()


@register.filter
def country(code: str) -> str:
    """The name of a country; of an unknown code, the code."""
    return dict(countries(get_language() or "en")).get(code, code) if code else "–"


@register.filter
def breakable(text: object) -> SafeString:
    """The text; where it has no room, a line breaks after an @ before it breaks within a word."""
    return SafeString(escape(text).replace("@", "@<wbr>"))
