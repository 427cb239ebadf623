import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OPERATIONS, KILLS, STORMS, BATCHES = 50, 3, 2, 2  # `make drills` has a thousand operations
ALL = OPERATIONS + KILLS + STORMS + 5 * BATCHES


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_moves_money_once_and_says_so_whatever_strikes(capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "tests.faults", *map(str, (OPERATIONS, KILLS, STORMS, BATCHES))]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=560, check=False)

    with capsys.disabled():
        print(f"\n{run.stdout}")
    assert run.stdout.startswith(f"{ALL} money operations in "), run.stderr
    # Every other batch kills the worker.
    assert f"{KILLS + 1} kills of the web server or the worker, {STORMS} storms of 50 posts" in run.stdout
    assert f" {BATCHES} batches of 5: 0 double effects, 0 lost, 0 shown failed though money" in run.stdout
    # A form whose total could not be read beforehand is refused and leaves no operation.
    assert re.search(r"^audit log: (\d+) of \1 operations in it, 0 problems$", run.stdout, re.MULTILINE)
    assert run.returncode == 0
