"""List pages of rows of our database: filtered, counted and paginated. The whole state is in the URL."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.db.models.sql.where import WhereNode
from django.forms import BoundField
from django.http import QueryDict, StreamingHttpResponse

from portal import access, audit
from portal.access.figures import Narrow
from portal.http import Request
from portal.models import Act, Label, SavedView
from portal.models.audit import AuditEntryQuerySet
from portal.pages import exports, list_counts
from portal.pages.any_table import AnyTable, Freshness
from portal.pages.chips import CHIPS, Chip, of_statuses, of_views
from portal.pages.columns import ACCOUNT, Add, Column, Listing
from portal.pages.page_rows import Order, Others, ids_of_page
from portal.pages.pills import Pill, pills
from portal.pages.row_filter import RowFilter
from portal.wording.coverage import covered
from ultahost_api.models import Account
from ultahost_api.models.accounts import AccountQuerySet
from ultahost_api.models.cached import CachedQuerySet
from ultahost_api.models.counting import counts_by, counts_by_account
from ultahost_api.models.events import EventQuerySet
from ultahost_api.models.operations import OperationQuerySet

_FEW = 50  # rows of a page that are kept
_ORDER = {"page", "size", "sort"}  # parameters that choose no rows

IN_TOOLBAR = {"account", "q"}  # filters with a place of their own there

Kept = TypeVar("Kept")
Added = TypeVar("Added")


class Table(AnyTable):
    """Rows of our database; ``accounts`` are those to choose from, ``sorts`` maps to database columns."""

    def __init__(
        self,
        request: Request,
        listing: Listing,
        rows: CachedQuerySet[Any] | OperationQuerySet | EventQuerySet | AuditEntryQuerySet,
        *,
        accounts: AccountQuerySet,
        filter: type[RowFilter],
        labels: Iterable[Label] = (),
        freshness: Freshness | None = None,
        add: Add | None = None,
    ) -> None:
        super().__init__(request, listing, add=add)
        self.accounts = accounts
        if len(accounts) == 1 and ACCOUNT in listing.columns and self.shown is listing.shown:
            # It would say the same in each row, and the head of the list names it.
            self.shown = [name for name in self.shown if name != ACCOUNT.name]
        self.labels = labels
        self.freshness = freshness
        self.shows_gone = request.GET.get("gone") == "1"
        self._all = rows.gone() if self.shows_gone else rows.present()
        # Whether what is kept of the rows ends with each change of what they show.
        self.may_be_kept = isinstance(rows, CachedQuerySet | EventQuerySet)
        self._gone = rows.gone
        self._filter_class = filter
        self.filter = self._filtered_by(request.GET)

    def _filtered_by(self, query: QueryDict) -> RowFilter:
        return self._filter_class(query, self._all, accounts=self.accounts, labels=self.labels)

    @property
    def needs_key(self) -> bool:
        return self.freshness is not None and self.freshness.state == "empty"

    @property
    def is_bare(self) -> bool:
        """If there is no row, and no account whose rows could come."""
        return not self.accounts and not self.is_filtered and not self.count

    @property
    def covers(self) -> str:
        """The accounts whose rows are listed: all that the person may see, or the one that they chose."""
        return covered([self.chosen_account] if self.chosen_account else self.accounts)

    @property
    def chosen_account(self) -> Account | None:
        return self.filter.form.cleaned_data.get("account") if self.filter.is_valid() else None

    @property
    def errors(self) -> list[str]:
        """Errors in the query string. If there are any, the list is empty instead of unfiltered.

        A day that is half typed or before 1990 is no error: it does not filter.
        """
        form = self.filter.form
        return self.filter.remarks + [
            f"{form.fields[name].label}: {' '.join(words)}" for name, words in form.errors.items()
        ]

    @property
    def views(self) -> list[SavedView]:
        return access.saved_views_of(self.request.user, self.listing.name)

    @property
    def choosable(self) -> list[tuple[Column, bool]]:
        """The columns to choose from, and whether each is shown."""
        return [(column, column.name in self.shown) for column in self.listing.choosable]

    @property
    def further_fields(self) -> list[BoundField]:
        """Those of the menu beside the search and the account."""
        return [field for field in self.filter.form.visible_fields() if field.name in self.sent - IN_TOOLBAR]

    @cached_property
    def pills(self) -> list[Pill]:
        return pills(self.filter)

    @property
    def cleared_url(self) -> str:
        """The address without filters, but in the same order and size."""
        kept = [(name, self.request.GET[name]) for name in ("sort", "size") if name in self.request.GET]
        return f"{self.request.path}?{urlencode(kept)}"

    @property
    def sent(self) -> set[str]:
        """What the filter form sends itself; chips are links, so it keeps what they set."""
        return {*self.filter.form.fields} - {*CHIPS, *self.filter.linked}

    @cached_property
    def rows(self) -> QuerySet[Any]:
        found = self.filter.qs if self.filter.is_valid() else self._all.none()
        return found.order_by(*self._order.terms())

    @property
    def _order(self) -> Order:
        columns = self.listing.sorts[self.sort.removeprefix("-")]
        return Order(self._all.model, columns, is_descending=self.sort.startswith("-"))

    @cached_property
    def page(self) -> Page[Any]:
        """An index sorts the ids; the rows of the page are read by their ids, whatever else would find them.

        The ids are those that the person may see, so that the rows need no condition besides.
        """
        places = range(self._found)
        page: Any = Paginator(places, self.size).get_page(self.request.GET.get("page"))
        first, end = page.object_list.start, page.object_list.stop
        if self.may_be_kept and self.size <= _FEW:
            key = self._key("rows"), *self.shown, self.size, self.sort, page.number
            page.object_list = access.kept_rows(self.request.user, key, lambda: list(self._among(first, end)))
        else:
            page.object_list = self._among(first, end)
        return page

    def _among(self, first: int, end: int) -> QuerySet[Any]:
        found = self._all.all()
        found.query.where = WhereNode()
        number = (
            None if not self._sees_most else self._count_of("all") - self._found if self.is_filtered else 0
        )
        is_sought = {pill.name for pill in self.pills} == {"q"}
        part = self.rows, first, end, self._found
        if self._order.begins_with_empty:
            part = self._order.part_of(*part, self._count_of("empty"))
        ids = ids_of_page(*part, Others(number if self._sees_most else None, is_sought))
        return found.filter(pk__in=ids).order_by(*self._order.terms())

    @property
    def _found(self) -> int:
        """How many the filter leaves."""
        return self._count_of("status" if self._counts_all else "found")

    @property
    def _counts_all(self) -> bool:
        """Whether the counts by status are of exactly the filtered rows."""
        return self.has_statuses and not self.is_chipped

    @property
    def _sees_most(self) -> bool:
        return access.sees_most_accounts(self.request.user, self.accounts)

    @property
    def gone_count(self) -> int:
        return self._count_of("gone")

    @property
    def unread_count(self) -> int:
        """How many of all cached rows have a field that could not be read, without the filter."""
        return self._count_of("unread")

    def _count_of(self, name: str) -> int:
        return self._counts.get(name, Counter()).total()

    def kept(
        self,
        name: str,
        of_each: Callable[[Narrow], Mapping[Any, Kept]],
        of_all: Callable[[], Kept],
        add_up: Callable[[Collection[Kept]], Added],
    ) -> Added:
        """Figures over the filtered rows, added up; of each account kept while no row of it changes.

        What is searched for is sought in all rows at once, which takes half as long as account by account.
        """
        if not self.may_be_kept:
            return add_up([of_all()])
        user, key = self.request.user, self._key(name, *_ORDER)
        if self.request.GET.get("q"):
            return access.kept_figures(user, key, lambda: add_up([of_all()]))
        return access.kept_by_account(user, key, of_each, add_up)

    def _key(self, name: str, *without: str) -> Hashable:
        """The filters, as they stand in the address."""
        sent = self.request.GET.lists()
        return self.listing.name, name, *((key, *values) for key, values in sent if key not in without)

    @cached_property
    def _counts(self) -> dict[str, Counter[str]]:
        """By name. The statuses of all parts are one."""
        return self.kept(
            f"counts of {self.sort}" if self._order.begins_with_empty else "counts",
            lambda narrow: counts_by_account(*self._counted(narrow)),
            lambda: counts_by(*self._counted(lambda rows: rows)),
            list_counts.add_up,
        )

    def _counted(self, narrow: Narrow) -> tuple[dict[str, str], dict[str, QuerySet[Any]]]:
        """All that a list counts, with one statement. Chips count under every filter but their own."""
        rows: dict[str, QuerySet[Any]] = {"gone": self._gone()}
        columns: dict[str, str] = {}
        if not self._counts_all:
            rows["found"] = self.rows
        if self.is_filtered and self._sees_most:
            rows["all"] = self._all
        if self._order.begins_with_empty:
            rows["empty"] = self._order.empty(self.rows)
        if isinstance(self._all, CachedQuerySet):
            rows["unread"] = self._all.partly_unreadable()
        if self.has_statuses:
            wider = self._filtered_by(self._other_filters) if self.is_chipped else self.filter
            every = wider.qs if wider.is_valid() else self._all.none()
            columns, parts = list_counts.by_status(wider.statuses(every))
            rows |= parts
            rows |= {group: wider.by_status(every, "status", group) for group in wider.groups}
            rows |= {f"view {name}": wider.by_view(every, "view", name) for name in self._views}
        return columns, {name: narrow(found) for name, found in rows.items()}

    @property
    def _other_filters(self) -> QueryDict:
        others = self.request.GET.copy()
        for name in CHIPS:
            others.pop(name, None)
        return others

    @property
    def _views(self) -> dict[str, Any]:
        """The words of each view of this list, by its value in the address."""
        return dict(self.filter.filters["view"].extra["choices"]) if "view" in self.filter.filters else {}

    @property
    def is_filtered(self) -> bool:
        return bool(self.pills) or self.shows_gone

    @property
    def chips(self) -> list[Chip]:
        groups = {group: self._count_of(group) for group in self.filter.groups}
        return of_statuses(self.filter, self._counts["status"] | groups, self.chosen_status)

    @property
    def view_chips(self) -> list[Chip]:
        counted = {name: self._count_of(f"view {name}") for name in self._views}
        return of_views(counted, self.chosen_view, self._views)

    @property
    def has_statuses(self) -> bool:
        return "status" in self.filter.filters

    @property
    def chosen_status(self) -> str:
        return self.request.GET.get("status", "")

    @property
    def chosen_view(self) -> str:
        return self.request.GET.get("view", "")

    @property
    def is_chipped(self) -> bool:
        return bool(self.chosen_status or self.chosen_view)

    def as_csv(self, *, prepare: Callable[[Sequence[Any]], None] | None = None) -> StreamingHttpResponse:
        """All filtered rows in the page's order, with every column, as CSV.

        ``prepare`` is given the rows, some hundreds at a time. Writes an entry of the audit log.
        """
        filename = self.listing.filename
        chosen = {name: self.request.GET[name] for name in self.filter.filters if self.request.GET.get(name)}
        chosen.pop("q", None)  # what a person searched for is private
        filters = urlencode(chosen)
        audit.record(self.request, Act.EXPORTED, filename, rows=self.rows.count(), filters=filters)
        return exports.response(filename, self.listing.columns, exports.read(self.rows, prepare))
