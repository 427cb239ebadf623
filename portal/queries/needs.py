"""One ranked list of all that needs a person, over the accounts and keys that they may see."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from portal.models import NeedNote, User
from portal.queries.at_risk import Remedies
from portal.queries.entries import GROUPS, Entry, Kind, Reader, groups_of, rows_of, subject_of
from portal.queries.entry_words import ENTRY_OF
from portal.wording.statuses import BAD, INFO, SOON
from ultahost_api import conf
from ultahost_api.models import Invoice

SHOWN, AT_MOST = 12, 200

_HUES = (BAD, SOON, INFO)
_KINDS = list(Kind)


def rank(entry: Entry) -> tuple[int, int, date]:
    """First what is lost or stopped now or within a week, then what has time, then what only grows old.

    Among those of one urgency: domains, which nothing brings back, then services that are stopped, invoices,
    requests without a known result, quotes and keys. Among those of one kind: the earlier day first.
    """
    return _HUES.index(entry.hue), _KINDS.index(entry.kind), entry.on or date.max


class Needs:
    """The entries of one person. The number of statements does not depend on how many there are."""

    def __init__(self, user: User, *, put_off: bool = False, every: bool = False) -> None:
        """With ``put_off`` those that the person put off, else all others. ``every``: AT_MOST, not SHOWN."""
        self.user = user
        self._most = AT_MOST if every else SHOWN
        self._wanted = put_off
        self._notes = list(NeedNote.objects.current(conf.today()).select_related("person"))
        self._rows = {kind: self._split(kind, rows) for kind, rows in rows_of(user).items()}
        self._groups = groups_of(user)
        self.counted: Mapping[str, int] = {}

    @property
    def to_count(self) -> dict[str, QuerySet[Any]]:
        """Query sets whose counts ``counted`` has to hold, so that a page counts all it counts at once."""
        return {_name(kind, put): rows for kind, split in self._rows.items() for put, rows in split.items()}

    @cached_property
    def entries(self) -> list[Entry]:
        """The most urgent first."""
        rows = {kind: list(split[self._wanted][: self._most]) for kind, split in self._rows.items()}
        invoices = [row.renewal_invoice for row in rows[Kind.DOMAIN]]
        invoices += [row.unpaid_invoice for row in rows[Kind.SERVICE]]
        reader = Reader(self.user, Remedies(self.user, invoices), self._oldest_overdue())
        found = rows | {kind: self._of_group(kind, self._wanted) for kind in GROUPS}
        entries = [ENTRY_OF[kind](row, reader) for kind, some in found.items() for row in some]
        return sorted(entries, key=rank)[: self._most]

    @property
    def lines(self) -> list[tuple[Entry, User | None]]:
        """The entries, each with the person who does it."""
        takers = {(note.kind, note.subject): note.person for note in self._notes if note.until is None}
        return [(entry, takers.get((entry.kind, entry.subject))) for entry in self.entries]

    @property
    def more(self) -> int:
        """How many there are besides those that are shown."""
        return self.count - len(self.entries)

    @property
    def count(self) -> int:
        return self._count(self._wanted)

    @property
    def count_put_off(self) -> int:
        return self._count(True)

    def _count(self, put_off: bool) -> int:
        rows = sum(self.counted[_name(kind, put_off)] for kind in self._rows)
        return rows + sum(len(self._of_group(kind, put_off)) for kind in GROUPS)

    def _split(self, kind: Kind, rows: QuerySet[Any]) -> dict[bool, QuerySet[Any]]:
        """Those that were put off, and the others."""
        subjects = [subject for its_kind, subject in self._put_off if its_kind == kind]
        return {True: rows.filter(pk__in=subjects), False: rows.exclude(pk__in=subjects)}

    def _of_group(self, kind: Kind, put_off: bool) -> list[Invoice]:
        found = self._groups[kind]
        return [one for one in found if ((kind.value, subject_of(kind, one)) in self._put_off) == put_off]

    @cached_property
    def _put_off(self) -> set[tuple[str, UUID]]:
        mine = [note for note in self._notes if note.until and note.person_id == self.user.pk]
        return {(note.kind, note.subject) for note in mine}

    def _oldest_overdue(self) -> dict[UUID, Invoice]:
        """By account, whatever the currency."""
        overdue = [one for found in self._groups.values() for one in found if one.is_overdue]
        latest_first = sorted(overdue, key=lambda one: one.due_date or date.max, reverse=True)
        return {one.account_id: one for one in latest_first}


def has(user: User, kind: str, subject: UUID) -> bool:
    """Whether the person sees this entry, also if they put it off."""
    if kind in GROUPS:
        return subject in {subject_of(Kind(kind), one) for one in groups_of(user)[Kind(kind)]}
    return kind in _KINDS and rows_of(user)[Kind(kind)].filter(pk=subject).exists()


def _name(kind: Kind, put_off: bool) -> str:
    return f"{kind}, put off" if put_off else kind
