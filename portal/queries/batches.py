"""Batches of operations: what each is about, how far it is, and which of its rows can be tried again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from portal import access
from portal.models import User
from portal.wording.deeds import currency_of, years
from portal.wording.links import href
from ultahost_api.calls.estimates import seconds_for_all
from ultahost_api.models import ApiKey, Batch, Domain, Operation
from ultahost_api.models.operations import PENDING, OperationQuerySet
from ultahost_api.models.prepared import Prepared
from ultahost_api.operations.actions import action_of

State = Operation.State

_WORKED = (State.DONE, State.CONFIRMED)

RETRIABLE = (State.REFUSED, State.NOT_SENT)  # nothing was changed; what is unknown may have been

_PREPARED = Prepared(most=200)
_LETTERS = {state: str(place) for place, state in enumerate(State.values)}

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
            return href("contact", self.operation.account_id, int(self.again))
        return href(str(self.row._meta.model_name), self.row.pk) if self.row else ""

    @property
    def again(self) -> str:
        """What selects it for another try; empty if that is not possible."""
        if self._is_of_contact:
            return str(self.operation.remote_id)
        return str(self.row.pk) if self.row else ""

    @property
    def currency(self) -> str:
        return currency_of(self.operation, self.row)

    @property
    def years(self) -> Any:
        """For how many years a domain is renewed; None of anything else."""
        renewed = self.operation.parameters.get("domainrenewals")
        return next(iter(renewed.values()), None) if renewed else None

    @property
    def renewed_for(self) -> str:
        """`2 years`; empty of anything but a renewal."""
        return years(self.years) if self.years else ""

    @property
    def _is_of_contact(self) -> bool:
        return self.operation.noun == "contact" and self.operation.remote_id is not None


class Progress:
    """All operations of one batch, in the order in which they are sent; read as far as they are shown."""

    def __init__(self, user: User, operations: OperationQuerySet) -> None:
        self.user, self._operations = user, operations
        told: Any = operations.values_list("pk", "state", "key")
        self._told: list[tuple[UUID, str, UUID]] = list(told)

    def __len__(self) -> int:
        return len(self._told)

    @cached_property
    def first(self) -> Operation:
        found = self._operations.first()
        assert found is not None  # noqa: S101  # asked only of a batch that has any
        return found

    @cached_property
    def said(self) -> Batch:
        found = Batch.objects.filter(pk__in=self._operations.order_by().values("batch")).first()
        return found or Batch(pk=self.first.batch)

    @cached_property
    def states(self) -> Counter[str]:
        return Counter(state for _pk, state, _key in self._told)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """In the order of the states."""
        return [(State(state), self.states[state]) for state in State.values if self.states[state]]

    @property
    def ended(self) -> int:
        return len(self) - self.queued - self.states[State.SENDING]

    @property
    def is_sent(self) -> bool:
        return self.ended == len(self)

    @property
    def queued(self) -> int:
        return self.states[State.QUEUED]

    @property
    def is_open(self) -> bool:
        return any(self.states[state] for state in PENDING)

    @property
    def awaits_person(self) -> bool:
        """Whether results are unknown that reading can never find out, as of a lock or a command."""
        is_unseen = self.is_sent and self.states[State.UNKNOWN]
        return bool(is_unseen and not action_of(self.first.action).can_be_seen)

    @cached_property
    def to_settle(self) -> frozenset[UUID]:
        """The ids of those unknown ones of which the user may say what a person saw at Ultahost."""
        if not (self.awaits_person and self.first.batch):
            return frozenset()
        mine = access.operations_to_settle(self.user, self.first.batch).order_by()
        return frozenset(mine.filter(state=State.UNKNOWN).values_list("pk", flat=True))

    @property
    def is_paused(self) -> bool:
        return bool(self.said.paused_at and self.queued)

    @property
    def seconds(self) -> float:
        """How long the rest will take."""
        counts = Counter(key for _pk, state, key in self._told if state == State.QUEUED)
        keys = ApiKey.objects.in_bulk(counts)
        return seconds_for_all((key, counts[pk]) for pk, key in keys.items())

    @property
    def shown(self) -> str:
        """The states of all rows, a letter for each: a page that shows these gets only what changed since."""
        return "".join(_LETTERS[state] for _pk, state, _key in self._told)

    def changed(self, shown: str) -> "list[Line]":
        """Rows that have another state than a page shows."""
        if len(shown) != len(self):
            return self.lines
        rows = zip(self._told, shown, strict=True)
        return self._lines([pk for (pk, state, _key), letter in rows if _LETTERS[state] != letter])

    @cached_property
    def retriable(self) -> "list[Line]":
        found = self._lines([pk for pk, state, _key in self._told if state in RETRIABLE])
        return [line for line in found if line.again]

    @cached_property
    def lines(self) -> "list[Line]":
        """In the order of sending; once all are sent, what did not work comes first."""
        lines = self._lines([pk for pk, _state, _key in self._told])
        return sorted(lines, key=lambda line: line.operation.state in _WORKED) if self.is_sent else lines

    def _lines(self, ids: Sequence[UUID]) -> "list[Line]":
        operations = list(self._operations.filter(pk__in=ids)) if ids else []
        rows = self._rows(operations)
        return [
            Line(one, row := rows.get((one.account_id, *_subject(one))), str(row or _called(one)))
            for one in operations
        ]

    def _rows(self, operations: Sequence[Operation]) -> dict[tuple[Any, str, Any], Any]:
        wanted: dict[str, set[Any]] = {}
        for one in operations:
            noun, subject = _subject(one)
            wanted.setdefault(noun, set()).add(subject)
        found: dict[tuple[Any, str, Any], Any] = {}
        accounts = {one.account_id for one in operations}
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

    batch: UUID
    action: str
    count: int
    queued: int
    started_at: datetime


def recent(user: User, most: int = 5) -> list[Recent]:
    """The person's newest batches."""
    found = _PREPARED.values((user.pk, most), lambda: _newest(user).values_list(*Recent.__slots__)[:most])
    return [Recent(*told) for told in found]


def _newest(user: User) -> QuerySet[Operation, Any]:
    of_batches = Operation.objects.filter(user=user).exclude(batch=None).order_by()
    found = of_batches.values("batch").annotate(
        action=Max("action"),
        count=Count("pk"),
        queued=Count("pk", filter=Q(state__in=[State.QUEUED, State.SENDING])),
        started_at=Min("created_at"),
    )
    return found.order_by("-started_at")


def _subject(operation: Operation) -> tuple[str, Any]:
    """The noun and the id of what it is about; of a renewal the domain's name, as it has no id yet."""
    if renewed := operation.parameters.get("domainrenewals"):
        return "domain", next(iter(renewed), "")
    return operation.noun, operation.remote_id


def _called(operation: Operation) -> str:
    if named := operation.before.get("name"):
        return str(named)
    _noun, subject = _subject(operation)
    return str(subject) if operation.remote_id is None else operation.about
