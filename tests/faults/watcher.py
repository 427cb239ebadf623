"""Looks at the portal's rows once a second, and at the end compares them with the provider's."""

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import DatabaseError, connection
from django.utils import timezone

from tests.faults.histories import Key, RowKnown, Told
from tests.faults.judge import Copy, Patience, RowSeen, wrongly_gone
from tests.faults.provider import Provider
from ultahost_api.client.core.amounts import written
from ultahost_api.models import ApiKey, Event, Operation, Refresh
from ultahost_api.models.cached import Cached
from ultahost_api.refresh.nouns import NOUNS, CachedNoun

OURS = {
    "services": ("status", "amount"),
    "invoices": ("status", "total"),
    "domains": ("status", "recurring_amount"),
    "orders": ("status", "amount"),
    "quotes": ("stage", "total"),
    "emails": ("subject",),
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
    for name, noun in NOUNS.items():
        for account, number in noun.rows.gone().values_list("account__remote_uuid", "remote_id"):
            found.setdefault((account, name), []).append(number)
    return found


def our_copy() -> Copy:
    """(account uuid, noun): id → what the provider tells of it, of every row that is there."""
    copy: dict[tuple[str, str], dict[int, tuple[str, ...]]] = {}
    for name, noun in NOUNS.items():
        rows = noun.rows.present().values_list("account__remote_uuid", "remote_id", *OURS[name])
        for account, number, *told in rows:
            copy.setdefault((account, name), {})[number] = tuple(str(_as_told(value)) for value in told)
    return copy


def _as_told(value: object) -> object:
    """Of a column comes 10.0000."""
    return written(value) if isinstance(value, Decimal) else value


def our_rows() -> dict[Key, RowKnown]:
    """Every row of the nouns whose changes are told, gone ones as well."""
    return {
        (row.account.remote_uuid, name, row.remote_id): RowKnown(not row.is_gone, _tracked(noun, row))
        for name, noun in NOUNS.items()
        if noun.tracked
        for row in noun.rows.select_related("account")
    }


def _tracked(noun: CachedNoun, row: Cached) -> dict[str, Any]:
    """As events hold them. What only the details tell is no change when it is first read."""
    names = [name for name in noun.tracked if row.is_detailed or name not in noun.detail_names]
    values = {name: _as_told(getattr(row, name)) for name in names}
    return json.loads(json.dumps(values, cls=DjangoJSONEncoder))


def events_after(last: int) -> Iterator[Told]:
    for event in Event.objects.filter(pk__gt=last, remote_id__gt=0).select_related("account").order_by("pk"):
        yield Told((event.account.remote_uuid, event.noun, event.remote_id), event.kind, event.changes)


def operation_states() -> dict[str, str]:
    return {str(token): state for token, state in Operation.objects.values_list("idempotency_key", "state")}


def counted(provider: Provider) -> tuple[Counter[tuple[str, int]], Counter[tuple[str, int]]]:
    """What came to the provider per (action, target), and what took effect."""
    targets = {"pay_invoice": "invoiceid", "toggle_autorenew": "domainid"}
    came = Counter(
        (seen.action, int(seen.parameters[targets[seen.action]]))
        for seen in provider.requests
        if seen.action in targets
    )
    return came, Counter((done.action, done.target or 0) for done in provider.ledger)
