"""One ranked list of all that needs a person, over the accounts and keys that they may see."""

from datetime import date
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from portal import access
from portal.models import NeedNote, User
from portal.queries import attention
from portal.queries.at_risk import Remedies
from portal.queries.deeds import Deeds
from portal.queries.entries import (
    COPIED,
    GROUPS,
    OWN,
    ROWS,
    Entry,
    Kind,
    Reader,
    groups_of,
    own_that_may_need,
    subject_of,
)
from portal.queries.entry_words import ENTRY_OF
from portal.queries.prepared import counts_of_today
from portal.wording.statuses import BAD, INFO, SOON
from ultahost_api import conf
from ultahost_api.models import Invoice
from ultahost_api.models.counting import counts
from ultahost_api.models.sorting import first_of

SHOWN, AT_MOST = 12, 200

_HUES = (BAD, SOON, INFO)
_IN_MENU = {Kind.DOMAIN: "domains", Kind.SERVICE: "services", Kind.QUOTE: "quotes"}
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
        self._groups = groups_of(user)
        self._splits: dict[Kind, dict[bool, QuerySet[Any]]] = {}

    @cached_property
    def entries(self) -> list[Entry]:
        """The most urgent first."""
        rows = self._copied | {kind: self._of_own(kind, self._wanted)[: self._most] for kind in OWN}
        invoices = [row.renewal_invoice for row in rows[Kind.DOMAIN]]
        invoices += [row.unpaid_invoice for row in rows[Kind.SERVICE]]
        deeds = Deeds(self.user, rows[Kind.OPERATION])
        reader = Reader(self.user, Remedies(self.user, invoices), self._oldest_overdue(), deeds)
        found = rows | {kind: self._of_group(kind, self._wanted) for kind in GROUPS}
        entries = [ENTRY_OF[kind](row, reader) for kind, some in found.items() for row in some]
        return sorted(entries, key=rank)[: self._most]

    @property
    def _copied(self) -> dict[Kind, list[Any]]:
        """Only the few of an ordinary page are kept."""

        def read() -> dict[Kind, list[Any]]:
            return {kind: list(first_of(self._split(kind)[self._wanted], self._most)) for kind in COPIED}

        key = "needs", self._wanted, self._put_off
        return access.kept_rows(self.user, key, read) if self._most == SHOWN else read()

    @property
    def lines(self) -> list[tuple[Entry, User | None]]:
        """The entries, each with the person who does it."""
        takers = {(note.kind, note.subject): note.person for note in self._notes if note.until is None}
        return [(entry, takers.get((entry.kind, entry.subject))) for entry in self.entries]

    @property
    def overdue_to_pay(self) -> int:
        """How many overdue invoices the person may pay, also of those that they put off."""
        payable = {account.pk for account in access.accounts_to_pay(self.user)}
        return sum(one.group_count for one in self._groups[Kind.OVERDUE] if one.account_id in payable)

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
        copied = self._copied_put_off if put_off else self._copied_count - self._copied_put_off
        own = sum(len(self._of_own(kind, put_off)) for kind in OWN)
        return copied + own + sum(len(self._of_group(kind, put_off)) for kind in GROUPS)

    @cached_property
    def _copied_count(self) -> int:
        """The menu counts the same rows."""
        counted = attention.counted_in_accounts(self.user)
        return sum(counted.get(_IN_MENU[kind], 0) for kind in COPIED)

    @cached_property
    def _copied_put_off(self) -> int:
        def count() -> int:
            return sum(counts(**{kind: self._split(kind)[True] for kind in COPIED}).values())

        return access.kept_figures(self.user, ("put off", self._put_off), count) if self._put_off else 0

    def _split(self, kind: Kind) -> dict[bool, QuerySet[Any]]:
        """Those that were put off, and the others."""
        if kind not in self._splits:
            rows = ROWS[kind](self.user)
            subjects = [subject for its_kind, subject in self._put_off if its_kind == kind]
            self._splits[kind] = {True: rows.filter(pk__in=subjects), False: rows.exclude(pk__in=subjects)}
        return self._splits[kind]

    @cached_property
    def _own(self) -> dict[Kind, list[Any]]:
        there = counts_of_today(self.user, own_that_may_need)
        return {kind: list(ROWS[kind](self.user)) if there.get(kind) else [] for kind in OWN}

    def _of_own(self, kind: Kind, put_off: bool) -> list[Any]:
        return [row for row in self._own[kind] if ((kind.value, row.pk) in self._put_off) == put_off]

    def _of_group(self, kind: Kind, put_off: bool) -> list[Invoice]:
        found = self._groups[kind]
        return [one for one in found if ((kind.value, subject_of(kind, one)) in self._put_off) == put_off]

    @cached_property
    def _put_off(self) -> frozenset[tuple[str, UUID]]:
        mine = [note for note in self._notes if note.until and note.person_id == self.user.pk]
        return frozenset((note.kind, note.subject) for note in mine)

    def _oldest_overdue(self) -> dict[UUID, Invoice]:
        """By account, whatever the currency."""
        overdue = [one for found in self._groups.values() for one in found if one.is_overdue]
        latest_first = sorted(overdue, key=lambda one: one.due_date or date.max, reverse=True)
        return {one.account_id: one for one in latest_first}


def has(user: User, kind: str, subject: UUID) -> bool:
    """Whether the person sees this entry, also if they put it off."""
    if kind in GROUPS:
        return subject in {subject_of(Kind(kind), one) for one in groups_of(user)[Kind(kind)]}
    return kind in _KINDS and ROWS[Kind(kind)](user).filter(pk=subject).exists()
