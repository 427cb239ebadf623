import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_moves_money_once_and_says_so_whatever_strikes(capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "tests.faults", "110", "5", "3", "2"]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=560, check=False)

    with capsys.disabled():
        print(f"\n{run.stdout}")
    assert run.stdout.startswith("128 money operations in "), run.stderr
    assert "6 kills of the web server or the worker, 3 storms of 50 posts, 2 batches of 5:" in run.stdout
    assert ": 0 double effects, 0 lost, 0 shown failed though money moved" in run.stdout
    assert "audit log: 128 operations in it, 0 problems" in run.stdout
    assert run.returncode == 0
