"""Icons of the package ``heroicons``, each drawn once per process: the package copies its XML each time."""

from functools import cache

import heroicons
from django.utils.safestring import SafeString


@cache
def icon(style: str, name: str, size: int, **attributes: object) -> SafeString:
    """Safe, because names and attributes come only from our templates and code."""
    return SafeString(heroicons._render_icon(style, name, size, attributes))
