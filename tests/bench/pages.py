"""Pages against a bare Django view and Django's own admin, over the same table, on the same machine.

    python -m tests.bench.pages [quick]

Two web servers of one worker with four threads each, of which one at a time is asked by four connections.
"""

import statistics
import sys
from collections import defaultdict
from contextlib import ExitStack
from typing import Any

from tests.bench.parts import report, servers
from tests.bench.parts.servers import Server

QUICK = "quick" in sys.argv
ROWS = 1_000 if QUICK else 10_000
ROUNDS, SECONDS = (1, 0.5) if QUICK else (5, 1.0)
LIST, SEARCH, BOOKS = 0.10, 0.06, 0.06
BROWSERS = "gzip, deflate, br"  # the compressions that Chromium, Firefox and Safari take
WORDS = (
    "One gunicorn worker with four threads, SQLite, 10,000 rows of each noun in 50 accounts, 50 rows "
    "on a page, four kept connections. A bare view is what Django's `startproject` writes, behind "
    "session and sign-in, on the same database. The figures are answers per second as a ratio to it: "
    "the median of five rounds, in each of which every page takes its turn. Milliseconds are of the "
    "worker's CPU and depend on the machine. No row changes meanwhile, so counts, sums and the rows of a "
    "page are those that the worker keeps (docs/refreshing.md)."
)


def main() -> None:
    with ExitStack() as stack:
        on = stack.enter_context(servers.database(ROWS))
        member, _, admin = on.told["member"], on.told["ticket"], on.told["admin"]
        bare_cookie = on.run("-m", "tests.bench.parts.bare_session")
        bare, portal = stack.enter_context(servers.bare(on)), stack.enter_context(servers.portal(on))
        asked = [Asked(bare, label, aim, path, bare_cookie) for label, aim, path in FLOORS]
        asked += [Asked(portal, label, aim, path.format(**on.told), member) for label, aim, path in PAGES]
        asked.append(Asked(portal, "/invoices/ of an admin", LIST, "/invoices/", admin))
        asked.append(Asked(portal, "/invoices/, the list alone", LIST, "/invoices/", member, "invoices"))
        shared = Asked(portal, "a share link of 500 rows", 0.03, on.told["shared"], on.told["ticket"])
        asked.append(shared)
        rounds = [{one.label: one.load() for one in asked} for _ in range(ROUNDS + 1)][1:]  # one to warm up
    told = medians(rounds)
    rows = [(one.label, aim(one), f"{told[one.label][0]:.3f}", f"{told[one.label][1]:.1f}") for one in asked]
    admin_ratio, ours = told[FLOORS[2][0]][0], told[PAGES[0][0]][0]
    summary = f"`/invoices/` is {ours / admin_ratio:.1f} times as fast as the admin's changelist (aim: 2.5)."
    head = ("", "aim", "answers ÷ bare", "ms of CPU")
    report.say("Pages", WORDS, report.table(head, rows), summary)


class Asked:
    def __init__(
        self, server: Server, label: str, aim: float, path: str, cookie: str, target: str = ""
    ) -> None:
        self.label, self.aim = label, aim
        self._server, self._path = server, path
        self._headers = {"Cookie": cookie, "Accept-Encoding": BROWSERS}
        self._headers |= {"HX-Request": "true", "HX-Target": target} if target else {}

    def load(self) -> tuple[float, float]:
        return self._server.load(self._path, self._headers, SECONDS)


FLOORS = (
    ("a bare view", 0.0, "/bare/"),
    ("a bare view that draws 50 invoices", 0.0, "/rows/"),
    ("Django admin's changelist", 0.0, "/admin/ultahost_api/invoice/"),
)
PAGES = (
    *((path, LIST, path) for path in ("/invoices/", "/services/", "/domains/", "/orders/", "/changes/")),
    *((path, LIST, path) for path in ("/activity/", "/")),
    ("/search/?q=example", SEARCH, "/search/?q=example"),
    ("/search/?q=0000777", SEARCH, "/search/?q=0000777"),
    ("/spend/", BOOKS, "/spend/"),
    *((path, BOOKS, path) for path in ("/agenda/", "/agenda/?view=month&month={month}")),
    *((path, BOOKS, path) for path in ("/statements/?month={month}", "/statements/{account}/{month}/")),
    ("an invoice", LIST, "{invoice}"),
    ("a service", LIST, "{service}"),
    ("a domain", LIST, "{domain}"),
    ("/profile/", 0.0, "/profile/"),
)


def aim(one: Asked) -> str:
    return f"{one.aim:.2f}" if one.aim else ""


def medians(rounds: list[dict[str, tuple[float, float]]]) -> dict[str, tuple[float, float]]:
    """By label: answers per second against the bare view of the same round, and ms of CPU."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for one in rounds:
        floor = one[FLOORS[0][0]][0]
        for label, (answers, cpu) in one.items():
            found[label].append((answers / floor, cpu))
    return {
        label: (statistics.median(ratio for ratio, _ in told), statistics.median(cpu for _, cpu in told))
        for label, told in found.items()
    }


if __name__ == "__main__":
    main()
