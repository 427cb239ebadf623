import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models.one_line import OneLineField
from portal.models.secret_links import SecretLink
from portal.models.users import Role, User


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> "InvitationQuerySet":
        """Neither accepted nor revoked. An expired one is included, because it can be sent again."""
        return self.filter(accepted_by=None, revoked_at=None)

    def valid(self) -> "InvitationQuerySet":
        """An invitation is worth what its maker may still give: they have to be an admin when it is used."""
        return self.open().filter(invited_by__in=User.objects.admins(), expires_at__gt=timezone.now())


class Invitation(SecretLink):
    """A link with which a person becomes a user, once. Only a keyed hash of its secret is stored."""

    purpose = "invitation"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail address"))
    name = OneLineField(_("name"), max_length=120)
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)
    hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_by = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="invitation"
    )
    revoked_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["Invitation"]] = InvitationQuerySet.as_manager()

    class Meta:
        ordering = ["sent_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(accepted_by=None, revoked_at=None),
                name="one_open_invitation_per_address",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_valid(self) -> bool:
        is_open = self.accepted_by_id is None and self.revoked_at is None
        return is_open and self.invited_by.is_admin and self.expires_at > timezone.now()
