"""Measures the refresh and its floor in one process, and prints JSON.

python -m tests.bench.parts.engine URL [quick]
"""

import json
import logging
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

import requests  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from portal.models import User  # noqa: E402
from tests.bench.parts.canned import OPEN, key_of  # noqa: E402
from ultahost_api import keys, wakeup  # noqa: E402
from ultahost_api.calls.clients import KeyMeter  # noqa: E402
from ultahost_api.models import LISTS, Account, Refresh  # noqa: E402
from ultahost_api.refresh import runs  # noqa: E402

QUICK = "quick" in sys.argv
ACCOUNTS, ROWS_EACH = 20 if QUICK else 200, 50
PAGE = 100
SIZES = (1_000, 10_000) if QUICK else (1_000, 10_000, 100_000)
MANY_INVOICES = 20_000
FAR_ROWS = 1_000 if QUICK else 10_000
TABLES = ("ultahost_api_service", "ultahost_api_invoice", "ultahost_api_domain")


class Spent:
    """CPU and wall seconds of a ``with``."""

    def __enter__(self) -> "Spent":
        self.calls = calls_made()
        self.cpu, self.wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *told: object) -> None:
        self.cpu, self.wall = time.process_time() - self.cpu, time.perf_counter() - self.wall
        self.calls = calls_made() - self.calls


_calls: Counter[str] = Counter()


def calls_made() -> int:
    return _calls.total()


def count_calls() -> None:
    real = KeyMeter.before

    def before(self: KeyMeter, action: Any) -> None:
        _calls[action.name] += 1
        real(self, action)

    KeyMeter.before = before  # type: ignore[method-assign]


class Bench:
    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()
        self.owner = User.objects.create_user("alma@example.com", None, name="Alma")

    def add(self, number: int, rows: int, *, far: bool = False) -> Account:
        key = keys.add(self.owner, f"Key {number}", key_of(number, rows, far=far))
        assert key.account
        return key.account

    def refresh(self, account: Account, noun: str) -> None:
        """A whole pass, however many runs it takes."""
        began = timezone.now()
        refresh = Refresh.objects.get(account=account, noun=noun)
        Refresh.objects.filter(pk=refresh.pk).update(next_due_at=began)
        while True:
            runs.run(refresh.pk)
            refresh.refresh_from_db()
            assert not refresh.trouble, refresh.trouble_words
            if refresh.completed_at and refresh.completed_at >= began:
                return

    def floor(self, number: int, rows: int, noun: str, *, far: bool = False) -> None:
        """The same pages, downloaded and parsed, and nothing else."""
        headers = {"x-api-key": key_of(number, rows, far=far)}
        offset: int | None = 0
        while offset is not None:
            asked = {"action": f"get_{noun}", "limit": PAGE, "offset": offset}
            answer = self.session.get(self.url, params=asked, headers=headers).json()
            offset = answer["meta"]["next_offset"]


def of_many_accounts(bench: Bench) -> dict[str, Any]:
    accounts = [bench.add(number, ROWS_EACH) for number in range(1, ACCOUNTS + 1)]
    lists = [(account, noun) for account in accounts for noun in LISTS]
    with Spent() as floor:
        for number in range(1, ACCOUNTS + 1):
            for noun in LISTS:
                bench.floor(number, ROWS_EACH, noun)
    with Spent() as first:
        for account, noun in lists:
            bench.refresh(account, noun)
    with Spent() as again, counted_writes() as writes:
        for account, noun in lists:
            bench.refresh(account, noun)
    rows = ACCOUNTS * ROWS_EACH * len(LISTS)
    return {
        "accounts": ACCOUNTS,
        "rows": rows,
        "rows per second, first copy": rows / first.wall,
        "rows per second, again": rows / again.wall,
        "first copy, seconds": first.wall,
        "calls per refresh": again.calls / len(lists),
        "first cpu ratio": first.cpu / floor.cpu,
        "first wall ratio": first.wall / floor.wall,
        "again cpu ratio": again.cpu / floor.cpu,
        "again wall ratio": again.wall / floor.wall,
        "floor ms per page": floor.cpu * 1000 / len(lists),
        "again ms per page": again.cpu * 1000 / len(lists),
        "writes again": writes.total(),
    }


@contextmanager
def counted_writes() -> Any:
    """Statements that write rows of the three cached nouns."""
    writes: Counter[str] = Counter()

    def count(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(("UPDATE", "INSERT", "DELETE")) and any(
            f'"{table}"' in sql[:60] for table in TABLES
        ):
            writes[sql.split()[0]] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield writes


def of_sizes(bench: Bench) -> dict[str, Any]:
    told = {}
    for number, rows in enumerate(SIZES, start=10_001):
        account = bench.add(number, rows)
        bench.floor(number, rows, "domains")  # the provider renders its pages
        with Spent() as floor:
            bench.floor(number, rows, "domains")
        with Spent() as first:
            bench.refresh(account, "domains")
        with Spent() as again:
            bench.refresh(account, "domains")
        told[str(rows)] = {
            "first, us per row": first.cpu * 1e6 / rows,
            "again, us per row": again.cpu * 1e6 / rows,
            "floor, us per row": floor.cpu * 1e6 / rows,
            "first cpu ratio": first.cpu / floor.cpu,
            "again cpu ratio": again.cpu / floor.cpu,
            "again wall ratio": again.wall / floor.wall,
            "calls": again.calls,
        }
    return told


def of_many_invoices(bench: Bench) -> dict[str, Any]:
    account = bench.add(20_001, MANY_INVOICES)
    bench.refresh(account, "invoices")
    with Spent() as cycle, counted_writes() as writes:
        bench.refresh(account, "invoices")
    return {"open": OPEN, "calls": cycle.calls, "writes": writes.total(), "ms": cycle.cpu * 1000}


def of_a_far_provider(bench: Bench) -> dict[str, Any]:
    """What a person waits for: every answer takes a while to come."""
    account = bench.add(30_001, FAR_ROWS, far=True)
    bench.floor(30_001, FAR_ROWS, "domains", far=True)
    with Spent() as floor:
        bench.floor(30_001, FAR_ROWS, "domains", far=True)
    with Spent() as first:
        bench.refresh(account, "domains")
    with Spent() as again:
        bench.refresh(account, "domains")
    return {
        "rows": FAR_ROWS,
        "first wall ratio": first.wall / floor.wall,
        "again wall ratio": again.wall / floor.wall,
        "rows per second, first copy": FAR_ROWS / first.wall,
    }


def main() -> None:
    logging.disable(logging.WARNING)
    wakeup._send = lambda *_, **__: True
    settings.ULTAHOST |= {"PAGE_SIZE": PAGE}
    count_calls()
    bench = Bench(sys.argv[1])
    told: dict[str, Any] = {"accounts": of_many_accounts(bench)}
    told["invoices"] = of_many_invoices(bench)
    told["sizes"] = of_sizes(bench)
    told["far"] = of_a_far_provider(bench)
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
