"""The refresh under faults, with the portal's real processes.

    python -m tests.faults.surviving --seed 1 --faults 300

DATABASE_URL chooses PostgreSQL. The last line is the totals; the exit code is 1 when a promise was broken.
"""

import argparse
import os
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from tests import migrated

KEYS = {
    "PORTAL_SECRET_KEY": "test-secret-key-that-is-long-enough-for-every-check-of-django",
    "PORTAL_SEALING_KEYS": "dGVzdC1zZWFsaW5nLWtleS1vZi0zMi1ieXRlcyEhISE=",
    "PORTAL_HMAC_KEY": "test-hmac-key-of-the-portal",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.surviving", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faults", type=int, default=300, help="how many have to happen")
    parser.add_argument("--seconds", type=float, default=300, help="the longest that they may take")
    parser.add_argument("--accounts", type=int, default=8)
    parser.add_argument("--folder", type=Path, help="kept afterwards; else a temporary one")
    options = parser.parse_args()
    # Short, so that the broker's socket lies inside.
    folder = options.folder or Path(tempfile.mkdtemp(prefix="portal-"))
    folder.mkdir(parents=True, exist_ok=True)
    provider_port = _prepare(folder)

    import django

    django.setup()
    from tests.faults.run import Run

    verdict = Run(provider_port, options.accounts, options.seed)(options.faults, options.seconds)
    if not options.folder:
        shutil.rmtree(folder)
    if not verdict.is_good:
        print(verdict.explain())
    print(f"seed {options.seed}: {verdict}", flush=True)
    return 0 if verdict.is_good else 1


def _prepare(folder: Path) -> int:
    """Set the environment under which everything is started; the provider's port."""
    portal_port, provider_port = _free_ports(2)
    if not os.environ.get("DATABASE_URL"):
        migrated.copy_to(folder / "portal.sqlite3")
    os.environ |= {
        **KEYS,
        "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
        "PORTAL_DATA_DIR": str(folder.absolute()),
        "PORTAL_PORT": str(portal_port),
        "PORTAL_LOG_LEVEL": "WARNING",
        "REDIS_URL": "",
        "ULTAHOST_API_URL": f"http://127.0.0.1:{provider_port}/client-api/v1",
    }
    return provider_port


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


if __name__ == "__main__":
    sys.exit(main())
