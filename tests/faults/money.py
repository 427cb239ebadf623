"""Operations that move money, under every fault that can strike one.

Each operation meets a fault drawn at random; some are sent by a process that is killed between the effect
and our commit, some by fifty posts of one form at once. Then reading settles what it can, and the sandbox's
ledger is held against what the portal says.
"""

import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from ultahost_api import operating
from ultahost_api.models import ApiKey, Operation, RateWindow
from ultahost_api.operating import Intent
from ultahost_api.sandbox import Fault, Sandbox

ROOT = Path(__file__).resolve().parents[2]
State = Operation.State
SEEN_AS_DONE = {State.DONE, State.CONFIRMED}
SEEN_AS_FAILED = {State.REFUSED, State.NOT_SENT, State.NOT_CONFIRMED}

FAULTS = (
    lambda: None,
    lambda: Fault.drop(),
    lambda: Fault.drop(after_effect=True),
    lambda: Fault.cut(),
    lambda: Fault.truncated(),
    lambda: Fault.html(),
    lambda: Fault.status(500),
    lambda: Fault.status(502, after_effect=True),
    lambda: Fault.status(429),
    lambda: Fault.status(400, "Declined."),
    lambda: Fault.redirect("http://127.0.0.1:9/elsewhere"),
)


@dataclass
class Figures:
    operations: int = 0
    kills: int = 0
    storms: int = 0
    double_effects: int = 0
    lost: int = 0
    failed_though_moved: int = 0
    done_though_not_moved: int = 0
    unknown_though_readable: int = 0
    states: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        states = ", ".join(f"{count} {state}" for state, count in sorted(self.states.items()))
        return (
            f"{self.operations} money operations, {self.kills} kills, {self.storms} storms of 50 posts:"
            f" {self.double_effects} double effects, {self.lost} lost,"
            f" {self.failed_though_moved} shown failed though money moved,"
            f" {self.done_though_not_moved} shown done though none moved,"
            f" {self.unknown_though_readable} unknown that a read could settle ({states})"
        )


@dataclass
class Harness:
    sandbox: Sandbox
    account: Any  # the sandbox's
    key: ApiKey
    seed: int = 1

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.figures = Figures()
        self.sent: dict[UUID, tuple[str, str]] = {}  # form token: action and what marks its effect

    def run(self, operations: int, kills: int, storms: int) -> Figures:
        for number in range(operations):
            fault = self.random.choice(FAULTS)()
            action, parameters = self._draw(number)
            if fault:
                self.sandbox.faults.add(fault, action=action)
            self._perform(action, parameters, number)
            self.sandbox.faults.clear()
            RateWindow.objects.all().delete()  # the reset that a 429 told has come
        for number in range(operations, operations + kills):
            self._perform_and_die(*self._draw(number), number)
        for number in range(operations + kills, operations + kills + storms):
            self._storm(*self._draw(number), number)
        self._settle()
        return self._judge()

    def _draw(self, number: int) -> tuple[str, dict[str, object]]:
        kind = self.random.choice(("pay_invoice", "create_order", "accept_quote"))
        if kind == "pay_invoice":
            return kind, {
                "invoiceid": self.account.add_invoices(1, status="Unpaid", paymentmethod="stripe")[0]["id"]
            }
        if kind == "accept_quote":
            return kind, {"quoteid": self.account.add_quotes(1, stage="Delivered")[0]["id"]}
        domain = f"order-{number}.example.com"
        return kind, {"paymentmethod": "stripe", "pid": [1], "billingcycle": ["monthly"], "domain": [domain]}

    def _note(self, action: str, parameters: dict[str, object]) -> UUID:
        token = uuid4()
        mark = parameters.get("invoiceid") or parameters.get("quoteid") or parameters.get("domain")
        self.sent[token] = action, str(mark)
        self.figures.operations += 1
        return token

    def _perform(self, action: str, parameters: dict[str, object], number: int) -> None:
        token = self._note(action, parameters)
        operating.perform(Intent(self.key.owner, self.key, action, parameters, token))

    def _perform_and_die(self, action: str, parameters: dict[str, object], number: int) -> None:
        """The provider has done it and holds its answer back; our process is killed there."""
        token = self._note(action, parameters)
        hold = self.sandbox.faults.add(Fault.hold(after_effect=True), action=action)
        command = [
            sys.executable,
            "-m",
            "tests.faults.sender",
            str(self.key.pk),
            action,
            repr(parameters),
            str(token),
        ]
        database = str(connection.settings_dict["NAME"])
        process = subprocess.Popen([*command, self.sandbox.url, database], cwd=ROOT)
        assert hold.arrived.wait(30), "the sender never came to the provider"
        process.send_signal(signal.SIGKILL)
        process.wait()
        hold.release.set()
        self.sandbox.faults.clear()
        self.figures.kills += 1

    def _storm(self, action: str, parameters: dict[str, object], number: int) -> None:
        intent = Intent(self.key.owner, self.key, action, parameters, self._note(action, parameters))

        def post() -> None:
            try:
                operating.perform(intent)
            except (operating.NotAllowedNow, operating.TwinPending):
                pass  # came when it was done, or while another post was at it
            finally:
                connection.close()

        threads = [threading.Thread(target=post) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.figures.storms += 1

    def _settle(self) -> None:
        long_ago = timezone.now() - timedelta(minutes=5)
        Operation.objects.filter(state=State.SENDING).update(sent_at=long_ago)
        operating.abandon()
        for operation in Operation.objects.filter(state=State.UNKNOWN):
            operating.look_again(operation)

    def _judge(self) -> Figures:
        effects = Counter(self._mark_of(done) for done in self.sandbox.ledger)
        for token, sent in self.sent.items():
            moved, operation = effects[sent], Operation.objects.filter(form_token=token).first()
            figures = self.figures
            figures.double_effects += max(0, moved - 1)
            if operation is None:
                figures.lost += 1
                continue
            figures.states[operation.state] += 1
            figures.failed_though_moved += bool(moved and operation.state in SEEN_AS_FAILED)
            figures.done_though_not_moved += bool(not moved and operation.state in SEEN_AS_DONE)
            figures.unknown_though_readable += bool(moved and operation.state not in SEEN_AS_DONE)
        return self.figures

    def _mark_of(self, done: Any) -> tuple[str, str]:
        if done.action == "create_order":
            return done.action, str(done.parameters.get("domain"))
        return done.action, str(done.parameters.get("invoiceid") or done.parameters.get("quoteid"))
