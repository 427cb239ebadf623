"""Connections that keep a deadline to the last byte, and know whether a byte has left.

A socket's timeout starts anew with every byte that arrives, so a server that drips can hold a reader
for good. And which of the many exceptions below requests means "nothing was sent" cannot be told from
their types: an SSLError may come before the request or in the middle of the answer.
"""

import http.client
import io
import socket
import threading
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class Exchange(threading.local):
    """The one request that this thread is sending now."""

    def __init__(self) -> None:
        self.begin(deadline=0.0, patience=0.0)

    def begin(self, deadline: float, patience: float) -> None:
        """``deadline`` is on the monotonic clock; ``patience`` is the longest silence, in seconds."""
        self.deadline = deadline
        self.patience = patience
        self.sent = False

    def patience_left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("deadline")
        return min(self.patience, left)


exchange = Exchange()


class _Reader(io.RawIOBase):
    """What http.client reads an answer from, in place of the file it would make of the socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._file = sock.makefile("rb", buffering=0)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(exchange.patience_left())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(_Reader(sock), *args, **kwargs)  # type: ignore[arg-type]


class _Honest:
    """Connects first, so that a refused connection is never taken for a request that got lost."""

    sock: socket.socket | None

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()  # type: ignore[attr-defined]
        exchange.sent = True
        super().send(data)  # type: ignore[misc]


class _PlainConnection(_Honest, HTTPConnection):
    response_class = _Response


class _TlsConnection(_Honest, HTTPSConnection):
    response_class = _Response


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class Adapter(HTTPAdapter):
    """A pool of such connections. Follows no redirect, reads no environment, keeps no cookie."""

    _address = ""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TlsPool}

    def get_connection_with_tls_context(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """The last request's pool where this one goes to the same address: to look it up takes a while."""
        address = request.url.partition("?")[0]
        if address != self._address:
            self._pool = super().get_connection_with_tls_context(request, *args, **kwargs)
            self._address = address
        return self._pool
