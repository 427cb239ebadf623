"""Web servers of one worker on one database, and what keep-alive connections get out of them."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

ROOT = Path(__file__).resolve().parents[3]
SECRETS = {
    "PORTAL_SECRET_KEY": "bench-secret-key-that-is-long-enough-for-every-check-of-django",
    "PORTAL_SEALING_KEYS": "YmVuY2gtc2VhbGluZy1rZXktb2YtMzItYnl0ZXMhISE=",
    "PORTAL_HMAC_KEY": "bench-hmac-key-of-the-portal-0001",
}
CONNECTIONS = 4
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Database:
    """The environment of whatever runs on it, and what ``filled`` printed of its people and rows."""

    environment: dict[str, str]
    told: dict[str, Any]

    def run(self, *command: str, **environment: str) -> str:
        return _run([sys.executable, *command], self.environment | environment)


@contextlib.contextmanager
def database(rows: int, url: str = "", provider: str = "127.0.0.1:9") -> Iterator[Database]:
    """Nothing listens at that ``provider``: no page may wait for one."""
    if url:
        address, _, name = url.rpartition("/")
        with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        environment = os.environ | SECRETS | {"DATABASE_URL": url, "PORTAL_DATA_DIR": folder, "REDIS_URL": ""}
        environment |= {"PORTAL_LOG_LEVEL": "ERROR", "DJANGO_SETTINGS_MODULE": "portal.settings"}
        environment |= {
            "ULTAHOST_API_URL": f"http://{provider}/client-api/v1",
            "PORTAL_URL": "http://localhost",
        }
        told = _run([sys.executable, "-m", "tests.bench.parts.filled", str(rows)], environment)
        yield Database(environment, json.loads(told))


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip()


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    @property
    def workers(self) -> list[int]:
        listed = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [int(pid) for pid in listed.split()]

    @property
    def cpu(self) -> float:
        """Seconds that the worker has spent."""
        (pid,) = self.workers
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def connect(self) -> http.client.HTTPConnection:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        link.connect()
        link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link

    def load(self, path: str, headers: dict[str, str], seconds: float) -> tuple[float, float]:
        """Answers per second that four connections get one after the other, and ms of CPU for one."""
        counted: list[int] = []
        began, cpu = time.perf_counter(), self.cpu
        threads = [
            threading.Thread(target=lambda: counted.append(self._ask(path, headers, began + seconds)))
            for _ in range(CONNECTIONS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(counted) == CONNECTIONS, f"{path} broke"
        answers = sum(counted)
        return answers / (time.perf_counter() - began), (self.cpu - cpu) * 1000 / answers

    def _ask(self, path: str, headers: dict[str, str], until: float) -> int:
        answers = 0
        with contextlib.closing(self.connect()) as link:
            while not answers or time.perf_counter() < until:
                link.request("GET", path, headers={"Host": "localhost"} | headers)
                answer = link.getresponse()
                answer.read()
                assert answer.status == http.HTTPStatus.OK, f"{path}: {answer.status} {answer.headers}"
                answers += 1
        return answers


@contextlib.contextmanager
def serving(
    on: Database, config: str = "tests.bench.parts.one_worker", **environment: str
) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "--config", f"python:{config}"]
    # As the launcher has it.
    told = on.environment | {"PORTAL_PORT": str(port), "MALLOC_ARENA_MAX": "1"} | environment
    process = subprocess.Popen(command, cwd=ROOT, env=told, stderr=subprocess.DEVNULL)
    try:
        _wait(port)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        process.wait(60)


def portal(on: Database) -> contextlib.AbstractContextManager[Server]:
    return serving(on, DJANGO_SETTINGS_MODULE="tests.bench.parts.portal_settings")


def whole_portal(on: Database) -> contextlib.AbstractContextManager[Server]:
    """With as many workers and threads as the launcher starts."""
    return serving(on, "portal.running.web.config")


def bare(on: Database) -> contextlib.AbstractContextManager[Server]:
    settings = "tests.bench.parts.bare_settings"
    wsgi = "tests.bench.parts.bare_wsgi:application"
    return serving(on, DJANGO_SETTINGS_MODULE=settings, BENCH_WSGI=wsgi)


def _wait(port: int) -> None:
    patience = time.monotonic() + 60
    while time.monotonic() < patience:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise TimeoutError("The web server does not start.")


def resident(pid: int) -> float:
    """MB that the process holds, shared pages included."""
    return _kilobytes(Path(f"/proc/{pid}/status"), "VmRSS") / 1024


def share(pid: int) -> float:
    """MB of the process, with its share of what it has in common with others."""
    return _kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss") / 1024


def _kilobytes(file: Path, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", file.read_text(), re.MULTILINE)
    assert found, f"{file} has no {name}"
    return int(found[1])
