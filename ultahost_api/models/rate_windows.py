from datetime import datetime

from django.db import models
from django.utils import timezone

from ultahost_api.models.api_keys import ApiKey


class RateWindow(models.Model):
    """What one key may still send, shared by every process.

    ``budget`` writes what answers tell. A clock put right and a restored database have it told anew.
    What else the answers tell of a key is kept here too, as each of them is written down here anyway.
    ``remaining`` is null while it is unknown: then one call at a time probes, until ``probing_until``.
    """

    key = models.OneToOneField(ApiKey, models.CASCADE, primary_key=True, related_name="rate_window")
    remaining = models.IntegerField(null=True)
    resets_at = models.DateTimeField(null=True)
    limit = models.PositiveIntegerField(null=True)  # the largest remaining told, + 1, or learned
    # Seconds: the longest time to a reset that it told, or learned.
    length = models.PositiveIntegerField(null=True)
    # Where no answer tells anything, limit and length are learned from the 429s, see ``learned_windows``.
    counted = models.PositiveIntegerField(default=0)  # answers in the running window
    too_short = models.PositiveIntegerField(default=0)  # seconds; a length that led to a 429
    learned_at = models.DateTimeField(null=True)
    reserve = models.PositiveIntegerField(default=0)  # kept back from background work, for people
    held_until = models.DateTimeField(null=True)  # after a 429: nothing is sent before
    probing_until = models.DateTimeField(null=True)
    unclear_resets = models.PositiveSmallIntegerField(default=0)  # limits in a row without a usable reset
    answered_at = models.DateTimeField(null=True)
    took = models.FloatField(default=0.0)  # seconds; how long the last answer was waited for
    refused_at = models.DateTimeField(null=True)  # the last time that the provider did not let the key in
    refused_status = models.PositiveSmallIntegerField(null=True)
    refused_words = models.CharField(max_length=200, blank=True)  # the provider's

    @property
    def waits_until(self) -> datetime | None:
        """When something may be sent again; None when it may be now."""
        now = timezone.now()
        spent = self.resets_at if self.is_current and self.remaining == 0 else None
        ends = [end for end in (self.held_until, spent) if end and end > now]
        return max(ends, default=None)

    @property
    def is_current(self) -> bool:
        """Whether ``remaining`` still holds: its window has not been reset yet."""
        return self.remaining is not None and self.resets_at is not None and self.resets_at > timezone.now()
