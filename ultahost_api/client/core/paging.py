"""Lazy listings: pages are fetched only as far as the caller iterates."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from . import wire
from .answers import Answer
from .caller import Caller
from .errors import BadAnswer, BadRequest
from .rate import Rate
from .row import Row
from .wire import Unreadable

_MOST_PAGES = 10_000


class Identified(Protocol):
    @property
    def id(self) -> int: ...


T = TypeVar("T", bound=Identified)


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row without a readable id. ``remote_id`` is what stood in its place, or the row that is no record."""

    remote_id: str
    error: str


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``ids`` are those of the records; rejected rows have none.

    ``next_offset`` is None at the end.
    """

    records: tuple[T, ...]
    rejected: tuple[Rejected, ...]
    ids: tuple[int, ...]
    offset: int
    limit: int
    next_offset: int | None
    total: int | None
    rate: Rate


class Listing(Generic[T]):
    """Iterating yields each record once and reads pages as they are needed; each iteration starts anew.

    ``clean`` after a whole pass: as many different rows came as the provider counted, on every page alike.
    """

    def __init__(self, fetch: Callable[[int], Page[T]]) -> None:
        self._fetch = fetch
        self._first: Page[T] | None = None
        self._total: int | None = None
        self.clean = False

    @property
    def total(self) -> int | None:
        """How many there are, as the provider last said. Reads the first page if none was read yet."""
        if self._total is None and self._first is None:
            self._first = self._fetch(0)
            self._total = self._first.total
        return self._total

    def __iter__(self) -> Iterator[T]:
        seen: set[int] = set()
        for page in self.pages():
            for record in page.records:
                if record.id not in seen:
                    seen.add(record.id)
                    yield record

    def pages(self) -> Iterator[Page[T]]:
        """As they come, so a row may be on two of them. Ends when a page brings nothing new."""
        self.clean = False
        seen: set[int] = set()
        totals: set[int | None] = set()
        nameless = 0
        page, self._first = self._first or self._fetch(0), None
        for _ in range(_MOST_PAGES):
            known = len(seen)
            seen.update(page.ids)
            totals.add(page.total)
            nameless += len(page.records) + len(page.rejected) - len(page.ids)
            self._total = page.total
            yield page
            if page.next_offset is None or len(seen) == known:
                break
            page = self._fetch(page.next_offset)
        self.clean = page.next_offset is None and totals == {len(seen) + nameless}


class Listable(Generic[T]):
    """``list`` and ``page`` for a noun that the provider pages."""

    _action: ClassVar[str]
    _sort: ClassVar[str | None] = None  # the order that keeps pages from shifting, where it is documented

    def __init__(self, client: Caller) -> None:
        self._client = client
        self._sorts = True

    @staticmethod
    def _read(row: Row) -> T:
        raise NotImplementedError

    def list(self, status: str | None = None, sort: str | None = None) -> Listing[T]:
        return Listing(lambda offset: self.page(offset, None, status, sort))

    def page(
        self, offset: int = 0, limit: int | None = None, status: str | None = None, sort: str | None = None
    ) -> Page[T]:
        limit = limit or self._client.page_size
        answer = self._answer(sort, limit=limit, offset=offset, status=status)
        return _page(answer, self._action, self._read, offset, limit, self._client.currency)

    def _answer(self, sort: str | None, **parameters: Any) -> Answer:
        """Without ``sort`` in our own order, as long as that is not refused."""
        if sort or not self._sort or not self._sorts:
            return self._client.call(self._action, **parameters | ({"sort": sort} if sort else {}))
        try:
            return self._client.call(self._action, sort=self._sort, **parameters)
        except BadRequest:
            answer = self._client.call(self._action, **parameters)
            self._sorts = False
            return answer


def _page(
    answer: Answer, action: str, read: Callable[[Row], T], offset: int, limit: int, currency: str
) -> Page[T]:
    try:
        rows = wire.rows(answer.data)
    except Unreadable as error:
        raise BadAnswer(f"data: {error}", action=action, status=answer.status) from None
    limit = wire.integer_or_none(answer.meta.get("limit")) or limit
    total = _total(answer.meta)
    if answer.data is None and total != 0:
        raise BadAnswer("the answer has no data", action=action, status=answer.status)
    records, rejected, ids = read_rows(rows, read, currency)
    following = _next_offset(answer.meta, offset, len(rows), limit, total)
    return Page(records, rejected, ids, offset, limit, following, total, answer.rate)


def read_rows(
    rows: list[Any], read: Callable[[Row], T], currency: str
) -> tuple[tuple[T, ...], tuple[Rejected, ...], tuple[int, ...]]:
    """One bad record never stops a page."""
    records, rejected, ids = [], [], []
    for row in rows:
        try:
            record = read(Row(row, currency))
        except Unreadable as error:
            in_its_place = row.get("id", wire.MISSING) if isinstance(row, dict) else row
            rejected.append(Rejected(wire.told(in_its_place), str(error)))
        else:
            records.append(record)
            ids.append(record.id)
    return tuple(records), tuple(rejected), tuple(ids)


def _total(meta: dict[str, Any]) -> int | None:
    """By its documented name, or as many others call it."""
    told = wire.integer_or_none(meta.get("total_records"))
    return wire.integer_or_none(meta.get("total")) if told is None else told


def _next_offset(
    meta: dict[str, Any], offset: int, received: int, limit: int, total: int | None
) -> int | None:
    """What the provider says, if that moves on by no more than a page; else by what was received.

    Where it says neither how many there are nor whether there are more, a full page may not be the last.
    """
    total_says_more = total is not None and offset + received < total
    has_more = meta.get("has_more")
    if not received or (has_more is False and not total_says_more):
        return None
    told = wire.integer_or_none(meta.get("next_offset"))
    if told is not None and offset < told <= offset + max(limit, received):
        return told
    may_be_more = total is None and has_more is None and received >= limit
    return offset + received if total_says_more or may_be_more or wire.flag(has_more) else None
