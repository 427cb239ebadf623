from datetime import date
from typing import Self

from django.db import models
from django.db.models import Case, F, Q, Value, When

from ultahost_api import conf
from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.models.sorting import Filled, kept, sorted_by, unreadable

ACCEPTABLE = ("Delivered", "On Hold")
EXPIRED = "Expired"


def shown_stage(stage: str, valid_until: date | None) -> str:
    """Derived: the provider leaves the stage of an offer that has run out as it was."""
    is_past = valid_until is not None and valid_until < conf.today()
    return EXPIRED if is_past and stage in ACCEPTABLE else stage


def _expired() -> Q:
    return Q(valid_until__lt=conf.today(), stage__in=ACCEPTABLE)


class QuoteQuerySet(CachedQuerySet["Quote"]):
    def waiting(self) -> Self:
        """For an answer, which the provider still takes."""
        holds = Q(valid_until=None) | Q(valid_until__gte=conf.today())
        return self.present().filter(holds, stage__in=ACCEPTABLE)

    def in_status(self, stage: str) -> Self:
        """Those that show this stage."""
        if stage == EXPIRED:
            return self.filter(_expired() | Q(stage=EXPIRED))
        return self.exclude(_expired()).filter(stage=stage)

    def with_derived_status(self) -> Self:
        """``derived_status`` is what ``shown_stage`` says, for the database to count."""
        return self.annotate(derived_status=Case(When(_expired(), then=Value(EXPIRED)), default=F("stage")))

    def of_plain_status(self) -> Self:
        """Those that show the stage that is stored, whatever the day."""
        return self.exclude(stage__in=ACCEPTABLE)

    def of_derived_status(self) -> Self:
        """The others. Another stage may be derived from theirs."""
        return self.filter(stage__in=ACCEPTABLE).with_derived_status()


class Quote(Cached):
    """An offer of the provider's. Its items and words are read live."""

    searched = ("subject", "remote_id", "total")

    subject = models.TextField(blank=True)
    stage = models.CharField(max_length=255, blank=True)
    valid_until = models.DateField(null=True)
    created_on = models.DateField(null=True)
    total = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    currency = models.CharField(max_length=10, blank=True, default="", db_default="")  # as of an invoice

    objects = QuoteQuerySet.as_manager()

    class Meta(Cached.Meta):
        indexes = [
            models.Index(
                fields=["account", "gone_at", "stage", "valid_until"], name="ultahost_quote_waiting"
            ),
            kept("ultahost_quote_stages", "stage", "created_on", "remote_id", "id"),
            sorted_by("ultahost_quote_by_subject", Filled("subject"), "remote_id"),
            sorted_by("ultahost_quote_by_stage", Filled("stage"), "valid_until"),
            sorted_by("ultahost_quote_by_date", "created_on", "remote_id"),
            sorted_by("ultahost_quote_by_end", "valid_until", "remote_id"),
            sorted_by("ultahost_quote_by_total", "total"),
            unreadable("ultahost_quote_unreadable"),
        ]

    def __str__(self) -> str:
        return self.subject or f"#{self.remote_id}"

    @property
    def shown_stage(self) -> str:
        return shown_stage(self.stage, self.valid_until)
