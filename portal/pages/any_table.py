"""What every list page has: columns, an order, pages. The whole state is in the URL."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, Protocol

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal import http
from portal.http import Request
from portal.models import PAGE_SIZES
from portal.pages.columns import Add, Column, Listing
from portal.wording import formats


def drawn(columns: Sequence[Column], rows: Iterable[Any], about: Mapping[str, Any]) -> SafeString:
    """The rows of a table, without templates because a page has hundreds of cells. Columns escape them."""
    return SafeString(
        "".join(f"<tr>{''.join([column.draw(row, about) for column in columns])}</tr>\n" for row in rows)
    )


class Freshness(Protocol):
    """How old the rows are, as ``portal.queries.freshness`` tells it."""

    @property
    def state(self) -> str: ...


class AnyTable:
    """Rows in the order of ``?sort=`` (with ``-`` for descending), a page at a time, and as a file."""

    toolbar = "components/_toolbar.html"
    choices = "components/_choices.html"  # in the section that is replaced
    freshness: Freshness | None = None
    shows_gone = False
    lacks_account = False  # of a table that is read live

    def __init__(self, request: Request, listing: Listing, *, add: Add | None = None) -> None:
        self.request = request
        self.listing = listing
        self.add = add
        self.shown = listing.shown_to(request.user.columns.get(listing.name, ()))
        self.about: dict[str, Any] = {}

    def respond(self, **about: Any) -> HttpResponse:
        """The whole page, or for htmx only the table.

        ``about`` is passed to its templates besides the rows.
        """
        self.about = about
        partials = {self.listing.name: "table"}
        return http.page(self.request, "components/table_page.html", {"table": self}, partials=partials)

    @property
    def headings(self) -> list[Column]:
        """The columns of the page, in its order."""
        return self.listing.columns_of(self.shown)

    @property
    def drawn(self) -> SafeString:
        """The rows of the page."""
        return drawn(self.headings, self.page, self.about)

    @property
    def is_awaited(self) -> bool:
        """Whether the rows are still being read from Ultahost."""
        return False

    @property
    def gone_count(self) -> int:
        return 0

    @property
    def csv_url(self) -> str:
        has_file = any(column.value for column in self.listing.columns)
        return reverse(f"{self.listing.name}_csv") if has_file else ""

    @property
    def is_bare(self) -> bool:
        """Whether there is nothing to filter."""
        return False

    @property
    def unfiltered_url(self) -> str:
        return self.request.path

    @property
    def sent(self) -> set[str]:
        """The parameters that the filter form sends itself."""
        raise NotImplementedError

    @property
    def told(self) -> str:
        """What a screen reader hears of the list after a change of it."""
        if self.is_awaited:
            return ""
        if not self.count:
            return str(self.listing.no_match)
        told = _("%(first)s–%(last)s of %(count)s")
        numbers = {"first": self.page.start_index(), "last": self.page.end_index(), "count": self.count}
        return told % {name: formats.number(number) for name, number in numbers.items()}

    @cached_property
    def rows(self) -> Any:
        raise NotImplementedError

    @property
    def sort(self) -> str:
        wanted = self.request.GET.get("sort", "")
        return wanted if wanted.removeprefix("-") in self.listing.sorts else self.listing.default_sort

    @property
    def size(self) -> int:
        wanted = self.request.GET.get("size") or str(self.request.user.page_size)
        return int(wanted) if wanted in map(str, PAGE_SIZES) else PAGE_SIZES[0]

    @property
    def sizes(self) -> tuple[int, ...]:
        return PAGE_SIZES

    @cached_property
    def page(self) -> Page[Any]:
        return Paginator(self.rows, self.size).get_page(self.request.GET.get("page"))

    @property
    def count(self) -> int:
        return self.page.paginator.count
