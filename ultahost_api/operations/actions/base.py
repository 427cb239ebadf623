"""What the library knows of a write beyond how it is sent."""

import json
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db import transaction

from ultahost_api.client import ACTIONS, Client, Effect, Secret
from ultahost_api.client.core import wire
from ultahost_api.client.core.write import Write
from ultahost_api.crypto.digests import keyed_digest
from ultahost_api.models import Operation
from ultahost_api.refresh import events
from ultahost_api.refresh.nouns import NOUNS

# Stored of any answer; its other fields may be secret.
_KEPT_OF_ALL = {"amount", "currency", "invoiceid", "orderid", "result", "type"}

Parameters = Mapping[str, Any]
Before = dict[str, Any]


class WriteAction:
    """Wraps the client's ``write``. What a subclass leaves out, the write does not have."""

    write: ClassVar[type[Write]]
    noun: ClassVar[str]  # what it is about, such as "invoice"
    id_parameter: ClassVar[str] = ""  # names the row that it is about; a create has none
    stale: ClassVar[Iterable[str]] = ()  # the nouns to refresh once it took effect
    kept: ClassVar[Iterable[str]] = ()  # what is kept of an answer beside _KEPT_OF_ALL
    can_be_seen: ClassVar[bool] = False  # reading settles an unknown outcome

    def __init_subclass__(cls) -> None:
        cls.can_be_seen = cls.took_effect is not WriteAction.took_effect

    @property
    def effect(self) -> Effect:
        return ACTIONS[self.write.action].effect

    @property
    def is_once(self) -> bool:
        return self.effect == Effect.ONCE

    def remote_id(self, parameters: Parameters) -> int | None:
        told = parameters.get(self.id_parameter)
        return told if isinstance(told, int) else None

    def subject(self, write: Write) -> str:
        """Which of its noun: the row's id; of a create a keyed digest of what is not secret in it.

        The same write with the same subject is its twin.
        """
        if self.id_parameter:
            return str(write.parameters.get(self.id_parameter, ""))
        return keyed_digest("operation target", json.dumps(write.plain, sort_keys=True, default=str))

    def before(self, client: Client, parameters: Parameters) -> Before:
        """What ``took_effect`` will compare with. NotAllowedNow when what is there rules the write out."""
        return {}

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        """Whether reading shows the effect; None where it cannot tell."""
        return None

    def refuse_beside_others(self, operation: Operation) -> None:
        """NotAllowedNow when another operation rules this one out, however long ago that was sent."""

    def kept_of(self, data: object) -> dict[str, Any]:
        """What an answer told, as it may be stored."""
        told = data if isinstance(data, dict) else {}
        kept = (name for name in {*_KEPT_OF_ALL, *self.kept} if not isinstance(told.get(name, None), Secret))
        return {name: wire.plain(told[name]) for name in kept if name in told}

    def change(self, operation: Operation) -> None:
        """What it changes in our copy at once; the refreshes that follow bring the rest."""


def change_row(operation: Operation, noun_name: str, **values: Any) -> None:
    """Our copy and its history change together; the refresh that follows finds nothing new to tell."""
    noun = NOUNS[noun_name]
    rows = noun.rows.filter(account=operation.account, remote_id=operation.remote_id or 0)
    with transaction.atomic():
        for row in rows:
            events.write(noun, row, values)


def id_of(operation: Operation) -> int:
    assert operation.remote_id is not None  # noqa: S101  # only asked of writes with an id
    return operation.remote_id


def agrees(answer: Any, wanted: Parameters) -> bool:
    return isinstance(answer, dict) and all(
        str(answer.get(name)) == str(value) for name, value in wanted.items() if name in answer
    )
