"""The long run of the refresh under faults, on SQLite and on PostgreSQL.

python -m tests.bench.faults                     three hundred faults on each
python -m tests.bench.faults --faults 5000       the long run: about an hour on each
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from postgres import NoPostgreSQL, temporary_postgres  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--faults", type=int, default=300, help="on each database")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    options = parser.parse_args()
    failed = 0
    if options.only != "postgresql":
        failed += run("SQLite", "", options)
    if options.only != "sqlite":
        try:
            with temporary_postgres() as url:
                failed += run("PostgreSQL", _fresh_database(url), options)
        except NoPostgreSQL as error:
            print(f"PostgreSQL: {error}")
    return failed


def _fresh_database(url: str) -> str:
    """A new database beside the one that ``url`` names, which need not exist."""
    server, name = url.rpartition("/")[0], f"faults_{int(time.time())}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return f"{server}/{name}"


def run(words: str, database_url: str, options: argparse.Namespace) -> int:
    print(f"{words}:", flush=True)
    command = [sys.executable, "-m", "tests.faults.surviving", "--seed", str(options.seed)]
    command += ["--faults", str(options.faults), "--seconds", str(options.faults * 2)]
    environment = os.environ | {"DATABASE_URL": database_url}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
