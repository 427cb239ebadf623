"""HTTP: read a request, ask the desk, send the reply the way it wants to be sent."""

import json
import socket
import socketserver
import sys
import time
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ultahost_api.sandbox.control import Control
from ultahost_api.sandbox.desk import Desk, Incoming
from ultahost_api.sandbox.replies import Reply, as_error

PATH = "/client-api/v1"
LARGEST_REQUEST = 1_000_000


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], desk: Desk) -> None:
        self.desk = desk
        self.control = Control(desk)
        self.stopped = Event()
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        super().__init__(address, Handler)

    def server_bind(self) -> None:
        """Without the name look-up of HTTPServer, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Closes kept-alive connections too, or a stopped sandbox would still answer."""
        self.stopped.set()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 65_536
    timeout = 60
    server: Server

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), LARGEST_REQUEST))
        if address.path.startswith("/_sandbox/"):
            client = self.client_address[0]
            self._send(self.server.control.serve(self.command, address.path, body, client, self.headers))
        elif address.path.rstrip("/") != PATH:
            self._send(as_error(404))
        else:
            self._answer(dict(parse_qsl(address.query, keep_blank_values=True)), body)

    def _answer(self, query: dict[str, str], body: bytes) -> None:
        sent, problem = _read(body)
        key = self.headers.get("x-api-key", "")
        incoming = Incoming(self.command, key, query | sent, problem, self.server.stopped)
        reply, seen = self.server.desk.serve(incoming)
        try:
            self._send(reply)
        finally:
            seen.answered = time.monotonic()

    def _send(self, reply: Reply) -> None:
        if reply.dropped:
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self._send_body(reply)

    def _send_body(self, reply: Reply) -> None:
        if reply.cut_at is not None:
            self.close_connection = True
        body = reply.body[: reply.cut_at]
        if not reply.pause:
            self.wfile.write(body)
            self.wfile.flush()
            return
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.stopped.wait(reply.pause):
                break

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate(
            self.server.desk.limits.clock.now() if timestamp is None else timestamp, usegmt=True
        )

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the log file says it better."""


def _read(body: bytes) -> tuple[dict[str, Any], str]:
    if not body:
        return {}, ""
    try:
        sent = json.loads(body)
    except ValueError:
        return {}, "The request body is not valid JSON"
    return (sent, "") if isinstance(sent, dict) else ({}, "The request body must be a JSON object")
