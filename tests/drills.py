"""The long proofs, one after the other; each ends with the line of its totals.

python -m tests.drills            about an hour
LONG=1 python -m tests.drills     most of a day: 50,000 calls with 200 keys, 10,000 operations, 5,000 faults
python -m tests.drills NAME …     these alone

`make test` holds a short form of each.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from tests.postgres import NoPostgreSQL, temporary_postgres

ROOT = Path(__file__).resolve().parent.parent
IS_LONG = os.environ.get("LONG") == "1"
CALLS, ACCOUNTS = (50_000, 167) if IS_LONG else (10_000, 20)  # 200 keys or 24
STORM = 420.0  # seconds of each
MONEY = 10 if IS_LONG else 1  # times a thousand operations
BULK = 10 if IS_LONG else 2  # runs, each with a seed of its own
FAULTS = 5000 if IS_LONG else 300
SEED = int(time.time())
EXAMPLES = (
    "tests/backends/test_reseal.py",
    "tests/ultahost_api/test_truth.py",
    "tests/portal/test_hostile_text.py::test_it_begins_no_cell_with_a_formula",
)


def rate() -> bool:
    """Storms of two workers until there were enough calls: no request before its reset, and no refusal."""
    from tests.faults.storm import storm

    calls, is_good = 0, True
    while calls < CALLS and is_good:
        figures = storm(STORM, accounts=ACCOUNTS)
        print(figures, flush=True)
        calls += figures.calls
        is_good = not figures.early and not figures.limited and figures.calls > 0
    print(f"{calls:,} calls in all", flush=True)
    return is_good


def money() -> bool:
    """A thousand operations, fifty kills, ten storms, twenty batches; with every seed again."""
    runs = [("1000", "50", "10", "20", str(SEED + number)) for number in range(MONEY)]
    return sum(_python("-m", "tests.faults", *counts, DATABASE_URL="") for counts in runs) == MONEY


def bulk() -> bool:
    """Eighty domains over five keys at 20 calls in 10 s, a tenth of them failing, the worker killed twice."""
    return all(
        _python("-m", "tests.faults.bulk", "80", "5", "20", "10", "2", str(SEED + number))
        for number in range(BULK)
    )


def faults() -> bool:
    """The refresh under faults, on SQLite and on PostgreSQL."""
    is_good = _strike("")
    try:
        with temporary_postgres() as url:
            return _strike(_fresh_database(url)) and is_good
    except NoPostgreSQL as error:
        print(f"not run: PostgreSQL: {error}")
        return False


def slow_clients() -> bool:
    """Forty slow clients of each kind and fifty sign-ins at once."""
    return _python("-m", "tests.faults.slow_clients")


def examples() -> bool:
    """Kills while everything is sealed again, and what Hypothesis makes up."""
    length = {"TESTS_LENGTH": "long" if IS_LONG else "drill", "DATABASE_URL": ""}
    return _python("-m", "pytest", "-q", *EXAMPLES, **length)


DRILLS: dict[str, Callable[[], bool]] = {
    drill.__name__: drill for drill in (rate, money, bulk, faults, slow_clients, examples)
}


def _strike(database_url: str) -> bool:
    command = ["-m", "tests.faults.surviving", "--seed", str(SEED)]
    how_many = ["--faults", str(FAULTS), "--seconds", str(FAULTS * 2)]
    return _python(*command, *how_many, DATABASE_URL=database_url)


def _fresh_database(url: str) -> str:
    """A new database beside the one that ``url`` names, which need not exist."""
    server, name = url.rpartition("/")[0], f"faults_{SEED}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


def _python(*arguments: str, **environment: str) -> bool:
    command = [sys.executable, *arguments]
    return not subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False).returncode


def main(names: list[str]) -> int:
    failed = []
    for name in names or DRILLS:
        print(f"\n=== {name.replace('_', ' ')}: {DRILLS[name].__doc__}", flush=True)
        began = time.monotonic()
        if not DRILLS[name]():
            failed.append(name)
        print(f"=== {name.replace('_', ' ')}: {time.monotonic() - began:.0f} s", flush=True)
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
