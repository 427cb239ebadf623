"""Two worker processes and many keys against short windows, with a wrong clock and headers of every kind.

The sandbox knows which requests came between a spent window and its reset. Every account has its own form of
reset header, and two have none that makes sense. Some accounts have two keys. Half of the people are in a
hurry and click until nothing is left; the calm ones keep to what is kept back for them, and have to get it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests import migrated
from ultahost_api.sandbox import Fault, Sandbox
from ultahost_api.sandbox.limits import Per

ROOT = Path(__file__).resolve().parents[2]
FORMS = ("epoch", "epoch_ms", "delta", "iso", "sql", "http")
SENSELESS = ("missing", "mad")
ACCOUNTS = 20
LIMIT, WINDOW = 20, 10.0
OFFSETS = (600.0, -600.0)  # of the provider's clock: it jumps in the middle of the storm
CALM, HURRIED = "Calm", "Hurried"
CLICK_EVERY = (
    8.0  # seconds of a calm person: two in a window and the pause after it, as many as are kept back
)


@dataclass
class Figures:
    keys: int = 0
    calls: int = 0
    early: int = 0
    limited: int = 0  # 429s, of keys whose headers tell the window
    limited_untold: int = 0  # of the two whose headers do not
    spent: int = 0  # times that a window was told to be spent
    clicks: int = 0
    clicks_refused: int = 0

    def __str__(self) -> str:
        return (
            f"{self.calls:,} calls with {self.keys} keys by two workers; "
            f"{self.spent:,} spent windows; {self.early} early requests, {self.limited} refusals (429), "
            f"{self.limited_untold} more where no header tells the window; "
            f"{self.clicks} clicks, {self.clicks_refused} refused"
        )


def storm(seconds: float, database_url: str = "", per: Per = "key", accounts: int = ACCOUNTS) -> Figures:
    """Let it rage for so many seconds on a database of its own; ``per`` is what the provider counts by."""
    with (
        Sandbox(limit=LIMIT, window=WINDOW, per=per) as sandbox,
        tempfile.TemporaryDirectory(prefix="portal-storm-") as folder,
    ):
        keys = _fill(sandbox, accounts)
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "PORTAL_DATA_DIR": folder,
            "DATABASE_URL": database_url,
            "REDIS_URL": "",
            "ULTAHOST_API_URL": sandbox.url,
            "PORTAL_LOG_LEVEL": "WARNING",
            "PYTHONPATH": str(ROOT),
        }
        if not database_url:
            migrated.copy_to(Path(folder, "portal.sqlite3"))
        _python(environment, "manage.py", "migrate", "--verbosity", "0")
        _python(environment, "-m", "tests.faults.storming", "add", given=json.dumps(_tempers(keys, accounts)))
        workers = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.faults.storming", "work", str(seconds), str(seed)],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            for seed in range(2)
        ]
        for offset in OFFSETS:
            sandbox.clock_offset = offset
            time.sleep(seconds / len(OFFSETS))
        clicks: Counter[str] = Counter()
        for worker in workers:
            told, _ = worker.communicate(timeout=120)
            assert worker.returncode == 0
            clicks.update(json.loads(told))
        return _figures(sandbox, keys, accounts, clicks)


def _fill(sandbox: Sandbox, accounts: int) -> dict[str, int]:
    """Every key, and the place of its account."""
    keys = {}
    for place in range(accounts):
        account = sandbox.add_account(f"Company {place}")
        account.add_services(40)
        account.add_domains(40)
        account.add_invoices(200)
        for _ in range(2 if place < _second_keys(accounts) else 1):
            key = sandbox.add_key(account)
            keys[key] = place
            sandbox.faults.add(Fault.reset_form(_form(place, accounts)), key=key, times=None)
    return keys


def _second_keys(accounts: int) -> int:
    """How many of the accounts have two."""
    return accounts // 5


def _form(place: int, accounts: int) -> str:
    return SENSELESS[place - accounts] if place >= accounts - len(SENSELESS) else FORMS[place % len(FORMS)]


def _tempers(keys: dict[str, int], accounts: int) -> dict[str, str]:
    """Calm people are alone with their account, and its headers make sense."""
    calm = range(_second_keys(accounts), accounts - len(SENSELESS), 2)
    return {key: CALM if place in calm else HURRIED for key, place in keys.items()}


def _python(environment: dict[str, str], *arguments: str, given: str = "") -> None:
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        input=given,
        text=True,
        check=True,
        timeout=120,
    )


def _figures(sandbox: Sandbox, keys: dict[str, int], accounts: int, clicks: Counter[str]) -> Figures:
    seen = sandbox.requests
    sensible = {key[-4:] for key, place in keys.items() if _form(place, accounts) in FORMS}
    limited = Counter(request.key in sensible for request in seen if request.limited)
    return Figures(
        keys=len(keys),
        calls=len(seen),
        early=len(sandbox.early_requests()),
        limited=limited[True],
        limited_untold=limited[False],
        spent=sum(request.closed_until is not None for request in seen),
        clicks=clicks["clicks"],
        clicks_refused=clicks["refused"],
    )
