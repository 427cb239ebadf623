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

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.missing: list[str] = []
        self._ran: set[str] = set()
        self._skipped: dict[str, str] = {}
        self._lock = threading.Lock()

    def pytest(
        self, suite: str, *arguments: str, database_url: str = "", python: str = sys.executable
    ) -> None:
        print(f"{suite} begins.", flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="portal-tests-") as folder:
            report = Path(folder, "report.xml")
            environment = os.environ | {"DATABASE_URL": database_url, "PORTAL_DATA_DIR": f"{folder}/data"}
            command = [python, "-m", "pytest", "-q", "--durations=10", *arguments, "--junitxml", str(report)]
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
        skipped = [f"{name}: {why}" for name, why in self._skipped.items() if name not in self._ran]
        not_run = self.missing + skipped
        for line in not_run:
            print(f"not run: {line}")
        for suite in self.failed:
            print(f"failed: {suite}")
        if not_run and os.environ.get("CI") == "true":
            print("CI=true: every test has to run here.")
            return 1
        return 1 if self.failed else 0


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--no-browser", action="store_true", help="leave out the browser tests")
    options.add_argument("--no-slow", action="store_true", help="leave out what takes real processes")
    options.add_argument(
        "--postgres-python",
        metavar="PYTHON",
        help="what runs the quick tests on PostgreSQL, and then also those that open no database",
    )
    chosen = options.parse_args()
    runs = Runs()
    with tempfile.TemporaryDirectory(prefix="portal-migrated-") as folder:
        os.environ["TESTS_MIGRATED"] = f"{folder}/migrated.sqlite3"
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # hundreds of processes would each compile the portal
        migrated.make()
        _side_by_side(
            lambda: _compute(runs, chosen.postgres_python),
            lambda: _wait(runs, slow=not chosen.no_slow, browser=not chosen.no_browser),
        )
    return runs.finish()


def _side_by_side(*acts: Callable[[], None]) -> None:
    with ThreadPoolExecutor() as pool:
        for act in [pool.submit(act) for act in acts]:
            act.result()


def _compute(runs: Runs, other_python: str | None) -> None:
    runs.pytest("SQLite", *QUICK)
    with ExitStack() as stack:
        try:
            url = stack.enter_context(temporary_postgres())
        except NoPostgreSQL as error:
            runs.missing.append(f"PostgreSQL: {error}")
            return
        if other_python:
            runs.pytest("PostgreSQL", *QUICK, *WALKS, database_url=url, python=other_python)
        else:
            runs.pytest("PostgreSQL", *QUICK, *WALKS, "--only-database", database_url=url)


def _wait(runs: Runs, *, slow: bool, browser: bool) -> None:
    if slow:
        runs.pytest("real processes", *REAL)
    if not browser:
        return
    if any(shutil.which(name) for name in CHROMIUMS):
        runs.pytest("browser", *BROWSER)
    else:
        runs.missing.append("browser: no Chromium is installed")


if __name__ == "__main__":
    sys.exit(main())
