"""The calls that a key may still send, shared by all processes through one row (RateWindow) per key."""

import random
import time
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import Exists, F, Max, Q, QuerySet, Value
from django.utils import timezone

from ultahost_api.calls import learned_windows
from ultahost_api.client import NotSent, Rate, RateLimited
from ultahost_api.models import Account, ApiKey, RateWindow
from ultahost_api.models.api_keys import ApiKeyQuerySet

_MARGIN = timedelta(seconds=1)  # servers have been seen to refuse at the very second of the reset
_SHORT = 30  # seconds; a reset that is nearer may move on with each answer
_JITTER = 1.0  # seconds at most, so that keys that reset together do not call together
PROBE = timedelta(seconds=50)  # longer than a call may take
_PROBE_PATIENCE = 2.0  # seconds to wait for another process's probe before giving way
_PERSON_PATIENCE = 6.0  # seconds: a person at a page would rather wait than be refused
_UNCLEAR_FIRST, _UNCLEAR_LONGEST = timedelta(minutes=1), timedelta(minutes=15)
_DOUBLED_AT_MOST = 6
_STRANGERS_LONGEST = 60 * 60.0  # seconds that a server in front of the provider may hold a key
_REFUSALS = {401, 403}  # what is wrong with the key; a 400 or a 404 is about what was asked for
_RESERVE_FROM = 10  # a limit smaller than this leaves nothing to keep back


class Purpose(StrEnum):
    """What a call is for: this decides how many calls of the window it has to leave to others."""

    PERSON = "person"  # may spend the window
    BACKGROUND = "background"  # leaves the reserve
    DETAILS = "details"  # leaves half of the window


_FLOORS = {Purpose.PERSON: Value(0), Purpose.BACKGROUND: F("reserve"), Purpose.DETAILS: F("limit") / 2}


class KeyStopped(NotSent):
    """The key was disabled, removed or replaced since it was read, so nothing is sent with it."""


def take(key: ApiKey, purpose: Purpose) -> None:
    """Subtract one call from the key's window before it is sent.

    Raises RateLimited or KeyStopped if it may not.
    """
    patience = time.monotonic() + (_PERSON_PATIENCE if purpose == Purpose.PERSON else _PROBE_PATIENCE)
    while not _taken(key, purpose, timezone.now()):
        if not _in_use(key).exists():
            raise KeyStopped("The API key was disabled, removed or replaced.")
        window, is_new = RateWindow.objects.get_or_create(key=key)
        if is_new:  # there was no row and no probe
            continue
        now = timezone.now()
        retry_at = _blocked_until(window, now)
        # Another process's probe may have ended since and found that calls are left.
        if retry_at is not None and not _with_calls_left(key, purpose, now).exists():
            raise RateLimited("The rate limit is used up.", retry_at=retry_at)
        if time.monotonic() > patience:  # another process's probe takes long
            raise RateLimited("Another call finds out the rate limit.", retry_at=now + _MARGIN)
        time.sleep(0.05)


def allows_beside(key: ApiKey, purpose: Purpose) -> bool:
    """Whether a call may go out while others do. A learned window counts answers, one after the other."""
    return _with_calls_left(key, purpose, timezone.now()).filter(learned_at=None).exists()


def is_spent(key: ApiKey, purpose: Purpose) -> bool:
    """Whether ``take`` would be refused now, as far as is known: nothing is subtracted."""
    now = timezone.now()
    window = RateWindow.objects.filter(key=key).first()
    is_blocked = window is not None and _blocked_until(window, now) is not None
    return is_blocked and not _with_calls_left(key, purpose, now).exists()


def _taken(key: ApiKey, purpose: Purpose, now: datetime) -> bool:
    if _with_calls_left(key, purpose, now).update(remaining=F("remaining") - 1):
        return True
    unknown = _not_held(key, now).filter(Q(remaining=None) | Q(resets_at=None) | Q(resets_at__lte=now))
    alone = unknown.filter(Q(probing_until=None) | Q(probing_until__lte=now))
    return bool(alone.update(remaining=None, probing_until=now + PROBE))


def _with_calls_left(key: ApiKey, purpose: Purpose, now: datetime) -> QuerySet[RateWindow]:
    return _not_held(key, now).filter(resets_at__gt=now, remaining__gt=_FLOORS[purpose])


def _not_held(key: ApiKey, now: datetime) -> QuerySet[RateWindow]:
    """The key's window, while the key is in use and no 429 holds it."""
    of_key = RateWindow.objects.filter(Exists(_in_use(key)), key=key)
    return of_key.filter(Q(held_until=None) | Q(held_until__lte=now))


def _in_use(key: ApiKey) -> ApiKeyQuerySet:
    return ApiKey.objects.still(key).filter(removed_at=None, disabled_at=None)


def _blocked_until(window: RateWindow, now: datetime) -> datetime | None:
    """Until when no call may be sent; None if only another process's probe prevents it."""
    if window.held_until and window.held_until > now:
        return window.held_until
    if window.remaining is not None and window.resets_at and window.resets_at > now:
        return window.resets_at
    return None


def record(key: ApiKey, rate: Rate, status: int | None, words: str = "", took: float = 0.0) -> None:
    """Store what an answer, or its absence (``status`` None), says about the window.

    ``words`` is the message of an error; ``took`` is the time to the answer in seconds.
    """
    now = timezone.now()
    with transaction.atomic():
        window = RateWindow.objects.select_for_update().get_or_create(key=key)[0]
        window.probing_until = None
        window.took = took
        if status is not None:
            window.answered_at = now
        if status in _REFUSALS:
            window.refused_at, window.refused_status, window.refused_words = now, status, words[:200]
        if status == 429:
            _hold(window, rate, now)
        elif status is None:
            _wait_as_told(window, rate, now)
        else:
            _read_remaining(window, rate, now, timedelta(seconds=took))
        window.save()
    spent_until = _spent_until(window, status)
    if spent_until and key.account:  # outside: two keys that hold each other would wait for ever
        _hold_siblings(window, key.account, spent_until)


def join(key: ApiKey) -> None:
    """Let a key that is new to its account wait as long as the account's other keys."""
    others = RateWindow.objects.filter(key__account=key.account, held_until__gt=timezone.now())
    if held_until := others.exclude(key=key).aggregate(Max("held_until"))["held_until__max"]:
        RateWindow.objects.get_or_create(key=key)
        own = RateWindow.objects.filter(Q(held_until=None) | Q(held_until__lt=held_until), key=key)
        own.update(held_until=held_until)


def _read_remaining(window: RateWindow, rate: Rate, now: datetime, took: timedelta) -> None:
    window.unclear_resets = 0
    if rate.remaining is None:
        learned_windows.count(window, now)
        return
    learned_windows.forget(window)
    is_over = window.resets_at and window.resets_at <= now and rate.reset_in is not None
    if is_over and (window.length or 0) >= _SHORT:
        _age(window)
    window.limit = max(window.limit or 0, rate.remaining + 1)
    window.length = max(window.length or 0, round(rate.reset_in or 0)) or None
    window.reserve = _reserve(window.limit)
    reset = _reset_told(rate, now) or _guessed_reset(window, now)
    if _same_window(window, reset - took, now) and window.remaining is not None:
        # Answers can arrive in another order; the lowest count is the right one.
        window.remaining = min(window.remaining, rate.remaining)
        window.resets_at = max(window.resets_at or reset, reset)
    else:
        window.remaining = rate.remaining
        window.resets_at = reset + timedelta(seconds=random.uniform(0, _JITTER))  # noqa: S311


def _age(window: RateWindow) -> None:
    """Its time is over, and the next may be smaller or shorter: of what was told half counts.

    How large and how long the next is its first answer tells only if no other program was before us. Where no
    reset is told, or one that is always moments ahead, there is no window that could be over.
    """
    window.limit = window.limit // 2 if window.limit else None
    window.length = window.length // 2 if window.length else None


def _reserve(limit: int) -> int:
    return max(2, limit // 10) if limit >= _RESERVE_FROM else 0


def _same_window(window: RateWindow, reset: datetime, now: datetime) -> bool:
    """Resets told within a window differ by the seconds that headers and dates are rounded to.

    An answer that was long on its way seems to tell a later one, so ``reset`` is the earliest it may mean.
    """
    return bool(window.resets_at and window.resets_at > now and reset <= window.resets_at + _MARGIN)


def _reset_told(rate: Rate, now: datetime) -> datetime | None:
    if rate.reset_in is None:
        return None
    return now + timedelta(seconds=rate.reset_in) + _MARGIN


def _guessed_reset(window: RateWindow, now: datetime) -> datetime:
    """The reset if the answer gave no usable one: that of the running window, or a minute."""
    return window.resets_at if window.resets_at and window.resets_at > now else now + _UNCLEAR_FIRST


def _hold(window: RateWindow, rate: Rate, now: datetime) -> None:
    """Hold the key until the reset.

    Without a reset: a minute, doubled with each 429 in a row, at most 15 minutes. With one that is always
    moments ahead: seconds, doubled with each 429 that comes after such a wait, at most a minute.
    """
    has_waited = window.held_until is not None and window.held_until <= now
    window.remaining = 0
    if rate.wait is None and rate.remaining is None:
        learned_windows.learn(window, now)
        window.reserve = _reserve(window.limit or 0)
    if rate.wait is None:
        held = now + min(_UNCLEAR_FIRST * 2**window.unclear_resets, _UNCLEAR_LONGEST)
        window.unclear_resets = min(window.unclear_resets + 1, 4)
    else:
        window.unclear_resets = min(window.unclear_resets + has_waited, _DOUBLED_AT_MOST)
        wait = max(rate.wait, 2**window.unclear_resets if window.unclear_resets else 0)
        held = now + timedelta(seconds=wait + random.uniform(0, _JITTER)) + _MARGIN  # noqa: S311
    window.held_until = max(window.held_until or held, held)
    window.resets_at = max(window.resets_at or held, held)


def _wait_as_told(window: RateWindow, rate: Rate, now: datetime) -> None:
    """A server in front of the provider may say when to come again; of the window that tells nothing."""
    if rate.retry_after is not None:
        held = now + timedelta(seconds=min(rate.retry_after, _STRANGERS_LONGEST)) + _MARGIN
        window.held_until = max(window.held_until or held, held)


def _spent_until(window: RateWindow, status: int | None) -> datetime | None:
    """Until when the window is used up; None unless the answer said that no calls are left."""
    if status == 429:
        return window.held_until
    return window.resets_at if status is not None and window.remaining == 0 else None


def _hold_siblings(window: RateWindow, account: Account, until: datetime) -> None:
    """Hold all keys of the account when one window is used up: the provider may count per client."""
    for sibling in ApiKey.objects.present().filter(account=account).exclude(pk=window.pk):
        RateWindow.objects.get_or_create(key=sibling)
    RateWindow.objects.filter(key__account=account).exclude(pk=window.pk).filter(
        Q(held_until=None) | Q(held_until__lt=until)
    ).update(held_until=until)
