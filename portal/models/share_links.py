import uuid
from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from portal.models.one_line import OneLineField
from portal.models.secret_links import SecretLink
from portal.models.users import User
from ultahost_api.crypto.digests import keyed_digest
from ultahost_api.models import Account

MOST_DAYS = 90


class ShareLinkQuerySet(models.QuerySet["ShareLink"]):
    def live(self) -> Self:
        return self.filter(revoked_at=None, expires_at__gt=timezone.now())

    def make(
        self, made_by: User, *, days: int, accounts: Collection[Account] = (), **fields: Any
    ) -> "tuple[ShareLink, str]":
        """Returns a new link and its secret, which is not stored.

        Without ``accounts`` it shows all accounts that are not private.
        """
        if not 1 <= days <= MOST_DAYS:
            raise ValueError(f"A share link lives for 1 to {MOST_DAYS} days, not {days}.")
        secret = ShareLink.new_secret()
        expires_at = timezone.now() + timedelta(days=days)
        with transaction.atomic():
            link = self.create(
                made_by=made_by,
                expires_at=expires_at,
                hash=ShareLink.hash_of(secret),
                every_account=not accounts,
                **fields,
            )
            link.accounts.set(accounts)
        return link, secret


class ShareLink(SecretLink):
    """Shows invoices to anyone who has its address, until it expires or is revoked."""

    purpose = "share link"

    class State(models.TextChoices):
        LIVE = "live", _("Active")
        LAPSED = "lapsed", _("Expired")
        REVOKED = "revoked", _("Revoked")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = OneLineField(_("for whom"), max_length=120)
    hash = models.CharField(max_length=64, editable=False)
    every_account = models.BooleanField(default=False)  # those that are not private when the link is opened
    accounts = models.ManyToManyField(Account, related_name="+")  # else these, private ones among them
    statuses = models.JSONField(default=list)  # of the provider; none means every one
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    views = models.PositiveIntegerField(default=0)
    last_seen_at = models.DateTimeField(null=True)

    objects = ShareLinkQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> "ShareLink.State":
        if self.revoked_at:
            return self.State.REVOKED
        return self.State.LIVE if self.expires_at > timezone.now() else self.State.LAPSED

    @property
    def last_day(self) -> date:
        return timezone.localdate(self.expires_at)

    def opens_with(self, secret: str) -> bool:
        return constant_time_compare(self.hash, self.hash_of(secret))

    @property
    def ticket(self) -> str:
        """The value of the cookie, which a browser keeps instead of the secret.

        It is valid as long as the link.
        """
        return keyed_digest("share link pass", f"{self.pk} {self.hash}")

    def admits(self, ticket: str) -> bool:
        return constant_time_compare(self.ticket, ticket)

    def note_view(self) -> None:
        ShareLink.objects.filter(pk=self.pk).update(views=F("views") + 1, last_seen_at=timezone.now())

    def revoke(self, by: User) -> bool:
        """Revoke it, which takes effect at the next request. Returns False if it was revoked before."""
        unrevoked = ShareLink.objects.filter(pk=self.pk, revoked_at=None)
        return bool(unrevoked.update(revoked_at=timezone.now(), revoked_by=by))
