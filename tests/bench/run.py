"""Every benchmark, also when one before it fails; each writes its section of docs/performance.md."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    failed = []
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path.name in {"__init__.py", "run.py"}:
            continue
        print(f"\n=== {path.stem.replace('_', ' ')}", flush=True)
        command = [sys.executable, "-m", f"tests.bench.{path.stem}", "write"]
        if subprocess.run(command, cwd=ROOT, check=False).returncode:
            failed.append(path.stem)
    for name in failed:
        print(f"failed: {name}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
