"""What the refresh costs against downloading and parsing the same pages, and whether that grows.

The provider is a process that answers from memory. The floor is one requests session that gets the same
pages and parses their JSON, in the same process and run as the engine.

python -m tests.bench.scale [quick]
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.parts import report
from tests.bench.parts.canned import Provider
from tests.postgres import NoPostgreSQL, temporary_postgres

ROOT = Path(__file__).resolve().parents[2]
HEAD = (
    (
        "The floor is one process that gets the same pages with a `requests` session, one after the "
        "other, and parses their JSON. The refresh adds types, the budget, the lease and the database, "
        "all of which must be there after a kill: that is several statements for each page."
    ),
    (
        "Times are against a provider that takes 30 ms to answer, as one over the internet does at least. "
        "The worker is the one that `make up` starts, with its broker and its beat: two processes side by "
        "side, so each of them takes twice the floor at 1.0. Details are left out; they are read after "
        "the lists, from what these leave of the limit. One pass is one list in one process."
    ),
    (
        "The ratios of CPU have no aim: their provider answers from memory, so they say what the engine "
        "itself costs and show when it grows."
    ),
)
PARTS = ("engine", "team")
SECRETS = {
    "PORTAL_SECRET_KEY": "bench-secret-key-that-is-long-enough-for-every-check-of-django",
    "PORTAL_SEALING_KEYS": "YmVuY2gtc2VhbGluZy1rZXktb2YtMzItYnl0ZXMhISE=",
    "PORTAL_HMAC_KEY": "bench-hmac-key-of-the-portal-0001",
}


def main() -> None:
    told = {}
    with Provider() as provider:
        told["SQLite"] = measured(provider.url, ["", ""])
        try:
            with temporary_postgres() as database_url:
                told["PostgreSQL"] = measured(provider.url, [f"{database_url}_{part}" for part in PARTS])
        except NoPostgreSQL as error:
            print(f"PostgreSQL: {error}")
    rows = [(label, aim, *(figure(one) for one in told.values())) for label, aim, figure in FIGURES]
    report.say("The refresh", *HEAD, report.table(("", "aim", *told), rows))


def measured(url: str, database_urls: list[str]) -> dict[str, Any]:
    """Each part with a database of its own."""
    engine, team = (_measured(part, url, at) for part, at in zip(PARTS, database_urls, strict=True))
    return {**engine, "team": team}


def _measured(part: str, url: str, database_url: str) -> Any:
    if database_url:
        _make_database(database_url)
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        environment = os.environ | SECRETS
        environment |= {"DJANGO_SETTINGS_MODULE": "portal.settings", "PORTAL_LOG_LEVEL": "WARNING"}
        environment |= {"PORTAL_DATA_DIR": folder, "DATABASE_URL": database_url, "ULTAHOST_API_URL": url}
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        command = [sys.executable, "-m", f"tests.bench.parts.{part}", url, *sys.argv[1:]]
        told = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE)
        return json.loads(told.stdout)


def _make_database(database_url: str) -> None:
    address, _, name = database_url.rpartition("/")
    with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')


def _growth(told: dict[str, Any]) -> str:
    sizes = [one["again, us per row"] for one in told["sizes"].values()]
    rows = [f"{int(rows):,}" for rows in told["sizes"]]
    return f"{sizes[-1] / sizes[0]:.2f} ({rows[0]} to {rows[-1]} rows)"


def _largest(told: dict[str, Any], name: str) -> str:
    return f"{list(told['sizes'].values())[-1][name]:.1f}"


Figure = Callable[[dict[str, Any]], str]
FIGURES: tuple[tuple[str, str, Figure], ...] = (
    ("accounts, six lists of 50 rows each", "200", lambda t: f"{t['team']['accounts']}"),
    (
        "time to the first copy of them all, by the worker",
        "1.5",
        lambda t: f"{t['team']['first wall ratio']:.2f}",
    ),
    ("time to read them all again, unchanged", "1.5", lambda t: f"{t['team']['again wall ratio']:.2f}"),
    (
        "time of a first copy of 10,000 rows, in one pass",
        "1.5",
        lambda t: f"{t['far']['first wall ratio']:.2f}",
    ),
    ("time to read them again, unchanged", "1.5", lambda t: f"{t['far']['again wall ratio']:.2f}"),
    ("CPU of a first copy of a page of 50", "", lambda t: f"{t['accounts']['first cpu ratio']:.1f}"),
    ("CPU of an unchanged page of 50", "", lambda t: f"{t['accounts']['again cpu ratio']:.1f}"),
    ("CPU of a first copy of full pages", "", lambda t: _largest(t, "first cpu ratio")),
    ("CPU of unchanged full pages", "", lambda t: _largest(t, "again cpu ratio")),
    ("calls per refresh of a list of one page", "1", lambda t: f"{t['accounts']['calls per refresh']:.2f}"),
    ("statements on rows that did not change", "0", lambda t: f"{t['accounts']['writes again']}"),
    ("growth of the cost per unchanged row", "1", _growth),
    ("calls per cycle, 20,000 invoices of which 40 are open", "5", lambda t: f"{t['invoices']['calls']}"),
    ("statements on unchanged rows in that cycle", "0", lambda t: f"{t['invoices']['writes']}"),
    ("memory of the worker with its two processes, MB", "", lambda t: f"{t['team']['worker MB']:.0f}"),
)

if __name__ == "__main__":
    main()
