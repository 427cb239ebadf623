import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.models.secret_links import SecretLink


class CalendarFeedQuerySet(models.QuerySet["CalendarFeed"]):
    def unrevoked(self) -> Self:
        return self.filter(revoked_at=None)

    def live(self) -> Self:
        """A feed has the rights of its person, so a deactivated person has none."""
        return self.unrevoked().filter(person__is_active=True)

    def revoke(self) -> int:
        """Takes effect at the next request."""
        return self.unrevoked().update(revoked_at=timezone.now())


class CalendarFeed(SecretLink):
    """Shows its person's agenda to a calendar that has its address, until it is revoked."""

    purpose = "calendar feed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    hash = models.CharField(max_length=64, editable=False, unique=True)
    kinds = models.JSONField(default=list)  # of portal.wording.agenda
    made_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)
    last_read_at = models.DateTimeField(null=True)

    objects = CalendarFeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(revoked_at=None), name="one_feed_a_person")
        ]

    def __str__(self) -> str:
        return str(self.person)

    def note_read(self) -> None:
        CalendarFeed.objects.filter(pk=self.pk).update(last_read_at=timezone.now())
