"""What a team waits for: the worker as `make up` starts it, against the same pages in one process.

python -m tests.bench.parts.team URL [quick]
"""

import contextlib
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.bench.parts.engine import QUICK, ROWS_EACH, Bench, Spent

from django.conf import settings  # isort: skip
from django.utils import timezone  # isort: skip

from portal.running.programs import programs  # isort: skip
from ultahost_api import wakeup  # isort: skip
from ultahost_api.refresh import schedule  # isort: skip
from ultahost_api.models import LISTS, Account, Noun, Refresh  # isort: skip

ACCOUNTS = 20 if QUICK else 200
PATIENCE = 600.0  # seconds, for all of them
ROOT = Path(__file__).resolve().parents[3]


@contextlib.contextmanager
def running(*names: str) -> Iterator[list[int]]:
    """These programs of the portal's; yields their process ids."""
    commands = {program.name: program.command for program in programs(None)}
    log = (settings.PORTAL_DATA_DIR / "programs.log").open("wb")
    processes = [
        subprocess.Popen(commands[name], cwd=ROOT, stdout=log, stderr=log, start_new_session=True)
        for name in names
    ]
    try:
        time.sleep(8)  # until they have started
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def refresh_all(accounts: list[Account]) -> None:
    """Somebody asks for all lists of all accounts; returns when each of them was read."""
    began = timezone.now()
    schedule.ask(accounts)
    lists, patience = Refresh.objects.of(accounts).filter(noun__in=LISTS), time.monotonic() + PATIENCE
    while lists.filter(completed_at__gte=began).count() < len(accounts) * len(LISTS):
        assert time.monotonic() < patience, list(lists.exclude(trouble="").values("trouble", "trouble_words"))
        time.sleep(0.1)


def memory(pid: int) -> float:
    """Of the process and its children, in MB, each with its share of what they have in common."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    told = [Path(f"/proc/{one}/smaps_rollup").read_text() for one in [pid, *children]]
    shares = [re.search(r"^Pss:\s+(\d+)", one, re.MULTILINE) for one in told]
    return sum(int(share[1]) for share in shares if share) / 1024


def main() -> None:
    logging.disable(logging.WARNING)
    bench = Bench(sys.argv[1])
    with running("valkey"):
        publish, wakeup._send = wakeup._send, lambda *_, **__: True
        accounts = [bench.add(number, ROWS_EACH, far=True) for number in range(40_001, 40_001 + ACCOUNTS)]
        wakeup._send = publish
        Refresh.objects.update(next_due_at=timezone.now() + timedelta(hours=1))
        Refresh.objects.filter(noun=Noun.DETAILS).update(next_due_at=None, trouble=Refresh.Trouble.NO_KEY)
        with running("worker", "beat") as (worker, _):
            told = measured(bench, accounts)
            told["worker MB"] = memory(worker)
    print(json.dumps(told, indent=1))


def measured(bench: Bench, accounts: list[Account]) -> dict[str, Any]:
    with Spent() as floor:
        for number in range(40_001, 40_001 + len(accounts)):
            for noun in LISTS:
                bench.floor(number, ROWS_EACH, noun, far=True)
    with Spent() as first:
        refresh_all(accounts)
    with Spent() as again:
        refresh_all(accounts)
    rows = len(accounts) * len(LISTS) * ROWS_EACH
    return {
        "accounts": len(accounts),
        "rows per second, first copy": rows / first.wall,
        "first wall ratio": first.wall / floor.wall,
        "again wall ratio": again.wall / floor.wall,
    }


if __name__ == "__main__":
    main()
