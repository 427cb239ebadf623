"""supervisord as a child of the launcher: it starts the programs and starts again those that die."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

_SPAWNED = re.compile(r"spawned: '(\w+)' with pid (\d+)")
_DIED = re.compile(r"exited: (\w+) \((.+); (?:not )?expected\)")
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervision:
    """While the context is open the programs run; leaving it stops them all."""

    def __init__(self, configuration: Path, log: Path, lock: TextIO, say: Callable[[str], None]) -> None:
        self._say = say
        self._pids: dict[str, int] = {}
        self.last_words = ""
        # A file and not a pipe: supervisord must be able to stop in order when nobody listens any more.
        with log.open("w") as output:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
                # It holds the lock as well, and so keeps a second launcher away even if this one is killed.
                stdin=lock,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal reaches the launcher alone, which then stops everything in order.
                start_new_session=True,
            )
        self._reader = threading.Thread(target=self._follow, args=[log], daemon=True)

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

    def _follow(self, log: Path) -> None:
        with log.open() as lines:
            while True:
                ended = not self.alive
                for line in lines:
                    self._note(line)
                if ended:
                    return
                time.sleep(0.1)

    def _note(self, line: str) -> None:
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
