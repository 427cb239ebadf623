"""A provider that answers lists from memory, so that it does not dominate what is measured.

An API key says how much its account holds: ``sk_test_bench_NUMBER_ROWS``, that many rows of each noun. The
newest 40 invoices are open. With ``_far`` behind it each answer takes as long as one over the internet.
"""

import json
import time
from email.utils import formatdate
from functools import lru_cache
from multiprocessing import Pipe, Process
from multiprocessing.connection import Connection
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ultahost_api.sandbox import rows as provider_rows

PATH = "/client-api/v1"
OPEN = 40
WINDOW = 60
FAR = 0.03  # seconds
MAKE = {
    "get_services": provider_rows.service,
    "get_invoices": provider_rows.invoice,
    "get_domains": provider_rows.domain,
    "get_orders": provider_rows.order,
    "get_quotes": provider_rows.quote,
    "get_emails": provider_rows.email,
}


class Provider:
    """Serves in a process of its own from ``with`` to its end; ``calls()`` counts since the last asking."""

    def __enter__(self) -> "Provider":
        self._ours, theirs = Pipe()
        self._process = Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        self.url = f"http://127.0.0.1:{self._ours.recv()}{PATH}"
        return self

    def __exit__(self, *told: object) -> None:
        self._process.kill()


def key_of(number: int, rows: int, *, far: bool = False) -> str:
    return f"sk_test_bench_{number}_{rows}" + ("_far" if far else "")


def _serve(told: Connection) -> None:
    server = _Server(("127.0.0.1", 0), _Handler)
    told.send(server.server_address[1])
    server.serve_forever()


class _Server(ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class _Handler(StreamRequestHandler):
    wbufsize = 1 << 20
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while request := self.rfile.readline():
            key = ""
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                if line[:10].lower() == b"x-api-key:":
                    key = line[10:].strip().decode()
            if key.endswith("_far"):
                time.sleep(FAR)
            body = _answer(key, request.split()[1].decode())
            now = time.time()
            head = (
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                f"Date: {formatdate(now, usegmt=True)}\r\nX-RateLimit-Remaining: 100000\r\n"
                f"X-RateLimit-Reset: {int(now) + WINDOW}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            self.wfile.write(head.encode() + body)
            self.wfile.flush()


def _answer(key: str, target: str) -> bytes:
    asked = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    number, rows = key.removeprefix("sk_test_bench_").removesuffix("_far").split("_")
    action = asked["action"]
    if action in MAKE:
        return _page(action, int(rows), int(asked["offset"]), int(asked["limit"]), asked.get("status", ""))
    if action == "get_profile":
        profile = provider_rows.profile(f"Company {number}", "EUR", f"uuid-{number}")
        return _json({"status": 200, "message": "fine", "data": profile})
    noun = f"{action}s"
    given = next(int(value) for name, value in asked.items() if name.endswith("id"))
    return _json({"status": 200, "message": "fine", "data": MAKE[noun](given) | {"id": given}})


@lru_cache(maxsize=5000)
def _page(action: str, rows: int, offset: int, limit: int, status: str) -> bytes:
    """Newest first."""
    numbers = range(rows, 0, -1)
    if action == "get_invoices" and status:
        numbers = numbers[:OPEN] if status == "Unpaid" else numbers[:0]
    end = min(offset + limit, len(numbers))
    meta = {
        "total_records": len(numbers),
        "limit": limit,
        "current_offset": offset,
        "has_more": end < len(numbers),
        "next_offset": end if end < len(numbers) else None,
    }
    data = [_row(action, number, rows) for number in numbers[offset:end]]
    return _json({"status": 200, "message": "fine", "meta": meta, "data": data})


def _row(action: str, number: int, rows: int) -> Any:
    row = provider_rows.listed(action.removeprefix("get_"), MAKE[action](number) | {"id": number})
    if action == "get_invoices":
        row["status"] = "Unpaid" if number > rows - OPEN else "Paid"
    return row


def _json(answer: Any) -> bytes:
    return json.dumps(answer).encode()
