import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone


class BatchQuerySet(models.QuerySet["Batch"]):
    def held(self) -> Self:
        """Of which nothing may be sent."""
        return self.filter(Q(paused_at__isnull=False) | Q(stopped_at__isnull=False))


class Batch(models.Model):
    """Several writes that were confirmed together: what a person said of them since.

    Its id is the ``batch`` of its operations. One of an earlier release has no row until it is paused or
    stopped.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    paused_at = models.DateTimeField(null=True)
    resumed_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)

    objects = BatchQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_held(self) -> bool:
        return bool(self.paused_at or self.stopped_at)
