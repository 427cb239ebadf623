"""Every benchmark, one after the other. Figures are ratios within one run; nothing is asserted."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

for path in sorted(Path(__file__).parent.glob("*.py")):
    if path.name not in {"__init__.py", "run.py"}:
        print(f"\n=== {path.stem.replace('_', ' ')}", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.bench.{path.stem}"], cwd=ROOT, check=True)
