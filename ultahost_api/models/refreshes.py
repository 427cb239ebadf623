from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ultahost_api.models.accounts import Account, in_statement


class Noun(models.TextChoices):
    PROFILE = "profile", _("Profile")
    SERVICES = "services", _("Services")
    INVOICES = "invoices", _("Invoices")
    DOMAINS = "domains", _("Domains")
    ORDERS = "orders", _("Orders")
    QUOTES = "quotes", _("Quotes")
    EMAILS = "emails", _("E-mails")
    DETAILS = "details", _("Details")


LISTS = tuple(noun for noun in Noun if noun not in {Noun.PROFILE, Noun.DETAILS})


class RefreshQuerySet(models.QuerySet["Refresh"]):
    def of(self, accounts: "Iterable[Account] | models.QuerySet[Account]") -> Self:
        return self.filter(account__in=in_statement(accounts))

    def due(self, now: datetime) -> Self:
        return self.filter(next_due_at__lte=now)

    def unleased(self, now: datetime) -> Self:
        return self.filter(Q(lease_until=None) | Q(lease_until__lte=now))

    def unpublished(self, now: datetime) -> Self:
        return self.filter(Q(rung_until=None) | Q(rung_until__lte=now))

    def want_full(self) -> int:
        """The next pass of each reads its whole list; a cheap one that is under way is given up."""
        return self.update(full_due_at=timezone.now(), pass_started_at=None)

    def ask(self, now: datetime | None = None) -> int:
        """A person wants these now. Waits are forgiven, also for the limit: a person may use the reserve,
        and where nothing is left the budget sends nothing."""
        now = now or timezone.now()
        wanted = self.exclude(next_due_at=None)
        return wanted.update(next_due_at=now, asked_at=now, attempts=0, rung_until=None)

    def start_over(self, now: datetime) -> None:
        """None is under way, published or asked for. Those not paused are due now and read whole."""
        self.update(
            lease_until=None,
            lease_token=None,
            rung_until=None,
            asked_at=None,
            attempts=0,
            pass_started_at=None,
            full_due_at=now,
        )
        self.exclude(next_due_at=None).update(next_due_at=now)


class Refresh(models.Model):
    """Bringing one account's copy of one noun up to date: what is due, who is at it, how far it got."""

    class Trouble(models.TextChoices):
        NONE = "", _("None")
        LIMITED = "limited", _("Waiting for the rate limit")
        UNREACHABLE = "unreachable", _("Ultahost does not answer")
        REFUSED = "refused", _("Ultahost refuses this")
        ODD = "odd", _("Ultahost's answer cannot be read")
        DIED = "died", _("The workers that tried this stopped unexpectedly")
        NO_KEY = "no_key", _("No key can read this account")

    class Pace(models.TextChoices):
        """Why the next one is due when it is."""

        USUAL = "usual", _("as usual")
        WATCHED = "watched", _("sooner, while a person looks at the account")
        OPERATION = "operation", _("sooner, while the result of an operation is unknown")
        QUIET = "quiet", _("later, because nothing changes")
        BUDGET = "budget", _("later, because of the rate limit")
        REPEATED = "repeated", _("immediately, because rows moved while they were read")
        BACK_OFF = "back_off", _("later, because the last one failed")

    account = models.ForeignKey(Account, models.CASCADE, related_name="refreshes")
    noun = models.CharField(max_length=10, choices=Noun)

    next_due_at = models.DateTimeField(null=True, default=timezone.now)  # null: paused, no key
    asked_at = models.DateTimeField(null=True)  # a person clicked; until the first page that was read since
    rung_until = models.DateTimeField(null=True)  # its id is published, and in the queue until then
    lease_until = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)

    starts = models.PositiveSmallIntegerField(default=0)  # runs since one last got anywhere or ended

    pass_number = models.PositiveIntegerField(default=0)
    pass_started_at = models.DateTimeField(null=True)  # null: no pass is under way
    is_full = models.BooleanField(default=True)  # the pass under way reads the whole list
    # The statuses whose rows it has still to read, one list each; "" is the list without a filter.
    filters = models.JSONField(default=list, db_column="walks")
    offset = models.PositiveIntegerField(default=0, db_column="place")  # of the next page of the first list
    rows_total = models.PositiveIntegerField(null=True)
    rows_changed = models.PositiveIntegerField(default=0)  # by the pass under way
    repeats = models.PositiveSmallIntegerField(default=0)  # unclean passes in a row
    set_aside = models.JSONField(default=list)  # rows without a readable id: [{"id": …, "error": …}]

    attempts = models.PositiveSmallIntegerField(default=0)
    trouble = models.CharField(max_length=12, choices=Trouble, blank=True, default=Trouble.NONE)
    trouble_words = models.CharField(max_length=300, blank=True)
    broken_at = models.DateTimeField(null=True)  # failing since then, and its owner was told
    pace = models.CharField(max_length=10, choices=Pace, default=Pace.USUAL)
    quiet = models.PositiveSmallIntegerField(default=0)  # passes in a row that changed nothing
    calls = models.PositiveIntegerField(default=0)  # that the last whole pass took
    full_at = models.DateTimeField(null=True)  # the last clean pass over the whole list
    full_due_at = models.DateTimeField(default=timezone.now)  # from then on the next pass is a full one
    surplus = models.IntegerField(default=0)  # rows that the provider counted then and we could not hold
    missed = models.JSONField(default=list)  # ids that the pass under way has missed once
    hidden = models.JSONField(default=list)  # ids of rows that the list leaves out although they are there
    completed_at = models.DateTimeField(null=True)  # the last whole pass
    clean_at = models.DateTimeField(null=True)  # the last whole pass during which nothing moved

    objects = RefreshQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "noun"], name="one_refresh_per_noun")]
        indexes = [models.Index(fields=["next_due_at"])]

    def __str__(self) -> str:
        return f"{self.noun} of {self.account}"

    @property
    def is_running(self) -> bool:
        return bool(self.lease_until and self.lease_until > timezone.now())

    @property
    def why(self) -> str:
        """Why the next one is due when it is, in words."""
        return str(self.get_trouble_display() if self.trouble else self.get_pace_display())

    @property
    def rows_done(self) -> int:
        counted = self.pages.filter(pass_number=self.pass_number).aggregate(rows=Sum("rows"))
        return counted["rows"] or 0

    @property
    def waits_until(self) -> datetime | None:
        if self.trouble == self.Trouble.LIMITED and self.next_due_at and self.next_due_at > timezone.now():
            return self.next_due_at
        return None


class PassPage(models.Model):
    """One page of a pass that arrived and was written: a pass continues from its offset after any death."""

    refresh = models.ForeignKey(Refresh, models.CASCADE, related_name="pages")
    pass_number = models.PositiveIntegerField()
    status = models.CharField(max_length=255, blank=True, db_column="walk")  # that it was filtered by
    offset = models.PositiveIntegerField()
    ids = models.JSONField()
    rows = models.PositiveIntegerField()  # records, and rows whose id was unreadable
    total = models.PositiveIntegerField(null=True)

    class Meta:
        ordering = ["status", "offset"]
        constraints = [
            models.UniqueConstraint(
                fields=["refresh", "pass_number", "status", "offset"], name="one_page_per_offset"
            )
        ]
