"""The statements of a page, for tests that count them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.access import figures


@contextmanager
def all_statements() -> Iterator[CaptureQueriesContext]:
    """Also those of the figures that an earlier page has kept."""
    figures.forget()
    with CaptureQueriesContext(connection) as asked:
        yield asked
