"""Keys whose last call was slow: their refreshes never occupy all workers."""

import random
from datetime import datetime, timedelta

from django.utils import timezone

from ultahost_api import conf
from ultahost_api.models import ApiKey, RateWindow, Refresh

_SLOW = 10.0  # seconds


def gives_way(refresh: Refresh, key: ApiKey) -> bool:
    """Whether the allowed number of refreshes of slow keys already runs. Two that start together both run."""
    slow = RateWindow.objects.filter(took__gte=_SLOW)
    if not slow.filter(key=key).exists():
        return False
    running = Refresh.objects.filter(lease_until__gt=timezone.now()).exclude(pk=refresh.pk)
    return running.filter(account__in=slow.values("key__account")).count() >= conf.slow_places()


def later() -> datetime:
    return timezone.now() + timedelta(seconds=random.uniform(5, 15))  # noqa: S311
