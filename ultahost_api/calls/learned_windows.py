"""Learns the rate window from 429s if no answer says anything about it.

The answers before the first 429 are the limit, and a minute is the length. A window that was used and led to
no 429 makes the next one shorter by a quarter, until one was too short. A 429 within a minute that was not
spent makes the limit smaller.
The learned values are deleted after a day, because the provider may have changed the limit.
"""

from datetime import datetime, timedelta

from ultahost_api.models import RateWindow

_FIRST, _LONGEST = 60, 900  # seconds
_FORGOTTEN_AFTER = timedelta(days=1)


def count(window: RateWindow, now: datetime) -> None:
    """Count an answer that said nothing about the window."""
    if _runs(window, now) and not window.counted:
        return  # a window that was told
    if not _runs(window, now):
        _begin(window, now)
    window.counted += 1
    if window.learned_at and window.limit:
        left = max(0, window.limit - window.counted)
        window.remaining = left if window.remaining is None else min(window.remaining, left)


def learn(window: RateWindow, now: datetime) -> None:
    """Learn from a 429 that said nothing about the window."""
    counted, window.counted = window.counted if _runs(window, now) else 0, 0
    if window.learned_at is None or window.limit is None or window.length is None:
        if counted:
            window.limit, window.length, window.learned_at = counted, _FIRST, now
    elif counted < window.limit:
        if counted and window.length >= _FIRST:  # another program may have used the rest
            window.limit = max(counted, window.limit // 2)
        else:
            window.too_short = window.length
            window.length = min(-(-window.length * 4 // 3), _LONGEST)


def forget(window: RateWindow) -> None:
    """Delete the learned values: an answer has told the window."""
    if window.learned_at:
        window.learned_at = window.limit = window.length = None
    window.counted = window.too_short = 0


def _begin(window: RateWindow, now: datetime) -> None:
    if window.learned_at and window.learned_at < now - _FORGOTTEN_AFTER:
        forget(window)
    length = window.length if window.learned_at and window.length else _FIRST
    was_used = window.limit is not None and 2 * window.counted >= window.limit
    if window.learned_at and was_used and _shorter(length) > window.too_short:
        window.length = length = _shorter(length)
    window.counted, window.remaining = 0, None
    window.resets_at = now + timedelta(seconds=length)


def _runs(window: RateWindow, now: datetime) -> bool:
    return window.resets_at is not None and window.resets_at > now


def _shorter(length: int) -> int:
    return length * 3 // 4
