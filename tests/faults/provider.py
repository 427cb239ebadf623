"""The stand-in Ultahost of the harness: its rows change all the time, and it sees who asks what at once."""

import select
import socket
import threading
import time
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ultahost_api.sandbox import Sandbox
from ultahost_api.sandbox.accounts import Account
from ultahost_api.sandbox.replies import Reply
from ultahost_api.sandbox.server import Handler

NOUNS = ("services", "invoices", "domains", "orders", "quotes", "emails")
LISTS = {f"get_{noun}" for noun in NOUNS}
LATENCY = 0.04  # seconds; who walks one list together with somebody else is seen doing it
PAYABLE = 8  # invoices of an account that are there to be paid: as `_kept` rows nothing else touches them


@dataclass(eq=False)
class UnderWay:
    """One request that has come and is not answered."""

    account: str
    action: str
    key: str
    connection: socket.socket
    began: float = field(default_factory=time.monotonic)

    @property
    def port(self) -> int:
        return int(self.connection.getpeername()[1])

    @property
    def is_awaited(self) -> bool:
        """Whether whoever sent it still waits: a process that was killed or gave up has hung up."""
        try:
            # Without asking first, a socket with a timeout would wait for it.
            said_something = select.select([self.connection], [], [], 0)[0]
            return not said_something or self.connection.recv(1, socket.MSG_PEEK) != b""
        except (OSError, ValueError):
            return False


class Crossing:
    """Every request under way, and the lists that two walked at the same time."""

    def __init__(self) -> None:
        self.overlaps: list[str] = []
        self._under_way: list[UnderWay] = []
        self._lock = threading.Lock()

    def enter(self, request: UnderWay) -> None:
        with self._lock:
            for other in self._under_way:
                same = (other.account, other.action) == (request.account, request.action)
                if same and request.account and request.action in LISTS and other.is_awaited:
                    since = request.began - other.began
                    self.overlaps.append(
                        f"{request.action} of {request.account} beside one {since:.2f} s old"
                    )
            self._under_way.append(request)

    def leave(self, request: UnderWay) -> None:
        with self._lock:
            if request in self._under_way:
                self._under_way.remove(request)

    def held(self, action: str, key: str) -> UnderWay | None:
        """The newest request of this action with this key that somebody waits for."""
        with self._lock:
            found = [r for r in self._under_way if (r.action, r.key) == (action, key) and r.is_awaited]
        return found[-1] if found else None


def _watched(provider: "Provider") -> type[Handler]:
    class Watched(Handler):
        def _answer(self, query: dict[str, str], body: bytes) -> None:
            key = self.headers.get("x-api-key", "")
            account = provider.state.account_of(key)
            self._request = UnderWay(
                account.uuid if account else "", query.get("action", ""), key, self.connection
            )
            provider.crossing.enter(self._request)
            try:
                super()._answer(query, body)
            finally:
                provider.crossing.leave(self._request)

        def _send(self, reply: Reply) -> None:
            # Before the answer is out: whoever reads it may be followed by somebody else at once.
            if not reply.pause and hasattr(self, "_request"):
                provider.crossing.leave(self._request)
            super()._send(reply)

    return Watched


class Provider(Sandbox):
    def __init__(self, port: int, accounts: int, random: Random) -> None:
        super().__init__(limit=24, window=10.0, max_page=10, latency=LATENCY, port=port)
        self.crossing = Crossing()
        self.random = random
        self.current: dict[str, str] = {}  # account uuid: the key that the portal has
        self._keys_made = 0
        for number in range(accounts):
            account = self.add_account(f"Account {number:02d}", "EUR" if number % 2 else "USD")
            account.add_invoices(PAYABLE, status="Unpaid", paymentmethod="stripe", _kept=True)
            account.add_invoices(24)
            account.add_services(13)
            account.add_domains(12)
            account.add_orders(6)
            account.add_quotes(4)
            account.add_emails(8)
            self.current[account.uuid] = self.new_key(account)

    def start(self) -> None:
        super().start()
        assert self._server
        self._server.RequestHandlerClass = _watched(self)

    def new_key(self, account: Account) -> str:
        """Its last four, by which the log knows it, are its own."""
        self._keys_made = number = self._keys_made + 1
        return self.add_key(account, f"sk_test_faults_{number:012d}")

    def change_something(self) -> None:
        """As on any day: an invoice is paid, a price goes up, something is ordered, something ends."""
        account = self.random.choice(self.accounts)
        noun = self.random.choice(NOUNS)
        edits = [self._edit] * 3 if noun in STATUSES else []  # what was mailed stays as it is
        with account.lock:
            self.random.choice((*edits, self._insert, self._delete))(account, noun)

    def _edit(self, account: Account, noun: str) -> None:
        row = self.random.choice(self._movable(account, noun))
        status, amount = TOLD[noun]
        if self.random.random() < 0.5:
            row[status] = self.random.choice(STATUSES[noun])
        else:
            row[amount] = f"{self.random.randrange(100, 9999) / 100:.2f}"

    def _insert(self, account: Account, noun: str) -> None:
        if len(account.rows(noun)) < 45:
            account.add(noun)

    def _delete(self, account: Account, noun: str) -> None:
        rows = self._movable(account, noun)
        if len(rows) > 8:
            del account.rows(noun)[self.random.choice(rows)["id"]]

    def _movable(self, account: Account, noun: str) -> list[dict[str, Any]]:
        return [row for row in account.rows(noun).values() if not row.get("_kept")]

    def rows(self) -> dict[tuple[str, str], dict[int, tuple[str, ...]]]:
        """(account uuid, noun): id → what is TOLD of everything that exists now."""
        return {
            (account.uuid, noun): {
                number: tuple(row[name] for name in TOLD[noun])
                for number, row in list(account.rows(noun).items())
            }
            for account in self.accounts
            for noun in NOUNS
        }


TOLD = {
    "services": ("status", "amount"),
    "invoices": ("status", "total"),
    "domains": ("status", "recurringamount"),
    "orders": ("status", "amount"),
    "quotes": ("stage", "total"),
    "emails": ("subject",),
}
STATUSES = {
    "services": ("Active", "Suspended", "Pending", "Cancelled"),
    "invoices": ("Unpaid", "Paid", "Cancelled", "Collections"),
    "domains": ("Active", "Expired", "Grace", "Cancelled"),
    "orders": ("Pending", "Active", "Cancelled", "On Hold"),
    "quotes": ("Delivered", "On Hold", "Lost", "Dead"),
}
