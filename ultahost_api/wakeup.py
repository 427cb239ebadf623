"""Tells the workers that work is due: ids are published after commit, and one that is lost costs a tick."""

import logging
import time
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from celery import current_app
from django.db import transaction
from django.utils import timezone

from ultahost_api.models import Refresh

logger = logging.getLogger(__name__)

PUBLISHED_FOR = timedelta(seconds=60)
_LONGEST_WAIT = 60.0  # seconds; longer ones run several times once the queue takes them for lost
_MOST_HELD = 50

# A process whose queue did not answer leaves it alone for so long: the ticks find the rest.
_LEFT_ALONE = 5.0  # seconds
_silent_until = 0.0  # on the monotonic clock of this process

REFRESH = "ultahost_api.tasks.refresh"
SETTLE = "ultahost_api.tasks.settle"
SEND_NEXT = "ultahost_api.tasks.send_next"
VERIFY = "ultahost_api.tasks.verify_key"


def publish_for_people(refresh_ids: Iterable[int]) -> None:
    """After commit, have these refreshes run before the ones that only fell due."""
    transaction.on_commit(partial(publish, list(refresh_ids), queue="people"))


def publish_later(refresh: Refresh) -> None:
    """Publish a refresh for the moment when it is due, if that is within a minute; a tick may be later.

    A worker holds such messages in its memory; of more than a few the ticks find the rest.
    """
    now = timezone.now()
    wait = (refresh.next_due_at - now).total_seconds() if refresh.next_due_at else 0
    held = Refresh.objects.filter(next_due_at__gt=now, rung_until__gt=now)
    if 0 < wait <= _LONGEST_WAIT and held.count() < _MOST_HELD and _claim([refresh.pk], wait):
        _send(REFRESH, refresh.pk, "refresh", wait=wait)


def publish(refresh_ids: list[int], queue: str = "refresh") -> int:
    """Publish those that are not published yet; how many. Two beats publish each refresh once."""
    claimed = _claim(refresh_ids)
    for position, pk in enumerate(claimed):
        if not _send(REFRESH, pk, queue):
            Refresh.objects.filter(pk__in=claimed[position:]).update(rung_until=None)
            return position
    return len(claimed)


def _claim(refresh_ids: list[int], wait: float = 0.0) -> list[int]:
    """Mark the unpublished ones as published, in their order. Rows that a worker has locked are skipped."""
    now = timezone.now()
    with transaction.atomic():
        free = Refresh.objects.filter(pk__in=refresh_ids).unpublished(now).select_for_update(skip_locked=True)
        claimed = set(free.values_list("pk", flat=True))
        Refresh.objects.filter(pk__in=claimed).update(
            rung_until=now + PUBLISHED_FOR + timedelta(seconds=wait)
        )
    return [pk for pk in refresh_ids if pk in claimed]


def publish_key(key_id: UUID) -> None:
    transaction.on_commit(lambda: _send(VERIFY, str(key_id), "people") and None)


def publish_operation(operation_id: UUID) -> None:
    _send(SETTLE, str(operation_id), "people")


def publish_batch(batch: UUID) -> None:
    transaction.on_commit(lambda: _send(SEND_NEXT, str(batch), "people") and None)


def publish_task(task: str, argument: str, queue: str = "refresh") -> None:
    """After commit, for a task of the project; its argument is an id and no secret."""
    transaction.on_commit(lambda: _send(task, argument, queue) and None)


def _send(task: str, argument: object, queue: str, wait: float = 0.0) -> bool:
    global _silent_until
    if time.monotonic() < _silent_until:
        return False
    later: dict[str, Any] = {"countdown": wait} if wait else {}
    try:
        current_app.send_task(task, args=[argument], queue=queue, **later)
    except Exception as error:  # whatever kombu stumbles over: nothing fails for want of a queue
        _silent_until = time.monotonic() + _LEFT_ALONE
        logger.warning(
            "The queue does not answer (%s); the next tick finds what is due.", type(error).__name__
        )
        return False
    return True
