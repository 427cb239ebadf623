"""What each page takes on the database of the environment, in one process. Prints JSON.

python -m tests.bench.parts.paced COOKIE ACCOUNT TRIES
"""

import gc
import json
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ["PGOPTIONS"] = "-c max_parallel_workers_per_gather=0"  # all that it does is done by one process
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from portal.access import figures  # noqa: E402
from portal.views import changes, domains, invoices, operations, orders, services  # noqa: E402
from ultahost_api.models import Invoice  # noqa: E402

LISTS = {
    "invoices": (invoices.LISTING, ({"status": "Open"}, {"status": "Overdue"}, {"unreadable": "any"})),
    "services": (services.LISTING, ({"status": "Suspended"}, {"unreadable": "any"})),
    "domains": (domains.LISTING, ({"status": "Expired"}, {"unreadable": "any"})),
    "orders": (orders.LISTING, ({"status": "Pending"}, {"unreadable": "any"})),
    "changes": (changes.LISTING, ({"noun": "invoices"},)),
    "activity": (operations.LISTING, ()),
}
# A word that few rows have, one that all have, none, two, short ones, a number.
SEARCHES = ("0000777", "example", "nothing-of-that-kind", "red garden", "in", "42", "company 07")


def addresses(account: str) -> dict[str, list[str]]:
    """By kind: what shows rows in every order and choice, and what searches."""
    told: dict[str, list[str]] = {"rows": [], "search": [], "spend": [], "books": []}
    month = f"{Invoice.objects.latest('date').date:%Y-%m}"
    told["books"] += ["/agenda/", f"/agenda/?view=month&month={month}", f"/agenda/?account={account}"]
    told["books"] += [f"/statements/?month={month}", f"/statements/{account}/{month}/"]
    told["spend"] += ["/spend/", "/spend/?period=24-months", f"/spend/?account={account}"]
    for noun, (listing, filters) in LISTS.items():
        sent: list[dict[str, str]] = [{}, {"page": "last"}, {"account": account}, *filters]
        sent += [{"sort": f"{sign}{name}"} for name in listing.sorts for sign in ("", "-")]
        sent += [{"account": account, "sort": name} for name in listing.sorts]
        sent += [{"sort": name, "page": "last"} for name in listing.sorts]
        if noun == "invoices":
            sent += [{"since": "2025-01-01", "until": "2025-12-31"}, {"status": "Paid", "sort": "total"}]
        told["rows"] += [f"/{noun}/?{urlencode(one)}" for one in sent]
        told["search"] += [f"/{noun}/?{urlencode({'q': words})}" for words in SEARCHES]
    return told


def timed(client: Client, path: str, tries: int, target: str = "") -> dict[str, float]:
    """In ms of CPU, the least of some tries: the page with all read anew, with counts kept, with all kept.

    ``own`` and ``kept_own`` are what the first and the last of these take without the database, and
    ``statements`` are those of the first. ``target`` is the part to ask for, if not called as the noun.
    """
    best: dict[str, float] = {}
    for _ in range(tries):
        figures.forget()
        told = dict(zip(("anew", "own", "statements"), asked(client, path, target), strict=True))
        figures._rows.clear()
        told["rows"], *_ = asked(client, path, target)
        told["kept"], told["kept_own"], _ = asked(client, path, target)
        best = {name: min(value, best.get(name, value)) for name, value in told.items()}
    return best


def asked(client: Client, path: str, target: str = "") -> tuple[float, float, int]:
    """ms of CPU of the part that htmx asks for, those of them of this process, and how many statements."""
    headers = {"HX-Request": "true", "HX-Target": target or path.split("/")[1]}
    statements: list[str] = []

    def count(execute: Any, sql: str, *others: Any) -> Any:
        statements.append(sql)
        return execute(sql, *others)

    database, own = spent_by_the_database(), time.process_time()
    with connection.execute_wrapper(count):
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
    own = (time.process_time() - own) * 1000
    return own + spent_by_the_database() - database, own, len(statements)


def spent_by_the_database() -> float:
    """ms of CPU of the process of PostgreSQL that answers us; SQLite's are our own."""
    if connection.vendor != "postgresql":
        return 0
    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1_000_000


def main() -> None:
    cookie, account, tries = sys.argv[1], sys.argv[2], int(sys.argv[3])
    client = Client(headers={"Host": "localhost"})
    client.cookies.load(cookie)
    client.get("/invoices/")
    gc.freeze()  # or some page would pay for looking through all that was loaded
    told = {
        kind: {path: timed(client, path, tries) for path in paths}
        for kind, paths in addresses(account).items()
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
