from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ultahost_api.models.accounts import Account, in_statement
from ultahost_api.models.cached import Cached
from ultahost_api.models.refreshes import Noun
from ultahost_api.models.searched import Searched

_AT_ONCE = 500  # rows


class EventQuerySet(models.QuerySet["Event"]):
    def of(self, accounts: "Iterable[Account] | models.QuerySet[Account]") -> Self:
        return self.filter(account__in=in_statement(accounts))

    def about(self, row: Cached) -> Self:
        """One row's history, the newest first."""
        return self.filter(row_id=row.pk)

    def present(self) -> Self:
        """For lists: what has happened stays."""
        return self

    def gone(self) -> Self:
        return self.none()

    def prune(self, before: datetime) -> int:
        """Delete older events in small statements, so that no other writer waits long. Returns how many."""
        pruned = 0
        for account in Account.objects.order_by("pk").values_list("pk", flat=True):
            old = self.filter(account=account, at__lt=before).order_by("at")
            while some := list(old.values_list("pk", flat=True)[:_AT_ONCE]):
                pruned += self.filter(pk__in=some).delete()[0]
        return pruned


class Event(Searched):
    """What a refresh saw change at the provider, written in the transaction that changes our copy.

    ``changes`` maps a field of the row to [what it was, what it is], as JSON holds them: amounts and dates
    are text. Of UNREADABLE and READABLE it maps to [what it was, what the provider wrote] and the reverse; of
    others it is empty. ``name`` is what the row was called then. Where the amounts of a change are in two
    currencies, since the account's has changed between, it has ``currency``: [that before, that now].
    """

    class Kind(models.TextChoices):
        APPEARED = "appeared", _("New")
        CHANGED = "changed", _("Changed")
        GONE = "gone", _("Gone")  # no longer at the provider
        RETURNED = "returned", _("Back")
        UNREADABLE = "unreadable", _("Unreadable")
        READABLE = "readable", _("Readable again")
        STOPPED = "stopped", _("Refreshing stopped")  # of a noun: nothing comes through any more
        RECOVERED = "recovered", _("Refreshing again")

    searched = ("name",)

    account = models.ForeignKey(Account, models.PROTECT, related_name="events", db_index=False)
    noun = models.CharField(max_length=10, choices=Noun)
    kind = models.CharField(max_length=10, choices=Kind)
    row_id = models.UUIDField(null=True)  # of a cached row of the noun; rows are never deleted
    remote_id = models.BigIntegerField(null=True)
    name = models.CharField(max_length=255, blank=True)
    changes = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["account", "-at"]),
            models.Index(fields=["account", "kind", "noun"], name="ultahost_event_counts"),
            models.Index(fields=["row_id", "-at"]),
            models.Index(fields=["at", "id"], name="ultahost_event_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.noun} {self.name}: {self.kind}"


def status_since() -> Coalesce:
    """When a refresh first saw the present status: by its event, else when the account came.

    Its first copy has no events, and each change of a row moves ``changed_at``.
    """
    events = Event.objects.filter(row_id=OuterRef("pk"))
    told = events.filter(Q(kind=Event.Kind.APPEARED) | Q(changes__has_key="status"))
    came = Account.objects.filter(pk=OuterRef("account")).values("created_at")
    at = Subquery(told.order_by("-at", "-pk").values("at")[:1])
    return Coalesce(at, Least("changed_at", Subquery(came[:1])))
