"""Looks at the portal's rows once a second, and at the end compares them with the provider's."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from django.db import DatabaseError, connection
from django.utils import timezone

from tests.faults.judge import Copy, Patience, RowSeen, wrongly_gone
from tests.faults.provider import Provider
from ultahost_api.models import ApiKey, Domain, Invoice, Operation, Refresh, Service

MODELS = {
    "services": (Service, "amount"),
    "invoices": (Invoice, "total"),
    "domains": (Domain, "recurring_amount"),
}
# What a click or the tick changes; everything else in the row is changed by who works on it.
_NOT_WORK = {"next_due_at", "asked_at", "rung_until"}


class Watcher:
    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.patience = Patience()
        self.wrongly_gone: set[str] = set()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(60)

    def _watch(self) -> None:
        while not self._stopped.wait(1.0):
            try:
                rows = list(_rows())
                self.patience.see(time.monotonic(), rows)
                # What was deleted there never comes back: theirs, read later, holds no less than it should.
                self.wrongly_gone.update(wrongly_gone(_gone(), self.provider.rows()))
            except DatabaseError:
                connection.close()  # it is locked: that is one of the faults
        connection.close()


def _rows() -> Iterator[RowSeen]:
    now = timezone.now()
    readable = set(ApiKey.objects.usable().values_list("account_id", flat=True))
    for row in Refresh.objects.values():
        due_at, rung = row["next_due_at"], row["rung_until"]
        yield RowSeen(
            name=f"refresh {row['id']} ({row['noun']})",
            # Paused although there is a key is as bad as due and never done.
            wants_work=due_at <= now if due_at else row["account_id"] in readable,
            work=tuple(str(value) for name, value in row.items() if name not in _NOT_WORK),
            rung=str(rung) if rung and rung > now else "",
        )


def _gone() -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], list[int]] = {}
    for noun, (model, _) in MODELS.items():
        for account, number in model.objects.gone().values_list("account__remote_uuid", "remote_id"):
            found.setdefault((account, noun), []).append(number)
    return found


def our_copy() -> Copy:
    """(account uuid, noun): id → (status, amount) of every row that is there."""
    copy: dict[tuple[str, str], dict[int, tuple[str, str]]] = {}
    for noun, (model, amount) in MODELS.items():
        names = ("account__remote_uuid", "remote_id", "status", amount)
        for account, number, status, sum_ in model.objects.present().values_list(*names):
            copy.setdefault((account, noun), {})[number] = (status, str(sum_.quantize(Decimal("0.01"))))
    return copy


def operation_states() -> dict[str, str]:
    return {str(token): state for token, state in Operation.objects.values_list("form_token", "state")}


def counted(provider: Provider) -> tuple[Counter[tuple[str, int]], Counter[tuple[str, int]]]:
    """What came to the provider per (action, target), and what took effect."""
    targets = {"pay_invoice": "invoiceid", "toggle_autorenew": "domainid"}
    came = Counter(
        (seen.action, int(seen.parameters[targets[seen.action]]))
        for seen in provider.requests
        if seen.action in targets
    )
    return came, Counter((done.action, done.target or 0) for done in provider.ledger)
