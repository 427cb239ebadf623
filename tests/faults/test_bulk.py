import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_changes_many_domains_once_each_whatever_strikes(capsys: pytest.CaptureFixture[str]) -> None:
    """Of 20 domains over 3 keys; `make drills` changes eighty over five."""
    command = [sys.executable, "-m", "tests.faults.bulk", "20", "3", "10", "6", "2"]

    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=560, check=False)

    with capsys.disabled():
        print(f"\n{run.stdout}")
    assert run.stdout.startswith("20 domains with 3 keys, 2 kills of the worker: 0 twice, 0 lost, 0 shown"), (
        run.stderr
    )
    assert " 0 shown as what they were not, 0 early requests, 0 refusals (429);" in run.stdout
    assert run.returncode == 0
