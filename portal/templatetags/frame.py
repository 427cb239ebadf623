"""The menu of the frame around every page: the rail, and the bar at the bottom of a phone."""

from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from django import template
from django.template import Context
from django.urls import get_script_prefix
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.pages.icons import icon
from portal.wording.links import href
from portal.wording.menu import AT_THE_BOTTOM, GROUP_AT_THE_BOTTOM, GROUPS, HISTORY, NOUNS, Noun, those_for
from portal.wording.translated import Translated

register = template.Library()
register.simple_tag(href)

FOLDED = "folded"  # the cookie with the names of the groups that a person has folded

_AT_THE_BOTTOM = tuple(noun for name in AT_THE_BOTTOM for noun in NOUNS if noun.name == name)
_MORE = tuple(
    tuple(noun for noun in NOUNS if noun.group == name and noun not in _AT_THE_BOTTOM)
    for name in GROUPS
    if name != GROUP_AT_THE_BOTTOM
)
_WORDS = Translated({"attention": _("need attention")})
_TITLES = Translated({name: title for name, title in GROUPS.items() if title})


@register.simple_tag(takes_context=True)
def rail(context: Context) -> SafeString:
    return SafeString("".join(_group(context, name) for name in GROUPS))


@register.simple_tag(takes_context=True)
def bottom(context: Context) -> SafeString:
    """Some nouns, and a menu of a group."""
    items = _items(context, _AT_THE_BOTTOM)
    nouns = _grouped(GROUP_AT_THE_BOTTOM)
    title = f"{icon('outline', 'banknotes', 20)}<span>{escape(_TITLES[GROUP_AT_THE_BOTTOM])}</span>"
    return SafeString(
        f'{items}<li><details class="menu up" data-menu><summary class="noun"{_mark(context, nouns)}>{title}'
        f'{_told(_attention(context, nouns))}</summary><div class="sheet"><ul>{_items(context, nouns)}</ul>'
        "</div></details></li>"
    )


@register.simple_tag(takes_context=True)
def more(context: Context) -> SafeString:
    """The nouns that are not in the bar at the bottom, in groups."""
    groups = (_items(context, nouns) for nouns in _MORE)
    return SafeString("<hr>".join(f"<ul>{items}</ul>" for items in groups if items))


@register.simple_tag(takes_context=True)
def mark_of_more(context: Context) -> SafeString:
    """That the page is one of those."""
    return _mark(context, (noun for nouns in _MORE for noun in nouns))


@register.simple_tag(takes_context=True)
def history_tabs(context: Context) -> SafeString:
    """The pages of the history, as far as they are for the user."""
    path = context["request"].path
    tabs = (
        format_html('<a href="{}"{}>{}</a>', href(tab.name), _current(path, href(tab.name)), tab.label)
        for tab in those_for(context["user"], HISTORY)
    )
    return SafeString("".join(tabs))


@cache
def _grouped(name: str) -> tuple[Noun, ...]:
    return tuple(noun for noun in NOUNS if noun.group == name)


def _group(context: Context, name: str) -> str:
    """Its links. A group with a title folds; that of the page stays open whatever was folded."""
    nouns = _grouped(name)
    items = _items(context, nouns, has_shortcuts=True)
    if name not in _TITLES or not items:
        return items
    folded = context["request"].COOKIES.get(FOLDED, "").split(".")
    is_open = name not in folded or _mark(context, nouns)
    return (
        f'<li class="group"><details data-fold="{name}"{" open" if is_open else ""}>'
        f'<summary class="title"><span>{escape(_TITLES[name])}</span>{icon("micro", "chevron-down", 16)}'
        f"{_told(_attention(context, nouns))}</summary><ul>{items}</ul></details></li>"
    )


def _items(context: Context, nouns: tuple[Noun, ...], *, has_shortcuts: bool = False) -> str:
    path, attention = context["request"].path, context["attention"]
    place = get_language(), get_script_prefix()
    return "".join(
        _item(_drawn(noun, has_shortcuts, *place), path, attention.get(noun.name))
        for noun in those_for(context["user"], nouns)
    )


def _item(drawn: "_Drawn", path: str, attention: int | None) -> str:
    current = _current_of(drawn.addresses, path)
    return f"{drawn.start}{current}{drawn.end}{_told(attention)}</a>{drawn.keys}</li>"


def _told(number: int | None) -> str:
    return _ATTENTION.format(number, _WORDS["attention"]) if number else ""


def _attention(context: Context, nouns: tuple[Noun, ...]) -> int:
    attention = context["attention"]
    return sum(attention.get(noun.name) or 0 for noun in those_for(context["user"], nouns))


_ATTENTION = '<span class="attention">{}<span class="visually-hidden"> {}</span></span>'


class _Drawn(NamedTuple):
    """A link of the menu before and after the mark of the present page, and the links of its tabs' keys."""

    start: str
    end: str
    keys: str
    addresses: tuple[str, ...]


@lru_cache(maxsize=1000)
def _drawn(noun: Noun, has_shortcuts: bool, _language: str | None, prefix: str) -> _Drawn:
    """The same for each user and page."""
    shortcut = f' data-shortcut="{noun.shortcut}"' if has_shortcuts and noun.shortcut else ""
    start = f'<li><a class="noun" href="{escape(href(noun.name))}"'
    end = f"{shortcut}>{icon('outline', noun.icon, 20)} <span>{escape(noun.label)}</span> "
    keys = _keys_of_tabs(noun) if has_shortcuts else ""
    return _Drawn(start, end, keys, _addresses(noun, prefix))


def _keys_of_tabs(noun: Noun) -> str:
    """Of the pages that it leads to besides its own: links for their keys alone."""
    return "".join(
        f'<a hidden href="{escape(href(tab.name))}" data-shortcut="{tab.shortcut}"></a>'
        for tab in noun.tabs[1:]
        if tab.shortcut
    )


@lru_cache(maxsize=100)
def _addresses(noun: Noun, _prefix: str) -> tuple[str, ...]:
    """The page itself, or its tabs, and what else stands under it."""
    return tuple(href(name) for name in (*(page.name for page in noun.tabs or (noun,)), *noun.also))


def _mark(context: Context, nouns: Iterable[Noun]) -> SafeString:
    """That the page is one of these, or below one."""
    path, prefix = context["request"].path, get_script_prefix()
    is_there = any(_current_of(_addresses(noun, prefix), path) for noun in nouns)
    return SafeString(' aria-current="true"' if is_there else "")


def _current_of(addresses: Iterable[str], path: str) -> SafeString:
    """The page is one of these, or below one."""
    return next(filter(None, (_current(path, address) for address in addresses)), SafeString(""))


def _current(path: str, url: str) -> SafeString:
    if path == url:
        return SafeString(' aria-current="page"')
    is_below = path.startswith(url) and url != href("home")
    return SafeString(' aria-current="true"' if is_below else "")
