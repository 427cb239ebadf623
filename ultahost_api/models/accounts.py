import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone

from ultahost_api.models.searched import Searched
from ultahost_api.models.sorting import Filled

_WATCHED_FOR = timedelta(minutes=2)  # a page that is shown says so every 30 seconds
_NOTED_AGAIN = timedelta(minutes=1)  # before its end

# Ids that one statement names. With more, the database finds the accounts again by a subquery: SQLite takes
# at most 32,766 parameters, and sending a long list takes longer than the subquery.
MOST_IDS = 500


class AccountQuerySet(models.QuerySet["Account"]):
    @property
    def were_read(self) -> bool:
        """Whether iterating over them needs no statement."""
        return self._result_cache is not None

    def watch(self, now: datetime | None = None) -> int:
        """Note that a person has these accounts on screen; writes at most once a minute each."""
        now = now or timezone.now()
        stale = self.exclude(watched_until__gt=now + _NOTED_AGAIN)
        return stale.update(watched_until=now + _WATCHED_FOR)


def in_statement(accounts: "Iterable[Account] | models.QuerySet[Account]") -> Any:
    """A value for ``account__in``: the ids of accounts that were read, otherwise a subquery."""
    was_read = not isinstance(accounts, AccountQuerySet) or accounts.were_read
    if not was_read or len(found := list(accounts)) > MOST_IDS:
        return accounts
    return [account.pk for account in found]


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
        indexes = [
            # Lists that are sorted by account read its rows account by account, and stop with the page.
            models.Index(Filled("name"), "id", name="ultahost_account_by_name"),
        ]

    def __str__(self) -> str:
        return self.name

    def is_watched_anew(self, now: datetime) -> bool:
        """Whether ``AccountQuerySet.watch`` would leave this account as it is."""
        return bool(self.watched_until and self.watched_until > now + _NOTED_AGAIN)

    def currency_at(self, moment: datetime) -> str:
        """The one that amounts had which were told then. Of several changes only the last is known."""
        changed = self.currency_changed_at
        return self.former_currency if changed and moment < changed else self.currency

    @property
    def is_watched(self) -> bool:
        return bool(self.watched_until and self.watched_until > timezone.now())
