"""A server on this machine that answers as oddly as a test wants."""

import gzip
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from ultahost_api.client import Client

KEY = "sk_test_key_that_nobody_may_see"


@dataclass
class Seen:
    method: str
    action: str
    parameters: dict[str, Any]
    headers: dict[str, str]
    port: int
    at: float = field(default_factory=time.monotonic)


Reply = Callable[[BaseHTTPRequestHandler], None]


class OddServer:
    """Each request takes the next of the given replies; the last one stays."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.released = Event()
        self._replies: list[Reply] = [self.ok({})]
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.origin = f"http://127.0.0.1:{self._http.server_port}"
        self.url = f"{self.origin}/client-api/v1"
        Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()

    def answer(self, *replies: Reply) -> None:
        self._replies = list(replies)

    @property
    def sent(self) -> Seen:
        """The only request that came."""
        (seen,) = self.requests
        return seen

    def ok(self, data: Any = None, meta: Any = None, headers: dict[str, str] | None = None) -> Reply:
        envelope = {"status": 200, "message": "fine", "data": data, "meta": meta}
        return self.reply(200, {k: v for k, v in envelope.items() if v is not None}, headers)

    def reply(self, status: int, body: Any = b"", headers: dict[str, str] | None = None) -> Reply:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()

        def respond(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response_only(status)
            named = {"Date": formatdate(usegmt=True), "Content-Length": str(len(content)), **(headers or {})}
            for name, value in named.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(content)

        return respond

    def gzipped(self, content: bytes, encoding: str = "gzip") -> Reply:
        return self.reply(200, gzip.compress(content), {"Content-Encoding": encoding})

    def raw(self, *pieces: bytes, every: float = 0.0) -> Reply:
        """These bytes, then the connection is closed."""

        def respond(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            for piece in pieces:
                handler.wfile.write(piece)
                if every and self.released.wait(every):
                    return

        return respond

    def drip(self, content: bytes, every: float = 0.05) -> Reply:
        return self.raw(*(content[i : i + 1] for i in range(len(content))), every=every)

    def cut(self) -> Reply:
        return self.raw(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"status": 200, "mess')

    def drop(self) -> Reply:
        return self.raw()

    def hang(self) -> Reply:
        def respond(handler: BaseHTTPRequestHandler) -> None:
            handler.close_connection = True
            self.released.wait(20)

        return respond

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_any(self) -> None:
                parameters = dict(parse_qsl(urlsplit(self.path).query))
                if length := int(self.headers.get("Content-Length", 0)):
                    parameters = json.loads(self.rfile.read(length))
                seen = Seen(
                    self.command,
                    str(parameters.pop("action", "")),
                    parameters,
                    {name.lower(): value for name, value in self.headers.items()},
                    self.client_address[1],
                )
                server.requests.append(seen)
                replies = server._replies
                reply = replies.pop(0) if len(replies) > 1 else replies[0]
                try:
                    reply(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True

            do_GET = do_POST = do_DELETE = handle_any  # noqa: N815

            def log_message(self, *args: Any) -> None: ...

        return Handler


@pytest.fixture
def make_server() -> Iterator[Callable[[], OddServer]]:
    servers: list[OddServer] = []

    def make() -> OddServer:
        servers.append(OddServer())
        return servers[-1]

    yield make
    for server in servers:
        server.close()


@pytest.fixture
def server(make_server: Callable[[], OddServer]) -> OddServer:
    return make_server()


@pytest.fixture
def make_client(server: OddServer) -> Callable[..., Client]:
    """A client of the server that gives up early and does not resend, unless told otherwise."""

    def make(**options: Any) -> Client:
        defaults: dict[str, Any] = {
            "base_url": server.url,
            "tries": 1,
            "deadline": 5.0,
            "timeout": (1.0, 2.0),
        }
        return Client(KEY, **{**defaults, **options})

    return make


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client()


@pytest.fixture
def key() -> str:
    return KEY


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.01)
