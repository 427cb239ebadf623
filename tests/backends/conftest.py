import contextlib
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import redis

from portal.running import CannotStart, valkey
from tests import migrated
from tests.backends.kept import empty, filled, portal, postgres  # noqa: F401 - fixtures
from ultahost_api.sandbox import Sandbox

ROOT = Path(__file__).parents[2]


class Server:
    """The embedded Valkey with the flags of the portal."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.socket = valkey.socket_path(data_dir)
        self.url = valkey.broker_url(data_dir)
        self.client = redis.Redis(unix_socket_path=str(self.socket))

    def start(self) -> None:
        command = valkey.server_command(self.data_dir)
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self._answers():
            assert time.monotonic() < deadline, "Valkey does not start"
            time.sleep(0.02)

    def kill(self) -> None:
        self.client.close()
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        """It accepts connections, and never answers."""
        self._process.send_signal(signal.SIGSTOP)

    def _answers(self) -> bool:
        with contextlib.suppress(redis.ConnectionError):
            return self.client.ping()
        return False


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A data folder whose socket stays inside it; pytest's own folders have long names."""
    folder = Path(tempfile.mkdtemp(prefix="portal-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def start(short_dir: Path) -> Iterator[Callable[[Path], Server]]:
    """Starts a server in a data folder; all are gone before ``short_dir`` is."""
    with contextlib.ExitStack() as stack:

        def start(data_dir: Path) -> Server:
            server = Server(data_dir)
            try:
                server.start()
            except CannotStart as error:
                pytest.skip(str(error))
            stack.callback(shutil.rmtree, server.socket.parent)
            stack.callback(server.kill)
            return server

        yield start


@pytest.fixture
def server(start: Callable[[Path], Server], short_dir: Path) -> Server:
    return start(short_dir)


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
        self.interpreter = [sys.executable]

    def use_wrong_clock(self, name: str, ahead: float) -> Path:
        """For what is started from now on; the file that holds the seconds may be written again."""
        clock = self.data_dir / name
        clock.write_text(str(ahead))
        self.interpreter = [sys.executable, str(Path(__file__).with_name("wrong_clock.py")), str(clock)]
        return clock

    def use_right_clock(self) -> None:
        self.interpreter = [sys.executable]

    def python(self, *arguments: str, given: str = "") -> None:
        subprocess.run(
            [*self.interpreter, *arguments],
            cwd=ROOT,
            env=self.environment,
            input=given,
            text=True,
            capture_output=True,
            check=True,
            timeout=60,
        )

    def start(self, *module: str) -> subprocess.Popen[bytes]:
        with (self.data_dir / f"celery-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*self.interpreter, "-m", *module],
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def worker(self, app: str = "portal") -> subprocess.Popen[bytes]:
        listens = ("--queues", "people,refresh", "--concurrency", "2", "--loglevel", "DEBUG")
        return self.start("celery", "-A", app, "worker", *listens)

    def beat(self) -> subprocess.Popen[bytes]:
        return self.start("portal.running.light_beat")

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
        migrated.copy_to(portals[-1].data_dir / "portal.sqlite3")
        portals[-1].python("manage.py", "portal_up", "--only-prepare")
        return portals[-1]

    yield make
    for one in portals:
        one.kill()
