"""Many domains changed at once by the portal's own worker, under faults, short windows and kills.

python -m tests.faults.bulk DOMAINS KEYS LIMIT WINDOW KILLS [SEED]

Each key opens an account of its own. A tenth of the calls meets a fault, and the worker is killed while it
sends. Prints one line of figures; the exit code is 1 if anything was wrong.
"""

import logging
import os
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import django

from tests import migrated
from ultahost_api.sandbox import Fault, Sandbox

ACTION = "update_nameservers"
LATENCY = 0.2  # seconds of each answer
DEAD = 10.0  # seconds that the account of a killed row waits
SERVERS = ["ns1.example.net", "ns2.example.net"]
FAULTS = (
    lambda: Fault.drop(after_effect=True),
    lambda: Fault.drop(),
    lambda: Fault.status(502, after_effect=True),
    lambda: Fault.status(400, "Not today."),
    lambda: Fault.status(500),
    lambda: Fault.html(),
)


@dataclass
class Figures:
    domains: int
    keys: int
    kills: int
    twice: int = 0
    lost: int = 0
    wrong: int = 0  # shown as what it was not
    early: int = 0
    limited: int = 0
    estimated: float = 0.0
    took: float = 0.0  # without the time in which the worker was dead
    dead: float = 0.0
    states: Counter[str] = field(default_factory=Counter)

    @property
    def is_good(self) -> bool:
        # While the worker is dead its keys' windows pass all the same, so that time only makes it late.
        whole = self.took + self.dead
        is_near = self.estimated / 2 <= whole and self.took <= self.estimated * 2 + DEAD * self.kills
        return is_near and not (self.twice or self.lost or self.wrong or self.early or self.limited)

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{self.domains} domains with {self.keys} keys, {self.kills} kills of the worker:"
            f" {self.twice} twice, {self.lost} lost, {self.wrong} shown as what they were not,"
            f" {self.early} early requests, {self.limited} refusals (429);"
            f" {self.took:.0f} s and {self.dead:.0f} s without a worker, estimated {self.estimated:.0f} s"
            f" ({states})"
        )


def main(domains: int, keys: int, limit: int, window: int, kills: int, seed: int = 1) -> int:
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bulk-"))
        sandbox = stack.enter_context(Sandbox(limit=limit, window=window, latency=LATENCY))
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORTAL_DATA_DIR": folder,
            "PORTAL_URL": "",
            "REDIS_URL": "",
            "ULTAHOST_API_URL": sandbox.url,
        }
        if not os.environ.get("DATABASE_URL"):
            migrated.copy_to(Path(folder, "portal.sqlite3"))
        django.setup()
        logging.disable(logging.WARNING)
        figures = _run(stack, sandbox, Figures(domains, keys, kills), random.Random(seed))
        print(figures, flush=True)
        return 0 if figures.is_good else 1


def _run(stack: ExitStack, sandbox: Sandbox, figures: Figures, chance: random.Random) -> Figures:
    from django.utils import timezone

    from portal.models import User
    from portal.running.preparing import prepare_database
    from tests.faults.web import Process
    from ultahost_api import keys, operations
    from ultahost_api.calls.estimates import seconds_for_all
    from ultahost_api.client.writes import UpdateNameservers

    prepare_database(allow_new_api=False)
    worker = Process("worker")
    for process in (Process("valkey"), worker, Process("beat")):
        process.start()
        stack.callback(process.kill)
    owner = User.objects.create_user("alma@example.com", None, name="Alma")
    found, requests = [], []
    for place in range(figures.keys):
        account = sandbox.add_account(f"Company {place}")
        account.add_domains(len(range(place, figures.domains, figures.keys)), status="Active")
        found.append(keys.add(owner, f"Key {place}", sandbox.add_key(account)))
        requests += [
            operations.WriteRequest(owner, found[-1], UpdateNameservers(number, SERVERS), uuid4())
            for number in account.domains
        ]
    _until(_has_read_all, 120)

    count = Counter(request.key.pk for request in requests)
    figures.estimated = seconds_for_all((key, count[key.pk]) for key in found)
    for number in range(len(requests) // 10):
        at = chance.randrange(9) + number * 10
        sandbox.faults.add(chance.choice(FAULTS)(), action=ACTION, after=at)
    batch, began = uuid4(), time.monotonic()
    operations.queue(requests, batch)
    struck = timezone.now()
    for number in range(figures.kills):
        ended = len(requests) * (number + 1) // (figures.kills + 1)
        _until(lambda ended=ended: _ended(batch) >= ended, 180)  # type: ignore[misc]
        struck = timezone.now()
        figures.dead += _kill(worker, batch)
    _until(lambda: not _queued(batch), 600)
    figures.took = time.monotonic() - began - figures.dead
    _let_the_dead_be_known(struck)
    _until(lambda: _ended(batch) == len(requests), 180)
    _judge(sandbox, figures, batch, len(requests))
    return figures


def _has_read_all() -> bool:
    from ultahost_api.models import Domain, Refresh

    is_read = not Refresh.objects.filter(completed_at=None).exclude(noun="details").exists()
    return is_read and not Domain.objects.filter(detailed_at=None).exists()


def _kill(worker: Any, batch: Any) -> float:
    """In the middle of whatever it does. Returns how long nothing was sent."""
    struck, before = time.monotonic(), _ended(batch)
    worker.kill()
    worker.start()
    _until(lambda: _ended(batch) > before, 120)
    return time.monotonic() - struck


def _let_the_dead_be_known(struck: Any) -> None:
    """What a killed worker was sending is unknown after 90 s, which have passed now."""
    from django.utils import timezone

    from ultahost_api.models import Operation

    left = Operation.objects.filter(state=Operation.State.SENDING, sent_at__lt=struck)
    left.update(sent_at=timezone.now() - timedelta(minutes=5))


def _ended(batch: Any) -> int:
    from ultahost_api.models import Operation

    open_states = [Operation.State.QUEUED, Operation.State.SENDING]
    return Operation.objects.filter(batch=batch).exclude(state__in=open_states).count()


def _queued(batch: Any) -> int:
    from ultahost_api.models import Operation

    return Operation.objects.filter(batch=batch, state=Operation.State.QUEUED).count()


def _judge(sandbox: Sandbox, figures: Figures, batch: Any, count: int) -> None:
    """Each row against the requests and the effects that the sandbox has seen."""
    from portal.queries.batches import RETRIABLE
    from ultahost_api.models import Operation

    rows = list(Operation.objects.filter(batch=batch))
    sent = Counter(
        seen.parameters["domainid"] for seen in sandbox.requests if seen.action == ACTION and not seen.limited
    )
    effects = Counter(done.target for done in sandbox.ledger if done.action == ACTION)
    figures.states = Counter(str(row.state) for row in rows)
    figures.lost = count - len(rows)
    figures.twice = sum(number > 1 for number in sent.values())
    for row in rows:
        happened = effects[row.remote_id] > 0
        shown = row.took_effect
        denied = row.state in RETRIABLE
        figures.wrong += (shown and not happened) or (denied and happened)
        figures.wrong += row.state == Operation.State.REFUSED and not row.message
    figures.early = len(sandbox.early_requests())
    figures.limited = sum(seen.limited for seen in sandbox.requests)


def _until(true: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
