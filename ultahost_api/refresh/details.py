"""Reads details (get_service, get_invoice, get_domain) with the calls that the lists leave over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from ultahost_api import conf
from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import KeyMeter
from ultahost_api.client import (
    BadAnswer,
    BadRequest,
    Client,
    Forbidden,
    NoAnswer,
    NotFound,
    ServerError,
    UltahostError,
)
from ultahost_api.models import Account, Invoice, InvoiceItem
from ultahost_api.models.cached import Cached
from ultahost_api.refresh import events
from ultahost_api.refresh.leases import Lease
from ultahost_api.refresh.nouns import NOUNS, CachedNoun, items_of
from ultahost_api.refresh.rows import values_of
from ultahost_api.refresh.time_slices import TimeSlice

_TRIES = 5
_BATCH = 50
_REREAD_AFTER = timedelta(days=1)
_SUSPICIOUS = 3  # rows in a row without a good answer: perhaps the whole API gives none

Faulty = tuple[CachedNoun, Cached]


def backfill(lease: Lease, client: Client, meter: KeyMeter, time_slice: TimeSlice) -> bool:
    """Read details until none are missing (returns True) or the time slice is over.

    A row without a good answer is skipped; a fault is counted for it as soon as another row has a good
    answer.
    """
    _forget_tries_daily(lease)
    suspects: list[Faulty] = []
    works = False
    while rows := list(islice(wanting(lease.refresh.account), _BATCH)):
        for noun, row in rows:
            if fault := _read(lease, noun, row, client, meter):
                suspects.append((noun, row))
            else:
                works = True
                _clear(lease, suspects)
            if fault and (len(suspects) == _SUSPICIOUS or (row is rows[-1][1] and not works)):
                _read_another(lease, suspects, client, meter, fault)
                _clear(lease, suspects)
            if time_slice.is_over():
                return False
        _clear(lease, suspects)
    return True


def _forget_tries_daily(lease: Lease) -> None:
    """Reset the counts of faults once a day."""
    now = timezone.now()
    if lease.refresh.full_due_at <= now:
        for noun in _nouns():
            noun.rows.filter(account=lease.refresh.account, details_tries__gt=0).update(details_tries=0)
        lease.write(full_due_at=now + conf.FULL_EVERY)


def _nouns() -> list[CachedNoun]:
    return [NOUNS[name] for name in ("services", "domains", "invoices")]


def wanting(account: Account) -> Iterator[tuple[CachedNoun, Cached]]:
    """Rows whose details are missing or old: first those that a person opened, invoices last."""
    nouns = _nouns()
    aged = timezone.now() - _REREAD_AFTER
    rows = {noun: noun.rows.filter(account=account, details_tries__lt=_TRIES) for noun in nouns}
    for noun in nouns:
        yield from (
            (noun, row) for row in rows[noun].lacking_details().exclude(details_wanted_at=None)[:_BATCH]
        )
    for noun in nouns:
        yield from (
            (noun, row) for row in rows[noun].lacking_details().filter(details_wanted_at=None)[:_BATCH]
        )
    for noun in nouns:
        oldest = rows[noun].present().filter(detailed_at__lt=aged).order_by("detailed_at")
        yield from ((noun, row) for row in oldest[:_BATCH])


def _read(
    lease: Lease, noun: CachedNoun, row: Cached, client: Client, meter: KeyMeter
) -> UltahostError | None:
    """Returns the fault if there was no good answer; it may concern the row or the whole API."""
    lease.renew()
    meter.purpose = Purpose.PERSON if row.details_wanted_at else Purpose.DETAILS
    asked_at = timezone.now()
    try:
        write(lease, noun, row, noun.calls(client).get(row.remote_id), noun.detail_names, asked_at)
    except (BadAnswer, NoAnswer, ServerError) as error:
        return error
    except (BadRequest, Forbidden, NotFound):
        _count(lease, row)
    return None


def _clear(lease: Lease, suspects: list[Faulty]) -> None:
    """Count a fault for these rows: the API works for others."""
    for _, row in suspects:
        _count(lease, row)
    suspects.clear()
    if lease.refresh.attempts:
        lease.write(attempts=0, trouble="", trouble_words="")


def _read_another(
    lease: Lease, suspects: list[Faulty], client: Client, meter: KeyMeter, fault: UltahostError
) -> None:
    """Read a row that was read before, else one of another noun. Raises if that has no good answer either."""
    account, last = lease.refresh.account, suspects[-1][0]
    known = [(noun, noun.rows.filter(account=account).exclude(detailed_at=None)) for noun in _nouns()]
    unknown = [(noun, noun.rows.filter(account=account)) for noun in _nouns() if noun is not last]
    for noun, rows in [*known, *unknown]:
        if row := rows.present().exclude(pk__in=[row.pk for _, row in suspects]).first():
            if _read(lease, noun, row, client, meter):
                break
            return
    raise fault


def write(
    lease: Lease,
    noun: CachedNoun,
    row: Cached,
    details: Any,
    names: tuple[str, ...],
    asked_at: datetime,
    **beside: Any,
) -> None:
    """Store the fields ``names`` of the record that get() returned."""
    values = values_of(details, noun.model, names)
    items = items_of(row, details) if isinstance(row, Invoice) else []
    with transaction.atomic():
        lease.renew()
        events.write(
            noun, row, values, detailed_at=asked_at, details_tries=0, details_wanted_at=None, **beside
        )
        if isinstance(row, Invoice):
            row.items.all().delete()
            InvoiceItem.objects.bulk_create(items)


def _count(lease: Lease, row: Cached) -> None:
    with transaction.atomic():
        lease.renew()
        tried = type(row)._default_manager.filter(pk=row.pk)
        tried.update(details_tries=row.details_tries + 1, details_wanted_at=None)
