"""The backfill of what only get_service, get_invoice and get_domain tell, from what the lists leave over."""

import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.db import transaction
from django.utils import timezone

from ultahost_api.budget import Purpose
from ultahost_api.client import BadAnswer, BadRequest, Client, Forbidden, NotFound
from ultahost_api.clients import KeyMeter
from ultahost_api.models import Account, Event, Invoice, InvoiceItem
from ultahost_api.models.cached import Cached
from ultahost_api.refreshing import changes
from ultahost_api.refreshing.leases import Lease
from ultahost_api.refreshing.nouns import NOUNS, CachedNoun, items_of
from ultahost_api.refreshing.rows import values_of

_TRIES = 5
_BATCH = 50
_REREAD_AFTER = timedelta(days=1)


def backfill(lease: Lease, client: Client, meter: KeyMeter, stop_at: float) -> bool:
    """Read details until none are wanting (True) or ``stop_at`` on the monotonic clock."""
    while rows := list(islice(wanting(lease.refresh.account), _BATCH)):
        for noun, row in rows:
            lease.renew()
            _read(lease, noun, row, client, meter)
            if time.monotonic() >= stop_at:
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
        details = noun.calls(client).get(row.remote_id)
        values = values_of(details, noun.model, noun.detail_names)
        items = items_of(row, details) if isinstance(row, Invoice) else []
    except (BadRequest, Forbidden, NotFound, BadAnswer, ValueError) as error:
        # One row that cannot be read must not keep the others waiting.
        _update(lease, row, details_tries=row.details_tries + 1, details_wanted_at=None)
        if isinstance(error, BadAnswer):  # perhaps it is not this row but the whole API
            raise
        return
    with transaction.atomic():
        if difference := changes.difference(noun, row, values):
            changes.record(noun, [changes.happened(noun, row, Event.Kind.CHANGED, difference)])
        _update(lease, row, **values, detailed_at=asked_at, details_tries=0, details_wanted_at=None)
        if isinstance(row, Invoice):
            row.items.all().delete()
            InvoiceItem.objects.bulk_create(items)


def _update(lease: Lease, row: Cached, **values: object) -> None:
    with transaction.atomic():
        lease.renew()
        type(row)._default_manager.filter(pk=row.pk).update(**values)
