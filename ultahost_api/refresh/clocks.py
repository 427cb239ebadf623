"""Wrong clocks: beat and a worker that differ, and times in the future that a clock has left behind."""

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Max, Model, Q, QuerySet
from django.utils import timezone

from ultahost_api import conf
from ultahost_api.calls import budget
from ultahost_api.models import Account, ApiKey, Event, Noun, Operation, RateWindow, Refresh
from ultahost_api.refresh.leases import LEASE
from ultahost_api.refresh.nouns import NOUNS
from ultahost_api.wakeup import PUBLISHED_FOR

logger = logging.getLogger(__name__)

APART = timedelta(minutes=1)  # machines may differ by this much; a time further ahead is wrong
_SKEW = 5.0  # seconds between beat and worker that a warning names
_WARN_EVERY = 600.0  # seconds
_LONGEST_WAIT = timedelta(hours=1)  # of an unverified key or an unknown operation until it is read again
_HELD_AGAIN = timedelta(minutes=15)  # a limit whose end is not known any more
_JITTER = 1.1

_heard: dict[str, float] = {}  # by task, on the monotonic clock of this process
_warned_at = -_WARN_EVERY


def heard(task: str, sent_at: float | None, pause: float = 1.0) -> bool:
    """Whether to run the task that beat published at ``sent_at`` (by beat's clock).

    A queue that was not read for a day holds thousands of them: one within ``pause`` seconds is enough.
    They carry no expiry, since a worker whose clock is ahead of beat's would then do none.
    """
    if sent_at is None:
        return True
    now = time.monotonic()
    if now - _heard.get(task, -pause) < pause:
        return False
    _heard[task] = now
    _warn_of_skew(time.time() - sent_at, now)
    return True


def _warn_of_skew(old: float, now: float) -> None:
    global _warned_at
    if abs(old) <= _SKEW or now - _warned_at < _WARN_EVERY:
        return
    _warned_at = now
    if old < 0:
        logger.warning("Beat's clock is %.0f s ahead of this worker's clock: set both by NTP.", -old)
    else:
        logger.warning(
            "Beat sent this %.0f s ago: the queue is that long, or beat's clock is behind this worker's.", old
        )


def put_right() -> None:
    """Correct all times in the future. It costs a few reads if there are none."""
    now = timezone.now()
    accounts = _forget_windows(now)
    _start_over(now, accounts)
    _bring_back_operations(now)
    late = now + APART
    _update(Account.objects.filter(watched_until__gt=late + timedelta(minutes=5)), watched_until=None)
    _update(ApiKey.objects.present().filter(next_try_at__gt=late + _LONGEST_WAIT), next_try_at=now)


def _forget_windows(now: datetime) -> list[UUID]:
    """Reset rate windows in the future; used-up ones wait again. Returns their accounts."""
    late = now + APART
    wrong = RateWindow.objects.filter(
        Q(answered_at__gt=late)
        | Q(resets_at__gt=late + timedelta(days=1), remaining__gt=0)
        | Q(probing_until__gt=late + budget.PROBE)
    )
    found = list(wrong.values_list("pk", "key__account"))
    accounts = [account for _, account in found if account]
    if found:
        pks = [pk for pk, _ in found]
        windows = RateWindow.objects.filter(Q(pk__in=pks) | Q(key__account__in=accounts))
        spent = windows.filter(Q(held_until__gt=now) | Q(remaining=0, resets_at__gt=now))
        spent.update(held_until=now + _HELD_AGAIN)
        windows.update(remaining=None, resets_at=None, probing_until=None)
        windows.filter(answered_at__gt=now).update(answered_at=now)
        windows.filter(refused_at__gt=now).update(refused_at=now)
    return accounts


def _start_over(now: datetime, accounts: Iterable[UUID]) -> None:
    """Make refreshes due now that wait longer than any may, or whose times are in the future."""
    late = now + APART
    limited = Q(trouble=Refresh.Trouble.LIMITED)
    impossible = Q(lease_until__gt=late + LEASE) | Q(rung_until__gt=late + PUBLISHED_FOR)
    impossible |= Q(completed_at__gt=late) | Q(asked_at__gt=late) | Q(pass_started_at__gt=late)
    impossible |= Q(full_due_at__gt=late + conf.FULL_EVERY) | limited & Q(account__in=list(accounts))
    planned = ~limited & ~Q(pace=Refresh.Pace.BUDGET)  # how long these two may wait has no bound
    for noun in Noun:
        longest = conf.interval(noun) * conf.SLOWEST * _JITTER
        impossible |= planned & Q(noun=noun, next_due_at__gt=late + longest)
    found = list(Refresh.objects.filter(impossible).values_list("pk", "account"))
    if not found:
        return
    logger.warning("The clock was ahead and is put right: %d refreshes are due now.", len(found))
    wrong = Refresh.objects.filter(pk__in=[pk for pk, _ in found])
    wrong.start_over(now)
    # The age of the copy is unknown: it counts as stale until it is read again.
    old = now - conf.FULL_EVERY
    for column in ("completed_at", "clean_at", "full_at", "broken_at"):
        wrong.filter(**{f"{column}__gt": now}).update(**{column: old})
    _bring_back_rows(now, {account for _, account in found})


def _bring_back_rows(now: datetime, accounts: set[UUID]) -> None:
    """A row that changed in the future would not be marked as gone, nor its details read, until then."""
    for noun in NOUNS.values():
        for column in ("changed_at", "detailed_at", "details_wanted_at", "gone_at"):
            _bring_back(noun.model._default_manager.filter(account__in=accounts), column, now)
    _bring_back(Event.objects.filter(account__in=accounts), "at", now)


def _bring_back_operations(now: datetime) -> None:
    for column in ("created_at", "sent_at", "ended_at"):
        _bring_back(Operation.objects.all(), column, now, beyond=APART)
    _update(Operation.objects.filter(next_read_at__gt=now + APART + _LONGEST_WAIT), next_read_at=now)


def _bring_back(rows: "QuerySet[Model]", column: str, now: datetime, beyond: timedelta = timedelta()) -> None:
    """Move the times so that the last one is now and the distances stay."""
    wrong = rows.filter(**{f"{column}__gt": now + beyond})
    if last := wrong.aggregate(last=Max(column))["last"]:
        wrong.update(**{column: F(column) - (last - now)})


def _update(rows: "QuerySet[Model]", **fields: datetime | None) -> None:
    """Write only if there is something to change: on SQLite each write waits for the others."""
    if rows.exists():
        rows.update(**fields)
