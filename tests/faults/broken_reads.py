"""180 invoices' details while every tenth read breaks in one way, against a run in which none does.

python -m tests.faults.broken_reads [--limit 20] [--window 10] [--latency 0]

``--latency`` is how many seconds each answer takes; without ``--limit`` there is none that matters. Each way
has a process and a provider of its own; they run side by side.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from typing import Any

from ultahost_api.sandbox import Fault, Sandbox
from ultahost_api.sandbox.faults import Visit
from ultahost_api.sandbox.replies import Reply

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "tests.settings",
    "DATABASE_URL": "",
    "REDIS_URL": "",
    "PORTAL_LOG_LEVEL": "ERROR",
}
ROWS = 180
EVERY = 10
NONE = "none"
WAYS: dict[str, Callable[[], Fault]] = {
    NONE: lambda: Fault.wait(0),
    "502": lambda: Fault.status(502),
    "reset": Fault.drop,
    "truncated": Fault.truncated,
    "slow by 3 s": lambda: Fault.wait(3),
}


@dataclass
class Figures:
    way: str
    seconds: float
    calls: int
    windows: int  # times that the limit was waited for
    back_offs: int  # times that it was put off for a fault
    read: int

    def __str__(self) -> str:
        waits = f"{self.windows} windows waited for, {self.back_offs} back-offs"
        return f"{self.way:12}{self.seconds:6.1f} s, {self.calls} calls, {waits}, {self.read} details read"


def every_tenth(fault: Fault, latency: float = 0.0) -> Fault:
    """All but the tenths take ``latency`` and nothing else."""
    numbers, struck, slow = count(1), set(), Fault.wait(latency)

    def before(visit: Visit) -> Reply | None:
        slow.before(visit)
        if next(numbers) % EVERY == 0:
            struck.add(id(visit))
            return fault.before(visit)
        return None

    def after(visit: Visit, reply: Reply) -> Reply:
        return fault.after(visit, reply) if id(visit) in struck else reply

    return Fault("every tenth", before=before, after=after)


def measure(
    settings: Any, way: str, *, limit: int, window: float, latency: float = 0.0, rows: int = ROWS
) -> Figures:
    """In this process, whose Django is set up on a database of its own."""
    from ultahost_api import keys

    with Sandbox(limit=limit, window=window) as sandbox:
        settings.ULTAHOST = {**settings.ULTAHOST, "API_URL": sandbox.url}
        acme = sandbox.add_account(company="Acme", currency="EUR")
        acme.add_invoices(rows)
        key = keys.add(_owner(), "Main", sandbox.add_key(acme))
        sandbox.faults.add(every_tenth(WAYS[way](), latency), action="get_invoice", times=None)
        _complete(key.account, "invoices")
        began, before = time.monotonic(), len(sandbox.requests)
        troubles = _complete(key.account, "details")
        return Figures(
            way,
            seconds=time.monotonic() - began,
            calls=len(sandbox.requests) - before,
            windows=troubles.count("limited"),
            back_offs=len(troubles) - troubles.count("limited"),
            read=_read(key.account),
        )


def _owner() -> Any:
    from portal.models import Role, User

    return User.objects.create_user(
        "alma@example.com", "correct horse battery", name="Alma", role=Role.MEMBER
    )


def _complete(account: Any, noun: str) -> list[str]:
    """Run it whenever it is due, as the bell has it run; the troubles that it had on the way."""
    from django.utils import timezone

    from ultahost_api.models import Refresh
    from ultahost_api.refresh import runs

    troubles, began = [], timezone.now()
    while True:
        refresh = Refresh.objects.get(account=account, noun=noun)
        if refresh.completed_at and refresh.completed_at > began:
            return troubles
        troubles += [refresh.trouble] if refresh.trouble else []
        time.sleep(max(0.0, (refresh.next_due_at - timezone.now()).total_seconds()))
        runs.run(refresh.pk)


def _read(account: Any) -> int:
    from ultahost_api.models import Invoice

    return Invoice.objects.filter(account=account).exclude(detailed_at=None).count()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--limit", type=int, default=100_000)
    parser.add_argument("--window", type=float, default=60.0)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        return alone(options)
    started = {
        way: subprocess.Popen(
            [sys.executable, "-m", "tests.faults.broken_reads", *sys.argv[1:], "--way", way],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | ENVIRONMENT,
        )
        for way in WAYS
    }
    told = [Figures(**json.loads(process.communicate()[0].splitlines()[-1])) for process in started.values()]
    longest = 2 * told[0].seconds
    for figures in told:
        print(figures, "" if figures.seconds <= longest else "— more than twice as long", flush=True)
    return int(any(figures.seconds > longest or figures.read < ROWS for figures in told))


def alone(options: argparse.Namespace) -> int:
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    figures = measure(
        settings, options.way, limit=options.limit, window=options.window, latency=options.latency
    )
    print(json.dumps(asdict(figures)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
