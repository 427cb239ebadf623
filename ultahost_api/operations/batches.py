"""Many writes that a person confirmed at once. They are stored together; workers send them.

The writes of one account are a lane: they are sent one after another, and lanes beside each other, so that
a key whose window is used up delays its own rows only. Calls leave the reserve of each key to people.

A write with the effect *once* with an unknown result ends the rest of its lane; others do not.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from ultahost_api import conf
from ultahost_api.calls import budget
from ultahost_api.calls.budget import Purpose
from ultahost_api.client import RateLimited, UltahostError
from ultahost_api.models import ApiKey, Batch, Operation, Reason
from ultahost_api.models.operations import OperationQuerySet
from ultahost_api.operations import sending
from ultahost_api.operations.actions import ONCE, action_of
from ultahost_api.operations.reasons import NeedsConfirmation, NotAllowedNow, TwinPending, told
from ultahost_api.operations.sending import WriteRequest
from ultahost_api.wakeup import publish_batch

State = Operation.State
Lane = tuple[UUID, UUID]  # a batch and an account

QUEUED_FOR = timedelta(minutes=10)  # since the batch last made progress
PAUSED_FOR = timedelta(minutes=60)

_LOOK = timedelta(minutes=1)  # longer than looking and what follows may take
_DEAD = timedelta(seconds=10)  # the longest that what only sets a value waits for a process that may be dead


def queue(requests: Sequence[WriteRequest], batch: UUID) -> None:
    """Store all of them in one transaction and publish them. Those that must not be sent become not sent."""
    try:
        _write_all_down(requests, batch)
    except OperationalError:  # a deadlock with a process that sends one of them at this moment
        _write_all_down(requests, batch)
    _publish(batch)


def pause(batch: UUID) -> None:
    """Send nothing more of it. What is being sent at this moment ends."""
    Batch.objects.get_or_create(pk=batch)
    Batch.objects.filter(pk=batch, paused_at=None, stopped_at=None).update(paused_at=timezone.now())


def resume(batch: UUID) -> None:
    Batch.objects.filter(pk=batch).update(paused_at=None, resumed_at=timezone.now())
    _publish(batch)


def stop(batch: UUID) -> None:
    """What is queued is never sent. What is being sent at this moment ends."""
    Batch.objects.get_or_create(pk=batch)
    Batch.objects.filter(pk=batch, stopped_at=None).update(stopped_at=timezone.now(), paused_at=None)
    _end_unsent(_of(batch), reason=Reason.STOPPED)


def waiting_batches() -> list[UUID]:
    """Batches with a queued operation that a process may send now; each as often as it has such lanes."""
    held = Batch.objects.held().filter(stopped_at=None)
    queued = Operation.objects.filter(state=State.QUEUED).exclude(batch=None)
    batches = queued.exclude(batch__in=held.values("pk")).order_by("batch").values("batch").distinct()
    return [batch for batch, _account in _free_lanes(Operation.objects.filter(batch__in=batches))]


def send_next(batch: UUID) -> None:
    """Send one queued operation of a lane that is free. Any number of processes may call this at once."""
    said = Batch.objects.filter(pk=batch).first()
    if said and said.stopped_at:  # one that was being sent met the limit
        _end_unsent(_of(batch), reason=Reason.STOPPED)
    elif not (said and said.is_held) and any(map(_send_next_of, _free_lanes(_of(batch)))):
        publish_batch(batch)


def end_overdue() -> None:
    """What waited too long is not sent any more: without progress of its batch, or paused."""
    waiting = Operation.objects.filter(state=State.QUEUED)
    _end_unsent(waiting.filter(batch=None, created_at__lt=timezone.now() - QUEUED_FOR), reason=Reason.WAITED)
    for batch in waiting.exclude(batch=None).order_by().values_list("batch", flat=True).distinct():
        if batch and (reason := _overdue(batch)):
            _end_unsent(_of(batch), reason=reason)


def last_progress(batch: UUID) -> datetime | None:
    """When it was stored, when one of its operations was last sent or ended, or when it was resumed."""
    sent = _of(batch).order_by().exclude(state=State.QUEUED).annotate(at=Coalesce("ended_at", "sent_at"))
    moments = [
        _of(batch).order_by().aggregate(at=Max("created_at"))["at"],
        sent.aggregate(last=Max("at"))["last"],
        Batch.objects.filter(pk=batch).values_list("resumed_at", flat=True).first(),
    ]
    return max((moment for moment in moments if moment), default=None)


def _write_all_down(requests: Sequence[WriteRequest], batch: UUID) -> None:
    with transaction.atomic():
        Batch.objects.get_or_create(pk=batch)
        for place, request in enumerate(requests):
            _write_down(request, batch=batch, place=place)


def _write_down(request: WriteRequest, **fields: Any) -> None:
    try:
        sending.write_down(request, state=State.QUEUED, **fields)
        return
    except TwinPending:
        reason = Reason.TWIN
    except NeedsConfirmation:
        reason = Reason.REPETITION
    except NotAllowedNow as error:
        reason = error.reason
    sending.write_down(request, state=State.NOT_SENT, reason=reason, ended_at=timezone.now(), **fields)


def _publish(batch: UUID) -> None:
    """Once for each of its lanes, so that as many processes may send beside each other."""
    for _lane in _free_lanes(_of(batch)):
        publish_batch(batch)


def _of(batch: UUID) -> OperationQuerySet:
    return Operation.objects.filter(batch=batch).order_by("place")


def _free_lanes(operations: OperationQuerySet) -> list[Lane]:
    """Lanes with a queued operation of which none is being sent; first those that last sent the longest ago.

    What may have been sent once is waited for until its result is unknown for certain.
    """
    now = timezone.now()
    in_hand = Q(state=State.SENDING) & (Q(action__in=ONCE) | Q(sent_at__gt=now - _DEAD))
    in_hand |= Q(state=State.QUEUED, next_read_at__gt=now)
    lanes = (
        operations.order_by()
        .values("batch", "account")
        .annotate(
            queued=Count("pk", filter=Q(state=State.QUEUED)),
            in_hand=Count("pk", filter=in_hand),
            last=Max("sent_at"),
            first=Min("place"),
        )
    )
    free = lanes.filter(queued__gt=0, in_hand=0).order_by(F("last").asc(nulls_first=True), "first")
    return [(batch, account) for batch, account in free.values_list("batch", "account") if batch]


def _send_next_of(lane: Lane) -> bool:
    """Returns whether one of the lane has ended, so that the next may be sent immediately."""
    batch, account = lane
    rows = _of(batch).filter(account=account)
    if rows.filter(state=State.UNKNOWN, action__in=ONCE).exists():
        _end_unsent(rows.filter(action__in=ONCE), reason=Reason.AFTER_UNKNOWN)
    operation = rows.filter(state=State.QUEUED).select_related("account", "key", "user").first()
    if operation is None or not _take(operation):
        return False
    if _send(operation):
        return True
    rows.filter(state=State.QUEUED).update(next_read_at=None)
    return False


def _take(operation: Operation) -> bool:
    """Claim the write for reading before it is sent. The claim of a dead process ends by itself."""
    now = timezone.now()
    free = Operation.objects.filter(Q(next_read_at=None) | Q(next_read_at__lte=now), pk=operation.pk)
    claimed = now + (_LOOK if action_of(operation.action).is_once else _DEAD)
    return bool(free.filter(state=State.QUEUED).update(next_read_at=claimed))


def _send(operation: Operation) -> bool:
    """Returns whether this one has ended."""
    it = Operation.objects.filter(pk=operation.pk)
    try:
        key = _key(operation)
        if budget.is_spent(key, Purpose.BACKGROUND):
            return False  # a tick after the reset continues
        write = action_of(operation.action).write.on_the_wire(operation.parameters)
        request = WriteRequest(
            operation.user, key, write, operation.idempotency_key, agreed_total=operation.agreed_total
        )
        client, before = sending.look(request, Purpose.BACKGROUND)
        _key(operation)  # looking takes a while
    except RateLimited:
        return False
    except NotAllowedNow as error:
        return _end_unsent(it, reason=error.reason, before=operation.before | error.seen)
    except UltahostError as error:
        return _end_unsent(it, **told(error))
    if not _claim(operation, operation.before | before, key.last_four):
        return False
    sending.send(operation, client, write, when_limited=State.QUEUED)
    return operation.state != State.QUEUED


def _key(operation: Operation) -> ApiKey:
    """The key that the confirmation named, if the key still works and its sender still has the right."""
    key = ApiKey.objects.usable().filter(pk=operation.key_id).select_related("account").first()
    if key is None:
        raise NotAllowedNow(Reason.KEY_UNUSABLE)
    if not conf.may_send(operation):
        raise NotAllowedNow(Reason.NOT_ALLOWED)
    return key


def _end_unsent(operations: OperationQuerySet, **why: Any) -> bool:
    fields = {"state": State.NOT_SENT, "status": None, "message": "", "ended_at": timezone.now()}
    return bool(operations.filter(state=State.QUEUED).update(**fields | {"next_read_at": None} | why))


def _overdue(batch: UUID) -> Reason | None:
    now = timezone.now()
    if paused_at := Batch.objects.filter(pk=batch).values_list("paused_at", flat=True).first():
        return Reason.PAUSED if paused_at < now - PAUSED_FOR else None
    last = last_progress(batch)
    return Reason.WAITED if last is None or last < now - QUEUED_FOR else None


def _claim(operation: Operation, before: dict[str, Any], last_four: str) -> bool:
    """Claim the write for sending, in one statement.

    What has its effect once is claimed never beside another of its lane that is being sent or unknown, and
    nothing of a batch that is paused or stopped.
    """
    free = Operation.objects.filter(pk=operation.pk, state=State.QUEUED)
    free = free.exclude(batch__in=Batch.objects.held().values("pk"))
    if action_of(operation.action).is_once:
        others = Operation.objects.filter(account=operation.account_id, action__in=ONCE)
        others = others.filter(batch=operation.batch, state__in=[State.SENDING, State.UNKNOWN])
        free = free.exclude(batch__in=others.values("batch"))
    fields = {"state": State.SENDING, "sent_at": timezone.now(), "next_read_at": None}
    fields |= {"before": before, "key_last_four": last_four}
    if not free.update(**fields):
        return False
    operation.refresh_from_db()
    return True
