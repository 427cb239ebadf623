"""The portal's processes as supervisord runs them: who they are, how to strike them, when they are back."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import requests

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("web", "worker", "worker2", "beat", "beat2", "valkey")
WORKERS = ("worker", "worker2")

_SPAWNED = re.compile(r"^(\S+ \S+),(\d+) .*spawned: '(\w+)' with pid (\d+)", re.MULTILINE)


class Spawn(NamedTuple):
    at: float  # wall clock
    program: str
    pid: int


@dataclass
class Outages:
    """When what could not answer because we had struck it; times are monotonic."""

    spans: list[tuple[str, float, float]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def of(self, what: str) -> Iterator[None]:
        began, place = time.monotonic(), len(self.spans)
        with self._lock:
            place = len(self.spans)
            self.spans.append((what, began, float("inf")))
        try:
            yield
        finally:
            self.spans[place] = (what, began, time.monotonic())

    def cover(self, what: str, began: float, ended: float) -> bool:
        """Whether any of the time from ``began`` to ``ended`` fell into an outage of ``what``."""
        return any(w == what and b <= ended and began <= e for w, b, e in list(self.spans))


class Portal:
    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{port}"
        self.outages = Outages()
        self.returns: list[tuple[str, float]] = []  # program, seconds until supervisord had it back
        self._log = data_dir / "logs" / "supervisord.log"

    def start(self) -> None:
        """With the settings that this process runs under."""
        with (self.data_dir / "launcher.log").open("w") as log:
            self._launcher = subprocess.Popen(
                [sys.executable, "-m", "tests.faults.launcher"], cwd=ROOT, stdout=log, stderr=log
            )
        wait_until(lambda: "Ctrl-C stops everything" in self.said, 120, lambda: self.said)

    @property
    def said(self) -> str:
        return (self.data_dir / "launcher.log").read_text()

    def stop(self) -> list[str]:
        """The processes that were left behind, which are none for a good portal; they are gone afterwards."""
        self._launcher.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._launcher.wait(timeout=90)
        return kill_everything(self.data_dir)

    # Who they are

    def pid(self, program: str) -> int:
        return [spawn for spawn in self._spawns() if spawn.program == program][-1].pid

    def age(self, program: str) -> float:
        """Seconds since it was started last."""
        return time.time() - [spawn for spawn in self._spawns() if spawn.program == program][-1].at

    def children(self, program: str) -> list[int]:
        pid = self.pid(program)
        with contextlib.suppress(OSError):
            return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return []

    def _spawns(self) -> list[Spawn]:
        found = _SPAWNED.findall(self._log.read_text())
        return [
            Spawn(datetime.fromisoformat(f"{at}.{ms}").timestamp(), program, int(pid))
            for at, ms, program, pid in found
        ]

    def web_answers(self) -> bool:
        with contextlib.suppress(requests.RequestException):
            return requests.get(f"{self.url}/livez", timeout=5).ok
        return False

    # How to strike them

    def kill(self, *programs: str, whole_group: bool = True) -> None:
        """kill -9, and wait until supervisord has started them again and the web answers."""
        struck = [(program, self.pid(program), time.time()) for program in programs]
        with contextlib.ExitStack() as stack:
            for program in programs:
                stack.enter_context(self.outages.of(program))
            for _, pid, _ in struck:
                strike(pid, signal.SIGKILL, whole_group=whole_group)
            for program, pid, at in struck:
                self._await_return(program, pid, at)
            if "web" in programs:
                wait_until(self.web_answers, 60, lambda: "web does not come back")

    def _await_return(self, program: str, pid: int, struck_at: float) -> None:
        wait_until(lambda: self.pid(program) != pid, 60, lambda: f"{program} does not come back")
        back = [spawn for spawn in self._spawns() if spawn.program == program][-1]
        self.returns.append((program, back.at - struck_at))

    def killed_child(self, program: str, child: int) -> None:
        """A process of gunicorn's or of Celery's pool; its own parent replaces it."""
        with self.outages.of(program):
            strike(child, signal.SIGKILL)
            if program == "web":
                time.sleep(0.5)
                wait_until(self.web_answers, 60, lambda: "web does not come back")

    def ask_to_stop(self, program: str, number: signal.Signals) -> None:
        """It may finish what it holds first; supervisord starts it again."""
        pid = self.pid(program)
        with self.outages.of(program):
            strike(pid, number)
            wait_until(lambda: self.pid(program) != pid, 90, lambda: f"{program} does not stop")

    @contextlib.contextmanager
    def frozen(self, program: str) -> Iterator[None]:
        """Its sockets accept, and nobody answers: a black hole."""
        pid = self.pid(program)
        with self.outages.of(program):
            strike(pid, signal.SIGSTOP)
            try:
                yield
            finally:
                strike(pid, signal.SIGCONT)


def strike(pid: int, number: signal.Signals, *, whole_group: bool = False) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number) if whole_group else os.kill(pid, number)


def owner_of_port(port: int, candidates: list[int]) -> int | None:
    """Which of the processes holds the connection that leaves from this local port."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if int(columns[1].rpartition(":")[2], 16) == port:
            socket = f"socket:[{columns[9]}]"
            return next((pid for pid in candidates if _holds(pid, socket)), None)
    return None


def _holds(pid: int, socket: str) -> bool:
    with contextlib.suppress(OSError):
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                if str(entry.readlink()) == socket:
                    return True
    return False


def living(data_dir: Path) -> dict[int, str]:
    """Every process that runs out of the data folder, this one aside."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"PORTAL_DATA_DIR={data_dir}\0".encode() in (folder / "environ").read_bytes():
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ").strip()
    found.pop(os.getpid(), None)
    return found


def kill_everything(data_dir: Path) -> list[str]:
    left = living(data_dir)
    for pid in left:
        strike(pid, signal.SIGKILL)
    return list(left.values())


def wait_until(true: Callable[[], object], seconds: float, words: Callable[[], str]) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} s: {words()}")
        time.sleep(0.1)
