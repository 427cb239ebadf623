"""Several writes that a person confirmed at once. They are stored together; a worker sends one after another.

Writes after one with an unknown result are not sent, nor are those that were queued for ten minutes.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from ultahost_api import conf
from ultahost_api.client import RateLimited, UltahostError
from ultahost_api.models import ApiKey, Operation, Reason
from ultahost_api.models.operations import OperationQuerySet
from ultahost_api.operations import sending
from ultahost_api.operations.actions import action_of
from ultahost_api.operations.reasons import NotAllowedNow, told
from ultahost_api.operations.sending import NeedsConfirmation, TwinPending, WriteRequest
from ultahost_api.wakeup import publish_batch

State = Operation.State

_LOOK = timedelta(minutes=1)  # longer than looking and what follows may take


def queue(requests: Sequence[WriteRequest], batch: UUID) -> None:
    """Store all of them in one transaction and publish them. Those that must not be sent become not sent."""
    try:
        _write_all_down(requests, batch)
    except OperationalError:  # a deadlock with a process that sends one of them at this moment
        _write_all_down(requests, batch)
    publish_batch(batch)


def _write_all_down(requests: Sequence[WriteRequest], batch: UUID) -> None:
    with transaction.atomic():
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


def waiting_batches() -> list[UUID]:
    """Batches with a queued operation that no process handles: the next process may continue them."""
    batched = Operation.objects.exclude(batch=None).order_by("batch")
    now = timezone.now()
    busy = batched.filter(Q(state=State.SENDING) | Q(state=State.QUEUED, next_read_at__gt=now)).order_by()
    waiting = batched.filter(state=State.QUEUED).exclude(batch__in=busy.values("batch"))
    return [batch for batch in waiting.values_list("batch", flat=True).distinct() if batch]


def send_next(batch: UUID) -> None:
    """Send the first queued one, unless one is being sent. Any number of processes may call this at once."""
    if _of(batch).filter(state=State.UNKNOWN).exists():
        _stop(batch)
        return
    operation = _of(batch).filter(state=State.QUEUED).select_related("account", "key", "user").first()
    if operation is None or not _take(operation):
        return
    if _send(operation):
        publish_batch(batch)
    else:
        _of(batch).filter(state=State.QUEUED).update(next_read_at=None)


def _take(operation: Operation) -> bool:
    """Claim the write for reading before it is sent. The claim of a dead process ends after a minute."""
    now = timezone.now()
    free = Operation.objects.filter(Q(next_read_at=None) | Q(next_read_at__lte=now), pk=operation.pk)
    return bool(free.filter(state=State.QUEUED).update(next_read_at=now + _LOOK))


def _of(batch: UUID) -> OperationQuerySet:
    return Operation.objects.filter(batch=batch).order_by("place")


def _stop(batch: UUID) -> None:
    _end_unsent(_of(batch), reason=Reason.AFTER_UNKNOWN)


def _send(operation: Operation) -> bool:
    """Returns whether this one has ended, so that the next may be sent immediately."""
    it = Operation.objects.filter(pk=operation.pk)
    try:
        key = _key(operation)
        write = action_of(operation.action).write.on_the_wire(operation.parameters)
        request = WriteRequest(
            operation.user, key, write, operation.idempotency_key, agreed_total=operation.agreed_total
        )
        client, before = sending.look(request)
        _key(operation)  # looking takes a while
    except RateLimited:
        return False  # a tick after the reset continues
    except NotAllowedNow as error:
        return _end_unsent(it, reason=error.reason, before=operation.before | error.seen)
    except UltahostError as error:
        return _end_unsent(it, **told(error))
    if not _claim(operation, before, key.last_four):
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
    return bool(operations.filter(state=State.QUEUED).update(**fields | why))


def _claim(operation: Operation, before: dict[str, Any], last_four: str) -> bool:
    """Claim the write for sending, in one statement, and never beside another of the same batch."""
    others = Operation.objects.filter(batch=operation.batch, state__in=[State.SENDING, State.UNKNOWN])
    free = Operation.objects.filter(pk=operation.pk, state=State.QUEUED).exclude(
        batch__in=others.values("batch")
    )
    fields = {"state": State.SENDING, "sent_at": timezone.now(), "next_read_at": None}
    fields |= {"before": before, "key_last_four": last_four}
    if not free.update(**fields):
        return False
    operation.refresh_from_db()
    return True
