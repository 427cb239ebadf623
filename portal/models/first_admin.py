from django.db import models
from django.utils import timezone


class FirstAdminToken(models.Model):
    """The one-time token that the start prints while nobody can sign in; only its keyed hash is kept."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField(default=timezone.now)
