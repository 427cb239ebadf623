"""Writes one page of a list in one short transaction."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from ultahost_api.client import BadAnswer, Page
from ultahost_api.models import Event, Invoice, Noun, Order, PassPage, Quote, Refresh
from ultahost_api.refresh import events
from ultahost_api.refresh.inserting import insert
from ultahost_api.refresh.leases import Lease
from ultahost_api.refresh.nouns import CachedNoun
from ultahost_api.refresh.rows import values_of

WRITE_BATCH = 500
_SET_ASIDE_KEPT = 20
_MOST_ROWS = 2**31


def refuse_nonsense(page: Page[Any]) -> None:
    """Raise BadAnswer if none of several rows can be read, or if the total is impossible."""
    if len(page.rejected) > 1 and not page.records:
        raise BadAnswer(f"none of the rows can be read: {page.rejected[0].error}")
    if page.total is not None and not 0 <= page.total < _MOST_ROWS:
        raise BadAnswer(f"a list of {page.total} rows")


def write(
    lease: Lease, noun: CachedNoun, page: Page[Any], asked_at: datetime, *, is_last: bool, until_known: bool
) -> None:
    """The rows that differ, the page's ids, and the offset to continue from.

    The page was asked for at ``asked_at``: rows that changed here since are newer than it. ``is_last`` of its
    list; so is one ``until_known`` on which nothing is new.
    """
    refresh = lease.refresh
    status, rows = refresh.filters[0], len(page.records) + len(page.rejected)
    with transaction.atomic():
        set_aside, changed = _write_rows(lease, noun, page, asked_at)
        is_last = is_last or (until_known and not changed)
        PassPage.objects.create(
            refresh=refresh,
            pass_number=refresh.pass_number,
            status=status,
            offset=page.offset,
            ids=list(page.ids),
            rows=rows,
            total=page.total,
        )
        lease.write(
            filters=refresh.filters[1:] if is_last else refresh.filters,
            offset=0 if is_last else page.next_offset or 0,
            rows_total=_rows_in_sight(refresh, page.total, until_known),
            rows_changed=refresh.rows_changed + changed,
            starts=0,
            attempts=0,
            trouble="",
            trouble_words="",
            set_aside=_set_aside(refresh.set_aside, page, set_aside),
        )
        if refresh.asked_at and refresh.pages.filter(pass_number=refresh.pass_number).count() == 1:
            lease.grant()  # who asked during a pass wants the pages before, too


def _rows_in_sight(refresh: Refresh, total: int | None, until_known: bool) -> int | None:
    """How many rows the pass will read, according to the lists so far."""
    if refresh.is_full:
        return total
    read = PassPage.objects.filter(refresh=refresh, pass_number=refresh.pass_number)
    if not until_known:
        read = read.exclude(status=refresh.filters[0])
    earlier: int = read.aggregate(rows=Sum("rows"))["rows"] or 0
    return earlier if until_known else earlier + (total or 0)


def _set_aside(before: list[Any], page: Page[Any], found: list[dict[str, str]]) -> list[dict[str, str]]:
    # A number that no id can be stays over cheap passes, which may meet it again.
    seen = {*map(str, page.ids), *(entry["id"] for entry in found if entry["id"].isdecimal())}
    return [*(entry for entry in before if entry["id"] not in seen), *found][:_SET_ASIDE_KEPT]


def _write_rows(
    lease: Lease, noun: CachedNoun, page: Page[Any], asked_at: datetime
) -> tuple[list[dict[str, str]], int]:
    """Returns the rows that were set aside, and the number of new or changed rows."""
    rows = noun.rows.filter(account=lease.refresh.account, remote_id__in=page.ids)
    # Values and not rows: most pages bring nothing new, and comparing is all there is to do.
    listed = rows.values_list("remote_id", "gone_at", *noun.names, "unreadable")
    held = {remote_id: (gone_at, values) for remote_id, gone_at, *values in listed}
    new: dict[int, dict[str, Any]] = {}
    changed: dict[int, dict[str, Any]] = {}
    set_aside = [{"id": r.remote_id[:40], "error": r.error[:200]} for r in page.rejected]
    for record in page.records:  # the provider may list a row twice
        values = values_of(record, noun.model, noun.names)
        gone_at, ours = held.get(record.id, (None, []))
        if ours and ours[-1]:  # the list tells nothing of what only the details do
            ours[-1] = {name: told for name, told in ours[-1].items() if name in values}
        if gone_at or ours != [*values.values()]:
            (changed if ours else new)[record.id] = values
    happened = [
        *_add(lease, noun, new),
        *_change(lease, noun, rows.filter(remote_id__in=changed), changed, asked_at),
    ]
    events.record(noun, happened)
    return set_aside, len(new) + len(changed)


def _add(lease: Lease, noun: CachedNoun, new: dict[int, dict[str, Any]]) -> list[Event]:
    if not new:
        return []
    account = lease.refresh.account
    blank = noun.model(account=account)
    if isinstance(blank, Invoice | Order | Quote):
        blank.currency = account.currency
    told = ({"remote_id": id_, **values} for id_, values in new.items())
    rows = insert(blank, ({**values, "folded": blank.fold(values)} for values in told))
    if lease.refresh.completed_at is None:  # the first copy is no news
        return []
    if isinstance(blank, Invoice | Order | Quote):
        # They have the currency that the account has now, which may not be what it had when that was read.
        Refresh.objects.filter(account=account, noun=Noun.PROFILE, trouble="").update(
            next_due_at=timezone.now()
        )
    found = []
    for row in (noun.model(account=account, **told) for told in rows):
        found.append(events.happened(noun, row, Event.Kind.APPEARED))
        if row.unreadable:
            began = {name: [None, told] for name, told in row.unreadable.items()}
            found.append(events.happened(noun, row, Event.Kind.UNREADABLE, began))
    return found


def _change(
    lease: Lease,
    noun: CachedNoun,
    rows: QuerySet[Any],
    changed: dict[int, dict[str, Any]],
    asked_at: datetime,
) -> list[Event]:
    if not changed:
        return []
    # A person's write or the details may be changing the same rows: what was told is not told again.
    now, found = timezone.now(), []
    locked = rows.select_for_update().order_by("pk").prefetch_related(*noun.model.searched_through)
    differing = [row for row in locked if not row.is_newer_than(asked_at)]
    for row in differing:
        values, returned = changed[row.remote_id], row.gone_at is not None
        values = {**values, "unreadable": events.still_unreadable(row.unreadable, values)}
        difference = events.difference(noun, row, values)
        currencies = events.currencies(lease.refresh, row)
        readability = events.readability(noun, row, values, currencies)
        beside = {"gone_at": None, "changed_at": now, "details_tries": 0, "folded": row.fold(values)}
        for name, value in {**values, **beside}.items():
            setattr(row, name, value)
        if returned or difference:
            kind = Event.Kind.RETURNED if returned else Event.Kind.CHANGED
            found.append(events.happened(noun, row, kind, difference, currencies))
        found += readability
    fields = [*noun.names, "unreadable", "gone_at", "changed_at", "details_tries", "folded"]
    noun.rows.bulk_update(differing, fields, batch_size=WRITE_BATCH)
    return found
