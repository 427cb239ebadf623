"""The backfill of what only get_service, get_invoice and get_domain tell, from what the lists leave over."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from ultahost_api.budget import Purpose
from ultahost_api.client import BadAnswer, BadRequest, Client, Forbidden, NotFound
from ultahost_api.clients import KeyMeter
from ultahost_api.models import Account, Invoice, InvoiceItem
from ultahost_api.models.cached import Cached
from ultahost_api.refreshing import changes
from ultahost_api.refreshing.leases import Lease
from ultahost_api.refreshing.nouns import NOUNS, CachedNoun, items_of
from ultahost_api.refreshing.rows import values_of
from ultahost_api.refreshing.turns import Turn

_TRIES = 5
_BATCH = 50
_REREAD_AFTER = timedelta(days=1)


def backfill(lease: Lease, client: Client, meter: KeyMeter, turn: Turn) -> bool:
    """Read details until none are wanting (True) or the turn is over."""
    while rows := list(islice(wanting(lease.refresh.account), _BATCH)):
        for noun, row in rows:
            lease.renew()
            _read(lease, noun, row, client, meter)
            if turn.is_over():
                return False
    return True


def wanting(account: Account) -> Iterator[tuple[CachedNoun, Cached]]:
    """Rows whose details are missing or old: those that somebody opened first, invoices last."""
    nouns = [NOUNS[name] for name in ("services", "domains", "invoices")]
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


def _read(lease: Lease, noun: CachedNoun, row: Cached, client: Client, meter: KeyMeter) -> None:
    meter.purpose = Purpose.PERSON if row.details_wanted_at else Purpose.DETAILS
    asked_at = timezone.now()
    try:
        write(lease, noun, row, noun.calls(client).get(row.remote_id), noun.detail_names, asked_at)
    except (BadRequest, Forbidden, NotFound, BadAnswer, ValueError) as error:
        # One row that cannot be read must not keep the others waiting.
        _fail(lease, row)
        if isinstance(error, BadAnswer):  # perhaps it is not this row but the whole API
            raise


def write(
    lease: Lease,
    noun: CachedNoun,
    row: Cached,
    details: Any,
    names: tuple[str, ...],
    asked_at: datetime,
    **beside: Any,
) -> None:
    """Keep ``names`` of what get() told; ValueError when the row cannot hold them."""
    values = values_of(details, noun.model, names)
    items = items_of(row, details) if isinstance(row, Invoice) else []
    with transaction.atomic():
        lease.renew()
        changes.write(
            noun, row, values, detailed_at=asked_at, details_tries=0, details_wanted_at=None, **beside
        )
        if isinstance(row, Invoice):
            row.items.all().delete()
            InvoiceItem.objects.bulk_create(items)


def _fail(lease: Lease, row: Cached) -> None:
    with transaction.atomic():
        lease.renew()
        tried = type(row)._default_manager.filter(pk=row.pk)
        tried.update(details_tries=row.details_tries + 1, details_wanted_at=None)
