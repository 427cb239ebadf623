"""A pass over one account's list of one noun: list after list, page after page, then what is missing.

A full pass reads the whole list. A cheap one reads the rows that are not settled, status by status, and
then the newest until it meets a page on which nothing is new. A list that fits on a page is
read whole where a cheap pass would take no less than that one call, unless its rows could not be told apart.
A pass that leaves something to find out is not over: a full one follows in it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import transaction
from django.db.models import Case, F, QuerySet, When
from django.utils import timezone

from ultahost_api import conf
from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import KeyMeter
from ultahost_api.client import BadRequest, Client, Forbidden, NotFound, Page
from ultahost_api.models import PassPage
from ultahost_api.models.cached import Cached
from ultahost_api.refresh import pages
from ultahost_api.refresh.leases import Lease
from ultahost_api.refresh.missing import ASKED_FOR, Missing
from ultahost_api.refresh.nouns import CachedNoun
from ultahost_api.refresh.time_slices import TimeSlice

NEWEST = ""  # the list without a filter


@dataclass(frozen=True, slots=True)
class Outcome:
    """``clean``: nothing moved meanwhile. ``go_on``: read the whole list before the pass is over.

    ``calls`` is what such a pass costs; None after one that is not of the usual kind.
    """

    clean: bool = True
    go_on: bool = False
    calls: int | None = None


def read(
    lease: Lease, noun: CachedNoun, client: Client, meter: KeyMeter, time_slice: TimeSlice
) -> Outcome | None:
    """Continue the pass from its offset until its end, or None when the time slice is over before."""
    if lease.refresh.pass_started_at is None:
        is_due = not noun.is_cheap or lease.refresh.full_due_at <= timezone.now()
        _begin_next(lease, noun, full=is_due or _fits_a_page(lease, noun, client.page_size))
    while True:
        if not _read_pages(lease, noun, client, meter, time_slice):
            return None
        outcome = _finish(lease, noun, client)
        if not outcome.go_on:
            return outcome
        changed, missed = lease.refresh.rows_changed, lease.refresh.missed
        _begin(lease, noun, [NEWEST], full=True, rows_changed=changed, missed=missed)


def _read_pages(
    lease: Lease, noun: CachedNoun, client: Client, meter: KeyMeter, time_slice: TimeSlice
) -> bool:
    """Returns whether all lists were read to the end."""
    before: tuple[int, ...] = ()
    while lease.refresh.filters:
        lease.renew_before_a_call()
        asked_at = timezone.now()
        page = _fetch(lease, noun, client)
        if page is None:
            _begin(lease, noun, [NEWEST], full=True)
            continue
        meter.purpose = Purpose.BACKGROUND  # only the first page of a clicked refresh is the person's
        pages.refuse_nonsense(page)
        pages.write(
            lease,
            noun,
            page,
            asked_at,
            is_last=page.next_offset is None or _stands_still(page.ids, before) or _turns_round(lease, page),
            until_known=not lease.refresh.is_full and lease.refresh.filters[0] == NEWEST,
        )
        before = page.ids if lease.refresh.offset else ()
        if lease.refresh.filters and time_slice.is_over():
            return False
    return True


def _begin_next(lease: Lease, noun: CachedNoun, *, full: bool) -> None:
    """After a full pass that was not clean the next may not be either: the statuses tell something still."""
    by_status = not full or lease.refresh.repeats
    _begin(lease, noun, [*(_unsettled(lease, noun) if by_status else ()), NEWEST], full=full)


def _begin(
    lease: Lease,
    noun: CachedNoun,
    filters: list[str],
    *,
    full: bool,
    rows_changed: int = 0,
    missed: Iterable[int] = (),
) -> None:
    """What an earlier pass ``missed`` and did not settle is missed anew: twice in one pass, or not at all."""
    refresh = lease.refresh
    number = refresh.pass_number + 1
    with transaction.atomic():
        lease.write(
            pass_number=number,
            pass_started_at=timezone.now(),
            is_full=full,
            filters=filters,
            offset=0,
            rows_total=None,
            rows_changed=rows_changed,
            missed=list(missed),
            # For rows without an id it cannot be found out whether they were corrected.
            set_aside=[] if full else [row for row in refresh.set_aside if row["id"].isdecimal()],
        )
        PassPage.objects.filter(refresh=refresh).exclude(pass_number=number).delete()


def _fits_a_page(lease: Lease, noun: CachedNoun, page_size: int) -> bool:
    """Whether the whole list probably fits on a page, so that one call is enough.

    False after a pass whose rows could not be told apart: the lists by status then give more information.
    """
    refresh = lease.refresh
    is_clean = refresh.clean_at == refresh.completed_at
    if not is_clean or any(not row["id"].isdecimal() for row in refresh.set_aside):
        return False
    room = max(0, page_size - refresh.surplus)
    return _present(lease, noun)[: room + 1].count() <= room


def _unsettled(lease: Lease, noun: CachedNoun) -> list[str]:
    """The statuses whose rows may still change: those that always may, and others seen on this account."""
    if not noun.unsettled:
        return []
    seen = _present(lease, noun).exclude(status__in=[*noun.unsettled, *noun.settled, ""]).order_by("status")
    return [*noun.unsettled, *seen.values_list("status", flat=True).distinct()]


def _fetch(lease: Lease, noun: CachedNoun, client: Client) -> Page[Any] | None:
    """The next page; None when the provider does not filter or sort as a cheap pass needs it."""
    refresh = lease.refresh
    status = refresh.filters[0]
    try:
        page: Page[Any] = noun.calls(client).page(offset=refresh.offset, status=status or None)
    except (BadRequest, Forbidden, NotFound):
        if status == NEWEST:
            raise
        return None
    if status != NEWEST and any(record.status.casefold() != status.casefold() for record in page.records):
        return None
    if status == NEWEST and not refresh.is_full and list(page.ids) != sorted(page.ids, reverse=True):
        return None
    return page


def _stands_still(ids: tuple[int, ...], before: tuple[int, ...]) -> bool:
    """Whether this is the same page again: with a server that ignores the offset a pass would never end."""
    return bool(ids) and ids == before


def _turns_round(lease: Lease, page: Page[Any]) -> bool:
    """Whether a page beyond the end that was told brings only rows of the pages before."""
    if not page.ids or (page.total is not None and page.offset < page.total):
        return False
    refresh = lease.refresh
    read = refresh.pages.filter(pass_number=refresh.pass_number, status=refresh.filters[0])
    return {*page.ids} <= {remote_id for ids in read.values_list("ids", flat=True) for remote_id in ids}


def _finish(lease: Lease, noun: CachedNoun, client: Client) -> Outcome:
    found = PassPage.objects.filter(refresh=lease.refresh, pass_number=lease.refresh.pass_number)
    lists = {status: list(pages_of) for status, pages_of in groupby(found, key=lambda page: page.status)}
    newest = lists.pop(NEWEST, [])
    if not lease.refresh.is_full:
        return _finish_cheap(lease, noun, client, lists, newest)
    outcome = _finish_full(lease, noun, client, newest)
    if not outcome.clean:
        _settle_open(lease, noun, client, lists, newest)
    return outcome


def _finish_full(lease: Lease, noun: CachedNoun, client: Client, found: list[PassPage]) -> Outcome:
    """End a full pass.

    If a row has no readable id, no row is marked as gone, because it may be any of them.
    """
    refresh, now = lease.refresh, timezone.now()
    seen = {remote_id for page in found for remote_id in page.ids}
    clean, calls = _is_clean(found) and not _is_suddenly_empty(lease, noun, seen), len(found)
    is_young = refresh.full_at is not None and refresh.full_at > now - conf.FULL_AGAIN
    is_daily = noun.is_cheap and refresh.full_due_at <= now and not is_young
    confirms = bool(refresh.missed)
    if clean and len(seen) == sum(page.rows for page in found):
        if not seen.isdisjoint(refresh.hidden):
            lease.write(hidden=[remote_id for remote_id in refresh.hidden if remote_id not in seen])
        missing = Missing(lease, noun, client, _unlisted(lease, noun, seen))
        clean = missing.settle()
        calls += missing.calls
    if not clean or refresh.missed:
        lease.write(full_due_at=now)
    else:
        surplus = (found[0].total or 0) - _present(lease, noun).count()
        # Another whole pass may have been asked for meanwhile, as when the currency changed.
        meanwhile = {"full_due_at__gt": refresh.pass_started_at, "full_due_at__lte": timezone.now()}
        wished = When(**meanwhile, then=F("full_due_at"))
        due_again = Case(wished, default=now + conf.FULL_EVERY)
        lease.write(full_at=now, full_due_at=due_again, surplus=surplus)
    go_on = clean and bool(refresh.missed) and not confirms
    return Outcome(clean, go_on, None if is_daily and clean else calls)


def _finish_cheap(
    lease: Lease,
    noun: CachedNoun,
    client: Client,
    lists: dict[str, list[PassPage]],
    newest: list[PassPage],
) -> Outcome:
    clean = all(_is_clean(found) for found in lists.values())
    left, calls = _settle_open(lease, noun, client, lists, newest)
    go_on = left > ASKED_FOR or _counts_differ(lease, noun, newest)
    if go_on:
        lease.write(full_due_at=timezone.now())
    return Outcome(clean, go_on, sum(len(found) for found in lists.values()) + len(newest) + calls)


def _settle_open(
    lease: Lease,
    noun: CachedNoun,
    client: Client,
    lists: dict[str, list[PassPage]],
    newest: list[PassPage],
) -> tuple[int, int]:
    """Ask for rows that left their status, as far as the clean ``lists`` tell: how many, and the calls.

    Those that the list hides are asked for last, and tell nothing of others.
    """
    clean = {status for status, found in lists.items() if _is_clean(found)}
    seen = {remote_id for found in [*lists.values(), newest] for page in found for remote_id in page.ids}
    rows = _unlisted(lease, noun, seen, statuses=clean) if clean else []
    hidden = {row.remote_id for row in rows}.intersection(lease.refresh.hidden)
    rows.sort(key=lambda row: row.remote_id in hidden)
    missing = Missing(lease, noun, client, rows[:ASKED_FOR])
    missing.settle_few()
    return len(rows) - len(hidden), missing.calls


def _is_suddenly_empty(lease: Lease, noun: CachedNoun, seen: set[int]) -> bool:
    """Whether a list that cannot be asked row by row is suddenly empty; that is accepted after an hour."""
    refresh = lease.refresh
    if seen or noun.is_readable or not refresh.full_at or refresh.full_at < timezone.now() - conf.FULL_AGAIN:
        return False
    return _present(lease, noun).count() > ASKED_FOR


def _unlisted(
    lease: Lease, noun: CachedNoun, seen: set[int], statuses: Iterable[str] | None = None
) -> list[Cached]:
    """Rows of ours, older than the pass, that it did not see."""
    rows = _present(lease, noun).filter(changed_at__lt=lease.refresh.pass_started_at)
    if statuses is not None:
        rows = rows.filter(status__in=statuses)
    unlisted = sorted(set(rows.values_list("remote_id", flat=True)) - seen)
    return [
        row
        for start in range(0, len(unlisted), pages.WRITE_BATCH)
        for row in rows.filter(remote_id__in=unlisted[start : start + pages.WRITE_BATCH]).order_by(
            "remote_id"
        )
    ]


def _is_clean(found: list[PassPage]) -> bool:
    """Whether no row moved: all pages gave one total, and exactly that many different rows arrived."""
    ids = [remote_id for page in found for remote_id in page.ids]
    return {page.total for page in found} == {sum(page.rows for page in found)} and len(set(ids)) == len(ids)


def _counts_differ(lease: Lease, noun: CachedNoun, newest: list[PassPage]) -> bool:
    """Whether the provider's count differs from ours: then a cheap pass has missed new or removed rows."""
    if not newest or newest[-1].total is None:
        return False
    return newest[-1].total - _present(lease, noun).count() != lease.refresh.surplus


def _present(lease: Lease, noun: CachedNoun) -> QuerySet[Any]:
    return noun.rows.filter(account=lease.refresh.account).present()
