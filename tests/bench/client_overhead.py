"""CPU per call of the client against a bare requests session, on the same page in the same run.

    python -m tests.bench.client_overhead

Both talk to the same loopback server, in turns. The aim is at most 0.75 of the bare session, typed
rows included, and at most 40 ms of CPU to import what the client adds to requests.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from socketserver import StreamRequestHandler, ThreadingTCPServer

import requests

from ultahost_api.client import Client

ROUNDS, CALLS, ROWS = 15, 100, 25


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
    print(f"a page of {ROWS}: bare session {bare_ms:.2f} ms, client {typed_ms:.2f} ms of CPU", end="; ")
    print(f"ratio {statistics.median(ratios):.2f} (at most 0.75)")
    print(f"import: {import_cost():.0f} ms of CPU over requests (at most 40)")


def cpu_of(call: Callable[[], None]) -> float:
    started = time.process_time()
    for _ in range(CALLS):
        call()
    return time.process_time() - started


def import_cost() -> float:
    script = "import requests, time; t = time.process_time(); import ultahost_api.client; "
    script += "print(time.process_time() - t)"
    costs = [float(subprocess.check_output([sys.executable, "-c", script])) for _ in range(5)]
    return min(costs) * 1000


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
