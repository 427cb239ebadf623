"""Batches of operations: what each is about, how far it is, and which of its rows can be tried again."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q

from portal import access
from portal.models import User
from portal.wording.links import href
from ultahost_api.calls.estimates import seconds_for_all
from ultahost_api.models import Batch, Domain, Operation
from ultahost_api.models.operations import PENDING

State = Operation.State

RETRIABLE = (State.REFUSED, State.NOT_SENT)  # nothing was changed; what is unknown may have been

_ROWS = {
    "domain": access.domains_to_view,
    "invoice": access.invoices_to_view,
    "service": access.services_to_view,
}


@dataclass(frozen=True, slots=True)
class Line:
    """One operation, and our row of what it is about where the person may see it."""

    operation: Operation
    row: Any
    name: str

    @property
    def href(self) -> str:
        """Contacts have no row of ours: they are read live."""
        if self._is_of_contact:
            return href("contact", self.operation.account_id, self.operation.remote_id)
        return href(str(self.row._meta.model_name), self.row.pk) if self.row else ""

    @property
    def again(self) -> str:
        """What selects it for another try; empty if that is not possible."""
        if self._is_of_contact:
            return str(self.operation.remote_id)
        return str(self.row.pk) if self.row else ""

    @property
    def _is_of_contact(self) -> bool:
        return self.operation.noun == "contact" and self.operation.remote_id is not None


class Progress:
    """All operations of one batch, in the order in which they are sent."""

    def __init__(self, user: User, batch: UUID, operations: Iterable[Operation]) -> None:
        self.user, self.batch = user, batch
        self.operations: Sequence[Operation] = list(operations)

    @cached_property
    def said(self) -> Batch:
        return Batch.objects.filter(pk=self.batch).first() or Batch(pk=self.batch)

    @cached_property
    def states(self) -> Counter[str]:
        return Counter(operation.state for operation in self.operations)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """In the order of the states."""
        return [(state, self.states[state]) for state in State.values if self.states[state]]

    @property
    def ended(self) -> int:
        return len(self.operations) - self.queued - self.states[State.SENDING]

    @property
    def queued(self) -> int:
        return self.states[State.QUEUED]

    @property
    def is_open(self) -> bool:
        return any(self.states[state] for state in PENDING)

    @property
    def is_paused(self) -> bool:
        return bool(self.said.paused_at and self.queued)

    @property
    def seconds(self) -> float:
        """How long the rest will take."""
        keys = {one.key_id: one.key for one in self.operations if one.state == State.QUEUED}
        counts = Counter(one.key_id for one in self.operations if one.state == State.QUEUED)
        return seconds_for_all((keys[key_id], count) for key_id, count in counts.items())

    @property
    def retriable(self) -> list[Line]:
        return [line for line in self.lines if line.operation.state in RETRIABLE and line.again]

    @cached_property
    def lines(self) -> list[Line]:
        rows = self._rows()
        return [
            Line(one, row := rows.get((one.account_id, *_subject(one))), str(row or _told(one)))
            for one in self.operations
        ]

    def _rows(self) -> dict[tuple[Any, str, Any], Any]:
        wanted: dict[str, set[Any]] = {}
        for one in self.operations:
            noun, subject = _subject(one)
            wanted.setdefault(noun, set()).add(subject)
        found: dict[tuple[Any, str, Any], Any] = {}
        accounts = {one.account_id for one in self.operations}
        for noun, subjects in wanted.items():
            if noun in _ROWS:
                ids = {subject for subject in subjects if isinstance(subject, int)}
                names = subjects - ids
                either = Q(remote_id__in=ids) | (Q(name__in=names) if names else Q(pk__in=[]))
                for row in _ROWS[noun](self.user).filter(either, account__in=accounts):
                    found[row.account_id, noun, row.remote_id] = row
                    if isinstance(row, Domain):
                        found[row.account_id, noun, row.name] = row
        return found


@dataclass(frozen=True, slots=True)
class Recent:
    """A batch in the list of activity."""

    batch: UUID | None
    action: str
    count: int
    queued: int
    started_at: datetime


def recent(user: User, most: int = 5) -> list[Recent]:
    """The person's newest batches, and first those that still wait."""
    of_batches = Operation.objects.filter(user=user).exclude(batch=None).order_by()
    found = of_batches.values("batch").annotate(
        action=Max("action"),
        count=Count("pk"),
        queued=Count("pk", filter=Q(state__in=[State.QUEUED, State.SENDING])),
        started_at=Min("created_at"),
    )
    return [Recent(**one) for one in found.order_by("-started_at")[:most]]


def _subject(operation: Operation) -> tuple[str, Any]:
    """The noun and the id of what it is about; of a renewal the domain's name, as it has no id yet."""
    if renewed := operation.parameters.get("domainrenewals"):
        return "domain", next(iter(renewed), "")
    return operation.noun, operation.remote_id


def _told(operation: Operation) -> str:
    if named := operation.before.get("name"):
        return str(named)
    _noun, subject = _subject(operation)
    return str(subject) if operation.remote_id is None else operation.about
