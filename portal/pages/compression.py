"""Which pages are compressed on their way to the browser: those named here, and no other answer.

The length of a compressed page tells something of its content to a stranger who can put words of theirs
into it again and again (BREACH). So no page that ever shows a secret is named here.
"""

from http import HTTPStatus

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

# The names of their addresses: Home, the lists, and the details of a row.
COMPRESSED = frozenset(
    {
        *("home", "services", "service", "invoices", "invoice", "domains", "domain", "orders", "order"),
        *("quotes", "quote", "emails", "contacts", "changes", "operations", "operation", "announcements"),
        *("accounts", "audit", "agenda", "statements", "statement", "batch", "labels"),
    }
)


class Compression(GZipMiddleware):
    """Django's own, which adds up to 99 random bytes to each answer, for the pages of ``COMPRESSED``."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        match = request.resolver_match
        is_named = match is not None and match.view_name in COMPRESSED
        if not is_named or request.method not in {"GET", "HEAD"} or response.status_code != HTTPStatus.OK:
            return response
        return super().process_response(request, response)
