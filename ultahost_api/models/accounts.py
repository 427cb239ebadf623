import uuid
from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone

from ultahost_api.models.searched import Searched

_WATCHED_FOR = timedelta(minutes=2)  # a page that is shown says so every 30 seconds


class AccountQuerySet(models.QuerySet["Account"]):
    def watch(self, now: datetime | None = None) -> int:
        """Note that a person has these accounts on screen; writes at most once a minute each."""
        now = now or timezone.now()
        stale = self.exclude(watched_until__gt=now + _WATCHED_FOR - timedelta(minutes=1))
        return stale.update(watched_until=now + _WATCHED_FOR)


class Account(Searched):
    """One Ultahost client account, known by the ``uuid`` of ``get_profile`` and nothing else."""

    searched = ("name",)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    remote_uuid = models.CharField(max_length=64, unique=True)
    name = models.TextField()
    email = models.CharField(max_length=255, blank=True)
    currency = models.CharField(max_length=10)
    credit = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    status = models.CharField(max_length=40, blank=True)
    former_currency = models.CharField(max_length=10, blank=True)
    currency_changed_at = models.DateTimeField(null=True)
    watched_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AccountQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_watched(self) -> bool:
        return bool(self.watched_until and self.watched_until > timezone.now())
