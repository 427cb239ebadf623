"""What every fault needs at hand: the portal, the provider, chance, and a count of what really happened."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from django.utils import timezone

from tests.faults.processes import Portal
from tests.faults.provider import Provider
from ultahost_api.models import Refresh
from ultahost_api.sandbox import Fault
from ultahost_api.sandbox.accounts import Account


@dataclass
class Scene:
    portal: Portal
    provider: Provider
    random: Random
    doorbell_lost: Callable[[], None]
    refusals: dict[str, float] = field(default_factory=dict)  # last four of a revoked key: wall clock
    over: threading.Event = field(default_factory=threading.Event)
    _struck: Counter[str] = field(default_factory=Counter)
    _planned: list[tuple[str, Fault, str | None]] = field(default_factory=list)  # kind, fault, key
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def faults(self) -> Counter[str]:
        """How many of each kind have happened; one that waits for its request does not count yet."""
        waiting = set(self.provider.faults.pending())
        met = Counter(kind for kind, fault, _ in list(self._planned) if fault not in waiting)
        return self._struck + met

    def struck(self, kind: str) -> None:
        with self._lock:
            self._struck[kind] += 1

    def account(self) -> Account:
        return self.random.choice(self.provider.accounts)

    def plan(self, kind: str, fault: Fault, action: str, *, times: int = 1, after: int = 0) -> None:
        """Some account's next request of this action meets the fault; the lists are asked for now."""
        account = self.account()
        key = self.provider.current[account.uuid]
        self._add(kind, fault, action, key, times=times, after=after)
        self.make_due(account, action.removeprefix("get_"))

    def plan_for_anybody(self, kind: str, fault: Fault, action: str) -> None:
        self._add(kind, fault, action, None)

    def _add(self, kind: str, fault: Fault, action: str, key: str | None, **when: int) -> None:
        self._planned.append((kind, fault, key))
        self.provider.faults.add(fault, action=action, key=key, **when)

    def make_due(self, account: Account, *nouns: str) -> None:
        """As time would, but sooner; the next tick finds it."""
        rows = Refresh.objects.filter(account__remote_uuid=account.uuid, noun__in=nouns)
        rows.exclude(next_due_at=None).update(next_due_at=timezone.now(), rung_until=None)

    def waiting(self) -> int:
        """Planned faults that no request has met yet, but for those of keys that are no more."""
        waiting, valid = set(self.provider.faults.pending()), {None, *self.provider.current.values()}
        return sum(fault in waiting and key in valid for _, fault, key in list(self._planned))

    def sleep(self, low: float, high: float) -> None:
        """The faults that last are short in comparison with a lease."""
        time.sleep(self.random.uniform(low, high))
