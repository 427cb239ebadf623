"""How long calls will take that leave the reserve of each key to people."""

from collections.abc import Iterable
from math import ceil

from django.utils import timezone

from ultahost_api.models import ApiKey, RateWindow

_CALL = 0.3  # seconds at least, with what a worker does besides
_TICK = 2.5  # seconds from a reset to the tick that continues, on average
_AT_ONCE = 2  # processes of one worker


def seconds_for_all(calls: Iterable[tuple[ApiKey, int]]) -> float:
    """Keys are used beside each other, by as many processes as there are. One statement."""
    told = list(calls)
    keys = RateWindow.objects.filter(key__in=[key.pk for key, _count in told])
    windows = {window.key_id: window for window in keys}
    longest = max((_seconds(windows.get(key.pk), count) for key, count in told), default=0.0)
    return max(longest, sum(_each(windows.get(key.pk)) * count for key, count in told) / _AT_ONCE)


def _seconds(window: RateWindow | None, calls: int) -> float:
    """Of a key whose limit is not known yet: as long as its answers take."""
    each = _each(window)
    if window is None or not window.limit or not window.length:
        return calls * each
    in_a_window = max(1, window.limit - window.reserve)
    left = _left(window, in_a_window)
    if calls <= left:
        return calls * each
    windows = ceil((calls - left) / in_a_window)
    last = calls - left - (windows - 1) * in_a_window
    return _until_reset(window) + (windows - 1) * (window.length + _TICK) + _TICK + last * each


def _each(window: RateWindow | None) -> float:
    return max(_CALL, window.took if window else 0.0)


def _left(window: RateWindow, in_a_window: int) -> int:
    if window.held_until and window.held_until > timezone.now():
        return 0
    return max(0, (window.remaining or 0) - window.reserve) if window.is_current else in_a_window


def _until_reset(window: RateWindow) -> float:
    now = timezone.now()
    ends = [end for end in (window.held_until, window.resets_at) if end and end > now]
    return (max(ends) - now).total_seconds() if ends else float(window.length or 0)
