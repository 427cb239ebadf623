"""Runs a module while Python reads a wrong time:  python wrong_clock.py FILE -m celery …

The file holds by how many seconds the clock is ahead, and may be written again meanwhile. The monotonic
clock stays right, as it does where a machine's clock is set. Debian's libfaketime is no use for this: where
it leaves the monotonic clock alone, Python's time.sleep fails.
"""

import runpy
import sys
import threading
import time
from pathlib import Path

import time_machine

_real_time = time.time


def _set(offset: str) -> time_machine.travel:
    wrong = time_machine.travel(_real_time() + float(offset), tick=True)
    wrong.start()
    return wrong


def _follow(file: Path, offset: str, wrong: time_machine.travel) -> None:
    pause = threading.Event()
    while not pause.wait(0.2):
        if (now := file.read_text()) and now != offset:
            wrong.stop()
            offset, wrong = now, _set(now)


if __name__ == "__main__":
    file = Path(sys.argv[1])
    offset = file.read_text()
    wrong = _set(offset)
    threading.Thread(target=_follow, args=[file, offset, wrong], daemon=True).start()
    sys.path.insert(0, ".")
    if sys.argv[2] == "-m":
        sys.argv = sys.argv[3:]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = sys.argv[2:]
        runpy.run_path(sys.argv[0], run_name="__main__")
