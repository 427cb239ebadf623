"""Publishes refreshes that are due, and makes those due now that people ask for."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Least
from django.utils import timezone

from ultahost_api import conf
from ultahost_api.models import LISTS, Account, ApiKey, Heartbeat, Noun, Operation, Refresh
from ultahost_api.models.accounts import AccountQuerySet, in_statement
from ultahost_api.models.cached import Cached
from ultahost_api.models.locks import dispensable
from ultahost_api.models.refreshes import RefreshQuerySet
from ultahost_api.wakeup import publish, publish_for_people

_QUEUED = 200  # refreshes in the queue at most: what waits longer than a minute is published twice

Accounts = Iterable[Account] | QuerySet[Account]


def tick() -> int:
    """Publish refreshes that are due and not yet published.

    Returns how many. Several beats may run at once.
    """
    now = timezone.now()
    due = Refresh.objects.due(now).unleased(now)
    room = max(0, _QUEUED - due.filter(rung_until__gt=now).count())
    return publish(list(due.unpublished(now).order_by("next_due_at").values_list("pk", flat=True)[:room]))


def beat(name: str) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": timezone.now()})


def start(account: Account) -> None:
    """A key of this account became usable: have everything read now, or continue where it paused."""
    now = timezone.now()
    Refresh.objects.bulk_create([Refresh(account=account, noun=noun) for noun in Noun], ignore_conflicts=True)
    with transaction.atomic():
        refreshes = _held(account)
        refreshes.filter(next_due_at=None).update(next_due_at=now, trouble="", trouble_words="")
        unlimited = refreshes.exclude(trouble=Refresh.Trouble.LIMITED)
        # What is due already may be running, and is not to run again for this.
        sooner = Least("next_due_at", Value(now))
        unlimited.filter(Q(completed_at=None) | ~Q(trouble="")).update(next_due_at=sooner, attempts=0)
    Operation.objects.filter(account=account, state=Operation.State.UNKNOWN).update(next_read_at=now)
    publish_for_people(refreshes.due(now).order_by("pk").values_list("pk", flat=True))


def pause_without_keys(account: Account) -> None:
    """If the account has no usable key any more, pause its refreshes until it has one again."""
    with transaction.atomic():
        refreshes = _held(account)
        if not ApiKey.objects.usable().filter(account=account).exists():
            refreshes.update(next_due_at=None, trouble=Refresh.Trouble.NO_KEY)


def _held(account: Account) -> RefreshQuerySet:
    """The account's refreshes, locked until the transaction ends.

    If one key is added while another is removed, the second transaction sees the result of the first.
    """
    refreshes = Refresh.objects.filter(account=account)
    list(refreshes.order_by("pk").select_for_update().values_list("pk"))
    return refreshes


def ask(accounts: Accounts, nouns: Iterable[str] = LISTS, *, full: bool = False) -> None:
    """A person wants these accounts' nouns fresh now; ``full`` reads each list whole."""
    wanted = Refresh.objects.of(accounts).filter(noun__in=list(nouns))
    if full:
        wanted.want_full()
    wanted.ask()
    publish_for_people(wanted.due(timezone.now()).values_list("pk", flat=True))


def watch(accounts: AccountQuerySet) -> None:
    """A person has these accounts on screen: lists older than the watched interval are due now.

    A database that cannot be written, as on a full disk or beside another writer, loses this note and keeps
    its readers.
    """
    now = timezone.now()
    if accounts.were_read and all(account.is_watched_anew(now) for account in accounts):
        return
    with dispensable():
        if Account.objects.filter(pk__in=in_statement(accounts)).watch(now):
            hasten(accounts, Refresh.Pace.WATCHED)


def hasten(accounts: Accounts, pace: Refresh.Pace) -> None:
    """Lists older than the watched interval are due now, where the rate limit allows as much."""
    now = timezone.now()
    old = Refresh.objects.of(accounts).filter(
        noun__in=LISTS, trouble="", completed_at__lt=now - conf.WATCHED_INTERVAL, next_due_at__gt=now
    )
    old.exclude(pace=Refresh.Pace.BUDGET).update(next_due_at=now + timedelta(seconds=1), pace=pace)


def want_details(row: Cached) -> None:
    """A person opened this row: have its details read before the others'. A note, as in ``watch``."""
    with dispensable():
        if row.want_details():
            _hasten_details(row)


def _hasten_details(row: Cached) -> None:
    backfill = Refresh.objects.filter(account=row.account_id, noun=Noun.DETAILS).exclude(next_due_at=None)
    backfill.update(next_due_at=timezone.now(), rung_until=None)
    publish_for_people(backfill.due(timezone.now()).values_list("pk", flat=True))
