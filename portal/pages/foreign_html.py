"""Untrusted HTML as a separate document: text, tables and links; nothing that loads, styles or submits."""

import re
from base64 import b64encode
from collections.abc import Callable
from functools import wraps
from hashlib import sha256
from html import unescape
from typing import Any

import nh3
from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.clickjacking import xframe_options_sameorigin

from portal import http
from portal.access import View
from portal.live_reads.reading import Live
from portal.pages.mail_bodies import as_html

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "center", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "ins", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_WITH_CONTENT = {"script", "style", "title", "noscript", "template", "iframe", "object", "svg", "math"}
_ATTRIBUTES = {"a": {"href"}, "img": {"alt"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}

_PICTURE = re.compile(r'<img(?: alt="([^"]*)")?>')  # as nh3 writes it
_OUTWARD = ("https://", "http://", "mailto:", "tel:")

# Its links open in tabs of their own, which the sandbox would otherwise forbid as well.
_LINKS = ["allow-popups", "allow-popups-to-escape-sandbox"]
# The one style of the document. Only what has its hash is applied, so none of the foreign HTML is.
_STYLE = """
body { margin: 0; padding: 1rem; font: 0.9375rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
body > * { max-width: 44rem; }
:first-child { margin-block-start: 0; }
h1, h2, h3 { font-size: 1.125rem; }
table { border-collapse: collapse; }
td, th { padding: 0.125rem 0.75rem 0.125rem 0; text-align: start; vertical-align: top; }
pre { white-space: pre-wrap; }
"""
_POLICY = {
    "default-src": [NONE],
    "style-src": [f"'sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}'"],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": _LINKS,
}


def harmless(html: str) -> SafeString:
    clean = _clean(_with_words_for_pictures(html), _TAGS)
    return mark_safe(clean)  # noqa: S308  # the one place that lets HTML through, by the list above


def _clean(html: str, tags: set[str]) -> str:
    return nh3.clean(
        html,
        tags=tags,
        clean_content_tags=_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        attribute_filter=_only_outward,
        url_schemes={"https", "http", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
    )


def _with_words_for_pictures(html: str) -> str:
    """Replace each picture by its alternative text, so that none is loaded.

    The result is cleaned afterwards.
    """
    return _PICTURE.sub(lambda found: _alternative(found[1]), _clean(html, _TAGS | {"img"}))


def _alternative(told: str | None) -> str:
    words = unescape(told or "").strip()
    return f"[{escape(words)}]" if words else ""


def _only_outward(tag: str, attribute: str, value: str) -> str | None:
    """A relative address would lead to the portal's own pages."""
    if attribute == "href" and not value.strip().lower().startswith(_OUTWARD):
        return None
    return value


def document(request: http.Request, read: Live, html: Callable[[Any], str]) -> HttpResponse:
    """The content as a page for the frame, or the reason why it could not be read."""
    body = harmless(as_html(html(read.content))) if read.is_there else ""
    style = mark_safe(_STYLE)  # noqa: S308  # without entities, since its hash is of these letters
    context = {"live": read, "body": body, "has_words": bool(_words(body)), "style": style}
    response = render(request, "components/letter_document.html", context)
    response.is_letter = True  # type: ignore[attr-defined]  # in a frame of its own it turns nothing else around
    return response


def _words(body: str) -> str:
    return unescape(nh3.clean(body, tags=set())).strip()


def framed(view: View) -> View:
    """Headers that let only the portal's pages frame the document, without scripts, forms or loading."""

    @csp(_POLICY)
    @xframe_options_sameorigin
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(*args, **kwargs)

    return guarded
