from django.db import models
from django.utils import timezone

from ultahost_api.models.api_keys import ApiKey


class RateWindow(models.Model):
    """What one key may still send, shared by every process; ``budget`` is its only writer.

    ``remaining`` is null while it is unknown: then one call at a time probes, until ``probing_until``.
    """

    key = models.OneToOneField(ApiKey, models.CASCADE, primary_key=True, related_name="rate_window")
    remaining = models.IntegerField(null=True)
    resets_at = models.DateTimeField(null=True)
    limit = models.PositiveIntegerField(null=True)  # the largest remaining ever told, + 1
    length = models.PositiveIntegerField(null=True)  # seconds; the longest time to a reset ever told
    reserve = models.PositiveIntegerField(default=0)  # kept back from background work, for people
    held_until = models.DateTimeField(null=True)  # after a 429: nothing is sent before
    probing_until = models.DateTimeField(null=True)
    unclear_resets = models.PositiveSmallIntegerField(default=0)  # limits in a row without a usable reset
    answered_at = models.DateTimeField(null=True)

    @property
    def is_current(self) -> bool:
        """Whether ``remaining`` still holds: its window has not been reset yet."""
        return self.remaining is not None and self.resets_at is not None and self.resets_at > timezone.now()
