from django.db import models
from django.utils import timezone

from portal.models.secret_links import SecretLink


class FirstAdminToken(SecretLink):
    """The one-time token that the portal prints while there is no user; only its keyed hash is kept."""

    purpose = "first admin token"

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    hash = models.CharField(max_length=64)
    issued_at = models.DateTimeField(default=timezone.now)
