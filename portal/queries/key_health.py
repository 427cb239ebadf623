"""The state of each key: its problems, its last use, and the rows that only it can read."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db.models import Count

from ultahost_api.models import LISTS, ApiKey, Domain, Invoice, RateWindow, Refresh, Service

_ROWS = {"services": Service, "domains": Domain, "invoices": Invoice}


class Concern(StrEnum):
    """Why a key needs attention, most urgent first."""

    BROKEN = "broken"  # only a person can fix it
    UNVERIFIED = "unverified"
    ROTATED = "rotated"  # begun and not finished
    OLD = "old"
    WAITING = "waiting"  # for the rate limit, or its account's refreshes fail
    NONE = "none"
    DISABLED = "disabled"  # by a person, for no other reason


_URGENCY = list(Concern)


@dataclass(frozen=True, slots=True)
class KeyHealth:
    """``rows`` counts, by noun, the rows that only this key can refresh."""

    key: ApiKey
    refreshes: list[Refresh]  # the lists of its account
    is_alone: bool
    rows: dict[str, int]

    @property
    def concern(self) -> Concern:
        key = self.key
        if key.is_broken:
            return Concern.BROKEN
        if key.disabled_at:
            return Concern.DISABLED
        if key.state == ApiKey.State.UNVERIFIED:
            return Concern.UNVERIFIED
        if key.is_rotated:
            return Concern.ROTATED
        if key.is_old:
            return Concern.OLD
        return Concern.WAITING if self.waits_until or any(r.trouble for r in self.refreshes) else Concern.NONE

    @property
    def window(self) -> RateWindow | None:
        return getattr(self.key, "rate_window", None)

    @property
    def waits_until(self) -> datetime | None:
        """When Ultahost may be asked again; None when it may be asked now."""
        return self.window.waits_until if self.window else None

    @property
    def last_refresh(self) -> datetime | None:
        """When all lists of the account were last refreshed; None if one never was."""
        times = [refresh.completed_at for refresh in self.refreshes]
        return None if not times or None in times else min(time for time in times if time)

    @property
    def next_refresh(self) -> Refresh | None:
        """The one that is due first."""
        planned = [
            (refresh.next_due_at, refresh.pk, refresh) for refresh in self.refreshes if refresh.next_due_at
        ]
        return min(planned)[2] if planned else None


def of(keys: Iterable[ApiKey]) -> list[KeyHealth]:
    """Keys with problems first. The number of queries does not depend on the keys.

    Keys come as ``access.keys_to_manage`` gives them. Of the account of one that gives no rights nothing is
    told: its owner may not see it.
    """
    keys = list(keys)
    accounts = {key.account_id for key in keys if key.account_id and key.gives_rights}
    refreshes: dict[UUID | None, list[Refresh]] = {}
    for refresh in Refresh.objects.filter(account__in=accounts, noun__in=LISTS):
        refreshes.setdefault(refresh.account_id, []).append(refresh)
    alone = _alone(keys, accounts)
    rows = _rows({key.account_id for key in alone})
    health = [
        KeyHealth(
            key,
            refreshes.get(key.account_id, []) if key.gives_rights else [],
            is_alone=key in alone,
            rows=rows.get(key.account_id, {}) if key in alone else {},
        )
        for key in keys
    ]
    return sorted(health, key=lambda one: (_URGENCY.index(one.concern), one.key.label, one.key.secret_since))


def _alone(keys: list[ApiKey], accounts: set[UUID]) -> set[ApiKey]:
    """Keys that are the only one to their account; during a rotation the new one."""
    readers: dict[UUID | None, set[UUID]] = {}
    usable = ApiKey.objects.usable().filter(account__in=accounts, successor=None)
    for account_id, pk in usable.values_list("account_id", "pk"):
        readers.setdefault(account_id, set()).add(pk)
    return {
        key
        for key in keys
        if key.account_id
        and key.gives_rights
        and not key.takes_over
        and not readers.get(key.account_id, set()) - {key.pk}
    }


def _rows(accounts: set[UUID | None]) -> dict[UUID | None, dict[str, int]]:
    found: dict[UUID | None, dict[str, int]] = {}
    for noun, model in _ROWS.items():
        present = model.objects.present().filter(account__in=accounts)  # type: ignore[attr-defined]
        for account_id, count in present.order_by().values_list("account").annotate(Count("pk")):
            found.setdefault(account_id, {})[noun] = count
    return found
