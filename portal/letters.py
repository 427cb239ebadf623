"""Strangers' HTML as a document of its own: text, tables, links; nothing that loads, styles or submits."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import nh3
from csp.constants import NONE, SELF
from csp.decorators import csp
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.clickjacking import xframe_options_sameorigin

from portal import http
from portal.access import View
from portal.live import Live

_TAGS = {
    "a", "abbr", "b", "blockquote", "br", "center", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2",
    "h3", "h4", "h5", "h6", "hr", "i", "ins", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub",
    "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_WITH_CONTENT = {"script", "style", "title", "noscript", "template", "iframe", "object", "svg", "math"}
_ATTRIBUTES = {"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}

# Its links open in tabs of their own, which the sandbox would otherwise forbid as well.
_LINKS = ["allow-popups", "allow-popups-to-escape-sandbox"]
_POLICY = {
    "default-src": [NONE],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": _LINKS,
}


def harmless(html: str) -> SafeString:
    clean = nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        set_tag_attribute_values={"a": {"target": "_blank"}},
        attribute_filter=_only_outward,
        url_schemes={"https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308  # the one place that lets HTML through, by the list above


def _only_outward(tag: str, attribute: str, value: str) -> str | None:
    """A relative address would lead to the portal's own pages."""
    if attribute == "href" and not value.strip().lower().startswith(("https://", "mailto:")):
        return None
    return value


def document(request: http.Request, read: Live, html: Callable[[Any], str]) -> HttpResponse:
    """What was read as a page for the frame; in its place the reason why there is none."""
    body = harmless(html(read.content)) if read.is_there else ""
    return render(request, "components/letter_document.html", {"live": read, "body": body})


def framed(view: View) -> View:
    """Only the portal's own pages may show it in a frame, where it can do nothing."""

    @csp(_POLICY)
    @xframe_options_sameorigin
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> HttpResponseBase:
        return view(*args, **kwargs)

    return guarded
