"""The menu of the frame around every page: the rail, and the bar at the bottom of a phone."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from django import template
from django.template import Context
from django.urls import get_script_prefix
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.models import User
from portal.pages.icons import icon
from portal.wording.links import href
from portal.wording.menu import NOUNS, Noun
from portal.wording.translated import Translated

register = template.Library()

_WORDS = Translated({"attention": _("need attention")})


_APART = {"spend", "accounts", "keys"}  # each begins a group in the rail


@register.simple_tag(takes_context=True)
def rail(context: Context) -> SafeString:
    return _list(context, NOUNS, has_shortcuts=True)


@register.simple_tag(takes_context=True)
def bottom(context: Context) -> SafeString:
    return _list(context, [noun for noun in NOUNS if noun.group == 0], has_shortcuts=False)


@register.simple_tag
def more(user: User) -> SafeString:
    """The nouns that are not in the bar at the bottom, in groups."""
    groups = (
        "".join(_entry(noun, *_place()) for noun in NOUNS if noun.group == group and noun.is_for(user))
        for group in (1, 2, 3)
    )
    return SafeString("<hr>".join(groups))


def _list(context: Context, nouns: Iterable[Noun], *, has_shortcuts: bool) -> SafeString:
    user, path, attention = context["user"], context["request"].path, context["attention"]
    return SafeString(
        "".join(_item(noun, path, attention, has_shortcuts) for noun in nouns if noun.is_for(user))
    )


def _item(noun: Noun, path: str, attention: Mapping[str, int], has_shortcuts: bool) -> str:
    start, end = _way(noun, has_shortcuts, *_place())
    number = attention.get(noun.name)
    told = _ATTENTION.format(number, _WORDS["attention"]) if number else ""
    return f"{start}{_current(path, href(noun.name))}{end}{told}</a></li>"


_ATTENTION = '<span class="attention">{}<span class="visually-hidden"> {}</span></span>'


def _place() -> tuple[str | None, str]:
    """The language of labels and the prefix of addresses."""
    return get_language(), get_script_prefix()


@lru_cache(maxsize=1000)
def _way(noun: Noun, has_shortcuts: bool, _language: str | None, _prefix: str) -> tuple[str, str]:
    """The link of a noun before and after the mark of the present page: the same for each user and page."""
    apart = ' class="apart"' if has_shortcuts and noun.name in _APART else ""
    shortcut = f' data-shortcut="{noun.shortcut}"' if has_shortcuts and noun.shortcut else ""
    start = f'<li{apart}><a class="noun" href="{escape(href(noun.name))}"'
    return start, f"{shortcut}>{icon('outline', noun.icon, 20)} <span>{escape(noun.label)}</span> "


@lru_cache(maxsize=1000)
def _entry(noun: Noun, _language: str | None, _prefix: str) -> str:
    return format_html('<a href="{}">{}{}</a>', href(noun.name), icon("outline", noun.icon, 20), noun.label)


def _current(path: str, url: str) -> str:
    """The page itself, or one below it."""
    if path == url:
        return ' aria-current="page"'
    return ' aria-current="true"' if url != href("home") and path.startswith(url) else ""
