"""What the frame around every page needs."""

from typing import Any

from django import template
from django.template import Context
from django.urls import reverse

register = template.Library()


@register.inclusion_tag("components/_noun.html", takes_context=True)
def noun(context: Context, name: str, label: str, icon: str, shortcut: str = "") -> dict[str, Any]:
    """The link to one noun in the menu, with the number of rows that need attention."""
    url = reverse(name)
    request = context.get("request")
    return {
        "url": url,
        "label": label,
        "icon": icon,
        "shortcut": shortcut,
        "current": _current(request.path if request else "", url),
        "attention": (context.get("attention") or {}).get(name),
    }


def _current(path: str, url: str) -> str:
    """The value of aria-current: the page itself, or one below it."""
    if path == url:
        return "page"
    return "true" if url != "/" and path.startswith(url) else ""
