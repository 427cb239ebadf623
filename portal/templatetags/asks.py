"""Forms whose act may need the password first: asks.js then opens a dialog over the page."""

from functools import lru_cache
from urllib.parse import urlsplit

from allauth.core import context
from django import template
from django.urls import Resolver404, resolve
from django.utils.safestring import SafeString, mark_safe

from portal.sign_in.reauthentication import may_be_asked

register = template.Library()


@register.simple_tag
def asks(action: str = "") -> SafeString | str:
    """The attribute of a form that is sent to ``action``, else to the address of the page."""
    return _attribute(urlsplit(action).path or getattr(context.request, "path", ""))


@lru_cache(maxsize=1000)
def _attribute(path: str) -> SafeString | str:
    """The same for everybody, since it only depends on the view."""
    try:
        view = resolve(path).func
    except Resolver404:
        return ""
    return mark_safe("data-asks") if may_be_asked(view) else ""
