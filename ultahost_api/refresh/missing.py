"""Rows of ours that a clean pass did not list. A list can be wrong, so Ultahost is asked for each row."""

import logging
from collections.abc import Iterable
from enum import Enum, auto

from django.db import DataError, transaction
from django.utils import timezone

from ultahost_api.client import BadAnswer, BadRequest, Client, Forbidden, NotFound
from ultahost_api.models import Event, PassPage, links
from ultahost_api.models.cached import Cached
from ultahost_api.refresh import details, events
from ultahost_api.refresh.leases import Lease
from ultahost_api.refresh.nouns import CachedNoun
from ultahost_api.refresh.pages import WRITE_BATCH

logger = logging.getLogger(__name__)

ASKED_FOR = 10  # rows that a pass asks for one by one


class Found(Enum):
    GONE = auto()
    THERE = auto()
    UNCLEAR = auto()


class Missing:
    """The rows that existed when the pass began and are in none of its pages."""

    def __init__(self, lease: Lease, noun: CachedNoun, client: Client, rows: Iterable[Cached]) -> None:
        self._lease, self._noun, self._client = lease, noun, client
        self._lines = links.Assigning(lease.refresh.account_id)
        self.rows = list(rows)
        self.calls = 0

    def settle_few(self) -> None:
        """After a cheap pass: ask for each row. It is then updated or marked as gone."""
        for row in self.rows:
            self._ask(row)

    def settle(self) -> bool:
        """After a full pass. Returns False if a missing row exists: then rows moved during the pass.

        A row that was marked as hidden before does not count for that; it is gone only after a "not found".
        Rows beyond the number that a pass asks for are gone when the next pass misses them too.
        """
        hidden = set(self._lease.refresh.hidden)
        for row in self.rows:
            if row.remote_id in hidden:
                self._ask(row)
        others = [row for row in self.rows if row.remote_id not in hidden]
        unclear = self._ask_for_a_few(others) + others[ASKED_FOR:]
        if len(self._lease.refresh.hidden) > len(hidden):
            return False
        if unclear or self._lease.refresh.missed:
            self._miss(unclear)
        return True

    def _ask_for_a_few(self, rows: list[Cached]) -> list[Cached]:
        """Ask for at most ASKED_FOR rows. Returns the rows about which nothing was found out."""
        unclear = []
        for row in rows[:ASKED_FOR]:
            match self._ask(row):
                case Found.THERE:
                    self._hide(row)
                case Found.UNCLEAR:
                    unclear.append(row)
        return unclear

    def _hide(self, row: Cached) -> None:
        with transaction.atomic():
            self._lease.write(hidden=[*self._lease.refresh.hidden, row.remote_id], missed=[])
            # If this worker dies now, the next one must not find this pass clean.
            PassPage.objects.filter(refresh=self._lease.refresh).delete()

    def _miss(self, rows: list[Cached]) -> None:
        missed_before = set(self._lease.refresh.missed)
        with transaction.atomic():
            self._mark([row for row in rows if row.remote_id in missed_before])
            left = [row.remote_id for row in rows if row.remote_id not in missed_before]
            self._lease.write(missed=left)
            # If this worker dies now, the next one must not take this pass for the next one.
            PassPage.objects.filter(refresh=self._lease.refresh).delete()

    def _ask(self, row: Cached) -> Found:
        """Ask for the row and write the answer immediately, so that a crash does not ask for it again."""
        if not self._noun.is_readable:
            return Found.UNCLEAR
        self._lease.renew()
        self.calls += 1
        asked_at = timezone.now()
        try:
            answer = self._noun.calls(self._client).get(row.remote_id)
            names = tuple(name for name in self._noun.names if name != "extra") + self._noun.detail_names
            lines = self._lines
            details.write(self._lease, self._noun, row, answer, names, asked_at, lines, changed_at=asked_at)
        except NotFound:
            with transaction.atomic():
                self._mark([row])
            return Found.GONE
        except (BadRequest, Forbidden, BadAnswer):
            return Found.UNCLEAR
        except (DataError, RecursionError):
            logger.exception("What %s %s is now cannot be kept.", self._noun.noun, row.remote_id)
            return Found.UNCLEAR
        return Found.THERE

    def _mark(self, rows: list[Cached]) -> None:
        now = timezone.now()
        for start in range(0, len(rows), WRITE_BATCH):
            batch = rows[start : start + WRITE_BATCH]
            events.record(self._noun, [events.happened(self._noun, row, Event.Kind.GONE) for row in batch])
            self._noun.rows.filter(pk__in=[row.pk for row in batch]).update(gone_at=now, changed_at=now)
        if rows:
            self._lease.write(rows_changed=self._lease.refresh.rows_changed + len(rows))
