import uuid
from datetime import date, timedelta
from typing import Any, NamedTuple, Self

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, Least, TruncDate
from django.db.models.lookups import LessThanOrEqual

from ultahost_api import conf
from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.models.events import status_since
from ultahost_api.models.invoice_statuses import IS_OPEN
from ultahost_api.models.invoices import Invoice, InvoiceQuerySet
from ultahost_api.models.row_statuses import ENDED_DOMAIN, NOT_BEGUN_DOMAIN
from ultahost_api.models.sorting import Filled, kept, sorted_by, unreadable

# Both count from the earlier of due date and expiry.
_NEAR = timedelta(days=60)
_RESCUED_FOR = timedelta(days=75)
_TRANSFER_TAKES = timedelta(days=10)
_INVOICE_TAKES = timedelta(days=3)
# An invoice is raised at most _NEAR before the date. One that is older is of the period before.
_OF_THIS_PERIOD = 2 * _NEAR


ENDS_ON = Coalesce("expiry_date", "next_due_date")
# Least() of a date and nothing is nothing on SQLite and the date on PostgreSQL.
FIRST_DATE = Least(Coalesce("expiry_date", "next_due_date"), Coalesce("next_due_date", "expiry_date"))


class Risk(models.TextChoices):
    """Why a domain may be lost. The first reason that holds is the one told.

    UNKNOWN is no risk: such a domain is listed apart, because what would tell was not read.
    """

    REDEMPTION = "redemption"  # the registry still gives it back, for a fee
    GRACE = "grace"
    EXPIRED = "expired"  # for at most 75 days; perhaps it can still be rescued
    TRANSFER = "transfer"  # has been pending for 10 days
    PAST = "past"  # the earlier of due date and expiry has passed
    NOT_RENEWED = "not_renewed"  # that date is near, and auto-renew is off
    RENEWAL_UNKNOWN = "renewal_unknown"  # that date is near, and auto-renew was not read
    UNPAID = "unpaid"  # that date is near, auto-renew is on, and the renewal invoice is not paid
    MISSING = "missing"  # that date is near, auto-renew is on, and there is no renewal invoice
    UNKNOWN = "unknown"  # a date, the status or the renewal invoice was not read, or does not tell


class Remedy(models.TextChoices):
    """The act that helps a domain at risk."""

    PAY = "pay"  # the invoice that renews it
    RENEW = "renew"  # turn auto-renew on
    ASK = "ask"  # only the provider can help


def _risks(today: date) -> dict[Risk, Q]:
    date_counts = _date_counts()
    near = date_counts & Q(first_date__lte=today + _NEAR)
    since_expiry = Q(expiry_date__gte=today - _RESCUED_FOR) | Q(
        expiry_date=None, next_due_date__gte=today - _RESCUED_FOR
    )
    undated = Q(expiry_date=None, next_due_date=None)
    unread = Q(unreadable__has_key="expiry_date") | Q(unreadable__has_key="next_due_date")
    # The expiry comes with the details. A domain without a status may be in redemption.
    not_read = Q(detailed_at=None) | Q(status="")
    renewed = near & Q(auto_renew=True)
    not_settled = Q(renewal_invoice=None, renewal_paid=False)
    missing = not_settled & Q(next_invoice_date__lte=today - _INVOICE_TAKES)
    # After an invoice was raised, the next invoice date is that of the next period.
    cannot_tell = not_settled & (
        Q(renewal_unclear=True)
        | Q(next_invoice_date=None)
        | Q(next_invoice_date__gt=models.F("next_due_date"))
    )
    return {
        # Some provider panels write "Redemption Period (Expired)" and "Grace Period (Expired)".
        Risk.REDEMPTION: Q(status__istartswith="Redemption"),
        Risk.GRACE: Q(status__istartswith="Grace"),
        Risk.EXPIRED: Q(status="Expired") & (since_expiry | undated),
        Risk.TRANSFER: Q(status="Pending Transfer", status_since__date__lte=today - _TRANSFER_TAKES),
        Risk.PAST: date_counts & Q(first_date__lt=today) & ~Q(auto_renew=True, renewal_paid=True),
        Risk.NOT_RENEWED: near & Q(auto_renew=False),
        Risk.RENEWAL_UNKNOWN: near & Q(auto_renew=None),
        Risk.UNPAID: renewed & ~Q(renewal_invoice=None),
        Risk.MISSING: renewed & missing & Q(invoices_unread=False, renewal_unclear=False),
        Risk.UNKNOWN: (date_counts & (undated | unread | not_read)) | (renewed & (missing | cannot_tell)),
    }


def _may_be_lost(today: date) -> Q:
    """Where any reason of ``_risks`` holds but UNKNOWN, in a form that asks for each invoice once.

    Counting does not need the first reason. Every page counts.
    """
    near = _date_counts() & _by(today + _NEAR)
    since_expiry = today - _RESCUED_FOR
    rescued = Q(expiry_date__gte=since_expiry) | Q(expiry_date=None, next_due_date__gte=since_expiry)
    undated = Q(expiry_date=None, next_due_date=None)
    # SQLite asks in the order of the words, so what costs little stands first.
    paid, unpaid = _paid(today), _unpaid()
    read = ~Q(account__in=_unread_since(today - _OF_THIS_PERIOD).order_by().values("account"))
    missing = Q(next_invoice_date__lte=today - _INVOICE_TAKES) & read & ~_unclear(today)
    late = _by(today - timedelta(days=1)) | missing
    renewed = Q(auto_renew=True)
    return (
        (near & (Q(auto_renew=None) | Q(auto_renew=False) | (renewed & (unpaid | (~paid & late)))))
        | (Q(status="Expired") & (rescued | undated))
        | Q(pk__in=_transferring_for_long(today))
        | Q(status__istartswith="Redemption")
        | Q(status__istartswith="Grace")
    )


def _transferring_for_long(today: date) -> QuerySet[Any]:
    """Ids of few domains.

    As a condition it would have the event of each domain looked for, as far as PostgreSQL's planner knows,
    and a statement that seems to cost so much is compiled, which takes longer than to run it.
    """
    pending = Domain.objects.present().filter(status="Pending Transfer")
    is_long = Q(LessThanOrEqual(TruncDate(status_since()), today - _TRANSFER_TAKES))
    return pending.filter(is_long).order_by().values("pk")


def _cannot_be_told(today: date) -> Q:
    """Where the reason UNKNOWN holds, whether another does or not."""
    # By ids, which an index of the few rows with such a field holds.
    odd = Domain.objects.present().exclude(unreadable={})
    unread_dates = Q(unreadable__has_key="expiry_date") | Q(unreadable__has_key="next_due_date")
    unread = Q(pk__in=odd.filter(unread_dates).order_by().values("pk"))
    undated = Q(expiry_date=None, next_due_date=None)
    next_invoice = Q(next_invoice_date__lte=today - _INVOICE_TAKES) | Q(next_invoice_date=None)
    other_period = Q(next_invoice_date__gt=models.F("next_due_date"))
    renewed = Q(auto_renew=True) & _by(today + _NEAR) & (next_invoice | other_period | _unclear(today))
    return _date_counts() & (
        undated | unread | Q(detailed_at=None) | Q(status="") | (renewed & ~_paid(today) & ~_unpaid())
    )


def _date_counts() -> Q:
    return ~Q(status__in=(*ENDED_DOMAIN, *NOT_BEGUN_DOMAIN, "Expired"))


def _paid(today: date) -> Q:
    """The period that comes is paid for."""
    return Q(pk__in=_renewed_by(Invoice.objects.filter(status="Paid", date__gte=today - _OF_THIS_PERIOD)))


def _unpaid() -> Q:
    """An open invoice asks for the renewal."""
    return Q(pk__in=_renewed_by(Invoice.objects.open()))


def _unclear(today: date) -> Q:
    """There is a renewal invoice, and it does not tell whether the period that comes is paid for."""
    return Q(pk__in=_renewed_by(Invoice.objects.filter(_UNCLEAR, date__gte=today - _OF_THIS_PERIOD)))


# What was given back, or asks for nothing and is not settled either.
_UNCLEAR = Q(status="Refunded") | (IS_OPEN & Q(total__lte=0))


def _renewed_by(invoices: InvoiceQuerySet) -> QuerySet[Any]:
    """The domains that these invoices renew: a list that is made once and not for each domain."""
    renewals = Q(items__is_renewal=True, items__domain__isnull=False)
    return invoices.present().filter(renewals).values("items__domain")


def _by(day: date) -> Q:
    """The earlier of due date and expiry is this day or before it."""
    return Q(expiry_date__lte=day) | Q(next_due_date__lte=day)


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
    def with_end(self) -> Self:
        """``ends_on``: the expiry where it is known, else the due date."""
        return self.annotate(ends_on=ENDS_ON)

    def with_risk(self, today: date | None = None) -> Self:
        """``risk``: a Risk or nothing. ``first_date``: the earlier of due date and expiry.

        ``renewal_unclear``: an invoice that renews it was refunded, or is open and asks for nothing.
        """
        lately = (today or conf.today()) - _OF_THIS_PERIOD
        unclear = Exists(_renewals().filter(_UNCLEAR, date__gte=lately))
        dated = self.with_renewal_invoice().annotate(first_date=FIRST_DATE, renewal_unclear=unclear)
        dated = dated.alias(
            status_since=status_since(),
            renewal_paid=Exists(_renewals().filter(status="Paid", date__gte=lately)),
            invoices_unread=Exists(_unread_since(lately).filter(account=OuterRef("account"))),
        )
        gone = When(~Q(gone_at=None), then=Value(""))
        reasons = [
            When(condition, then=Value(risk)) for risk, condition in _risks(today or conf.today()).items()
        ]
        return dated.annotate(risk=Case(gone, *reasons, default=Value(""), output_field=models.CharField()))

    def may_be_lost(self, today: date | None = None) -> Self:
        """The same domains as ``at_risk``, without reasons and order: for counting."""
        return self.present().filter(_may_be_lost(today or conf.today()))

    def at_risk(self, today: date | None = None) -> Self:
        """The domains that may be lost if nothing is done, the most urgent date first."""
        at_risk = self.may_be_lost(today).with_risk(today)
        return at_risk.order_by(models.F("first_date").asc(nulls_last=True), "name", "pk")

    def with_renewal_invoice(self) -> Self:
        """``renewal_invoice``: the pk of the newest open invoice that renews the domain, or nothing."""
        newest = _renewals().order_by(models.F("date").desc(nulls_last=True), "-remote_id")
        return self.annotate(renewal_invoice=Subquery(newest.open().values("pk")[:1]))

    def assessed(self, row: "Domain") -> Assessment:
        """What ``with_risk`` finds for one row."""
        found: Any = self.filter(pk=row.pk).with_risk().values_list(*Assessment._fields).get()
        return Assessment(*found)

    def of_unknown_risk(self, today: date | None = None) -> Self:
        """Neither at risk nor known to be fine."""
        today = today or conf.today()
        is_lost = Case(When(_may_be_lost(today), then=Value(True)), default=Value(False))
        return self.present().filter(_cannot_be_told(today)).alias(is_lost=is_lost).filter(is_lost=False)


def _unread_since(day: date) -> InvoiceQuerySet:
    """Invoices whose details, and so whose lines, were not read."""
    return Invoice.objects.present().filter(detailed_at=None, date__gte=day)


def _renewals() -> InvoiceQuerySet:
    """Invoices that renew the domain of the outer query."""
    return Invoice.objects.present().filter(items__domain=OuterRef("pk"), items__is_renewal=True)


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
