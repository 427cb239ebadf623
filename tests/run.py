"""Runs every suite that this machine can run, and says which it could not and why.

What computes and what mostly waits for processes run side by side; each suite prints when it has ended.
With CI=true nothing may be missing: what was not run, suite or single test, fails the run by name.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import migrated
from postgres import NoPostgreSQL, temporary_postgres

ROOT = Path(__file__).resolve().parent.parent
# What these walk is the same on every database and Python, and it takes more than a third of the time.
WALKS = [
    f"--ignore=tests/portal/{name}" for name in ("test_rights.py", "test_canaries.py", "test_hostile_text.py")
]
ALL = ("tests", "--ignore=tests/browser")
QUICK = ("-n", "2", "--dist", "worksteal", "-m", "not slow", *ALL)
REAL = ("-n", "2", "--dist", "worksteal", "-m", "slow", *ALL)
BROWSER = ("tests/browser",)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


class Runs:
    """What the suites came to: which failed, and what was run by none of them."""

    def __init__(self, *, is_part: bool = False, has_postgres: bool = True) -> None:
        self._is_part = is_part  # another run has the rest
        self._has_postgres = has_postgres
        self.failed: list[str] = []
        self.missing: list[str] = []
        self._ran: set[str] = set()
        self._skipped: dict[str, str] = {}
        self._lock = threading.Lock()

    def pytest(self, suite: str, *arguments: str, database_url: str = "") -> None:
        print(f"{suite} begins.", flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="portal-tests-") as folder:
            report = Path(folder, "report.xml")
            environment = os.environ | {"DATABASE_URL": database_url, "PORTAL_DATA_DIR": f"{folder}/data"}
            command = [sys.executable, "-m", "pytest", "-q", *arguments, "--junitxml", str(report)]
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            with self._lock:
                print(f"\n=== {suite}, {time.monotonic() - began:.0f} s\n{done.stdout}", flush=True)
                if done.returncode:
                    self.failed.append(suite)
                if report.exists():
                    self._read(report)

    def _read(self, report: Path) -> None:
        for case in ET.parse(report).iter("testcase"):
            name = f"{case.get('classname')}.{case.get('name')}"
            skipped = case.find("skipped")
            if skipped is None:
                self._ran.add(name)
            else:
                self._skipped[name] = skipped.get("message", "")

    def finish(self) -> int:
        """The exit code, after the last words."""
        left = (
            set() if self._has_postgres else {name for name, why in self._skipped.items() if "SQLite" in why}
        )
        skipped = [
            f"{name}: {why}"
            for name, why in self._skipped.items()
            if name not in self._ran and name not in left
        ]
        not_run = self.missing + skipped
        for line in not_run:
            print(f"not run: {line}")
        for suite in self.failed:
            print(f"failed: {suite}")
        if not_run and os.environ.get("CI") == "true" and not self._is_part:
            print("CI=true: every test has to run here.")
            return 1
        return 1 if self.failed else 0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--no-browser", action="store_true", help="leave the browser tests to another run")
    options.add_argument("--no-walks", action="store_true", help="leave the long walks to another run")
    options.add_argument("--no-postgres", action="store_true", help="leave PostgreSQL to another run")
    options.add_argument(
        "--on-postgres",
        action="store_true",
        help="run the quick tests on PostgreSQL alone, also those without a database",
    )
    options.add_argument(
        "--no-slow", action="store_true", help="leave what takes real processes to another run"
    )
    chosen = options.parse_args()
    runs = Runs(is_part=chosen.on_postgres, has_postgres=not chosen.no_postgres)
    with tempfile.TemporaryDirectory(prefix="portal-migrated-") as folder:
        os.environ["TESTS_MIGRATED"] = f"{folder}/migrated.sqlite3"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes would each compile the portal
        migrated.make()
        _side_by_side(
            lambda: _compute(runs, chosen),
            lambda: _wait(runs, slow=not chosen.no_slow, browser=not chosen.no_browser),
        )
    return runs.finish()


def _side_by_side(*acts: Callable[[], None]) -> None:
    with ThreadPoolExecutor() as pool:
        for act in [pool.submit(act) for act in acts]:
            act.result()


def _compute(runs: Runs, chosen: argparse.Namespace) -> None:
    if chosen.on_postgres:
        _run_on_postgres(runs, *WALKS)
        return
    runs.pytest("SQLite", *QUICK, *(WALKS if chosen.no_walks else []))
    if not chosen.no_postgres:
        _run_on_postgres(runs, "--only-database", *WALKS)


def _wait(runs: Runs, *, slow: bool, browser: bool) -> None:
    if slow:
        runs.pytest("real processes", *REAL)
    if not browser:
        return
    if any(shutil.which(name) for name in CHROMIUMS):
        runs.pytest("browser", *BROWSER)
    else:
        runs.missing.append("browser: no Chromium is installed")


def _run_on_postgres(runs: Runs, *arguments: str) -> None:
    with ExitStack() as stack:
        try:
            url = stack.enter_context(temporary_postgres())
        except NoPostgreSQL as error:
            runs.missing.append(f"PostgreSQL: {error}")
        else:
            runs.pytest("PostgreSQL", *QUICK, *arguments, database_url=url)


if __name__ == "__main__":
    sys.exit(main())
