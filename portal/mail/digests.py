"""The daily mail: invoices that became overdue, and domains at risk."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils import timezone

from portal import access
from portal.models import Notification, User
from portal.wording import preferences
from ultahost_api import conf
from ultahost_api.models import Account, Domain, Invoice, Risk

Kind = Notification.Kind

EARLIEST, LATEST = 8, 21  # o'clock in the person's time zone
THRESHOLDS = (60, 30, 14, 7, 1)  # days before the earlier of a domain's due date and expiry
_STAGES = {Risk.GRACE: 0, Risk.REDEMPTION: -1}  # mailed as stages of their own, after the date
_TRANSFER = 99  # a threshold of its own, without a date

_SAME_END = timedelta(days=180)  # a smaller change of the date is a correction; a renewal moves it by a year
_SHOWN = 20  # lines
_EMPTY_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Bills:
    """Overdue invoices of one account in one currency: those that became overdue, and all.

    ``unread`` is of how many the total could not be read; no sum holds these.
    """

    account: Account
    currency: str
    new: list[Invoice]
    count: int
    total: Decimal
    unread: int

    @property
    def new_total(self) -> Decimal:
        return _sum(self.new)

    @property
    def shown(self) -> list[Invoice]:
        return self.new[:_SHOWN]

    @property
    def more(self) -> int:
        return len(self.new[_SHOWN:])


@dataclass(frozen=True, slots=True)
class Ending:
    """A domain at risk that has come within a threshold of ``on``, or into a stage after it."""

    domain: Domain
    risk: Risk
    on: date  # the earlier of due date and expiry; where neither is known, today
    threshold: int

    @property
    def subject(self) -> str:
        return f"{self.domain.pk} {self.threshold} {self.on}"

    @property
    def expires(self) -> date | None:
        """The date to name, if that is the expiry."""
        return self.on if self.on == self.domain.expiry_date else None

    @property
    def due(self) -> date | None:
        return self.on if self.on == self.domain.next_due_date and not self.expires else None

    @property
    def stage(self) -> str:
        """The risk, if the date and auto-renew do not show it."""
        told_by_date = (Risk.PAST, Risk.NOT_RENEWED, Risk.RENEWAL_UNKNOWN)
        return "" if self.risk in told_by_date else self.risk


@dataclass(frozen=True, slots=True)
class Digest:
    bills: list[Bills]
    endings: list[Ending]

    @property
    def shown(self) -> list[Ending]:
        return self.endings[:_SHOWN]

    @property
    def more(self) -> int:
        return len(self.endings[_SHOWN:])


def plan() -> None:
    """Write a row for each person whose morning has come. Two calls at once write one row."""
    now = timezone.now()
    days = {person: day for person in User.objects.active() if (day := day_of(person, now))}
    planned = Notification.objects.filter(kind=Kind.DIGEST, subject__in=set(days.values()))
    known = set(planned.values_list("person_id", "subject"))
    missing = [
        Notification(person=person, kind=Kind.DIGEST, subject=day)
        for person, day in days.items()
        if (person.pk, day) not in known
    ]
    if missing:
        Notification.objects.bulk_create(missing, ignore_conflicts=True)
        _forget_empty_ones(now)


def day_of(person: User, now: datetime) -> str:
    """The person's date between EARLIEST and LATEST o'clock in their zone, else an empty text."""
    there = now.astimezone(preferences.zone_of(person))
    return str(there.date()) if EARLIEST <= there.hour < LATEST else ""


def compose(notification: Notification) -> Digest:
    """Collect what was not yet mailed, and mark it as mailed, in the transaction that claims the digest."""
    person = notification.person
    digest = Digest(_bills(person), _endings(person))
    told = [(Kind.OVERDUE, str(invoice.pk)) for bills in digest.bills for invoice in bills.new]
    told += [(Kind.LAPSING, ending.subject) for ending in digest.endings]
    tried = Notification.State.TRIED
    Notification.objects.bulk_create(
        [
            Notification(person=person, kind=kind, subject=subject, digest=notification, state=tried)
            for kind, subject in told
        ]
    )
    return digest


def _bills(person: User) -> list[Bills]:
    """By account and currency: two currencies are never added together."""
    if not person.wants(Kind.OVERDUE):
        return []
    told = _told(person, Kind.OVERDUE)
    overdue = access.invoices_to_view(person).overdue()
    ordered = overdue.order_by("account__name", "account_id", "currency", "due_date", "pk")
    found = []
    for (account, currency), group in groupby(ordered, lambda invoice: (invoice.account, invoice.currency)):
        invoices = list(group)
        if new := [invoice for invoice in invoices if str(invoice.pk) not in told]:
            unread = sum(invoice.total is None and not invoice.only_moves_money for invoice in invoices)
            found.append(Bills(account, currency, new, len(invoices), _sum(invoices), unread))
    return found


def _endings(person: User) -> list[Ending]:
    if not person.wants(Kind.LAPSING):
        return []
    today = conf.today()
    told: dict[str, list[tuple[int, date]]] = defaultdict(list)
    for subject in _told(person, Kind.LAPSING):
        domain_id, threshold, end = subject.split()
        told[domain_id].append((int(threshold), date.fromisoformat(end)))
    domains: Any = access.domains_to_view(person).at_risk(today)
    endings = [
        Ending(domain, Risk(domain.risk), domain.first_date or today, _threshold(domain, today))
        for domain in domains
    ]
    return [ending for ending in endings if not _is_told(ending, told[str(ending.domain.pk)])]


def _threshold(domain: Any, today: date) -> int:
    """The nearest threshold that was passed: 7, not 60, for a domain seen five days before its date."""
    if domain.risk == Risk.TRANSFER:
        return _TRANSFER
    if domain.risk in _STAGES:
        return _STAGES[domain.risk]
    left = (domain.first_date - today).days if domain.first_date else 0
    if domain.risk == Risk.EXPIRED:  # it has, although Ultahost may tell a date that is still to come
        left = min(left, 0)
    return min(threshold for threshold in THRESHOLDS if left <= threshold)


def _is_told(ending: Ending, told: list[tuple[int, date]]) -> bool:
    """Whether this threshold or a nearer one was mailed, also with a date that was corrected since."""
    dates = [date for date in (ending.on, ending.domain.expiry_date, ending.domain.next_due_date) if date]
    return any(
        _covers(threshold, ending.threshold) and any(abs(end - date) < _SAME_END for date in dates)
        for threshold, end in told
    )


def _covers(told: int, threshold: int) -> bool:
    """A late transfer and a date that comes near are two things to tell."""
    return told == threshold if _TRANSFER in (told, threshold) else told <= threshold


def _told(person: User, kind: Notification.Kind) -> set[str]:
    return set(person.notifications.filter(kind=kind).values_list("subject", flat=True))


def _sum(invoices: list[Invoice]) -> Decimal:
    """Without payments of others of them and without deposits."""
    costing = (invoice for invoice in invoices if not invoice.only_moves_money)
    return sum((invoice.total or Decimal(0) for invoice in costing), Decimal(0))


def _forget_empty_ones(now: datetime) -> None:
    """Delete digests of days without news. What was mailed stays."""
    old = Notification.objects.filter(kind=Kind.DIGEST, created_at__lt=now - _EMPTY_KEPT)
    old.filter(state=Notification.State.POINTLESS, parts=None).delete()
