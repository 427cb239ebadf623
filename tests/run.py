"""Runs every suite that this machine can run, and says which it could not and why.

With CI=true nothing may be missing: what was not run, suite or single test, fails the run by name.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from contextlib import ExitStack
from pathlib import Path

from postgres import NoPostgreSQL, temporary_postgres

ROOT = Path(__file__).resolve().parent.parent
# What these walk is the same on every database and Python, and it takes more than a third of the time.
WALKS = [
    f"--ignore=tests/portal/{name}" for name in ("test_rights.py", "test_canaries.py", "test_hostile_text.py")
]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")


class Runs:
    """What the suites came to: which failed, and what was run by none of them."""

    def __init__(self, *, is_part: bool = False) -> None:
        self._is_part = is_part  # another run has the rest
        self.failed: list[str] = []
        self.missing: list[str] = []
        self._ran: set[str] = set()
        self._skipped: dict[str, str] = {}

    def pytest(self, suite: str, *arguments: str, database_url: str = "") -> None:
        print(f"\n=== {suite}", flush=True)
        with tempfile.TemporaryDirectory(prefix="portal-tests-") as folder:
            report = Path(folder, "report.xml")
            environment = os.environ | {"DATABASE_URL": database_url, "PORTAL_DATA_DIR": f"{folder}/data"}
            command = [sys.executable, "-m", "pytest", "-q", *arguments, "--junitxml", str(report)]
            if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
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
        "--no-slow", action="store_true", help="leave what takes real processes to another run"
    )
    chosen = options.parse_args()
    runs = Runs(is_part=chosen.no_postgres)
    quick = ["-m", "not slow"]
    chosen_tests = [*(quick if chosen.no_slow else []), *(WALKS if chosen.no_walks else [])]
    runs.pytest("SQLite", "-n", "2", *chosen_tests, "tests", "--ignore=tests/browser")
    if not chosen.no_postgres:
        _run_on_postgres(runs, quick)
    if not chosen.no_browser:
        if any(shutil.which(name) for name in CHROMIUMS):
            runs.pytest("browser", "tests/browser")
        else:
            runs.missing.append("browser: no Chromium is installed")
    return runs.finish()


def _run_on_postgres(runs: Runs, quick: list[str]) -> None:
    with ExitStack() as stack:
        try:
            url = stack.enter_context(temporary_postgres())
        except NoPostgreSQL as error:
            runs.missing.append(f"PostgreSQL: {error}")
        else:
            suite = ("tests", "--ignore=tests/browser", *WALKS)
            runs.pytest("PostgreSQL", "-n", "2", *quick, *suite, database_url=url)


if __name__ == "__main__":
    sys.exit(main())
