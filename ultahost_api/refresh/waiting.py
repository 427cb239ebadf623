"""A refresh in this process, for a command: needs neither broker nor worker."""

import time
from collections.abc import Callable

from django.utils import timezone

from ultahost_api.models import Refresh
from ultahost_api.refresh.runs import run

_TRIES = 5
_PASSING = {Refresh.Trouble.UNREACHABLE, Refresh.Trouble.ODD, Refresh.Trouble.DIED}


def until_fresh(refresh: Refresh, say: Callable[[str], None]) -> str:
    """Refresh until a clean pass has completed. Returns the problem in words, or an empty text.

    Treats the row as due and overrides back-off, but neither a rate window nor a refused key. Waits for
    windows and for other workers' leases.
    """
    began, tries = timezone.now(), 0
    Refresh.objects.filter(pk=refresh.pk, trouble=Refresh.Trouble.LIMITED, next_due_at__gt=began).update(
        asked_at=None
    )
    Refresh.objects.filter(pk=refresh.pk).update(repeats=min(refresh.repeats, 1))
    _make_due(refresh)
    while True:
        run(refresh.pk)
        refresh.refresh_from_db()
        if refresh.clean_at and refresh.clean_at >= began:
            return ""
        if refresh.trouble in {Refresh.Trouble.NO_KEY, Refresh.Trouble.REFUSED}:
            return refresh.trouble_words or refresh.get_trouble_display()
        if refresh.trouble in _PASSING:
            tries += 1
            if tries >= _TRIES:
                return refresh.trouble_words or refresh.get_trouble_display()
            time.sleep(min(2**tries, 10))
            _make_due(refresh)
        elif refresh.waits_until:
            say(f"{refresh}: waiting for the rate limit until {refresh.waits_until:%H:%M:%S} UTC")
            time.sleep(max(0.0, (refresh.waits_until - timezone.now()).total_seconds()) + 0.1)
        elif refresh.is_running:
            say(f"{refresh}: another worker is at it")
            time.sleep(1)
        elif refresh.completed_at and refresh.completed_at >= began and refresh.repeats > 1:
            return "rows moved while they were read, twice"
        else:
            if refresh.pass_started_at:
                say(f"{refresh}: {refresh.rows_done} of {refresh.rows_total or '?'}")
            _wait_until_due(refresh)


def _wait_until_due(refresh: Refresh) -> None:
    """It may have given way to others."""
    if refresh.next_due_at:
        time.sleep(max(0.0, (refresh.next_due_at - timezone.now()).total_seconds()))


def _make_due(refresh: Refresh) -> None:
    """Make it due now, unless it waits for a rate window."""
    now = timezone.now()
    held = Refresh.objects.filter(pk=refresh.pk, trouble=Refresh.Trouble.LIMITED, next_due_at__gt=now)
    if not held.exists():
        Refresh.objects.filter(pk=refresh.pk).exclude(next_due_at=None).update(next_due_at=now, attempts=0)
