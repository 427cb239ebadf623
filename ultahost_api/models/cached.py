import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self, TypeVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ultahost_api.models.accounts import Account, in_statement
from ultahost_api.models.searched import Searched

Row = TypeVar("Row", bound="Cached", covariant=True)

DETAILS_ARE_NEW = timedelta(minutes=5)  # for so long they are not asked for again
_AWAITED_FOR = timedelta(minutes=1)


class CachedQuerySet(models.QuerySet[Row]):
    """Local queries over cached rows. They take accounts; who may see which is the caller's to know."""

    def of(self, accounts: "Iterable[Account] | models.QuerySet[Account]") -> Self:
        return self.filter(account__in=in_statement(accounts))

    def present(self) -> Self:
        return self.filter(gone_at=None)

    def gone(self) -> Self:
        return self.exclude(gone_at=None)

    def partly_unreadable(self) -> Self:
        """Found by their ids, which an index of those few rows holds."""
        odd = self.model._default_manager.exclude(unreadable={})
        return self.filter(pk__in=odd.order_by().values("pk"))

    def lacking_details(self) -> Self:
        """First rows that a person opened, then rows never read, the newest first, then the oldest read."""
        stale = (
            Q(detailed_at=None)
            | Q(detailed_at__lt=F("changed_at"))
            | Q(detailed_at__lt=F("details_wanted_at"))
        )
        return (
            self.present()
            .filter(stale)
            .order_by(
                F("details_wanted_at").desc(nulls_last=True),
                F("detailed_at").asc(nulls_first=True),
                "-remote_id",
            )
        )


class Cached(Searched):
    """A row copied from the provider. The same row revives if it returns; it is never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # No index of its own: the constraint below has one that begins with it.
    account = models.ForeignKey(Account, models.PROTECT, related_name="%(class)ss", db_index=False)
    remote_id = models.BigIntegerField()
    extra = models.JSONField(default=dict)  # fields of the answer that are not documented
    # Of each field that is blank since it could not be read, what the provider wrote instead.
    unreadable = models.JSONField(default=dict)
    changed_at = models.DateTimeField(default=timezone.now)
    gone_at = models.DateTimeField(null=True)
    detailed_at = models.DateTimeField(null=True)
    details_wanted_at = models.DateTimeField(null=True)
    details_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["account", "remote_id"], name="%(class)s_once_per_account")
        ]

    @property
    def is_gone(self) -> bool:
        return self.gone_at is not None

    def is_newer_than(self, asked_at: datetime) -> bool:
        """Whether it changed here after Ultahost was asked, as by a write: that answer may not know of it."""
        return self.changed_at > asked_at

    @property
    def is_detailed(self) -> bool:
        return self.detailed_at is not None

    def want_details(self, now: datetime | None = None) -> bool:
        """A person opened this row: have its details read soon.

        Returns False if they are new enough, or were asked for moments ago: each wish is a write, after which
        the figures of the account are worked out anew.
        """
        now = now or timezone.now()
        is_new = self.detailed_at and self.detailed_at > now - DETAILS_ARE_NEW
        if self.is_gone or is_new or self.awaits_details:
            return False
        type(self)._default_manager.filter(pk=self.pk).update(details_wanted_at=now, details_tries=0)
        self.details_wanted_at = now
        return True

    @property
    def awaits_details(self) -> bool:
        """They were asked for moments ago and have not come yet."""
        wanted = self.details_wanted_at
        return bool(wanted and wanted > timezone.now() - _AWAITED_FOR and not self.is_gone)
