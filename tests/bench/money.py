"""The long run of the money harness: a thousand operations, fifty kills, ten storms, twenty batches."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    command = [sys.executable, "-m", "tests.faults", "1000", "50", "10", "20", "2"]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)
