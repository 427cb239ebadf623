import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from ultahost_api.models import Refresh

LEASE = timedelta(seconds=90)
_YOUNG = timedelta(seconds=5)


class LeaseLost(Exception):
    """Another worker has the lease. The data of this one is older and must not be written."""


@dataclass(slots=True)
class Lease:
    """One worker's hold on one refresh. Every write repeats the token, so a late one changes nothing."""

    refresh: Refresh
    token: uuid.UUID

    @classmethod
    def take(cls, refresh_id: int) -> Self | None:
        """Take the lease if the refresh is due and no other worker holds it, in one statement.

        Otherwise the message that led here counts as received all the same: if the worker that holds the
        lease dies, the next tick publishes the refresh again as soon as the lease has run out.
        """
        now, token = timezone.now(), uuid.uuid4()
        free = Refresh.objects.filter(pk=refresh_id).due(now).unleased(now)
        if not free.update(
            lease_until=now + LEASE, lease_token=token, rung_until=None, starts=F("starts") + 1
        ):
            Refresh.objects.filter(pk=refresh_id).exclude(rung_until=None).update(rung_until=None)
            return None
        return cls(Refresh.objects.select_related("account").get(pk=refresh_id), token)

    def renew(self) -> None:
        self.write()

    def renew_before_a_call(self) -> None:
        """Renew the lease, unless writing the page before has just done so."""
        until = self.refresh.lease_until
        if until is None or until < timezone.now() + LEASE - _YOUNG:
            self.renew()

    def write(self, **fields: Any) -> None:
        """Change the refresh and prolong the lease. Raises LeaseLost if another worker has it."""
        fields.setdefault("lease_until", timezone.now() + LEASE)
        if not Refresh.objects.filter(pk=self.refresh.pk, lease_token=self.token).update(**fields):
            raise LeaseLost
        for name, value in fields.items():
            if not hasattr(value, "resolve_expression"):  # what that comes to only the database knows
                setattr(self.refresh, name, value)

    def release(self, **fields: Any) -> None:
        self.write(lease_until=None, lease_token=None, rung_until=None, starts=0, **fields)

    def release_until(self, next_due_at: datetime, wished: Q | None = None, **fields: Any) -> None:
        """Release it, due at ``next_due_at``; or now, if it was made due while it was held or is ``wished``:
        what was read may be older than that, and no other run could come of it.
        """
        was_asked = ~Q(next_due_at=self.refresh.next_due_at) | (wished or Q())
        due = Case(When(was_asked, then=Value(timezone.now())), default=Value(next_due_at))
        self.release(**fields, next_due_at=due)

    def grant(self) -> None:
        """The person who asked before has what they wanted. Of who asked meanwhile it says nothing."""
        asked_at = self.refresh.asked_at
        if asked_at and Refresh.objects.filter(pk=self.refresh.pk, asked_at=asked_at).update(asked_at=None):
            self.refresh.asked_at = None
