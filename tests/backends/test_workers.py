"""Real workers and a real beat, against a stand-in Ultahost that counts and misbehaves."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from ultahost_api.sandbox import Fault, Sandbox

ROOT = Path(__file__).parents[2]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]


class Portal:
    """A portal of its own folder: database, broker, and as many workers as a test starts."""

    def __init__(self, server: Any, api_url: str) -> None:
        self.data_dir: Path = server.data_dir
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "REDIS_URL": server.url,
            "PORTAL_DATA_DIR": str(self.data_dir),
            "DATABASE_URL": "",
            "ULTAHOST_API_URL": api_url,
            "PORTAL_LOG_LEVEL": "DEBUG",
            "PYTHONPATH": str(ROOT),
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def python(self, *arguments: str, given: str = "") -> None:
        subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=given,
            text=True,
            capture_output=True,
            check=True,
            timeout=60,
        )

    def celery(self, *arguments: str, app: str = "portal") -> subprocess.Popen[bytes]:
        with (self.data_dir / f"celery-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", app, *arguments, "--loglevel", "DEBUG"],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def worker(self, app: str = "portal") -> subprocess.Popen[bytes]:
        return self.celery("worker", "--queues", "people,refresh", "--concurrency", "2", app=app)

    def beat(self) -> None:
        self.celery("beat", "--schedule", str(self.data_dir / "beat"), "--pidfile", "")

    def sql(self, statement: str) -> list[Any]:
        return self.database.execute(statement).fetchall()

    @cached_property
    def database(self) -> sqlite3.Connection:
        """Stays open, so that SQLite leaves its write-ahead log where a test can read it."""
        return sqlite3.connect(self.data_dir / "portal.sqlite3", timeout=20, isolation_level=None)

    def wait_for(self, statement: str, seconds: float) -> None:
        """Until the statement yields a true value."""
        deadline = time.monotonic() + seconds
        while not self.sql(statement)[0][0]:
            assert time.monotonic() < deadline, self.sql(
                "SELECT noun, place, trouble, trouble_words, next_due_at FROM ultahost_api_refresh"
            )
            time.sleep(0.2)

    def kill(self) -> None:
        self.database.close()
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def portal_at(server: Any) -> Iterator[Callable[[Sandbox], Portal]]:
    portals: list[Portal] = []

    def make(sandbox: Sandbox) -> Portal:
        portals.append(Portal(server, sandbox.url))
        portals[-1].python("manage.py", "migrate", "--verbosity", "0")
        return portals[-1]

    yield make
    for portal in portals:
        portal.kill()


def offsets(sandbox: Sandbox) -> list[int]:
    return [int(seen.parameters["offset"]) for seen in sandbox.requests if seen.action == "get_invoices"]


def test_it_copies_six_hundred_invoices_without_asking_once_too_early(portal_at):
    with Sandbox(limit=20, window=10, max_page=10) as sandbox:
        acme = sandbox.add_account()
        acme.add_invoices(600)
        portal = portal_at(sandbox)
        portal.python("tests/backends/adding_key.py", given=sandbox.add_key(acme))
        for _ in range(2):
            portal.worker()
        portal.beat()
        began = time.monotonic()

        portal.wait_for("SELECT clean_at FROM ultahost_api_refresh WHERE noun = 'invoices'", seconds=90)

        print(f"600 invoices in {time.monotonic() - began:.0f} s")
        assert portal.sql("SELECT count(*) FROM ultahost_api_invoice WHERE gone_at IS NULL") == [(600,)]
        assert offsets(sandbox) == list(range(0, 600, 10))
        assert sandbox.early_requests() == []
        assert not [seen for seen in sandbox.requests if seen.limited]


def test_it_finishes_from_its_place_when_a_worker_is_killed_half_way(portal_at):
    with Sandbox(limit=100_000, max_page=10) as sandbox:
        acme = sandbox.add_account()
        acme.add_invoices(100)
        hold = sandbox.faults.add(Fault.hold(), action="get_invoices", after=4)
        portal = portal_at(sandbox)
        portal.python("tests/backends/adding_key.py", given=sandbox.add_key(acme))
        portal.beat()
        first = portal.worker()
        assert hold.arrived.wait(30)

        os.killpg(first.pid, signal.SIGKILL)
        hold.release.set()
        portal.worker()
        # Nobody else may come before the lease has run out; the test would rather not wait for that.
        portal.sql("UPDATE ultahost_api_refresh SET lease_until = '2000-01-01' WHERE noun = 'invoices'")

        portal.wait_for("SELECT clean_at FROM ultahost_api_refresh WHERE noun = 'invoices'", seconds=40)
        assert offsets(sandbox) == [0, 10, 20, 30, 40, *range(40, 100, 10)]
        assert portal.sql("SELECT count(*) FROM ultahost_api_invoice") == [(100,)]


def test_it_leaves_the_api_key_in_no_file(portal_at):
    """After what went well, what failed, what was refused, and what no code foresaw."""
    with Sandbox(limit=100_000) as sandbox:
        acme = sandbox.add_account()
        for noun in ("services", "domains", "invoices"):
            acme.add(noun)
        secret = sandbox.add_key(acme)
        sandbox.faults.add(Fault.status(500, f"Failed for {secret}"), action="get_invoices", times=None)
        portal = portal_at(sandbox)
        portal.python("tests/backends/adding_key.py", given=secret)
        portal.beat()
        portal.worker(app="tests.backends.stumbling")
        for condition in (
            "completed_at IS NOT NULL AND noun = 'services'",
            "trouble = 'unreachable' AND noun = 'invoices'",
            "trouble_words = 'RuntimeError' AND noun = 'domains'",
        ):
            portal.wait_for(f"SELECT count(*) FROM ultahost_api_refresh WHERE {condition}", seconds=40)
        sandbox.faults.add(Fault.status(401, f"No key {secret}"), action="get_services", times=None)
        portal.sql("UPDATE ultahost_api_refresh SET next_due_at = '2000-01-01' WHERE noun = 'services'")
        portal.wait_for("SELECT refused_at FROM ultahost_api_apikey", seconds=40)

        content = {path: path.read_bytes() for path in portal.data_dir.rglob("*") if path.is_file()}

    assert not [path for path, held in content.items() if secret.encode() in held]
    # That the search finds what is there:
    everything = b"".join(content.values())
    for known in (
        b"alma@example.com",
        b"RuntimeError: stumbled",
        b"ultahost_api.tasks.refresh",
        b"get_invoices",
    ):
        assert known in everything
    assert any("appendonly" in str(path) for path in content)
    assert any(path.name.endswith("-wal") for path in content)
