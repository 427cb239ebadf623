"""The menu of the frame around every page: the rail, and the bar at the bottom of a phone."""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

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
from portal.wording.menu import AT_THE_BOTTOM, GROUPS, NOUNS, Noun
from portal.wording.translated import Translated

register = template.Library()

_WORDS = Translated({"attention": _("need attention")})
_TITLES = Translated({name: title for name, title in GROUPS.items() if name})


@register.simple_tag(takes_context=True)
def rail(context: Context) -> SafeString:
    return SafeString("".join(_group(name, _items(context, _grouped(name), True)) for name in GROUPS))


@register.simple_tag(takes_context=True)
def bottom(context: Context) -> SafeString:
    by_name = {noun.name: noun for noun in NOUNS}
    return SafeString(_items(context, [by_name[name] for name in AT_THE_BOTTOM], False))


@register.simple_tag
def more(user: User) -> SafeString:
    """The nouns that are not in the bar at the bottom, in groups."""
    groups = (
        "".join(
            _entry(noun, *_place())
            for noun in _grouped(name)
            if noun.name not in AT_THE_BOTTOM and noun.is_for(user)
        )
        for name in GROUPS
    )
    return SafeString("<hr>".join(filter(None, groups)))


@cache
def _grouped(name: str) -> tuple[Noun, ...]:
    return tuple(noun for noun in NOUNS if noun.group == name)


def _group(name: str, items: str) -> str:
    """Its links under its title, if it has both."""
    if not name or not items:
        return items
    return f'<li class="group"><span class="title">{escape(_TITLES[name])}</span><ul>{items}</ul></li>'


def _items(context: Context, nouns: Iterable[Noun], has_shortcuts: bool) -> str:
    user, path, attention = context["user"], context["request"].path, context["attention"]
    return "".join(_item(noun, path, attention, has_shortcuts) for noun in nouns if noun.is_for(user))


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
    shortcut = f' data-shortcut="{noun.shortcut}"' if has_shortcuts and noun.shortcut else ""
    start = f'<li><a class="noun" href="{escape(href(noun.name))}"'
    return start, f"{shortcut}>{icon('outline', noun.icon, 20)} <span>{escape(noun.label)}</span> "


@lru_cache(maxsize=1000)
def _entry(noun: Noun, _language: str | None, _prefix: str) -> str:
    return format_html('<a href="{}">{}{}</a>', href(noun.name), icon("outline", noun.icon, 20), noun.label)


def _current(path: str, url: str) -> str:
    """The page itself, or one below it."""
    if path == url:
        return ' aria-current="page"'
    return ' aria-current="true"' if url != href("home") and path.startswith(url) else ""
