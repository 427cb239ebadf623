"""CPU per call of the client against a bare requests session, on the same page in the same run.

    python -m tests.bench.client_overhead

Both talk to the same loopback server, in turns. The aim is at most 0.88 of the bare session, typed
rows included, and at most 1.4 times the CPU that importing requests takes.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from socketserver import StreamRequestHandler, ThreadingTCPServer

import requests

from tests.bench.parts import report
from ultahost_api.client import Client

ROUNDS, CALLS, ROWS = 15, 100, 25
CLIENT, ALL = "import ultahost_api.client", "from ultahost_api.client import *"


def main() -> None:
    ours, theirs = Pipe()
    server = Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{ours.recv()}/client-api/v1"
    session, client = requests.Session(), Client("sk_test_bench", base_url=url)

    def bare() -> None:
        session.get(url, params={"action": "get_services"}, headers={"x-api-key": "sk_test_bench"}).json()

    def typed() -> None:
        assert len(client.services.page().records) == ROWS

    ratios, spent = [], []
    for _ in range(ROUNDS):
        spent.append((cpu_of(bare), cpu_of(typed)))
        ratios.append(spent[-1][1] / spent[-1][0])
    server.kill()
    bare_ms, typed_ms = (statistics.median(one) * 1000 / CALLS for one in zip(*spent, strict=True))
    rows = [
        (f"a page of {ROWS}, CPU ÷ that of the bare session", "0.88", f"{statistics.median(ratios):.2f}"),
        ("importing it, CPU ÷ that of importing requests", "1.4", f"{import_ratio(CLIENT):.2f}"),
        ("importing it with all its records", "", f"{import_ratio(ALL):.2f}"),
    ]
    report.say("The client", report.table(("", "aim", "ratio"), rows))
    print(f"  a page: bare session {bare_ms:.2f} ms, client {typed_ms:.2f} ms of CPU")


def cpu_of(call: Callable[[], None]) -> float:
    started = time.process_time()
    for _ in range(CALLS):
        call()
    return time.process_time() - started


def import_ratio(statement: str) -> float:
    """The client's import brings requests; the least of some processes, in turns."""
    costs = [(import_cost("import requests"), import_cost(statement)) for _ in range(ROUNDS)]
    requests, client = (min(one) for one in zip(*costs, strict=True))
    return client / requests


def import_cost(statement: str) -> float:
    """With the compiled modules kept, as an installed package's are."""
    script = f"import time; t = time.process_time(); {statement}; print(time.process_time() - t)"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return float(subprocess.check_output([sys.executable, "-c", script], env=environment))


def serve(told: Connection) -> None:
    row = {
        "product_name": "Linux VPS Basic",
        "domain": "example.com",
        "amount": "19.99",
        "billingcycle": "Monthly",
        "nextduedate": "2026-06-04",
        "nextinvoicedate": "2026-06-04",
        "status": "Active",
        "regdate": "2026-05-04",
    }
    meta = {"total_records": ROWS, "limit": ROWS, "current_offset": 0, "has_more": False, "next_offset": None}
    data = [{"id": n, **row} for n in range(1, ROWS + 1)]
    body = json.dumps({"status": 200, "message": "fine", "meta": meta, "data": data}).encode()
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Mon, 23 Nov 2026 10:00:00 GMT\r\n"
        f"X-RateLimit-Remaining: 59\r\nX-RateLimit-Reset: 1795428060\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()

    class Handler(StreamRequestHandler):
        def handle(self) -> None:
            while line := self.rfile.readline():
                if line == b"\r\n":
                    self.wfile.write(head + body)

    server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.send(server.server_address[1])
    server.serve_forever()


if __name__ == "__main__":
    main()
