import uuid
from datetime import date
from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Case, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from ultahost_api import conf
from ultahost_api.models import domain_risks
from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.models.domain_risks import FIRST_DATE, Remedy, Risk
from ultahost_api.models.events import status_since
from ultahost_api.models.sorting import Filled, kept, sorted_by, unreadable

ENDS_ON = Coalesce("expiry_date", "next_due_date")

_MENDED_BY_RENEWAL = (Risk.PAST, Risk.NOT_RENEWED, Risk.RENEWAL_UNKNOWN)
_MENDED_BY_PAYMENT = (*_MENDED_BY_RENEWAL, Risk.GRACE, Risk.UNPAID)
_NO_DAYS = (Risk.EXPIRED, Risk.TRANSFER)  # no day is known until which such a domain can be kept


class Assessment(NamedTuple):
    """See ``Domain``, which has the same."""

    risk: str
    first_date: date | None
    renewal_invoice: uuid.UUID | None
    renewal_unclear: bool


class DomainQuerySet(CachedQuerySet["Domain"]):
    def undated(self) -> Self:
        """Active ones that are to be renewed for money, but have no due date."""
        active = self.present().filter(status="Active", next_due_date=None)
        return active.exclude(recurring_amount=0).exclude(auto_renew=False)

    def with_end(self) -> Self:
        """``ends_on``: the expiry where it is known, else the due date."""
        return self.annotate(ends_on=ENDS_ON)

    def with_risk(self, today: date | None = None) -> Self:
        """``risk``: a Risk or nothing. ``first_date``: the earlier of due date and expiry.

        ``renewal_unclear``: an invoice that renews it was refunded, or is open and asks for nothing.
        """
        today = today or conf.today()
        told = domain_risks.by_invoices(today)
        unclear = told.pop("renewal_unclear")
        dated = self.with_renewal_invoice().annotate(first_date=FIRST_DATE, renewal_unclear=unclear)
        dated = dated.alias(status_since=status_since(), **told)
        gone = When(~Q(gone_at=None), then=Value(""))
        reasons = [When(where, then=Value(risk)) for risk, where in domain_risks.reasons(today).items()]
        return dated.annotate(risk=Case(gone, *reasons, default=Value(""), output_field=models.CharField()))

    def may_be_lost(self, today: date | None = None) -> Self:
        """The same domains as ``at_risk``, without reasons and order: for counting."""
        present = Domain.objects.present()
        return self.present().filter(domain_risks.may_be_lost(today or conf.today(), present))

    def at_risk(self, today: date | None = None) -> Self:
        """The domains that may be lost if nothing is done, the most urgent date first."""
        at_risk = self.may_be_lost(today).with_risk(today)
        return at_risk.order_by(models.F("first_date").asc(nulls_last=True), "name", "pk")

    def to_save_first(self, today: date | None = None) -> Self:
        """Of those at risk, last those that can hardly be rescued any more; each tells ``is_long_past``."""
        past = When(domain_risks.long_past(today or conf.today()), then=Value(value=True))
        told = self.annotate(is_long_past=Case(past, default=Value(value=False)))
        return told.order_by("is_long_past", *self.query.order_by)

    def with_renewal_invoice(self) -> Self:
        """``renewal_invoice``: the pk of the newest open invoice that renews the domain, or nothing."""
        newest = domain_risks.renewals().order_by(models.F("date").desc(nulls_last=True), "-remote_id")
        return self.annotate(renewal_invoice=Subquery(newest.open().values("pk")[:1]))

    def assessed(self, row: "Domain") -> Assessment:
        """What ``with_risk`` finds for one row."""
        found: Any = self.filter(pk=row.pk).with_risk().values_list(*Assessment._fields).get()
        return Assessment(*found)

    def of_unknown_risk(self, today: date | None = None) -> Self:
        """Neither at risk nor known to be fine."""
        today, present = today or conf.today(), Domain.objects.present()
        is_lost = Case(When(domain_risks.may_be_lost(today, present), then=Value(True)), default=Value(False))
        return (
            self.present()
            .filter(domain_risks.cannot_be_told(today, present))
            .alias(is_lost=is_lost)
            .filter(is_lost=False)
        )


class Domain(Cached):
    """A domain name. Its due date and its expiry are two dates, and the expiry can be unknown."""

    searched = ("name", "registrar", "remote_id", "recurring_amount", "own_words")

    name = models.TextField(blank=True)
    first_payment_amount = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    recurring_amount = models.DecimalField(max_digits=15, decimal_places=4, null=True)
    registration_period = models.PositiveIntegerField(null=True)  # years
    registration_date = models.DateField(null=True)
    next_due_date = models.DateField(null=True)
    status = models.CharField(max_length=255, blank=True)
    registrar = models.TextField(blank=True)

    order_id = models.BigIntegerField(null=True)
    type = models.CharField(max_length=255, blank=True)
    expiry_date = models.DateField(null=True)
    next_invoice_date = models.DateField(null=True)
    payment_method = models.TextField(blank=True)
    dns_management = models.BooleanField(null=True)
    email_forwarding = models.BooleanField(null=True)
    id_protection = models.BooleanField(null=True)
    is_premium = models.BooleanField(null=True)
    auto_renew = models.BooleanField(null=True)  # a renewal invoice is raised; null is "not read yet"
    notes = models.TextField(blank=True)
    # What the project around this library says of it, for searches; no refresh changes it.
    own_words = models.TextField(default="", db_default="", editable=False)

    # Set by with_risk; ``first_date`` is the earlier of due date and expiry.
    risk: str
    first_date: date | None
    renewal_invoice: uuid.UUID | None  # the pk of the open invoice that renews it
    renewal_unclear: bool
    objects = DomainQuerySet.as_manager()

    class Meta(Cached.Meta):
        indexes = [
            # All that counting the domains at risk, or of unknown risk, reads, so that it reads no row.
            models.Index(
                fields=[
                    "account",
                    "gone_at",
                    "status",
                    "auto_renew",
                    "expiry_date",
                    "next_due_date",
                    "next_invoice_date",
                    "detailed_at",
                    "id",
                ],
                name="ultahost_domain_risk",
            ),
            kept("ultahost_domain_statuses", "status", ENDS_ON, "id"),
            # As of services.
            kept(
                "ultahost_domain_recurring",
                "status",
                "registration_period",
                "next_due_date",
                "auto_renew",
                "account",
                "recurring_amount",
                "remote_id",
                "id",
                "gone_at",
            ),
            sorted_by("ultahost_domain_by_first_date", FIRST_DATE, Filled("name")),
            sorted_by("ultahost_domain_by_name", Filled("name")),
            sorted_by("ultahost_domain_by_status", Filled("status"), ENDS_ON),
            sorted_by("ultahost_domain_by_end", ENDS_ON),
            sorted_by("ultahost_domain_by_due_date", "next_due_date"),
            sorted_by("ultahost_domain_by_amount", "recurring_amount"),
            unreadable("ultahost_domain_unreadable"),
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.remote_id}"

    @property
    def is_at_risk(self) -> bool:
        return self.risk not in ("", Risk.UNKNOWN)

    @property
    def remedy(self) -> Remedy | None:
        """What helps, for the reason that ``with_risk`` found."""
        if self.renewal_invoice and self.risk in _MENDED_BY_PAYMENT:
            return Remedy.PAY
        if self.risk in _MENDED_BY_RENEWAL and not self.auto_renew:
            return Remedy.RENEW
        return Remedy.ASK if self.is_at_risk else None

    def days_left(self, today: date | None = None) -> int | None:
        """Until the earlier date; negative after it. None if no date counts."""
        if self.first_date is None or self.risk in _NO_DAYS:
            return None
        return (self.first_date - (today or conf.today())).days

    @property
    def end_unread(self) -> str | None:
        """What stands where its end should be, if that could not be read."""
        told: str | None = self.unreadable.get("expiry_date")
        return self.unreadable.get("next_due_date") if told is None and self.expiry_date is None else told
