"""When a refresh is due next, and the reason."""

import random
from datetime import datetime, timedelta

from django.utils import timezone

from ultahost_api import conf
from ultahost_api.models import LISTS, ApiKey, Operation, Refresh

Pace = Refresh.Pace

_SLOWING, _PATIENCE = 1.1, 3  # per pass that changed nothing, from the fourth in a row on
_SHARE = 0.5  # of the limit, for the lists of an account together


def plan(refresh: Refresh) -> tuple[datetime, Refresh.Pace]:
    """The next due time and its reason, with 10 % jitter, so that accounts do not refresh all at once."""
    wait, pace = _wanted(refresh)
    affordable = _affordable(refresh)
    if affordable > wait:
        wait, pace = affordable, Pace.BUDGET
    return timezone.now() + wait * random.uniform(0.9, 1.1), pace  # noqa: S311


def _wanted(refresh: Refresh) -> tuple[timedelta, Refresh.Pace]:
    usual = conf.interval(refresh.noun)
    if refresh.noun not in LISTS:
        return usual, Pace.USUAL
    if refresh.account.is_watched:
        return min(usual, conf.WATCHED_INTERVAL), Pace.WATCHED
    if Operation.objects.filter(account=refresh.account).expected().exists():
        return min(usual, conf.WATCHED_INTERVAL), Pace.OPERATION
    quiet = max(0, refresh.quiet - _PATIENCE)
    return usual * min(_SLOWING**quiet, conf.SLOWEST), Pace.QUIET if quiet else Pace.USUAL


def _affordable(refresh: Refresh) -> timedelta:
    """The shortest interval that the rate limit allows if each list gets the same share of it."""
    key = ApiKey.objects.usable().filter(account=refresh.account).select_related("rate_window").first()
    window = getattr(key, "rate_window", None)
    if refresh.noun not in LISTS or window is None or not window.limit or not window.length:
        return timedelta()
    per_list = window.limit * _SHARE / len(LISTS)
    return timedelta(seconds=window.length * refresh.calls / per_list)
