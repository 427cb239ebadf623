import time

from django.utils import timezone

from ultahost_api.models import Refresh
from ultahost_api.models.locks import dispensable
from ultahost_api.refresh import schedule

_SLICE = 10.0  # seconds


class TimeSlice:
    """How long a run may take: ``seconds``, but only a part of them while others wait for a worker.

    So an account with thousands of pages does not keep small ones waiting; it is published again after them.
    Its looks leave heartbeats: with every process at a long run no tick is heard for longer than a silence.
    """

    def __init__(self, seconds: float) -> None:
        now = time.monotonic()
        self._ends, self._looks = now + seconds, now + _SLICE

    def is_over(self) -> bool:
        now = time.monotonic()
        if now < self._looks:
            return now >= self._ends
        self._looks = now + _SLICE
        with dispensable():
            schedule.beat("worker")
        return now >= self._ends or _others_wait()


def _others_wait() -> bool:
    now = timezone.now()
    return Refresh.objects.due(now).unleased(now).filter(rung_until__gt=now).exists()
