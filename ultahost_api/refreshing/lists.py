"""A pass over one account's list of one noun: page after page, then the rows that are gone."""

import time
from typing import Any

from django.db import transaction
from django.utils import timezone

from ultahost_api.budget import Purpose
from ultahost_api.client import BadAnswer, Client, Page
from ultahost_api.clients import KeyMeter
from ultahost_api.models import Event, Invoice, PassPage
from ultahost_api.refreshing import changes
from ultahost_api.refreshing.leases import Lease
from ultahost_api.refreshing.nouns import CachedNoun
from ultahost_api.refreshing.rows import values_of

_SET_ASIDE_KEPT = 20
_WRITE_BATCH = 500
_MOST_ROWS = 2**31


def walk(lease: Lease, noun: CachedNoun, client: Client, meter: KeyMeter, stop_at: float) -> bool:
    """Go on with the pass from its place until its end (True) or ``stop_at`` on the monotonic clock."""
    if lease.refresh.pass_started_at is None:
        _begin(lease)
    before: tuple[int, ...] = ()
    while True:
        lease.renew()
        page: Page[Any] = noun.calls(client).page(offset=lease.refresh.place)
        meter.purpose = Purpose.BACKGROUND  # only the first page of a clicked refresh is the person's
        _refuse_nonsense(page)
        _write_page(lease, noun, page)
        if page.next_offset is None or _stands_still(page.ids, before):
            return True
        before = page.ids
        if time.monotonic() >= stop_at:
            return False


def _begin(lease: Lease) -> None:
    with transaction.atomic():
        number = lease.refresh.pass_number + 1
        lease.write(
            pass_number=number, pass_started_at=timezone.now(), place=0, rows_total=None, set_aside=[]
        )
        PassPage.objects.filter(refresh=lease.refresh).exclude(pass_number=number).delete()


def _refuse_nonsense(page: Page[Any]) -> None:
    """One row that cannot be read is set aside; a page of them is no answer."""
    if len(page.rejected) > 1 and not page.records:
        raise BadAnswer(f"none of the rows can be read: {page.rejected[0].error}")
    if page.total is not None and not 0 <= page.total < _MOST_ROWS:
        raise BadAnswer(f"a list of {page.total} rows")


def _stands_still(ids: tuple[int, ...], before: tuple[int, ...]) -> bool:
    """The same page again: a server that overlooks the offset would never come to an end."""
    return bool(ids) and ids == before


def _write_page(lease: Lease, noun: CachedNoun, page: Page[Any]) -> None:
    """One short transaction: the rows that differ, the page's ids, and the place to go on from."""
    set_aside = [{"id": r.remote_id[:40], "error": r.error[:200]} for r in page.rejected]
    with transaction.atomic():
        set_aside += _write_rows(lease, noun, page)
        PassPage.objects.update_or_create(
            refresh=lease.refresh,
            pass_number=lease.refresh.pass_number,
            offset=page.offset,
            defaults={
                "ids": list(page.ids),
                "rows": len(page.records) + len(page.rejected),
                "total": page.total,
            },
        )
        lease.write(
            place=page.next_offset or 0,
            rows_total=page.total,
            asked_at=None,
            attempts=0,
            trouble="",
            trouble_words="",
            set_aside=(lease.refresh.set_aside + set_aside)[:_SET_ASIDE_KEPT],
        )


def _write_rows(lease: Lease, noun: CachedNoun, page: Page[Any]) -> list[dict[str, str]]:
    account, now = lease.refresh.account, timezone.now()
    known = {row.remote_id: row for row in noun.rows.filter(account=account, remote_id__in=page.ids)}
    new, changed, set_aside = [], [], []
    events: list[Event] = []
    for record in page.records:
        try:
            values = values_of(record, noun.model, noun.names)
        except ValueError as error:
            set_aside.append({"id": str(record.id), "error": str(error)})
            continue
        row = known.get(record.id)
        if row is None:
            row = noun.model(account=account, remote_id=record.id, changed_at=now, **values)
            if isinstance(row, Invoice):
                row.currency = account.currency
            new.append(row)
            known[record.id] = row  # the provider may list it twice
            if lease.refresh.completed_at:  # the first copy is no news
                events.append(changes.happened(noun, row, Event.Kind.APPEARED))
        elif row.gone_at or any(getattr(row, name) != value for name, value in values.items()):
            difference = changes.difference(noun, row, values)
            returned = row.gone_at is not None
            for name, value in {**values, "gone_at": None, "changed_at": now, "details_tries": 0}.items():
                setattr(row, name, value)
            changed.append(row)
            if returned or difference:
                kind = Event.Kind.RETURNED if returned else Event.Kind.CHANGED
                events.append(changes.happened(noun, row, kind, difference))
    noun.rows.bulk_create(new)
    if changed:
        fields = [*noun.names, "gone_at", "changed_at", "details_tries"]
        noun.rows.bulk_update(changed, fields, batch_size=_WRITE_BATCH)
    changes.record(noun, events)
    return set_aside


def finish(lease: Lease, noun: CachedNoun) -> bool:
    """Close a walked pass, marking what is gone if it was clean; True when it was.

    A row without a readable id may be any of those that are missing: then nothing is marked.
    """
    pages = list(PassPage.objects.filter(refresh=lease.refresh, pass_number=lease.refresh.pass_number))
    ids = [remote_id for page in pages for remote_id in page.ids]
    clean = _is_clean(pages, ids)
    with transaction.atomic():
        lease.renew()
        if clean and len(ids) == sum(page.rows for page in pages):
            _mark_gone(lease, noun, set(ids))
        PassPage.objects.filter(refresh=lease.refresh).delete()
    return clean


def _is_clean(pages: list[PassPage], ids: list[int]) -> bool:
    """Nothing moved while walking: every page told the same total, and that many different rows came."""
    totals = {page.total for page in pages}
    return totals == {sum(page.rows for page in pages)} and len(set(ids)) == len(ids)


def _mark_gone(lease: Lease, noun: CachedNoun, seen: set[int]) -> None:
    rows = noun.rows.filter(account=lease.refresh.account, gone_at=None)
    started = lease.refresh.pass_started_at
    listed = rows.filter(changed_at__lt=started).values_list("pk", "remote_id")
    gone = [pk for pk, remote_id in listed if remote_id not in seen]
    for start in range(0, len(gone), _WRITE_BATCH):
        batch = rows.filter(pk__in=gone[start : start + _WRITE_BATCH])
        changes.record(noun, [changes.happened(noun, row, Event.Kind.GONE) for row in batch])
        batch.update(gone_at=timezone.now(), changed_at=timezone.now())
