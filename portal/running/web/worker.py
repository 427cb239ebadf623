"""gunicorn's threaded worker, whose threads never wait for a client.

gunicorn gives a connection to a thread with its first byte, and the thread then waits for the rest: with 16
threads, 16 clients that send half a line stop the portal. Here the main loop reads a request whole before a
thread gets it, sends on what a slow reader has not taken yet, and closes what takes too long.

Forms that strangers can send, the sign-in first of all, have threads of their own, so that a storm of them
does not stand between other people and their pages.
"""

import errno
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, TConn, ThreadWorker

from portal.running.web import limits
from portal.running.web.buffered_socket import BufferedSocket
from portal.running.web.busy import busy_answer
from portal.running.web.call_room import with_room_for_calls

# The next one may be accepted: the client hung up, or this process has no file descriptor left.
_NOT_ACCEPTED = {errno.EAGAIN, errno.ECONNABORTED, errno.EMFILE, errno.ENFILE}


class Connection(TConn):
    sock: BufferedSocket

    def __init__(self, cfg: Any, sock: socket.socket, client: Any, server: Any) -> None:
        super().__init__(cfg, BufferedSocket(sock), client, server)
        self.data_ready = True  # no thread looks whether something has arrived
        self.deadline = 0.0


class BufferingWorker(ThreadWorker):
    handle = with_room_for_calls(ThreadWorker.handle)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: set[Connection] = set()  # for their client, whatever it is that they wait for
        self._swept_at = 0.0
        self._crowd: set[Connection] = set()  # whose forms wait for a thread, or have one

    def init_process(self) -> None:
        self._strangers = ThreadPoolExecutor(limits.THREADS_FOR_STRANGERS, "strangers")
        super().init_process()

    def accept(self, listener: Any) -> None:
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in _NOT_ACCEPTED:
                raise
            return
        if self.nr_conns + 1 >= self.worker_connections and self._waiting:
            self._drop(min(self._waiting, key=lambda conn: conn.deadline))
        self.nr_conns += 1
        conn = Connection(self.cfg, client, address, listener.getsockname())
        self._wait(conn, EVENT_READ, self._read, limits.SECONDS_TO_SEND)

    def enqueue_req(self, conn: Connection) -> None:
        if not conn.sock.is_strangers_form:
            self._give(conn, self.tpool)
        elif len(self._crowd) < limits.LARGEST_CROWD:
            self._crowd.add(conn)
            self._give(conn, self._strangers)
        else:
            conn.sock.sendall(busy_answer())
            self._write(conn, keep=False)

    def _give(self, conn: Connection, threads: ThreadPoolExecutor) -> None:
        work = threads.submit(self.handle, conn)
        work.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def finish_request(self, conn: Connection, done: "Future[Any]") -> None:
        """A thread has answered, or failed to."""
        self._crowd.discard(conn)
        keep = not done.cancelled() and not done.exception() and bool(done.result())
        # Where the next request begins is sure only if the parser took exactly what was received.
        is_whole = not conn.sock.cut_short and not (conn.parser and conn.parser.unreader.take_buffered())
        self._write(conn, keep=keep and is_whole)

    def murder_pending(self) -> None:
        """Closes what takes too long; gunicorn calls it with every turn of its loop."""
        now = time.monotonic()
        if now - self._swept_at < 0.5:
            return
        self._swept_at = now
        grace = float("inf") if self.alive else now + STOP_KEEPALIVE_LINGER
        for conn in list(self._waiting):
            conn.deadline = min(conn.deadline, grace)
            if conn.deadline < now:
                self._drop(conn)

    # What a connection does while no thread has it

    def _read(self, conn: Connection) -> None:
        try:
            is_open = conn.sock.receive()
        except OSError:
            is_open = False
        if conn.sock.has_request:
            self._stop_waiting(conn)
            self.enqueue_req(conn)
        elif not is_open or self._holds_too_much(conn):
            self._drop(conn)
        else:  # of a connection that was kept, this is the first byte
            conn.deadline = min(conn.deadline, time.monotonic() + limits.SECONDS_TO_SEND)

    def _write(self, conn: Connection, *, keep: bool) -> None:
        is_first = conn not in self._waiting
        try:
            unsent = conn.sock.flush()
        except OSError:
            self._drop(conn)
            return
        if not unsent:
            self._stop_waiting(conn)
            self._answered(conn, keep)
        elif is_first:
            seconds = limits.SECONDS_TO_TAKE + unsent / limits.SLOWEST
            self._wait(conn, EVENT_WRITE, partial(self._write, keep=keep), seconds)

    def _answered(self, conn: Connection, keep: bool) -> None:
        if not keep:
            self._hang_up(conn)
            return
        conn.sock.next_request()
        if conn.sock.has_request:
            self.enqueue_req(conn)
        else:
            self._wait(conn, EVENT_READ, self._read, self.cfg.keepalive)

    def _hang_up(self, conn: Connection) -> None:
        """Reads on for a moment: closed before the client has sent all, it would not see the answer."""
        try:
            conn.sock.end()
        except OSError:
            self._drop(conn)
        else:
            self._wait(conn, EVENT_READ, self._linger, limits.SECONDS_TO_HANG_UP)

    def _linger(self, conn: Connection) -> None:
        try:
            is_open = conn.sock.discard()
        except OSError:
            is_open = False
        if not is_open:
            self._drop(conn)

    # Bookkeeping

    def _wait(self, conn: Connection, event: int, then: Callable[..., None], seconds: float) -> None:
        conn.deadline = time.monotonic() + seconds
        self.poller.register(conn.sock, event, partial(self._on_ready, conn, then))
        self._waiting.add(conn)

    def _on_ready(self, conn: Connection, then: Callable[..., None], _: Any) -> None:
        if conn in self._waiting:  # it may have been closed since the poller saw it
            then(conn)

    def _stop_waiting(self, conn: Connection) -> None:
        if conn in self._waiting:
            self._waiting.remove(conn)
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        self.nr_conns -= 1
        conn.sock.close()

    def _holds_too_much(self, conn: Connection) -> bool:
        """Whether large requests fill the memory; the many small ones are not counted."""
        if conn.sock.waiting <= limits.LARGEST_HEAD:
            return False
        return sum(other.sock.waiting for other in self._waiting) > limits.LARGEST_SUM
