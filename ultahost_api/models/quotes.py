from django.db import models

from ultahost_api.models.cached import Cached, CachedQuerySet


class Quote(Cached):
    """An offer of the provider's. Its items and words are read live."""

    subject = models.CharField(max_length=255, blank=True)
    stage = models.CharField(max_length=60, blank=True)
    valid_until = models.DateField(null=True)
    created_on = models.DateField(null=True)
    total = models.DecimalField(max_digits=14, decimal_places=2, null=True)

    objects = CachedQuerySet["Quote"].as_manager()

    class Meta(Cached.Meta):
        indexes = [
            models.Index(fields=["account", "gone_at", "stage"]),
            models.Index(fields=["created_on"]),
        ]

    def __str__(self) -> str:
        return self.subject or f"#{self.remote_id}"
