import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_lets_eight_processes_read_and_write_at_once(tmp_path):
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "PORTAL_DATA_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "PYTHONPATH": str(ROOT),
    }

    run = subprocess.run(
        [sys.executable, Path(__file__).with_name("counting.py"), "8", "100"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    failed, counted = map(int, run.stdout.split())
    assert (failed, counted) == (0, 800)
