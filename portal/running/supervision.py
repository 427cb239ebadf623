"""supervisord as a child of what the launcher becomes: it starts the programs, again when they die.

``python -m portal.running.supervision CONFIGURATION LOCK GREETER``, with the number of the lock's open file
and of the process that greets. It loads nothing of Django, since it is there as long as the portal runs.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from types import TracebackType
from typing import Self

from portal.running import CannotStart

_SPAWNED = re.compile(r"spawned: '(\w+)' with pid (\d+)")
_DIED = re.compile(r"exited: (\w+) \((.+); (?:not )?expected\)")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def heed_signals() -> None:
    """A signal to stop raises a KeyboardInterrupt."""
    for number in STOP_SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores it on purpose
            signal.signal(number, signal.default_int_handler)


def forgive_streams() -> None:
    """One that knows no "…" shows something else, and fails not."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


class Supervision:
    """While the context is open the programs run; leaving it stops them all."""

    def __init__(self, configuration: str, lock: int, say: Callable[[str], None]) -> None:
        self._say = say
        self._pids: dict[str, int] = {}
        self.last_words = ""
        # A pipe takes its words also where the disk is full. It never waits for this launcher to read them,
        # which may be stopped or gone.
        self._words, output = os.pipe()
        os.set_blocking(output, False)
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "portal.running.supervisord", configuration],
            # One heap for all threads of a process: each of its own stays as large as it ever was.
            env={"MALLOC_ARENA_MAX": "1"} | os.environ,
            # It holds the lock as well, and so keeps a second launcher away even if this one is killed.
            stdin=lock,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C in the terminal reaches the launcher alone, which then stops everything in order.
            start_new_session=True,
        )
        os.close(output)
        self._reader = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        self._process.terminate()
        if self._process.wait() != 0:
            self._reader.join()
            self._kill_orphans()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def wait(self) -> None:
        self._process.wait()
        self._reader.join()

    def _follow(self) -> None:
        with os.fdopen(self._words, errors="replace") as lines:
            for line in lines:
                self._note(line)

    def _note(self, line: str) -> None:
        if not line.startswith("For help, use "):  # after the line that says what is wrong
            self.last_words = line.strip()
        if spawned := _SPAWNED.search(line):
            self._pids[spawned[1]] = int(spawned[2])
        elif died := _DIED.search(line):
            self._say(f"{died[1]} stopped ({died[2]}) and is started again.")

    def _kill_orphans(self) -> None:
        """What a killed supervisord left behind would hold the ports against the next start."""
        for pid in self._pids.values():
            with suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)


def main(configuration: str, lock: str, greeter: str) -> None:
    forgive_streams()
    with suppress(KeyboardInterrupt):
        heed_signals()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        try:
            with Supervision(configuration, int(lock), _say) as running:
                _wait_for_greeting(running, int(greeter))
                running.wait()
                raise CannotStart(f"supervisord ended: {running.last_words}")
        except CannotStart as error:
            sys.exit(str(error))


def _wait_for_greeting(running: Supervision, greeter: int) -> None:
    try:
        while not (ended := os.waitpid(greeter, os.WNOHANG))[0]:
            if not running.alive:
                raise CannotStart(f"supervisord ended: {running.last_words}")
            time.sleep(0.1)
    except BaseException:
        with suppress(ProcessLookupError):
            os.kill(greeter, signal.SIGKILL)
        raise
    if ended[1]:
        sys.exit(1)  # it has said why


def _say(line: str) -> None:
    with suppress(OSError):  # a file on a disk that is full, or a terminal that is gone
        print(line, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
