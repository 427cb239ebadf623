"""Whatever moves while it is read: a quiet pass makes our copy equal, and nothing there is ever called gone.

Each example is a life of one list. Passes go over it two rows a page while rows come, go, change and
return between the pages, while answers are spoiled, and while runs are interrupted in mid-pass.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.lengths import length
from ultahost_api.client import client as client_module
from ultahost_api.models import Account, Refresh
from ultahost_api.models.cached import Cached
from ultahost_api.refresh.nouns import NOUNS
from ultahost_api.refresh.runs import run as run_refresh
from ultahost_api.sandbox import Fault, Sandbox
from ultahost_api.sandbox import rows as provider_rows
from ultahost_api.sandbox.faults import Visit
from ultahost_api.sandbox.replies import Reply

PAGE = 2
EXAMPLES = length(25, drill=100, long=1000)  # of each noun
A_DAY_LATER = timedelta(hours=30)  # whatever is read only once a day is due

MODELS: dict[str, type[Cached]] = {name: noun.model for name, noun in NOUNS.items()}
MAKE = {name: getattr(provider_rows, name.removesuffix("s")) for name in NOUNS}
# What is compared of a row: the provider's name of a text or amount, and ours.
TOLD = {
    "services": (("status", "status"), ("amount", "amount")),
    "invoices": (("status", "status"), ("total", "total")),
    "domains": (("status", "status"), ("recurringamount", "recurring_amount")),
    "orders": (("status", "status"), ("amount", "amount")),
    "quotes": (("stage", "stage"), ("total", "total")),
    "emails": (("subject", "subject"),),
}

ODD: dict[str, Callable[[], Fault]] = {
    "other types": Fault.wrong_types,
    "a larger total": lambda: Fault.total(1),
    "a smaller total": lambda: Fault.total(-1),
}
# The client sends these reads again, and what comes then may be whole.
RESENT: dict[str, Callable[[], Fault]] = {
    "half a JSON": Fault.truncated,
    "HTML": Fault.html,
    "cut": Fault.cut,
    "502": lambda: Fault.status(502),
    "an error in a 200": Fault.result_error,
}
SPOILS = ODD | RESENT
MOVES = ("new", "old", "delete", "delete newest", "change", "return", "swap")
STATUSES = ("Unpaid", "Paid", "Active", "Cancelled")


@dataclass(frozen=True)
class Step:
    """What one request meets: rows move before it is served, or its answer is spoiled."""

    moves: tuple[tuple[str, int], ...] = ()
    spoil: str = ""


@dataclass(frozen=True)
class Run:
    """One run of the refresh: ``whole`` reads to the end of the pass, else it stops after a page.

    ``full`` begins as on the day when the whole list is due, though a list may be read more cheaply.
    """

    steps: tuple[Step, ...] = ()
    whole: bool = True
    full: bool = False


@dataclass
class Provider:
    """The provider's list of one noun, moving as it was told, and remembering what was there when."""

    noun: str
    rows: dict[int, Any]
    make: Callable[[int], Any]
    steps: deque[Step] = field(default_factory=deque)
    deleted: list[Any] = field(default_factory=list)
    history: list[tuple[datetime, frozenset[int]]] = field(default_factory=list)
    _newer: Any = field(default_factory=lambda: count(1001))
    _older: Any = field(default_factory=lambda: count(999, -1))

    def before(self, visit: Visit) -> Reply | None:
        step = self.steps[0] if self.steps else Step()
        with visit.account.lock:
            for move, pick in step.moves:
                self.move(move, pick)
        return SPOILS[step.spoil]().before(visit) if step.spoil else None

    def after(self, visit: Visit, reply: Reply) -> Reply:
        step = self.steps.popleft() if self.steps else Step()
        return SPOILS[step.spoil]().after(visit, reply) if step.spoil else reply

    def move(self, move: str, pick: int) -> None:
        ids = sorted(self.rows, reverse=True)
        if move == "swap":  # the total stays as it was
            self.move("delete", pick)
            self.move("old", pick)
        elif move in {"new", "old"}:
            self._put(self.make(next(self._newer if move == "new" else self._older)))
        elif move == "return" and self.deleted:
            self._put(self.deleted.pop(pick % len(self.deleted)))
        elif move == "change" and ids:
            row = self.rows[ids[pick % len(ids)]]
            (status, _), *amount = TOLD[self.noun]
            row[status] = STATUSES[(len(row[status]) + pick) % len(STATUSES)]
            for name, _ in amount:
                row[name] = f"{pick}.50"
        elif move.startswith("delete") and ids:
            self.deleted.append(self.rows.pop(ids[0 if move == "delete newest" else pick % len(ids)]))
        self.history.append((timezone.now(), frozenset(self.rows)))

    def _put(self, row: Any) -> None:
        self.rows[row["id"]] = row

    def had(self, remote_id: int, at: datetime) -> bool:
        return remote_id in next(ids for since, ids in reversed(self.history) if since <= at)

    def told(self) -> dict[int, tuple[Any, ...]]:
        (text, _), *amounts = TOLD[self.noun]
        return {
            number: (row[text], *(Decimal(row[name]) for name, _ in amounts))
            for number, row in self.rows.items()
        }


@dataclass(repr=False)  # a life that failed is told without all that the sandbox holds
class World:
    """One account on both sides; ``live`` begins a new life of one of its lists."""

    sandbox: Sandbox
    acme: Any
    account: Account

    def live(self, noun: str, size: int) -> "Life":
        MODELS[noun]._default_manager.filter(account=self.account).delete()
        Refresh.objects.filter(account=self.account, noun=noun).delete()
        refresh = Refresh.objects.create(account=self.account, noun=noun)
        rows = self.acme.rows(noun)
        rows.clear()

        def make(number: int) -> Any:
            return MAKE[noun](number) | {"id": number}

        provider = Provider(noun, rows, make)
        for _ in range(size):
            provider.move("new", 0)
        provider.history.append((timezone.now(), frozenset(rows)))
        self.sandbox.faults.clear()
        self.sandbox.faults.add(
            Fault("moves", before=provider.before, after=provider.after), action=f"get_{noun}", times=None
        )
        return Life(provider, refresh, MODELS[noun])


@dataclass
class Life:
    provider: Provider
    refresh: Refresh
    model: type[Cached]

    def run(self, run: Run) -> None:
        """And hold every row that it marked gone against what was there at that very moment."""
        gone, provider = self._gone(), self.provider
        if run.full:
            Refresh.objects.filter(pk=self.refresh.pk).want_full()
        provider.steps = deque(run.steps)
        self._run(seconds=60 if run.whole else 0)
        newly = {number: at for number, at in self._gone().items() if gone.get(number) != at}
        assert not [number for number, at in newly.items() if provider.had(number, at)]

    def settle(self) -> None:
        """Nothing moves any more: one whole pass, and the copy is equal."""
        self.provider.steps.clear()
        Refresh.objects.filter(pk=self.refresh.pk).update(attempts=0)
        with time_machine.travel(timezone.now() + A_DAY_LATER):
            self._run()  # the pass that was under way, if any
            began = timezone.now()
            self._run()
            refresh = Refresh.objects.get(pk=self.refresh.pk)
            assert refresh.trouble == ""
            assert refresh.clean_at
            assert refresh.clean_at >= began
        assert self.copied() == self.provider.told()

    def copied(self) -> dict[int, tuple[Any, ...]]:
        names = [ours for _, ours in TOLD[self.provider.noun]]
        present = self.model._default_manager.filter(account=self.refresh.account_id, gone_at=None)
        return {row.remote_id: tuple(getattr(row, name) for name in names) for row in present}

    def _run(self, seconds: float = 60) -> None:
        Refresh.objects.filter(pk=self.refresh.pk).update(next_due_at=timezone.now())
        run_refresh(self.refresh.pk, seconds=seconds)

    def _gone(self) -> dict[int, datetime]:
        rows = self.model._default_manager.filter(account=self.refresh.account_id).exclude(gone_at=None)
        return dict(rows.values_list("remote_id", "gone_at"))


@pytest.fixture
def world(sandbox: Sandbox, acme: Any, account: Account, page_size: Any, monkeypatch: Any) -> World:
    page_size(PAGE)
    monkeypatch.setattr(client_module, "_FIRST_PAUSE", 0.0)  # resends do not wait here
    return World(sandbox, acme, account)


moves = st.tuples(st.sampled_from(MOVES), st.integers(0, 9))
steps = st.builds(
    Step,
    moves=st.lists(moves, max_size=3).map(tuple),
    spoil=st.sampled_from([""] * 12 + list(SPOILS)),
)
runs = st.builds(
    Run,
    steps=st.lists(steps, max_size=5).map(tuple),
    whole=st.sampled_from([True, True, False]),
    full=st.booleans(),
)
lives = st.lists(runs, min_size=1, max_size=4)

# A row goes from a page that was read and another comes at the end: every page tells the same total,
# as many different rows come, and one that is there was on no page.
CANCELLED_OUT = [Run(), Run((Step(), Step((("swap", 0),))), full=True)]

# Of a list whose rows cannot be asked for: the same row is on no page of the two readings that follow each
# other, and the totals of the second one alone tell that rows moved.
MISSED_TWICE = [
    Run(),
    Run(
        (
            Step(),
            Step((("swap", 0),)),
            Step(),
            Step((("new", 0),)),
            Step((("delete newest", 0),)),
        ),
        full=True,
    ),
]


@pytest.mark.parametrize("noun", MODELS)
@pytest.mark.slow
@pytest.mark.timeout(100 + 2 * EXAMPLES)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # to shrink a life takes longer than the test may
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(size=st.integers(0, 7), life=lives)
@example(size=6, life=CANCELLED_OUT)
@example(size=6, life=MISSED_TWICE)
def test_it_ends_with_an_equal_copy_and_calls_nothing_gone_that_is_there(world, noun, size, life):
    lived = world.live(noun, size)
    for run in life:
        lived.run(run)
    lived.settle()


@pytest.mark.parametrize("noun", MODELS)
@pytest.mark.parametrize(
    ("spoil", "times"), [*((spoil, 1) for spoil in ODD), *((spoil, 3) for spoil in RESENT)]
)
@pytest.mark.parametrize("nth", [0, 1, 2])
def test_it_removes_nothing_by_a_spoiled_answer(world, noun, spoil, times, nth):
    """Although a row is really missing, which a whole pass over good answers would find."""
    lived = world.live(noun, 6)
    lived.run(Run())
    Refresh.objects.filter(pk=lived.refresh.pk).want_full()
    lived.provider.move("delete", 2)
    before = lived.copied()

    lived.run(Run((Step(),) * nth + (Step(spoil=spoil),) * times))

    assert lived.copied() == before
    lived.settle()
