"""The mail of the day: invoices that became overdue, and domains that end soon."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils import timezone

from portal import access, preferences
from portal.models import Notification, User
from ultahost_api import conf
from ultahost_api.models import Account, Domain, Invoice

Kind = Notification.Kind

EARLIEST, LATEST = 8, 21  # o'clock where the person is
THRESHOLDS = (60, 30, 14, 7, 1)  # days before a domain ends

_STILL_TOLD = 7  # days after the end, when the last threshold fell into days without mail
_SAME_END = timedelta(
    days=180
)  # an end that moves by less is the same one, read better; a renewal moves it a year
_SHOWN = 20  # lines
_EMPTY_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Bills:
    """Of one account in one currency: what became overdue, and all that is."""

    account: Account
    currency: str
    new: list[Invoice]
    count: int
    total: Decimal

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
    """A domain that has come within a threshold of its end."""

    domain: Domain
    on: date
    threshold: int

    @property
    def subject(self) -> str:
        return f"{self.domain.pk} {self.threshold} {self.on}"


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
    """A row for everybody whose morning has come; two beats make one."""
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
    """The person's date while it is a sensible hour there, else nothing."""
    there = now.astimezone(preferences.zone_of(person))
    return str(there.date()) if EARLIEST <= there.hour < LATEST else ""


def compose(notification: Notification) -> Digest:
    """What the person was not told yet, and from now on was: inside the transaction that claims it."""
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
            found.append(Bills(account, currency, new, len(invoices), _sum(invoices)))
    return found


def _endings(person: User) -> list[Ending]:
    if not person.wants(Kind.LAPSING):
        return []
    today = conf.today()
    told: dict[str, list[tuple[int, date]]] = defaultdict(list)
    for subject in _told(person, Kind.LAPSING):
        domain_id, threshold, end = subject.split()
        told[domain_id].append((int(threshold), date.fromisoformat(end)))
    span = (today - timedelta(days=_STILL_TOLD), today + timedelta(days=max(THRESHOLDS)))
    domains: Any = access.domains_to_view(person).present().filter(status="Active").by_end()
    endings = [
        Ending(domain, domain.ends_on, _threshold(domain.ends_on, today))
        for domain in domains.filter(ends_on__range=span)
    ]
    return [ending for ending in endings if not _is_told(ending, told[str(ending.domain.pk)])]


def _threshold(end: date, today: date) -> int:
    """The last one that was crossed: who meets a domain at its fifth day is not told of sixty."""
    left = (end - today).days
    return min(threshold for threshold in THRESHOLDS if left <= threshold)


def _is_told(ending: Ending, told: list[tuple[int, date]]) -> bool:
    """Of this threshold or a later one, whatever a clock or a corrected date has done since."""
    return any(threshold <= ending.threshold and abs(end - ending.on) < _SAME_END for threshold, end in told)


def _told(person: User, kind: Notification.Kind) -> set[str]:
    return set(person.notifications.filter(kind=kind).values_list("subject", flat=True))


def _sum(invoices: list[Invoice]) -> Decimal:
    return sum((invoice.total or Decimal(0) for invoice in invoices), Decimal(0))


def _forget_empty_ones(now: datetime) -> None:
    """Days on which there was nothing to tell; what was told stays told."""
    old = Notification.objects.filter(kind=Kind.DIGEST, created_at__lt=now - _EMPTY_KEPT)
    old.filter(state=Notification.State.POINTLESS, parts=None).delete()
