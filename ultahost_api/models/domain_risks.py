"""The one rule of which domains may be lost: why, and in forms that a database counts by.

A reason stands in ``reasons``, and in ``may_be_lost`` or ``cannot_be_told``; test_risk compares them.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Least, TruncDate
from django.db.models.lookups import LessThanOrEqual
from django.utils import timezone

from ultahost_api.models.accounts import Account
from ultahost_api.models.events import status_since
from ultahost_api.models.invoice_statuses import IS_OPEN
from ultahost_api.models.invoices import Invoice, InvoiceQuerySet
from ultahost_api.models.row_statuses import ENDED_DOMAIN, NOT_BEGUN_DOMAIN

# Both count from the earlier of due date and expiry.
_NEAR = timedelta(days=60)
_RESCUED_FOR = timedelta(days=75)
_TRANSFER_TAKES = timedelta(days=10)
_INVOICE_TAKES = timedelta(days=3)
_DETAILS_TAKE = timedelta(days=1)
# An invoice is raised at most _NEAR before the date. One that is older is of the period before.
_OF_THIS_PERIOD = 2 * _NEAR


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


def reasons(today: date) -> dict[Risk, Q]:
    """When each holds, of domains that know ``first_date`` and what ``by_invoices`` tells."""
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
        Risk.RENEWAL_UNKNOWN: near & Q(auto_renew=None) & ~_awaited(today),
        Risk.UNPAID: renewed & ~Q(renewal_invoice=None),
        Risk.MISSING: renewed & missing & Q(invoices_unread=False, renewal_unclear=False),
        Risk.UNKNOWN: (date_counts & (undated | unread | not_read)) | (renewed & (missing | cannot_tell)),
    }


def may_be_lost(today: date, domains: QuerySet[Any]) -> Q:
    """Where any of the ``reasons`` holds but UNKNOWN, in a form that asks for each invoice once.

    Counting does not need the first reason. Every page counts. ``domains`` are all that are present.
    """
    near = _date_counts() & _by(today + _NEAR)
    since_expiry = today - _RESCUED_FOR
    rescued = Q(expiry_date__gte=since_expiry) | Q(expiry_date=None, next_due_date__gte=since_expiry)
    undated = Q(expiry_date=None, next_due_date=None)
    # SQLite asks in the order of the words, so what costs little stands first.
    paid, unpaid = _paid(today), _unpaid()
    read = ~Q(account__in=_unread_since(today - _OF_THIS_PERIOD).order_by().values("account"))
    missing = Q(next_invoice_date__lte=today - _INVOICE_TAKES) & read & ~_unclear(today)
    has_passed = _by(today - timedelta(days=1))
    late = has_passed | missing
    renewed = Q(auto_renew=True)
    not_renewed = Q(auto_renew=False) | (Q(auto_renew=None) & (has_passed | ~_awaited(today)))
    return (
        (near & (not_renewed | (renewed & (unpaid | (~paid & late)))))
        | (Q(status="Expired") & (rescued | undated))
        | Q(pk__in=_transferring_for_long(today, domains))
        | Q(status__istartswith="Redemption")
        | Q(status__istartswith="Grace")
    )


def long_past(today: date) -> Q:
    """The date has passed so long ago that no registry gives the name back, and no status says otherwise.

    Part of ``may_be_lost``, of reason PAST.
    """
    not_paid = Q(auto_renew=False) | Q(auto_renew=None) | (Q(auto_renew=True) & ~_paid(today))
    is_rescued = Q(status__istartswith="Redemption") | Q(status__istartswith="Grace")
    return _date_counts() & _by(today - _RESCUED_FOR - timedelta(days=1)) & ~is_rescued & not_paid


def _awaited(today: date) -> Q:
    """The account is new, and the details, which tell whether it renews itself, are about to be read."""
    midnight = datetime.combine(today - _DETAILS_TAKE, time.min, timezone.get_default_timezone())
    new = Account.objects.filter(created_at__gte=midnight)
    return Q(detailed_at=None, account__in=new.order_by().values("pk"))


def _transferring_for_long(today: date, domains: QuerySet[Any]) -> QuerySet[Any]:
    """Ids of few domains.

    As a condition it would have the event of each domain looked for, as far as PostgreSQL's planner knows,
    and a statement that seems to cost so much is compiled, which takes longer than to run it.
    """
    pending = domains.filter(status="Pending Transfer")
    is_long = Q(LessThanOrEqual(TruncDate(status_since()), today - _TRANSFER_TAKES))
    return pending.filter(is_long).order_by().values("pk")


def cannot_be_told(today: date, domains: QuerySet[Any]) -> Q:
    """Where the reason UNKNOWN holds, whether another does or not."""
    # By ids, which an index of the few rows with such a field holds.
    odd = domains.exclude(unreadable={})
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


def by_invoices(today: date) -> dict[str, Exists]:
    """Of the domain of the outer query, what its account's invoices tell of the period that comes."""
    lately = today - _OF_THIS_PERIOD
    return {
        "renewal_paid": Exists(renewals().filter(status="Paid", date__gte=lately)),
        "renewal_unclear": Exists(renewals().filter(_UNCLEAR, date__gte=lately)),
        "invoices_unread": Exists(_unread_since(lately).filter(account=OuterRef("account"))),
    }


def _unread_since(day: date) -> InvoiceQuerySet:
    """Invoices whose details, and so whose lines, were not read."""
    return Invoice.objects.present().filter(detailed_at=None, date__gte=day)


def renewals() -> InvoiceQuerySet:
    """Invoices that renew the domain of the outer query."""
    return Invoice.objects.present().filter(items__domain=OuterRef("pk"), items__is_renewal=True)
