"""A client's socket for gunicorn's threads: what they read has arrived, what they write is kept."""

import re
import socket
import tempfile
from typing import IO

from portal.running.web.limits import LARGEST_BODY, LARGEST_HEAD, STRANGERS_FORMS

_BLOCK = 65_536
_IN_MEMORY = 65_536  # bytes of an answer that wait in memory; more of it waits in a temporary file
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)


class BufferedSocket:
    """Belongs to one thread at a time: the main one while it waits for the client, else the one that answers.

    How long a request is, is only an estimate: gunicorn's parser decides. Where the two differ, the parser
    finds the end of the stream and the connection is closed; no thread ever waits for more.
    """

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._received = bytearray()
        self._size: int | None = None  # of the request at the beginning of what was received
        self._given = 0  # bytes of that request that the parser has taken
        self._unsent: IO[bytes] | None = None
        self._sent = 0  # bytes of the file that the client has taken
        self.cut_short = False  # the parser wanted more than was received

    # For the main thread

    def receive(self) -> bool:
        """Takes what has arrived; False when the client has closed."""
        try:
            data = self._sock.recv(_BLOCK)
        except BlockingIOError:
            return True
        searched = max(0, len(self._received) - 3)
        self._received += data
        self._measure(searched)
        return bool(data)

    @property
    def has_request(self) -> bool:
        return self._size is not None and len(self._received) >= self._size

    @property
    def waiting(self) -> int:
        """How many bytes it holds of a request that is not complete."""
        return len(self._received)

    @property
    def is_strangers_form(self) -> bool:
        return self._received.startswith(STRANGERS_FORMS)

    def next_request(self) -> None:
        """Forgets the request that was answered; what was sent behind it is the next one."""
        del self._received[: self._size]
        self._size, self._given = None, 0
        self._measure(0)

    def flush(self) -> int:
        """Sends what the client takes, and tells how many bytes wait."""
        if self._unsent is None:
            return 0
        while block := self._next_block(self._unsent):
            sent = self._send(block)
            self._sent += sent
            if sent < len(block):
                return self._unsent.seek(0, 2) - self._sent
        self._unsent.close()
        self._unsent, self._sent = None, 0
        return 0

    def discard(self) -> bool:
        """Throws away what arrives; False when the client has closed."""
        try:
            return bool(self._sock.recv(_BLOCK))
        except BlockingIOError:
            return True

    def end(self) -> None:
        """Tells the client that nothing more comes, and still lets it send."""
        self._sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._sock.close()
        if self._unsent:
            self._unsent.close()

    def fileno(self) -> int:
        return self._sock.fileno()

    # For the thread that answers, and for gunicorn's functions

    def recv(self, size: int) -> bytes:
        data = bytes(self._received[self._given : min(self._given + size, self._size or 0)])
        self._given += len(data)
        self.cut_short = self.cut_short or not data
        return data

    def sendall(self, data: bytes) -> None:
        rest = data if self._unsent else data[self._send(data) :]
        if rest:
            if self._unsent is None:
                self._unsent = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
            self._unsent.write(rest)

    send = sendall

    def setblocking(self, _: bool) -> None:
        """It never blocks."""

    def gettimeout(self) -> None:
        """No time is set, for nothing here waits."""

    # Helpers

    def _measure(self, searched: int) -> None:
        """Finds the end of the request as soon as its head is there."""
        if self._size is not None:
            return
        end = self._received.find(b"\r\n\r\n", searched)
        if end >= 0:
            length = _LENGTH.search(self._received, 0, end + 2)
            body = int(length[1]) if length else 0
            # A body that is refused is not waited for.
            self._size = end + 4 + (body if body <= LARGEST_BODY else 0)
        elif len(self._received) > LARGEST_HEAD:
            self._size = len(self._received)

    def _next_block(self, unsent: IO[bytes]) -> bytes:
        unsent.seek(self._sent)
        return unsent.read(_BLOCK)

    def _send(self, data: bytes) -> int:
        try:
            return self._sock.send(data)
        except BlockingIOError:
            return 0
