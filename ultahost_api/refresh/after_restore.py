"""Corrects the state of a restored database, which describes an earlier time."""

from django.utils import timezone

from ultahost_api.models import Account, Heartbeat, Operation, RateWindow, Refresh

State = Operation.State


def revive() -> None:
    """Make everything due again, send nothing again, and end all leases. Call it in a transaction."""
    now = timezone.now()
    # Also what was only queued: the database that was copied stayed in use, and may have sent it.
    under_way = Operation.objects.filter(state__in=[State.QUEUED, State.SENDING])
    under_way.update(state=State.UNKNOWN, ended_at=now)
    unknown = Operation.objects.filter(state=State.UNKNOWN)
    unknown.update(next_read_at=now, read_tries=0)
    Refresh.objects.start_over(now)
    RateWindow.objects.update(remaining=None, resets_at=None, probing_until=None)
    Account.objects.update(watched_until=None)
    Heartbeat.objects.all().delete()
