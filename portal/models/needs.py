import uuid
from datetime import date, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

_LASTS = timedelta(days=30)  # a thing that needs a person again after that is another occasion


class NeedNoteQuerySet(models.QuerySet["NeedNote"]):
    def taken(self) -> Self:
        return self.filter(until=None)

    def put_off(self) -> Self:
        return self.exclude(until=None)

    def current(self, today: date) -> Self:
        is_taken = Q(until=None, at__gt=timezone.now() - _LASTS, person__is_active=True)
        return self.filter(is_taken | Q(until__gt=today))

    def forget(self, today: date) -> None:
        """Delete what no longer counts."""
        self.put_off().filter(until__lte=today).delete()
        self.taken().filter(at__lte=timezone.now() - _LASTS).delete()


class NeedNote(models.Model):
    """What a person noted about an entry of "What needs you": I do it, or not before a day.

    An entry is no row of its own: its kind and the id of what it is about tell it (``portal.queries.needs``).
    Everyone who sees the entry sees who does it. What a person put off is their own.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20)
    subject = models.UUIDField()
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    until = models.DateField(null=True)  # until when it was put off; null is "I do it"
    at = models.DateTimeField(default=timezone.now)

    objects = NeedNoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject"], condition=Q(until=None), name="one_person_does_it"
            ),
            models.UniqueConstraint(
                fields=["person", "kind", "subject"],
                condition=Q(until__isnull=False),
                name="put_off_once_per_person",
            ),
        ]
