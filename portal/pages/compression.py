"""Which pages are compressed on their way to the browser: those named here, and no other answer.

The length of a compressed page tells something of its content to a stranger who can put words of theirs
into it again and again (BREACH). So no page that ever shows a secret is named here.
"""

import re
import secrets
from http import HTTPStatus

import brotli
from django.http import HttpRequest
from django.http.response import HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

from ultahost_api.models import LISTS

# The names of their addresses: Home, the lists, the details of a row, and the pages that add up.
COMPRESSED = frozenset(
    {
        *(noun.value for noun in LISTS),
        *("service", "invoice", "domain", "order", "quote", "home", "contacts", "changes", "operations"),
        *("operation", "announcements", "accounts", "audit", "agenda", "statements", "statement", "spend"),
        *("batch", "labels"),
    }
)

_TAKES_BROTLI = re.compile(r"\bbr\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))")
_QUALITY = 2  # a third of the time that gzip takes, for pages that are a sixth smaller
_PADDING = 100  # bytes at random, at most


class Compression(GZipMiddleware):
    """For the pages of ``COMPRESSED``: brotli for browsers that take it, else Django's own gzip.

    Both add up to ``_PADDING`` random bytes to each answer.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        match = request.resolver_match
        is_named = match is not None and match.view_name in COMPRESSED
        if not is_named or request.method not in {"GET", "HEAD"} or response.status_code != HTTPStatus.OK:
            return response
        takes_brotli = _TAKES_BROTLI.search(request.META.get("HTTP_ACCEPT_ENCODING", ""))
        if not takes_brotli or not isinstance(response, HttpResponse):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Encoding",))
        response.content = brotli.compress(response.content + _padding(), quality=_QUALITY)
        response.headers["Content-Encoding"] = "br"
        response.headers["Content-Length"] = str(len(response.content))
        return response


def _padding() -> bytes:
    """A comment behind the page. What is random cannot be compressed to less than its bytes."""
    return f"<!--{secrets.token_hex(secrets.randbelow(_PADDING))}-->".encode()
