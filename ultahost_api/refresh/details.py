"""Reads details (get_service, get_invoice, get_domain, get_order) with calls that the lists leave over."""

import logging
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from django.db import DataError, transaction
from django.utils import timezone

from ultahost_api import conf
from ultahost_api.calls import budget
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
    Unauthorized,
)
from ultahost_api.models import Account, Invoice, InvoiceItem, Order, OrderItem, links
from ultahost_api.models.cached import Cached
from ultahost_api.models.line_texts import only_moves_money
from ultahost_api.refresh import events
from ultahost_api.refresh.leases import Lease
from ultahost_api.refresh.nouns import NOUNS, CachedNoun, items_of
from ultahost_api.refresh.rows import values_of
from ultahost_api.refresh.side_by_side import Reads
from ultahost_api.refresh.time_slices import TimeSlice

logger = logging.getLogger(__name__)

_TRIES = 5
_BATCH = 50
_REREAD_AFTER = timedelta(days=1)
_ENOUGH = 2  # answers that are older than the row; the next run asks again
_SUSPICIOUS = 3  # rows in a row without a good answer: perhaps the whole API gives none

Faulty = tuple[CachedNoun, Cached]


def backfill(lease: Lease, client: Client, meter: KeyMeter, time_slice: TimeSlice, tries: int = 3) -> bool:
    """Read details until none are missing (returns True) or the time slice is over."""
    _forget_tries_daily(lease)
    with Reads(meter.key, tries) as reads:
        return _Backfill(lease, client, meter, time_slice, reads).run()


class _Backfill:
    """A row without a good answer is skipped; a fault is counted for it as soon as another row has a good
    answer.

    Reads run side by side only after a good answer: an API that gives none gets one at a time.
    """

    def __init__(
        self, lease: Lease, client: Client, meter: KeyMeter, time_slice: TimeSlice, reads: Reads
    ) -> None:
        self._lease, self._client, self._meter = lease, client, meter
        self._time_slice, self._reads = time_slice, reads
        self._batch: deque[Faulty] = deque()
        self._asked: dict[Future[Any], tuple[Faulty, datetime]] = {}
        self._suspects: list[Faulty] = []
        self._too_old: Counter[Any] = Counter()  # answers from before the last change of a row, by its key
        self._lines = links.Assigning(lease.refresh.account_id)
        self._fault: UltahostError | None = None
        self._refusal: UltahostError | None = None
        self._works = self._is_over = False

    def run(self) -> bool:
        while True:
            while self._may_ask() and (wanted := self._next_row()):
                self._ask(*wanted)
            if self._asked:
                if ended := self._reads.next():
                    self._take_in(ended)
            elif self._refusal:
                raise self._refusal
            elif self._suspects and (len(self._suspects) >= _SUSPICIOUS or not self._is_over):
                self._clear_suspects()
            else:
                return not self._is_over

    def _may_ask(self) -> bool:
        if self._is_over or self._refusal or self._reads.is_closed or len(self._suspects) >= _SUSPICIOUS:
            return False
        if not self._asked:
            return True
        may_more = self._works and not self._suspects and self._reads.have_place
        return may_more and budget.allows_beside(self._meter.key, Purpose.DETAILS)

    def _next_row(self) -> Faulty | None:
        """None if all rows that lack details are being read or are suspected."""
        if not self._batch:
            busy = {row.pk for (_, row), _ in self._asked.values()} | {row.pk for _, row in self._suspects}
            # As when the clock of another machine is ahead, by which the row was changed.
            busy |= {pk for pk, answers in self._too_old.items() if answers >= _ENOUGH}
            wanted = islice(wanting(self._lease.refresh.account), _BATCH + len(busy))
            self._batch.extend((noun, row) for noun, row in wanted if row.pk not in busy)
        return self._batch.popleft() if self._batch else None

    def _ask(self, noun: CachedNoun, row: Cached) -> None:
        self._lease.renew()
        asked = self._reads.start(lambda client: noun.calls(client).get(row.remote_id), _purpose(row))
        self._asked[asked] = (noun, row), timezone.now()

    def _take_in(self, ended: Future[Any]) -> None:
        (noun, row), asked_at = self._asked.pop(ended)
        try:
            self._fault = self._keep(noun, row, ended.result, asked_at)
        except UltahostError as error:
            if self._refusal is None or isinstance(error, Unauthorized):
                self._refusal = error
            return
        if self._fault:
            self._suspects.append((noun, row))
        else:
            self._works = True
            self._count_suspects()
        self._is_over = self._is_over or self._time_slice.is_over()

    def _keep(
        self, noun: CachedNoun, row: Cached, answer: Callable[[], Any], asked_at: datetime
    ) -> UltahostError | None:
        """Returns the fault if there was no good answer; it may concern the row or the whole API.

        A row that is refused is not asked for again today: it would be refused again.
        """
        try:
            if not write(self._lease, noun, row, answer(), noun.detail_names, asked_at, self._lines):
                self._too_old[row.pk] += 1
        except (BadAnswer, NoAnswer, ServerError) as error:
            return error
        except (DataError, RecursionError) as error:
            logger.exception("Details of %s %s cannot be kept.", noun.noun, row.remote_id)
            return BadAnswer(type(error).__name__)
        except (BadRequest, Forbidden, NotFound):
            self._count(row, _TRIES)
        return None

    def _clear_suspects(self) -> None:
        if self._fault and (len(self._suspects) >= _SUSPICIOUS or not self._works):
            self._read_another(self._fault)
        self._count_suspects()

    def _read_another(self, fault: UltahostError) -> None:
        """Read a row that was read before, else one of another noun. Raises where that has no good answer."""
        account, last = self._lease.refresh.account, self._suspects[-1][0]
        known = [(noun, noun.rows.filter(account=account).exclude(detailed_at=None)) for noun in _nouns()]
        unknown = [(noun, noun.rows.filter(account=account)) for noun in _nouns() if noun is not last]
        for noun, rows in [*known, *unknown]:
            if row := rows.present().exclude(pk__in=[row.pk for _, row in self._suspects]).first():
                self._lease.renew()
                self._meter.purpose = _purpose(row)
                answer = partial(noun.calls(self._client).get, row.remote_id)
                if self._keep(noun, row, answer, timezone.now()):
                    break
                return
        raise fault

    def _count_suspects(self) -> None:
        """Count a fault for each: the API works for others."""
        for _, row in self._suspects:
            self._count(row, row.details_tries + 1)
        self._suspects.clear()
        if self._lease.refresh.attempts:
            self._lease.write(attempts=0, trouble="", trouble_words="")

    def _count(self, row: Cached, tries: int) -> None:
        with transaction.atomic():
            tried = type(row)._default_manager.filter(pk=row.pk)
            tried.update(details_tries=tries, details_wanted_at=None)
            self._lease.renew()


def _forget_tries_daily(lease: Lease) -> None:
    """Reset the counts of faults once a day."""
    now = timezone.now()
    if lease.refresh.full_due_at <= now:
        for noun in _nouns():
            noun.rows.filter(account=lease.refresh.account, details_tries__gt=0).update(details_tries=0)
        lease.write(full_due_at=now + conf.FULL_EVERY)


def _nouns() -> list[CachedNoun]:
    return [NOUNS[name] for name in ("services", "domains", "invoices", "orders")]


def wanting(account: Account) -> Iterator[tuple[CachedNoun, Cached]]:
    """Rows whose details are missing or old: first those that a person opened, orders last."""
    nouns = _nouns()
    aged = timezone.now() - _REREAD_AFTER
    rows = {noun: noun.rows.filter(account=account, details_tries__lt=_TRIES) for noun in nouns}
    for unasked in (False, True):
        for noun in nouns:
            lacking = rows[noun].lacking_details().filter(details_wanted_at__isnull=unasked)
            yield from ((noun, row) for row in lacking[:_BATCH])
    for noun in (noun for noun in nouns if noun.ages):
        oldest = rows[noun].present().filter(detailed_at__lt=aged).order_by("detailed_at")
        yield from ((noun, row) for row in oldest[:_BATCH])


def _purpose(row: Cached) -> Purpose:
    return Purpose.PERSON if row.details_wanted_at else Purpose.DETAILS


def write(
    lease: Lease,
    noun: CachedNoun,
    row: Cached,
    details: Any,
    names: tuple[str, ...],
    asked_at: datetime,
    lines: links.Assigning,
    **beside: Any,
) -> bool:
    """Store the fields ``names`` of the record that get() returned; False if the row is newer than that."""
    values = values_of(details, noun.model, names)
    items: list[Any] = items_of(row, details)
    if isinstance(row, Invoice):
        values["lines"] = "\n".join(map(str, items))
        values["only_moves_money"] = only_moves_money(item.description for item in items)
        lines.prepare()
    # An order is found by its items.
    things = {"things": [item.text for item in items if item.text]} if isinstance(row, Order) else {}
    with transaction.atomic():
        read = {"detailed_at": asked_at, "details_tries": 0, "details_wanted_at": None}
        if not events.write(noun, row, values, asked_at, searched=things, **read, **beside):
            return False
        if isinstance(row, Invoice):
            lines.assign(items)  # it locks the account, as others do before they change lines
            row.items.all().delete()
            InvoiceItem.objects.bulk_create(items)
        elif isinstance(row, Order):
            row.items.all().delete()
            OrderItem.objects.bulk_create(items)
        lease.renew()  # the last, as others lock; if another worker has it, nothing is stored
    return True
