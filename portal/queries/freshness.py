"""How old the copies on a page are, and whether they are being refreshed."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.utils import timezone

from ultahost_api import conf
from ultahost_api.models import Account, ApiKey, Heartbeat, PassPage, RateWindow, Refresh
from ultahost_api.models.accounts import MOST_IDS
from ultahost_api.models.cached import DETAILS_ARE_NEW, Cached
from ultahost_api.models.prepared import Prepared
from ultahost_api.models.refreshes import RefreshQuerySet

_PREPARED = Prepared(most=200)
_STALE_AFTER = 2 * conf.SLOWEST  # intervals: an older copy is late


class Workers:
    """Whether a worker runs. It is looked up once, and only if something suggests that none does."""

    @cached_property
    def are_heard(self) -> bool:
        return Heartbeat.objects.is_heard()


def lacks_worker(row: Cached) -> bool:
    """Whether no worker is there to read the details of ``row``, which were not read a moment ago.

    Something of its account then has been due for a while. A silence alone tells nothing: a machine whose
    clock was put back has a worker whose next tick is to come.
    """
    now = timezone.now()
    is_new = row.detailed_at and row.detailed_at > now - DETAILS_ARE_NEW
    if row.is_gone or is_new or Workers().are_heard:
        return False
    late = Refresh.objects.filter(account=row.account_id, next_due_at__lt=now - Heartbeat.SILENCE)
    return late.unleased(now).exists()


def of_each(noun: str, accounts: QuerySet[Account]) -> "dict[UUID, Freshness]":
    """The freshness of every account that has this noun, by its id, with one query, and one for workers."""
    found: dict[UUID, Freshness] = {}
    together = Freshness(noun, accounts)
    for refresh in together.refreshes:
        alone = Freshness(noun, Account.objects.filter(pk=refresh.account_id), together.workers)
        alone.refreshes = [refresh]
        found[refresh.account_id] = alone
    return found


@dataclass
class Freshness:
    """How fresh one noun is over the accounts that a user sees; the least fresh account decides."""

    noun: str
    accounts: QuerySet[Account]
    workers: Workers = field(default_factory=Workers)

    @cached_property
    def refreshes(self) -> list[Refresh]:
        known = {account.pk: account for account in self.accounts}
        if len(known) <= MOST_IDS:  # the statement then names them, and is the same for whom it is asked
            found = _PREPARED.rows(Refresh, (self.noun, *known), self._asked)
        else:
            found = list(self._asked())
        for refresh in found:
            refresh.account = known[refresh.account_id]
        return found

    def _asked(self) -> RefreshQuerySet:
        return Refresh.objects.of(self.accounts).filter(noun=self.noun)

    @property
    def state(self) -> str:
        """One of: empty, silent, running, limited, failed, paused, stale, fresh."""
        if not self.refreshes:
            return "empty"
        if self.lacks_worker:
            return "silent"
        if self.is_running:
            return "running"
        if self.limited_until:
            return "limited"
        if all(r.next_due_at is None for r in self.refreshes):
            return "paused"
        if self.failed:
            return "failed"
        return "stale" if self.is_stale else "fresh"

    @cached_property
    def is_running(self) -> bool:
        """Whether it is being refreshed, or was requested and waits for a worker."""
        now = timezone.now()
        return any(
            r.is_running or r.asked_at or r.pass_started_at or (r.completed_at is None and not r.trouble)
            for r in self.refreshes
            if r.next_due_at and r.next_due_at <= now + timedelta(seconds=1) and not self._held_until(r)
        )

    @cached_property
    def lacks_worker(self) -> bool:
        """Whether something has been due for a while, and no worker is there to do it."""
        if any(r.is_running for r in self.refreshes):
            return False
        due = min((r.next_due_at for r in self.refreshes if r.next_due_at), default=None)
        return due is not None and due < timezone.now() - Heartbeat.SILENCE and not self.workers.are_heard

    @property
    def updated_at(self) -> datetime | None:
        """The oldest completed pass among the accounts; None while one has never completed."""
        times = [r.completed_at for r in self.refreshes]
        return min(times) if times and None not in times else None  # type: ignore[type-var]

    @property
    def is_stale(self) -> bool:
        limit = conf.interval(self.noun) * _STALE_AFTER
        return self.updated_at is None or self.updated_at < timezone.now() - limit

    @cached_property
    def limited_until(self) -> datetime | None:
        return max(filter(None, map(self._held_until, self.refreshes)), default=None)

    def _held_until(self, refresh: Refresh) -> datetime | None:
        """Until when the account's key may not call, also after a click on Refresh."""
        if refresh.trouble == Refresh.Trouble.LIMITED or refresh.asked_at:
            return refresh.waits_until or self._windows.get(refresh.account_id)
        return None

    @cached_property
    def _windows(self) -> dict[UUID, datetime]:
        """By account, until when its keys may not call."""
        keys = ApiKey.objects.usable().filter(account__in=[r.account_id for r in self.refreshes])
        held: dict[UUID, datetime] = {}
        for window in RateWindow.objects.filter(key__in=keys).select_related("key__account"):
            if window.key.account and (until := window.waits_until):
                account = window.key.account.pk
                held[account] = min(until, held.get(account, until))
        return held

    @property
    def looks_every(self) -> int:
        """Seconds until the region refreshes itself."""
        if self.state in ("running", "silent"):
            return 2 if self.state == "running" else 10
        until = self.limited_until
        return 5 if until and until < timezone.now() + timedelta(minutes=1) else 30

    @cached_property
    def failed(self) -> list[Refresh]:
        """Refreshes that have failed, ordered by account."""
        waits = {Refresh.Trouble.NONE, Refresh.Trouble.LIMITED}
        return sorted((r for r in self.refreshes if r.trouble not in waits), key=lambda r: r.account.name)

    @property
    def set_aside(self) -> list[tuple[Account, list[str]]]:
        """By account, what stood instead of the ids of rows that are not listed for lack of one."""
        return [(r.account, [row["id"] or "–" for row in r.set_aside]) for r in self.refreshes if r.set_aside]

    @cached_property
    def rows_total(self) -> int:
        return sum(r.rows_total or 0 for r in self.refreshes if r.pass_started_at)

    @cached_property
    def rows_done(self) -> int:
        walking = [r.pk for r in self.refreshes if r.pass_started_at]
        if not walking:
            return 0
        done = PassPage.objects.filter(refresh__in=walking).aggregate(rows=Sum("rows"))["rows"] or 0
        return min(done, self.rows_total)

    @property
    def percent(self) -> int:
        return round(100 * self.rows_done / self.rows_total) if self.rows_total else 0

    @property
    def token(self) -> str:
        """Changes when a pass of any account has completed: the page then fetches its list again."""
        return str(sum(round(r.completed_at.timestamp() * 1e6) for r in self.refreshes if r.completed_at))
