"""What people wait for who use the portal at once while Ultahost takes every call and never answers.

    python -m tests.bench.people [quick]

Each of them asks for a page, reads it for two seconds and asks for the next one.
"""

import contextlib
import os
import random
import socket
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from typing import NamedTuple

from tests.bench.parts import report, servers

QUICK = "quick" in sys.argv
PEOPLE, THINKING = 50, 2.0  # seconds
SECONDS = 20 if QUICK else 60
COLD = 10.0  # seconds
LONG = 1.0  # seconds; such a wait is told with what was waited for
PAGES = ("/", "/invoices/", "/services/", "/domains/", "/orders/", "/agenda/", "/spend/")
OF_ONE = {"invoice": "an invoice", "service": "a service", "domain": "a domain"}
LIVE = ("/contacts/", "/payment-methods/")  # whose rows Ultahost has; the page then loads them
WORDS = (
    "Fifty people with two seconds of thinking between two pages, two gunicorn workers of eight threads that "
    "have just started, SQLite with 10,000 rows of each noun, and a provider that takes every call and never "
    "answers. Milliseconds from the request to the last byte; they depend on the machine and on what else it "
    "does. The first ten seconds, in which the workers work out what they keep, are told apart."
)


class Wait(NamedTuple):
    path: str
    at: float  # seconds since all began
    first_byte: float
    whole: float


def main() -> None:
    with hanging() as provider, servers.database(1_000 if QUICK else 10_000, provider=provider) as on:
        details = {on.told[name]: words for name, words in OF_ONE.items()}
        pages = [*PAGES, *details, *LIVE]
        with servers.whole_portal(on) as server:
            waits = walk(server, pages, on.told["member"])
    by_page: dict[str, list[float]] = defaultdict(list)
    for wait in waits:
        if wait.at > COLD:
            by_page[details.get(wait.path, wait.path)].append(wait.whole * 1000)
    later = [wait for wait in waits if wait.at > COLD and wait.path not in LIVE]
    first = [wait.whole * 1000 for wait in waits if wait.at <= COLD]
    rows = [
        row("all that do not ask Ultahost", "200", [wait.whole * 1000 for wait in later]),
        row("everything in the first ten seconds", "", first),
        *(row(path, "", by_page[path]) for path in by_page),
    ]
    report.say("People", WORDS, report.table(("", "aim of the p95", "p50", "p95", "worst"), rows))
    print(f"  load of the machine, as it ended: {os.getloadavg()[0]:.1f}")
    for wait in sorted(waits, key=lambda wait: wait.at):
        if wait.whole > LONG:
            when = f"after {wait.at:.1f} s: {wait.path}"
            print(f"  {when} {wait.first_byte:.2f} s to the first byte, {wait.whole:.2f} to the last")


def row(label: str, aim: str, waited: list[float]) -> tuple[str, ...]:
    p50, p95 = (statistics.quantiles(waited, n=20)[place] for place in (9, 18))
    return (label, aim, *(f"{ms:.0f}" for ms in (p50, p95, max(waited))))


@contextlib.contextmanager
def hanging() -> Iterator[str]:
    """The address of what accepts every connection, as the system does, and never reads."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        yield "{}:{}".format(*listener.getsockname())


def walk(server: servers.Server, pages: list[str], cookie: str) -> list[Wait]:
    waits: list[Wait] = []
    failed: list[BaseException] = []
    began = time.monotonic()

    def person(number: int) -> None:
        chance = random.Random(number)
        try:
            time.sleep(chance.uniform(0, THINKING))
            while time.monotonic() < began + SECONDS:
                path = chance.choice(pages)
                waits.append(ask(server, path, cookie, began))
                if path in LIVE:
                    threading.Thread(target=load, args=(server, path, cookie), daemon=True).start()
                time.sleep(THINKING)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=person, args=(number,)) for number in range(PEOPLE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    return waits


def load(server: servers.Server, path: str, cookie: str) -> None:
    """The part that its page then asks for, while the person reads or is gone. It waits for Ultahost."""
    headers = {"Host": "localhost", "Cookie": cookie, "HX-Request": "true", "HX-Target": path.strip("/")}
    with contextlib.suppress(OSError), contextlib.closing(server.connect()) as link:
        link.request("GET", f"{path}?live=1", headers=headers)
        link.getresponse().read()


def ask(server: servers.Server, path: str, cookie: str, began: float) -> Wait:
    """On a connection of its own, as after two seconds in a browser that kept none."""
    at = time.monotonic()
    with contextlib.closing(server.connect()) as link:
        link.request("GET", path, headers={"Host": "localhost", "Cookie": cookie})
        answer = link.getresponse()
        first_byte = time.monotonic() - at
        answer.read()
    assert answer.status == HTTPStatus.OK, f"{path}: {answer.status}"
    return Wait(path, at - began, first_byte, time.monotonic() - at)


if __name__ == "__main__":
    main()
