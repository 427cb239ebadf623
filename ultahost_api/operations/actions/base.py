"""The base of the writes: what is read before and after one, and what it changes in our copy."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone

from ultahost_api.client import ACTIONS, Client, Effect, Kind, Rejected, Secret
from ultahost_api.client.core import wire
from ultahost_api.client.core.write import Write
from ultahost_api.crypto.digests import keyed_digest
from ultahost_api.models import Account, Operation
from ultahost_api.refresh import events
from ultahost_api.refresh.nouns import NOUNS

# Stored of any answer; its other fields may be secret.
_KEPT_OF_ALL = {"amount", "currency", "invoiceid", "orderid", "result", "type"}

Parameters = Mapping[str, Any]
Before = dict[str, Any]


class WriteAction:
    """Wraps the client's ``write``. A subclass defines only the parts that its write needs."""

    write: ClassVar[type[Write]]
    noun: ClassVar[str]  # what it is about, such as "invoice"
    id_parameter: ClassVar[str] = ""  # names the row that it is about; a create has none
    stale: ClassVar[Iterable[str]] = ()  # nouns to refresh after it took effect
    kept: ClassVar[Iterable[str]] = ()  # fields of the answer to store, besides _KEPT_OF_ALL
    can_be_seen: ClassVar[bool] = False  # whether reading can find out an unknown result

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
        """The row's id; of a create a keyed digest of the parameters that are not secret.

        The same write with the same subject is its twin.
        """
        if self.id_parameter:
            return str(write.parameters.get(self.id_parameter, ""))
        return keyed_digest("operation target", json.dumps(write.plain, sort_keys=True, default=str))

    def noted(self, account: Account, parameters: Parameters) -> Before:
        """What our copy says, to be stored in ``before`` as well."""
        return {}

    def before(self, client: Client, parameters: Parameters) -> Before:
        """Read the state that ``took_effect`` will compare with.

        Raises NotAllowedNow if it rules the write out.
        """
        return {}

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        """Whether reading shows the effect; None if that cannot be found out."""
        return None

    def shows(self, answer: object, operation: Operation) -> bool | None:
        """Whether a row that was read has the values that were set; None if it tells none of them."""
        told = answer if isinstance(answer, dict) else {}
        wanted = {name: value for name, value in operation.parameters.items() if name != self.id_parameter}
        kinds = {p.name: p.kind for p in ACTIONS[self.write.action].parameters}
        seen = [_is_told(kinds[name], told[name], value) for name, value in wanted.items() if name in told]
        readable = [is_told for is_told in seen if is_told is not None]
        return all(readable) if readable else None

    def refuse_beside_others(self, operation: Operation) -> None:
        """Raises NotAllowedNow if an earlier operation, of any age, rules this one out."""

    def kept_of(self, data: object) -> dict[str, Any]:
        """The fields of an answer that may be stored."""
        told = data if isinstance(data, dict) else {}
        kept = (name for name in {*_KEPT_OF_ALL, *self.kept} if not isinstance(told.get(name, None), Secret))
        try:
            return {name: wire.plain(told[name]) for name in kept if name in told}
        except RecursionError:  # nested too deep to be of use; what was sent took effect all the same
            return {}

    def change(self, operation: Operation) -> None:
        """Change our copy immediately. The refreshes that follow read the rest."""


def change_row(operation: Operation, noun_name: str, **values: Any) -> None:
    """Change our row and write its event together, so that the next refresh writes no second event.

    From now on it is newer than what was being read.
    """
    noun = NOUNS[noun_name]
    rows = noun.rows.filter(account=operation.account, remote_id=operation.remote_id or 0)
    with transaction.atomic():
        for row in rows:
            events.write(noun, row, values, changed_at=timezone.now())


def unread(rejected: Iterable[Rejected], *, is_whole: bool = True) -> Before:
    """For ``before``: which rows could not be read; None if there may be rows that did not come."""
    return {"unread": [row.remote_id for row in rejected] if is_whole else None}


def may_be_older(before: Mapping[str, Any], rejected: Iterable[Rejected]) -> bool:
    """Whether what looks new may be a row that could not be read before, and can be now."""
    was = before.get("unread", [])
    return was is None or bool(Counter(was) - Counter(row.remote_id for row in rejected))


def id_of(operation: Operation) -> int:
    assert operation.remote_id is not None  # noqa: S101  # only asked of writes with an id
    return operation.remote_id


def _is_told(kind: Kind, told: object, wanted: object) -> bool | None:
    """Whether a field shows the value that was set; None if it cannot be read."""
    if isinstance(told, dict | list) or kind in {Kind.LIST, Kind.MAP}:
        return None
    if kind == Kind.FLAG:
        try:
            is_on = wire.switch(told)
        except wire.Unreadable:
            return None
        return None if is_on is None else is_on == wire.flag(wanted)
    text = wire.text(told).strip()
    return str(wanted).strip() in {text, wire.unescaped(text)}
