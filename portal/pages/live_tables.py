"""Lists of live nouns: read whole, an account at a time, then searched, sorted and paged like any other."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse

from portal import audit, http
from portal.http import Request
from portal.live_reads import reading
from portal.models import Act
from portal.pages import exports
from portal.pages.any_table import AnyTable
from portal.pages.columns import Add, Listing
from ultahost_api.client import Client, Page
from ultahost_api.models import Account
from ultahost_api.models.folding import has_all, searchable, wanted

MOST_PAGES = 10  # pages read of one list; no account has more of these nouns

Listable = Any  # client.contacts and its like
Key = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """The accounts to choose from, and the one whose rows are shown."""

    accounts: list[Account]
    account: Account | None


class RecordTable(AnyTable):
    """A table of records in memory. ``?q=`` searches in ``text`` of each; ``sorts`` maps names to sort keys.

    A record whose key is None comes last in both directions.
    """

    toolbar = "components/_live_toolbar.html"
    choices = "components/_news.html"
    reads_live = False
    needs_key = True
    live: reading.Live | None = None
    choice: Choice | None = None

    def __init__(
        self,
        request: Request,
        listing: Listing,
        records: Iterable[Any],
        *,
        text: Callable[[Any], str],
        add: Add | None = None,
    ) -> None:
        super().__init__(request, listing, add=add)
        self._key: Key = listing.sorts[self.sort.removeprefix("-")]
        self._text = text
        self._records = records

    @property
    def words(self) -> str:
        return self.request.GET.get("q", "").strip()

    @property
    def is_filtered(self) -> bool:
        return bool(self.words)

    @property
    def sent(self) -> set[str]:
        return {"q", "live", "account", "tries"}

    @property
    def unfiltered_url(self) -> str:
        rest = self.request.GET.copy()
        for name in ("q", "page"):
            rest.pop(name, None)
        return f"?{rest.urlencode()}"

    @cached_property
    def rows(self) -> list[Any]:
        found = searched(self._records, self._text, self.words)
        filled = [one for one in found if self._key(one) is not None]
        blank = [one for one in found if self._key(one) is None]
        return sorted(filled, key=self._key, reverse=self.sort.startswith("-")) + blank

    def as_csv(self, filename: str = "", account: Account | None = None) -> StreamingHttpResponse:
        """All filtered records in the page's order as CSV. Writes an entry of the audit log."""
        name = filename or self.listing.filename
        audit.record(self.request, Act.EXPORTED, name, account=account, rows=len(self.rows))
        return exports.response(name, self.listing.columns, self.rows)


class LiveTable(RecordTable):
    """A table of records read from Ultahost now.

    ``live`` is None while only the page around it is requested.
    """

    reads_live = True
    needs_key = False

    def __init__(
        self,
        request: Request,
        listing: Listing,
        live: reading.Live | None,
        *,
        account: Account | None,
        choice: Choice | None = None,
        text: Callable[[Any], str],
        add: Add | None = None,
    ) -> None:
        self.live = live
        self.choice = choice
        self.lacks_account = account is None
        super().__init__(request, listing, records_of(live), text=text, add=add)

    @property
    def is_awaited(self) -> bool:
        return not (self.live and self.live.is_there)


def searched(records: Iterable[Any], text: Callable[[Any], str], words: str) -> list[Any]:
    """Those that a search for these words finds."""
    every = wanted(words)
    return [one for one in records if has_all(searchable([text(one)]), every)]


def choose(request: HttpRequest, accounts: QuerySet[Account]) -> Choice:
    """The account of ``?account=``, else the first."""
    found = list(accounts)
    wanted = request.GET.get("account")
    if not wanted:
        return Choice(found, found[0] if found else None)
    for account in found:
        if str(account.pk) == wanted:
            return Choice(found, account)
    raise Http404


def is_wanted(request: HttpRequest) -> bool:
    """Whether this request reads from Ultahost; the first request for a page does not, so that it is fast."""
    return "live" in request.GET


def read_whole(
    account: Account, noun: str, record: type[Any], nouns: Callable[[Client], Listable]
) -> reading.Live:
    """Read all pages, each record once. The content of the Live is a Whole."""

    def call(client: Client) -> reading.Whole:
        pages = list(islice(nouns(client).list().pages(), MOST_PAGES))
        return whole(pages)

    return reading.read_list(account, noun, record, call)


def unread_page(
    request: Request, account: Account, read: reading.Live, title: str, back: str
) -> HttpResponse:
    """Instead of a form whose present values could not be read."""
    context = {"account": account, "live": read, "title": title, "back": back}
    return http.page(request, "components/unread.html", context, status=404 if read.is_missing else 200)


def whole(pages: Sequence[Page[Any]]) -> reading.Whole:
    records = {record.id: record for page in pages for record in page.records}
    set_aside = tuple(row.remote_id or "–" for page in pages for row in page.rejected)
    is_read = len(pages) < MOST_PAGES or pages[-1].next_offset is None
    came = sum(len(page.records) + len(page.rejected) for page in pages)
    is_whole = is_read and (pages[-1].total or 0) <= came
    return reading.Whole.of(records.values(), is_whole, set_aside)


def records_of(live: reading.Live | None) -> tuple[Any, ...]:
    """The records that were read; empty if they were not or could not be read."""
    return live.content.records if live and live.is_there else ()
