import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from portal.models.secret_links import SecretLink
from portal.models.users import User


class PasswordLinkQuerySet(models.QuerySet["PasswordLink"]):
    def open(self) -> "PasswordLinkQuerySet":
        """Neither used nor revoked nor too old."""
        return self.filter(used_at=None, revoked_at=None, expires_at__gt=timezone.now())

    def valid(self) -> "PasswordLinkQuerySet":
        """A link is worth what its maker may still give: they have to be an admin when it is used."""
        given = Q(made_by=None) | Q(made_by__in=User.objects.admins())
        return self.open().filter(given, person__is_active=True)


class PasswordLink(SecretLink):
    """A link with which a person sets a password once; of its secret only a keyed hash is kept."""

    purpose = "set-password link"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_by = models.ForeignKey(  # null is a command on the portal's machine
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["PasswordLink"]] = PasswordLinkQuerySet.as_manager()

    class Meta:
        ordering = ["made_at"]

    def __str__(self) -> str:
        return str(self.person)
