"""The description of a list: its columns, on the page and in the CSV file, and its texts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.translation import gettext_lazy as _

from portal.pages import cells, parts
from portal.pages.cells import Cell
from portal.wording import fields, formats

Text = str | Promise

_NO_MATCH, _STATUS = _("Nothing matches these filters."), _("Status")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. The file has the columns with a ``value``; the page has those that its table shows."""

    name: str  # also the value of ?sort=, if the table sorts by it
    title: Text
    value: Callable[[Any], object] | None = None
    css_class: str = ""  # of its cells on a page
    heading: Text = ""  # on a page, if it is not the title
    cell: Cell | None = None  # what it shows on a page
    mark: Callable[[Any], str] | None = None  # a further class of a cell
    tip: Callable[[Any], str] | None = None  # the title of a cell

    def draw(self, row: Any, about: Mapping[str, Any]) -> str:
        """The ``<td>`` of a row."""
        shown = parts.cut(self.cell(row, about) if self.cell else self._told(row))
        css_class = escape(f"{self.css_class} {self.mark(row)}".rstrip()) if self.mark else self.css_class
        tip = format_html(' title="{}"', self.tip(row)) if self.tip else ""
        return f'<td class="{css_class}"{tip}>{shown}</td>'

    def _told(self, row: Any) -> Any:
        """Of a column that is usually in the file alone."""
        value = self.value(row) if self.value else ""
        return formats.day(value) if isinstance(value, date) else "" if value is None else value


# What the lists of several nouns have in common
ACCOUNT = Column("account", _("Account"), lambda row: row.account.name, "account-cell", cell=cells.account)
CURRENCY = Column("currency", _("Currency"), lambda row: row.account.currency)
OWN_CURRENCY = Column("currency", _("Currency"), lambda row: row.currency)
REMOTE_ID = Column("remote_id", _("Ultahost ID"), lambda row: row.remote_id)
UNREADABLE = Column("unreadable", _("Could not be read"), fields.unread_words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The description of a list, which is the same for each request: its columns and its texts.

    ``name`` is the id of its element. ``columns`` stand in the order of the file, ``shown`` names those of
    the page in its order. ``sorts`` maps names of columns to what a table sorts by.
    """

    name: str
    columns: Sequence[Column]
    shown: Sequence[str]
    sorts: Mapping[str, Any]
    default_sort: str
    always: Sequence[str] = ()  # columns that are shown whatever a person chose
    title: Text
    search: Text
    empty: Text  # shown while there are no rows
    before_key: Text = ""  # shown while the user has no account
    no_match: Text = _NO_MATCH
    beneath: Text = ""  # under the title
    without_account: Text = ""  # there instead of the accounts that the list covers, while it covers none
    chips: Text = _STATUS  # the label of the chips above the list
    file: str = ""  # the name of the CSV file, if it is not ``name``
    head: Text = ""  # the heading, if several lists stand under one
    tabs: str = ""  # the template of the links to these
    actions: str = ""  # the template of further buttons beside the title
    above: str = ""  # the template above the toolbar
    body: str = "components/_rows.html"  # the template of the rows, whether there are any or not

    def columns_of(self, names: Sequence[str]) -> list[Column]:
        named = self.named
        return [named[name] for name in names]

    @property
    def choosable(self) -> list[Column]:
        """The columns to choose from: not the name of a row, which always stays, and no buttons."""
        named = self.named
        offered = [named[name] for name in self._in_order() if name not in self.always]
        fixed = ("name", "pick", "acts-cell below")
        return [one for one in offered if (one.cell or one.value) and one.css_class not in fixed]

    def shown_to(self, chosen: Sequence[str]) -> Sequence[str]:
        """The chosen ones in the usual order, if any is known; the rest of the file's columns follow."""
        known = {column.name for column in self.choosable} & {*chosen}
        if not known:
            return self.shown
        kept = {name for name, column in self.named.items() if column.css_class == "name"} | {*self.always}
        return [name for name in self._in_order() if name in known | kept]

    def _in_order(self) -> list[str]:
        return list(dict.fromkeys([*self.shown, *self.named]))

    @property
    def named(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    @property
    def filename(self) -> str:
        return f"{self.file or self.name}.csv"


@dataclass(frozen=True, slots=True)
class Add:
    """The button that adds to a list: above it, and instead of it while it is empty."""

    label: Text
    url: str
