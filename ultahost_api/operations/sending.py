"""Store a write, send it once, store its result."""

import logging
import time
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import Error, IntegrityError, connection, transaction
from django.utils import timezone

from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import KeyMeter, KeyUnreadable, metered
from ultahost_api.client import (
    Answer,
    BadRequest,
    Client,
    Effect,
    Forbidden,
    NotFound,
    NotSent,
    RateLimited,
    UltahostError,
    Unauthorized,
)
from ultahost_api.client.core.amounts import written
from ultahost_api.client.core.write import Write
from ultahost_api.models import Account, ApiKey, Operation, Reason, Refresh
from ultahost_api.models.operations import PENDING, OperationQuerySet
from ultahost_api.operations.actions import WriteAction, action_of
from ultahost_api.operations.reasons import NeedsConfirmation, NotAllowedNow, TwinPending, told
from ultahost_api.refresh import schedule

logger = logging.getLogger(__name__)

State = Operation.State

FIRST_READ = timedelta(seconds=5)
_SECONDS = 30.0
_NOTED_AGAIN_AFTER = (0.5, 2.0, 5.0)  # seconds; SQLite itself waits twenty for another writer


@dataclass(frozen=True, slots=True)
class WriteRequest:
    """A write that a user wants to send with a key. Of two with one ``idempotency_key`` only one is sent."""

    user: Any
    key: ApiKey
    write: Write
    idempotency_key: UUID
    noted: Mapping[str, object] = field(default_factory=dict)  # stored in ``before``
    agreed_total: Decimal | None = None  # the total that the person confirmed

    @property
    def action(self) -> WriteAction:
        return action_of(self.write.action)

    @property
    def account(self) -> Account:
        assert self.key.account  # noqa: S101  # a key that is not verified is usable for nothing
        return self.key.account


def perform(request: WriteRequest, *, over: Set[UUID] = frozenset()) -> Operation:
    """Send the write once. A second call with the same ``idempotency_key`` returns the first operation.

    ``over`` are the ids of those of NeedsConfirmation that a person saw and confirmed. Raises TwinPending,
    NeedsConfirmation (if there are others) or NotAllowedNow, and then nothing was sent.
    """
    earlier = {*_may_have(request).exclude(state__in=PENDING).values_list("pk", flat=True)}
    if known := _known(request, over):
        return known
    try:
        client, before = look(request)
    except UltahostError as error:
        return _write(request, state=State.NOT_SENT, **told(error), ended_at=timezone.now())[0]
    before = _noted_of(request) | before | {"over": _unanswered(request)}
    operation, is_new = _write(request, earlier, before=before, sent_at=timezone.now())
    if is_new:
        send(operation, client, request.write)
    return operation


def write_down(request: WriteRequest, **fields: Any) -> Operation:
    """Store the write without sending it. A known ``idempotency_key`` returns its operation.

    Raises TwinPending or NeedsConfirmation if it is stored as queued.
    """
    if fields["state"] == State.QUEUED:
        known = _known(request)
    else:
        known = sent_by(request.user, request.idempotency_key)
    before = _noted_of(request) | {"over": _unanswered(request)}
    return known or _write(request, before=before, **fields)[0]


def look(request: WriteRequest, purpose: Purpose = Purpose.PERSON) -> tuple[Client, dict[str, Any]]:
    """Read before sending. Returns the client to send with, and the state that was read.

    Raises NotAllowedNow, or the UltahostError of the read.
    """
    try:
        client = metered(KeyMeter(request.key, purpose), deadline=_SECONDS)
        before = request.action.before(client, request.write.parameters)
    except KeyUnreadable:
        raise NotAllowedNow(Reason.KEY_UNREADABLE) from None
    _refuse_other_total(request.agreed_total, before)
    return client, before


def _noted_of(request: WriteRequest) -> dict[str, Any]:
    return {**request.action.noted(request.account, request.write.parameters), **request.noted}


def sent_by(user: Any, idempotency_key: UUID) -> Operation | None:
    """The operation with this ``idempotency_key``, if there is one."""
    return Operation.objects.filter(idempotency_key=idempotency_key, user=user).first()


def _refuse_other_total(agreed: Decimal | None, before: Mapping[str, Any]) -> None:
    """Refuse unless the total is the one that the person saw."""
    if agreed is not None and "total" in before and Decimal(before["total"]) != agreed:
        total = written(Decimal(before["total"]))
        raise NotAllowedNow(Reason.OTHER_TOTAL, total=total, agreed=written(agreed))


def _same(request: WriteRequest) -> OperationQuerySet:
    """Operations of the same action on the same target, by any form, newest first."""
    action = request.action
    same = Operation.objects.filter(account=request.account, action=request.write.action)
    same = same.filter(noun=action.noun, subject=action.subject(request.write))
    return same.order_by("-created_at")


def _may_have(request: WriteRequest) -> OperationQuerySet:
    """Those that may have taken effect. What certainly did not is left out."""
    return _same(request).exclude(state__in=[State.REFUSED, State.NOT_SENT])


def _known(request: WriteRequest, over: Set[UUID] = frozenset()) -> Operation | None:
    """The operation of the same form, if there is one. Raises if another form repeats a write."""
    if known := sent_by(request.user, request.idempotency_key):
        return known
    others = _same(request).exclude(idempotency_key=request.idempotency_key)
    if twin := others.pending().first():
        raise TwinPending(twin)
    if request.action.is_once:
        unanswered = _unanswered(request)
        if not {*unanswered} <= {str(pk) for pk in over}:
            raise NeedsConfirmation([*_may_have(request).filter(pk__in=unanswered)])
    return None


def _unanswered(request: WriteRequest) -> list[str]:
    """The ids of those not confirmed that no later one was sent over, as far as that may have taken effect.

    Each keeps the ids of what it was sent over: a clock that is put back lets what is newer seem older.
    """
    told = [*_may_have(request).values_list("pk", "state", "created_at", "before__over")]
    lost = {str(pk): at for pk, state, at, _ids in told if state == State.NOT_CONFIRMED}
    over = {pk for _pk, _state, _at, ids in told for pk in ids or ()}
    # One of an earlier version kept none: it was sent over all that were there.
    last_of_earlier = max((at for _pk, _state, at, ids in told if ids is None), default=None)
    return [
        pk for pk, at in lost.items() if pk not in over and not (last_of_earlier and at < last_of_earlier)
    ]


def _write(request: WriteRequest, earlier: Set[UUID] = frozenset(), **fields: Any) -> tuple[Operation, bool]:
    """Returns the committed row, and whether this call may send it: of two posts of one form only one may.

    With ``sent_at`` it claims the target. It refuses if another form's write was sent that is not among the
    ``earlier``, which had ended before.
    """
    action, write = request.action, request.write
    try:
        with transaction.atomic():
            operation = Operation.objects.create(
                idempotency_key=request.idempotency_key,
                user=request.user,
                account=request.account,
                key=request.key,
                key_last_four=request.key.last_four,
                action=write.action,
                noun=action.noun,
                subject=action.subject(write),
                remote_id=action.remote_id(write.parameters),
                parameters=write.plain,
                agreed_total=request.agreed_total,
                **fields,
            )
            if operation.sent_at:
                _refuse_repetition(request, operation, earlier)
            return operation, True
    except IntegrityError:
        if known := sent_by(request.user, request.idempotency_key):
            return known, False
        if twin := _same(request).pending().first():
            raise TwinPending(twin) from None
        raise NotAllowedNow(Reason.JUST_BEGUN) from None


def _refuse_repetition(request: WriteRequest, operation: Operation, earlier: Set[UUID]) -> None:
    """Refuse if another form's write started and ended while this one was reading.

    No time tells that: a clock that is put back lets what is newer seem older.
    """
    request.action.refuse_beside_others(operation)
    if not {*_may_have(request).values_list("pk", flat=True)} <= {*earlier, operation.pk}:
        raise NotAllowedNow(Reason.JUST_DONE)


def send(
    operation: Operation,
    client: Client,
    write: Write,
    when_limited: Operation.State = State.NOT_SENT,
) -> None:
    """Send it.

    If this process dies meanwhile, the row stays ``sending`` and a later tick makes it unknown.
    """
    try:
        answer = client.send(write)
    except NotFound as error:
        gone = write.spec.effect == Effect.DELETE
        _end(operation, State.DONE if gone else State.REFUSED, error)
    except (BadRequest, Forbidden, Unauthorized) as error:
        _end(operation, State.REFUSED, error)
    except RateLimited as error:
        _end(operation, when_limited, error)
    except NotSent as error:
        _end(operation, State.NOT_SENT, error)
    except UltahostError as error:
        _end(operation, State.UNKNOWN, error, next_read_at=timezone.now() + FIRST_READ)
        _hasten(operation)
    else:
        _end(operation, State.DONE, answer, result=action_of(operation.action).kept_of(answer.data))
    if operation.took_effect:
        apply(operation)


def _end(operation: Operation, state: Operation.State, answer: Answer | UltahostError, **fields: Any) -> None:
    fields |= {
        "state": state,
        "status": answer.status,
        **told(answer),
        "ended_at": timezone.now(),
    }
    if _noted(operation, fields):
        for name, value in fields.items():
            setattr(operation, name, value)


def _noted(operation: Operation, fields: Mapping[str, Any]) -> bool:
    """Store the answer. It cannot be requested again, so a locked database is tried several times."""
    # A tick may have made it unknown meanwhile: this process knows the answer.
    ours = Operation.objects.filter(pk=operation.pk, state__in=[State.SENDING, State.UNKNOWN])
    for pause in _NOTED_AGAIN_AFTER:
        try:
            return bool(ours.update(**fields))
        except Error as error:
            logger.warning("That operation %s is %s is not noted: %s", operation.pk, fields["state"], error)
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            time.sleep(pause)
    return bool(ours.update(**fields))


def _hasten(operation: Operation) -> None:
    try:
        schedule.hasten([operation.account], Refresh.Pace.OPERATION)
    except Error as error:  # these refreshes run when they are due
        logger.warning("No refresh was hastened after operation %s: %s", operation.pk, error)


def apply(operation: Operation) -> None:
    """Change our copy. The result is already stored; if this fails, the next refresh reads the change."""
    action = action_of(operation.action)
    try:
        action.change(operation)
        schedule.ask([operation.account], action.stale)
    except Error as error:
        logger.warning("Our copy was not changed after operation %s: %s", operation.pk, error)
