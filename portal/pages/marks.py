"""What a person just did: said by a message, and marked once on the page that comes next."""

from django.contrib import messages
from django.http import HttpRequest


def done(request: HttpRequest, words: str, *addresses: str) -> None:
    """The row, entry or fact that leads to the first of these addresses which the page has is marked."""
    messages.success(request, words, extra_tags=" ".join(filter(None, addresses)))
