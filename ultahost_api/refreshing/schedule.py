"""What is due, and what people want sooner."""

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from ultahost_api import conf
from ultahost_api.bell import ring, ring_for_people
from ultahost_api.models import LISTS, Account, ApiKey, Heartbeat, Noun, Refresh
from ultahost_api.models.cached import Cached

_TICK_TAKES = 500

Accounts = Iterable[Account] | QuerySet[Account]


def tick() -> int:
    """Ring for what is due and not rung yet; how many. Any number of beats may do it at once."""
    now = timezone.now()
    due = Refresh.objects.due(now).unleased(now).unrung(now).order_by("next_due_at")
    return ring(list(due.values_list("pk", flat=True)[:_TICK_TAKES]))


def beat(name: str) -> None:
    Heartbeat.objects.update_or_create(name=name, defaults={"beat_at": timezone.now()})


def start(account: Account) -> None:
    """A key of this account became usable: have everything read now, or go on where it paused."""
    now = timezone.now()
    Refresh.objects.bulk_create([Refresh(account=account, noun=noun) for noun in Noun], ignore_conflicts=True)
    refreshes = Refresh.objects.filter(account=account)
    refreshes.filter(next_due_at=None).update(next_due_at=now, trouble="", trouble_words="")
    refreshes.exclude(trouble=Refresh.Trouble.LIMITED).filter(completed_at=None).update(next_due_at=now)
    ring_for_people(refreshes.due(now).values_list("pk", flat=True))


def pause_without_keys(account: Account) -> None:
    """The last usable key went: nothing is refreshed until there is one again."""
    if not ApiKey.objects.usable().filter(account=account).exists():
        Refresh.objects.filter(account=account).update(next_due_at=None, trouble=Refresh.Trouble.NO_KEY)


def ask(accounts: Accounts, nouns: Iterable[str] = LISTS) -> None:
    """A person wants these accounts' nouns fresh now."""
    wanted = Refresh.objects.of(accounts).filter(noun__in=list(nouns))
    wanted.ask()
    ring_for_people(wanted.due(timezone.now()).values_list("pk", flat=True))


def watch(accounts: "QuerySet[Account]") -> None:
    """Somebody has these accounts on screen: lists older than the watched interval are due now."""
    now = timezone.now()
    if not Account.objects.filter(pk__in=accounts).watch(now):
        return
    old = Refresh.objects.of(accounts).filter(
        noun__in=LISTS, trouble="", completed_at__lt=now - conf.WATCHED_INTERVAL, next_due_at__gt=now
    )
    old.update(next_due_at=now + timedelta(seconds=1))


def want_details(row: Cached) -> None:
    """Somebody opened this row: have its details read before the others'."""
    if not row.want_details():
        return
    backfill = Refresh.objects.filter(account=row.account_id, noun=Noun.DETAILS).exclude(next_due_at=None)
    backfill.update(next_due_at=timezone.now(), rung_until=None)
    ring_for_people(backfill.due(timezone.now()).values_list("pk", flat=True))
