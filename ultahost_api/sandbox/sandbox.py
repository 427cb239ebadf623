"""The stand-in as tests hold it in their hands."""

from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any, Self

from ultahost_api.sandbox.accounts import Account
from ultahost_api.sandbox.desk import Desk
from ultahost_api.sandbox.limits import Clock, Limits, Per
from ultahost_api.sandbox.log import Log, RequestSeen
from ultahost_api.sandbox.rows import Row
from ultahost_api.sandbox.script import Script
from ultahost_api.sandbox.server import PATH, Server
from ultahost_api.sandbox.state import Done, State


class Sandbox:
    """`with Sandbox(limit=20, window=10.0) as sandbox:` serves on a free loopback port.

    Every answer takes `latency` seconds, as one from far away does.
    """

    def __init__(
        self,
        *,
        limit: int = 120,
        window: float = 60.0,
        max_page: int = 100,
        reset_form: str = "epoch",
        per: Per = "key",
        retry_after: bool = False,
        latency: float = 0.0,
        host: str = "127.0.0.1",
        port: int = 0,
        state_file: Path | None = None,
        log_file: Path | None = None,
    ) -> None:
        self.state = State(state_file)
        self.restored = self.state.load()
        self.faults = Script()
        self.limits = Limits(limit, window, reset_form, Clock(), per, retry_after)
        self._log = Log(log_file)
        self._desk = Desk(self.state, self.limits, self.faults, self._log, max_page, latency)
        self._address = (host, port)
        self._server: Server | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """After a `stop()` the same port answers again, with everything it knew."""
        server = self._server = Server(self._address, self._desk)
        self._address = (self._address[0], server.server_port)
        Thread(target=server.serve_forever, args=(0.02,), name="sandbox", daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, as a provider that is down."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server.hang_up()
        self.faults.release()
        self._server = None

    @property
    def url(self) -> str:
        return f"http://{self._address[0]}:{self._address[1]}{PATH}"

    @property
    def port(self) -> int:
        return self._address[1]

    @property
    def clock_offset(self) -> float:
        """Seconds by which the Date header and every reset run ahead of the real time."""
        return self.limits.clock.offset

    @clock_offset.setter
    def clock_offset(self, seconds: float) -> None:
        self.limits.clock.offset = seconds

    @property
    def accounts(self) -> list[Account]:
        return list(self.state.accounts.values())

    def add_account(self, company: str = "Acme", currency: str = "EUR", uuid: str | None = None) -> Account:
        return self.state.add_account(company, currency, uuid)

    def add_key(self, account: Account, key: str | None = None) -> str:
        return self.state.add_key(account, key)

    def revoke(self, key: str) -> None:
        self.state.revoke(key)

    def add_announcements(self, count: int = 1, **fields: Any) -> list[Row]:
        return [self.state.add_announcement(**fields) for _ in range(count)]

    @property
    def requests(self) -> list[RequestSeen]:
        return self._log.seen()

    def early_requests(self) -> list[RequestSeen]:
        """Requests between a 429 or a spent window and its reset: [] for a good client."""
        return self._log.early()

    @property
    def ledger(self) -> list[Done]:
        return list(self.state.ledger)
