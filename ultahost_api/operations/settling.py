"""Operations with an unknown result: settled by reading, or by a person if nothing can be read."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import KeyUnreadable, OutOfTime, for_key
from ultahost_api.client import Effect, NotFound, NotSent, RateLimited, UltahostError
from ultahost_api.models import ApiKey, Operation
from ultahost_api.operations import batches
from ultahost_api.operations.actions import action_of
from ultahost_api.operations.sending import apply
from ultahost_api.refresh.nouns import NOUNS

State = Operation.State

_PERSON_WAITS = 5.0  # seconds, and one more call
_CLAIMED_FOR = timedelta(minutes=1)
_SENT_FOR_SURE = timedelta(seconds=90)  # longer than a write with its reads may take
_READS = (timedelta(seconds=5), timedelta(seconds=30), timedelta(seconds=120))
_LATER_READS = timedelta(minutes=10)
_GIVE_UP = timedelta(days=1)
_LAST_READS, _STOP = timedelta(hours=1), timedelta(days=2)  # while what is read leaves it open


class NoKey(Exception):
    """No usable key can read the account."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a person's look came to, if it did not end the operation: a worker reads again in both cases.

    ``failure`` is why nothing was read: NoKey, KeyUnreadable or an UltahostError.
    """

    was_too_short: bool = False
    failure: Exception | None = None


def abandon() -> None:
    """After a process died: ``sending`` becomes unknown, and rows queued for too long become not sent."""
    now = timezone.now()
    left = Operation.objects.filter(state=State.SENDING, sent_at__lt=now - _SENT_FOR_SURE)
    left.update(state=State.UNKNOWN, ended_at=now, next_read_at=now)
    batches.end_overdue()


def due() -> list[UUID]:
    """Unknown operations whose next read is due. Each is returned once per read."""
    now = timezone.now()
    waiting = Operation.objects.filter(state=State.UNKNOWN, next_read_at__lte=now)
    claimed = now + _CLAIMED_FOR
    return [
        pk
        for pk, at in waiting.values_list("pk", "next_read_at")
        if Operation.objects.filter(pk=pk, next_read_at=at).update(next_read_at=claimed)
    ]


def settle(operation_id: UUID | str, seconds: float = math.inf) -> Look:
    """Read once and store the result. It may be called any number of times.

    If the reads are not done after ``seconds``, a worker soon reads anew.
    """
    operation = Operation.objects.select_related("account", "key").get(pk=operation_id)
    if operation.state != State.UNKNOWN:
        return Look()
    if _is_known_gone(operation):
        _end_as_gone(operation)
        return Look()
    if not action_of(operation.action).can_be_seen:
        _read_no_more(operation)
        return Look()
    try:
        _read(operation, seconds)
    except OutOfTime:
        _read_now(operation)
        return Look(was_too_short=True)
    except (NoKey, KeyUnreadable, UltahostError) as error:
        if isinstance(error, NotFound) and _sets_something(operation):
            _end_as_gone(operation)
            return Look()
        _read_later(operation, was_asked=_was_asked(error))
        return Look(failure=error)
    return Look()


def _read(operation: Operation, seconds: float) -> None:
    key = _key(operation)
    if key is None:
        raise NoKey
    action = action_of(operation.action)
    seen = action.took_effect(for_key(key, Purpose.PERSON, seconds), operation)
    if seen:
        _end(operation, State.CONFIRMED, result=operation.result)
        apply(operation)
    elif seen is False and _seen_often_enough(operation):
        _end(operation, State.NOT_CONFIRMED)
    else:
        _read_later(operation, tried=True)


def _was_asked(error: Exception) -> bool:
    """Whether the call that failed went to Ultahost. A limit that was not asked has no status."""
    if isinstance(error, RateLimited):
        return error.status is not None
    return not isinstance(error, NoKey | KeyUnreadable | NotSent)


def look_again(operation: Operation) -> Look:
    """A person asked to read now and waits for it."""
    unknown = Operation.objects.filter(pk=operation.pk, state=State.UNKNOWN)
    unknown.update(next_read_at=timezone.now() + _CLAIMED_FOR)
    look = settle(operation.pk, _PERSON_WAITS)
    operation.refresh_from_db()
    return look


def decide(operation: Operation, user: Any, *, took_effect: bool) -> bool:
    """Store the result that a person saw, such as in the provider's panel. Returns False if it was known."""
    state = State.CONFIRMED if took_effect else State.NOT_CONFIRMED
    decided = _end(operation, state, settled_by=user)
    if operation.took_effect:
        apply(operation)
    return decided


def _sets_something(operation: Operation) -> bool:
    """A switch or a value of one row: when the row is gone, its last setting cannot be read any more."""
    return action_of(operation.action).effect == Effect.SET and operation.remote_id is not None


def _is_known_gone(operation: Operation) -> bool:
    """Whether a refresh has marked the row as gone, after asking Ultahost for that row."""
    noun = NOUNS.get(f"{operation.noun}s")
    if noun is None or not _sets_something(operation):
        return False
    return noun.rows.gone().filter(account=operation.account, remote_id=operation.remote_id).exists()


def _end_as_gone(operation: Operation) -> None:
    _end(operation, State.NOT_CONFIRMED, result=operation.result | {"gone": True})


def _key(operation: Operation) -> ApiKey | None:
    """The key that sent it, or another of the account: reading needs no particular one."""
    usable = ApiKey.objects.usable().filter(account=operation.account)
    return usable.filter(pk=operation.key_id).first() or usable.first()


def _seen_often_enough(operation: Operation) -> bool:
    """Whether to stop reading: for money after a day; for a repeatable write after the third read.

    A person may look more often than planned: the last planned one has to be due as well.
    """
    if action_of(operation.action).is_once:
        return timezone.now() - operation.created_at > _GIVE_UP
    return operation.read_tries + 1 >= len(_READS) and timezone.now() >= _since(operation) + _READS[-1]


def _read_later(operation: Operation, *, tried: bool = False, was_asked: bool = True) -> None:
    now = timezone.now()
    tries = operation.read_tries + tried
    age = now - operation.created_at
    planned = _since(operation) + _READS[min(tries, len(_READS) - 1)]
    if age > _GIVE_UP or (tries >= len(_READS) and planned <= now):
        planned = now + (_LAST_READS if age > _GIVE_UP else _LATER_READS)
    over = age > _STOP
    fields = {"read_tries": tries, "next_read_at": None if over else max(planned, now + _READS[0])}
    fields |= {"read_at": now} if was_asked else {}
    Operation.objects.filter(pk=operation.pk, state=State.UNKNOWN).update(**fields)


def _since(operation: Operation) -> datetime:
    return operation.ended_at or operation.created_at


def _read_now(operation: Operation) -> None:
    Operation.objects.filter(pk=operation.pk, state=State.UNKNOWN).update(next_read_at=timezone.now())


def _read_no_more(operation: Operation) -> None:
    Operation.objects.filter(pk=operation.pk, state=State.UNKNOWN).update(next_read_at=None)


def _end(operation: Operation, state: Operation.State, **fields: Any) -> bool:
    fields |= {"state": state, "next_read_at": None, "read_at": timezone.now()}
    ended = Operation.objects.filter(pk=operation.pk, state=State.UNKNOWN).update(**fields)
    operation.refresh_from_db()
    return bool(ended)
