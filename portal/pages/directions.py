"""Makes characters visible that change the direction of reading."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Embeddings, overrides and isolates, in UTF-8 for a quick look and as text. Plain marks turn nothing around.
_IN_UTF8 = re.compile(rb"\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
_CONTROL = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TEXT = re.compile(r"<textarea\b.*?</textarea>|>[^<]*", re.DOTALL)


class MarkDirections:
    """`INV-[U+202E]0021` instead of a number that reads as another.

    The content of form fields is not changed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = response.get("Content-Type", "").startswith("text/html") and not response.streaming
        if is_page and not hasattr(response, "is_letter") and _IN_UTF8.search(response.content):
            response.content = _TEXT.sub(_marked, response.content.decode())
        return response


def _marked(text: re.Match[str]) -> str:
    if text[0].startswith("<textarea"):
        return text[0]
    return _CONTROL.sub(lambda control: f"[U+{ord(control[0]):04X}]", text[0])
