import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.faults.processes import ROOT, kill_everything

FAULTS = 60


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_survives_sixty_faults(capsys: pytest.CaptureFixture[str]) -> None:
    """The portal's real processes, its broker, its database and the provider, struck at random.

    `make drills` strikes three hundred times on each database.
    """
    with tempfile.TemporaryDirectory(prefix="portal-") as folder:
        command = [
            sys.executable,
            "-m",
            "tests.faults.surviving",
            "--faults",
            str(FAULTS),
            "--folder",
            folder,
        ]
        environment = os.environ | {"DATABASE_URL": ""}
        harness = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            said, _ = harness.communicate(timeout=840)
        finally:
            if harness.poll() is None:
                os.killpg(harness.pid, signal.SIGKILL)
            left = kill_everything(Path(folder))
    totals = said.strip().splitlines()[-1]
    with capsys.disabled():
        print(f"\n{totals}")
    assert harness.returncode == 0, said
    assert int(totals.partition(": ")[2].split()[0]) >= FAULTS
    assert left == []
