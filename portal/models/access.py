import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.models.users import Role
from ultahost_api.models import Account


class Grant(models.Model):
    """Lets a user without a key see or work in an account."""

    class Level(models.TextChoices):
        VIEW = "view", _("View")
        OPERATE = "operate", _("Operate")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants")
    account = models.ForeignKey(Account, models.PROTECT, related_name="grants")
    level = models.CharField(max_length=10, choices=Level, default=Level.VIEW)
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "account"], name="one_grant_per_user_and_account")
        ]

    @property
    def gives(self) -> "str | Promise":
        """The right that it gives now, in words: for billing users paying, for deactivated people nothing."""
        if not self.user.is_active:
            return _("Nothing")
        if self.user.role == Role.BILLING:
            return _("Pay") if self.level == self.Level.OPERATE else _("Nothing more")
        return self.Level(self.level).label


class AccountPolicyQuerySet(models.QuerySet["AccountPolicy"]):
    def private(self) -> Self:
        return self.filter(private=True)


class AccountPolicy(models.Model):
    """What the team decided about an account; no row means the defaults."""

    account = models.OneToOneField(Account, models.PROTECT, primary_key=True, related_name="policy")
    private = models.BooleanField(
        _("private"), default=False, help_text=_("Hides the account's invoices from other members.")
    )

    objects = AccountPolicyQuerySet.as_manager()
