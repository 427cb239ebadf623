"""How long each page takes on the database of the environment, in one process. Prints JSON.

python -m tests.bench.parts.paced COOKIE ACCOUNT TRIES
"""

import json
import os
import sys
import time
from typing import Any
from urllib.parse import urlencode

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

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
COUNTING = ("COUNT(", "SUM(")
LONG = 1.0  # seconds after which a page is not tried again


def addresses(account: str) -> dict[str, list[str]]:
    """By kind: what shows rows in every order and choice, and what searches."""
    told: dict[str, list[str]] = {"rows": [], "search": [], "books": []}
    month = f"{Invoice.objects.latest('date').date:%Y-%m}"
    told["books"] += ["/agenda/", f"/agenda/?view=month&month={month}", f"/agenda/?account={account}"]
    told["books"] += [f"/statements/?month={month}", f"/statements/{account}/{month}/"]
    for noun, (listing, filters) in LISTS.items():
        asked: list[dict[str, str]] = [{}, {"page": "last"}, {"account": account}, *filters]
        asked += [{"sort": f"{sign}{name}"} for name in listing.sorts for sign in ("", "-")]
        asked += [{"account": account, "sort": name} for name in listing.sorts]
        asked += [{"sort": name, "page": "last"} for name in listing.sorts]
        if noun == "invoices":
            asked += [{"since": "2025-01-01", "until": "2025-12-31"}, {"status": "Paid", "sort": "total"}]
        told["rows"] += [f"/{noun}/?{urlencode(one)}" for one in asked]
        told["search"] += [f"/{noun}/?{urlencode({'q': words})}" for words in SEARCHES]
    return told


class Counted:
    """Statements of a page, and the seconds that those took which count and add up."""

    def __init__(self) -> None:
        self.statements, self.counting = 0, 0.0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.statements += 1
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            if any(word in sql for word in COUNTING):
                self.counting += time.perf_counter() - began


def timed(client: Client, path: str, tries: int, target: str = "") -> dict[str, float]:
    """In ms, the least of some tries: the page, its part without counts and sums, these, its CPU."""
    best: dict[str, float] = {}
    for _ in range(tries):
        counted = Counted()
        began, cpu = time.perf_counter(), time.process_time()
        with connection.execute_wrapper(counted):
            headers = {"HX-Request": "true", "HX-Target": target or path.split("/")[1]}
            answer = client.get(path, headers=headers)
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
        page, cpu = time.perf_counter() - began, time.process_time() - cpu
        told = {"page": page, "rows": page - counted.counting, "counts": counted.counting, "cpu": cpu}
        told = {name: value * 1000 for name, value in told.items()}
        best = {name: min(value, best.get(name, value)) for name, value in told.items()}
        best["statements"] = counted.statements
        if page > LONG:
            break
    return best


def main() -> None:
    cookie, account, tries = sys.argv[1], sys.argv[2], int(sys.argv[3])
    client = Client(headers={"Host": "localhost"})
    client.cookies.load(cookie)
    client.get("/invoices/")
    asked = addresses(account)
    told = {kind: {path: timed(client, path, tries) for path in paths} for kind, paths in asked.items()}
    print(json.dumps(told))


if __name__ == "__main__":
    main()
