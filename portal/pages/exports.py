"""Exports that a spreadsheet opens without running anything."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse

from portal.pages.columns import Column
from ultahost_api.client.core.amounts import written

_AT_ONCE = 500  # rows of a file that are read together
# A cell that begins with one of these is a formula, or hides one, in some spreadsheet.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
# A spreadsheet that separates by semicolon or tab takes our commas for text and begins cells here.
_OTHER_STARTS = re.compile(r"([;\t\r\n])(?=[\"\t\r\n\0]*[=+\-@＝＋－＠])")


class _Echo:
    def write(self, line: str) -> str:
        return line


def cell(value: object) -> Decimal | int | str:
    """The value for a cell. Text that a spreadsheet could run as a formula gets an apostrophe before it."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return Decimal(written(value))
    if isinstance(value, int):
        return value
    if isinstance(value, datetime):
        return str(value.replace(microsecond=0))
    if isinstance(value, date):
        return str(value)
    text = _OTHER_STARTS.sub(r"\1'", str(value))
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def read(rows: QuerySet[Any], prepare: Callable[[Sequence[Any]], None] | None = None) -> Iterator[Any]:
    """The rows, of which some hundreds are read together, and given to ``prepare``."""
    found = rows.iterator(chunk_size=_AT_ONCE)
    while some := list(islice(found, _AT_ONCE)):
        if prepare:
            prepare(some)
        yield from some


def response(filename: str, columns: Sequence[Column], rows: Iterable[Any]) -> StreamingHttpResponse:
    """Rows as CSV, a line at a time, with a byte order mark so that spreadsheets read accents.

    Every text is quoted, so that a spreadsheet which separates otherwise keeps it in one piece where it can.
    """
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_NONNUMERIC)

    def lines() -> Iterable[str]:
        yield "\ufeff" + writer.writerow([str(column.title) for column in columns if column.value])
        values = [column.value for column in columns if column.value]
        for row in rows:
            yield writer.writerow([cell(value(row)) for value in values])

    return StreamingHttpResponse(
        lines(),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
