from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def is_heard(self) -> bool:
        """Whether a worker did something within the last moments, as each tick lets it."""
        now = timezone.now()
        # One from the future was left by a clock that was ahead.
        return self.filter(beat_at__range=(now - Heartbeat.SILENCE, now + Heartbeat.SILENCE)).exists()


class Heartbeat(models.Model):
    """When a worker last did something; its silence is what health and pages report."""

    SILENCE: ClassVar = timedelta(seconds=90)  # a longer one means that no worker runs

    name = models.CharField(max_length=60, primary_key=True)
    beat_at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()
