"""The description of a list: its columns, on the page and in the CSV file, and its texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

_NO_MATCH, _STATUS = _("Nothing matches these filters."), _("Status")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. The file has the columns with a ``value``; the page has those that its table shows."""

    name: str  # also the value of ?sort=, if the table sorts by it
    title: Text
    value: Callable[[Any], object] | None = None
    css_class: str = ""  # of its cells on a page
    heading: Text = ""  # on a page, where it is not the title


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The description of a list, which is the same for each request: its columns and its texts.

    ``name`` is the id of its element, and ``name/_row.html`` draws a row. ``columns`` stand in the order of
    the file, ``shown`` names those of the page in its order. ``sorts`` maps names of columns to what a table
    sorts by.
    """

    name: str
    columns: Sequence[Column]
    shown: Sequence[str]
    sorts: Mapping[str, Any]
    default_sort: str
    title: Text
    search: Text
    empty: Text  # shown while there are no rows
    before_key: Text = ""  # shown while the user has no account
    no_match: Text = _NO_MATCH
    beneath: Text = ""  # under the title
    chips: Text = _STATUS  # the label of the chips above the list
    file: str = ""  # the name of the CSV file, if it is not ``name``
    actions: str = ""  # the template of further buttons beside the title
    above: str = ""  # the template above the toolbar
    body: str = "components/_rows.html"  # the template of the rows, whether there are any or not

    @property
    def row(self) -> str:
        return f"{self.name}/_row.html"

    @property
    def filename(self) -> str:
        return f"{self.file or self.name}.csv"


@dataclass(frozen=True, slots=True)
class Add:
    """The button that adds to a list: above it, and instead of it while it is empty."""

    label: Text
    url: str
