"""What is said without a thread: that too much is asked at once."""

from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

RETRY_AFTER = 5  # seconds
_POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'"


@cache
def busy_answer() -> bytes:
    """The page as a whole HTTP answer, which leaves nothing to do for a thread or a database.

    It is in English, because the request that it answers is not read.
    """
    status = HTTPStatus.SERVICE_UNAVAILABLE
    with translation.override(settings.LANGUAGE_CODE):
        page = render_to_string("busy.html").encode()
    head = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        "Content-Type: text/html; charset=utf-8",
        f"Content-Length: {len(page)}",
        f"Retry-After: {RETRY_AFTER}",
        "Cache-Control: no-store",
        f"Content-Security-Policy: {_POLICY}",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    return "\r\n".join([*head, "", ""]).encode() + page
