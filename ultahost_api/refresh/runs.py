"""One run of one refresh: take the lease, do what is due, and note when and why to come again."""

import logging
import random
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from ultahost_api.calls.budget import KeyStopped, Purpose
from ultahost_api.calls.clients import KeyMeter, KeyUnreadable, metered
from ultahost_api.client import (
    BadAnswer,
    BadRequest,
    Forbidden,
    NotFound,
    RateLimited,
    UltahostError,
    Unauthorized,
)
from ultahost_api.models import ApiKey, Event, Noun, PassPage, Refresh, links
from ultahost_api.refresh import details, pacing, passes, profiles, slowness
from ultahost_api.refresh.leases import Lease, LeaseLost
from ultahost_api.refresh.nouns import NOUNS
from ultahost_api.refresh.passes import Outcome
from ultahost_api.refresh.time_slices import TimeSlice
from ultahost_api.wakeup import publish, publish_later

logger = logging.getLogger(__name__)

RUN_SECONDS = 60.0
_START_OVER_AFTER = 3  # faults at the same place of a pass
_BROKEN_AFTER = 5  # faults in a row: then each try is a single call, and people are told once
_POISONED_AFTER = 5  # runs that died at the same place
_LONGEST_BACK_OFF = 900.0
_UNTOLD_LIMIT = timedelta(seconds=60)

_TROUBLES: list[tuple[type[UltahostError] | tuple[type[UltahostError], ...], Refresh.Trouble]] = [
    ((Forbidden, BadRequest, NotFound), Refresh.Trouble.REFUSED),
    (BadAnswer, Refresh.Trouble.ODD),
    (UltahostError, Refresh.Trouble.UNREACHABLE),
]


def run(refresh_id: int, seconds: float = RUN_SECONDS) -> None:
    """Do what is due of this refresh, for about ``seconds`` at most. Safe to call any number of times."""
    lease = Lease.take(refresh_id)
    if lease is None:
        return
    try:
        if lease.refresh.starts > _POISONED_AFTER:
            _fault(lease, Refresh.Trouble.DIED, "")
        else:
            _work(lease, TimeSlice(seconds))
    except LeaseLost:
        logger.info("Refresh %s went to another worker.", refresh_id)
    except Exception as error:
        _fault(lease, Refresh.Trouble.ODD, type(error).__name__)
        raise


def _work(lease: Lease, time_slice: TimeSlice) -> None:
    key = ApiKey.objects.usable().filter(account=lease.refresh.account).first()
    if key is None:
        _pause(lease)
        return
    if slowness.gives_way(lease.refresh, key):
        lease.release(next_due_at=slowness.later())
        return
    try:
        if outcome := _read(lease, key, time_slice):
            _done(lease, outcome)
        else:
            lease.release()  # still due: published again, and read from its offset
    except RateLimited as error:
        retry_at = error.retry_at or timezone.now() + _UNTOLD_LIMIT
        lease.release(next_due_at=retry_at, trouble=Refresh.Trouble.LIMITED, trouble_words="")
        if lease.refresh.asked_at is None:
            # If a person clicked meanwhile, the run may use the calls that are reserved for people.
            Refresh.objects.filter(pk=lease.refresh.pk).exclude(asked_at=None).ask()
        publish_later(lease.refresh)
    except (Unauthorized, KeyUnreadable, KeyStopped, profiles.OtherAccount):
        lease.release()  # still due: the next run takes the account's next key, or finds none
    except UltahostError as error:
        _fault(lease, _trouble(error), error.message)


def _pause(lease: Lease) -> None:
    """Pause the refresh until a key is added, unless one was added a moment ago."""
    with transaction.atomic():
        lease.renew()
        if ApiKey.objects.usable().filter(account=lease.refresh.account).exists():
            lease.release()  # still due: the next run takes that key
        else:
            lease.release(next_due_at=None, trouble=Refresh.Trouble.NO_KEY, trouble_words="")


def _read(lease: Lease, key: ApiKey, time_slice: TimeSlice) -> Outcome | None:
    """Returns None if something is left to do."""
    refresh = lease.refresh
    if refresh.noun == Noun.PROFILE:
        profiles.read(lease)
        return Outcome()
    meter = KeyMeter(key, Purpose.PERSON if refresh.asked_at else Purpose.BACKGROUND)
    tries = 1 if refresh.attempts >= _BROKEN_AFTER else 3
    client = metered(meter, tries=tries)
    if refresh.noun == Noun.DETAILS:
        return Outcome() if details.backfill(lease, client, meter, time_slice, tries) else None
    return passes.read(lease, NOUNS[refresh.noun], client, meter, time_slice)


def _done(lease: Lease, outcome: Outcome) -> None:
    refresh, now = lease.refresh, timezone.now()
    refresh.quiet = 0 if refresh.rows_changed else min(refresh.quiet + 1, 100)
    if outcome.calls is not None:
        refresh.calls = outcome.calls
    fields: dict[str, Any] = {"quiet": refresh.quiet, "calls": refresh.calls, "completed_at": now}
    if outcome.clean:
        fields["clean_at"] = now
    repeats = 0 if outcome.clean else min(refresh.repeats + 1, 100)
    if repeats == 1:  # at once, but only once
        next_due_at, fields["pace"] = now, Refresh.Pace.REPEATED
    else:
        next_due_at, fields["pace"] = pacing.plan(refresh)
    with transaction.atomic():
        if refresh.noun in (Noun.SERVICES, Noun.DOMAINS) and _changed_since_the_last(refresh):
            # If this worker dies, the pass is not over, and the next one does it.
            links.assign_again(refresh.account_id)
        if refresh.broken_at:
            _tell(refresh, Event.Kind.RECOVERED)
        if refresh.noun not in NOUNS:  # else a page did
            lease.grant()
        lease.release_until(
            next_due_at,
            ~Q(asked_at=None),
            **fields,
            repeats=repeats,
            pass_started_at=None,
            offset=0,
            attempts=0,
            broken_at=None,
            trouble="",
            trouble_words="",
        )
        PassPage.objects.filter(refresh=refresh).delete()
    if refresh.noun in NOUNS and NOUNS[refresh.noun].details and refresh.rows_changed:
        call_for_details(refresh)


def _changed_since_the_last(refresh: Refresh) -> bool:
    """By any means: in a list, by asking for one row, or in a pass that was given up."""
    rows = NOUNS[refresh.noun].rows.filter(account=refresh.account_id)
    since = refresh.completed_at
    return (rows.filter(changed_at__gt=since) if since else rows).exists()


def call_for_details(refresh: Refresh) -> None:
    """A list changed: make the refresh of details due, since some are now missing or old."""
    backfill = Refresh.objects.filter(account=refresh.account, noun=Noun.DETAILS, trouble="")
    if backfill.update(next_due_at=timezone.now()):
        publish(list(backfill.values_list("pk", flat=True)))


def _trouble(error: UltahostError) -> Refresh.Trouble:
    return next(trouble for kinds, trouble in _TROUBLES if isinstance(error, kinds))


def _fault(lease: Lease, trouble: Refresh.Trouble, words: str) -> None:
    refresh, now = lease.refresh, timezone.now()
    attempts = refresh.attempts + 1
    fields: dict[str, Any] = {"trouble": trouble, "trouble_words": words[:300], "attempts": attempts}
    if attempts % _START_OVER_AFTER == 0 and refresh.pass_started_at:
        # Perhaps it is the place that the provider cannot serve. What a cheap pass would have met is lost.
        fields |= {"pass_started_at": None, "full_due_at": now}
    breaks = attempts >= _BROKEN_AFTER and refresh.broken_at is None
    if breaks:
        fields["broken_at"] = now
    try:
        with transaction.atomic():
            lease.release_until(_back_off(attempts), pace=Refresh.Pace.BACK_OFF, **fields)
            if breaks:
                _tell(refresh, Event.Kind.STOPPED)
    except LeaseLost:
        logger.info("Refresh %s went to another worker.", refresh.pk)


def _tell(refresh: Refresh, kind: str) -> None:
    """Write one event when the refresh stops and one when it works again."""
    Event.objects.create(
        account=refresh.account, noun=refresh.noun, kind=kind, name=refresh.trouble_words[:255]
    )


def _back_off(attempts: int) -> datetime:
    """Exponential with full jitter: 5 s at least, then up to 15 min."""
    ceiling = min(_LONGEST_BACK_OFF, 10.0 * 2 ** min(attempts, 10))
    return timezone.now() + timedelta(seconds=5 + random.uniform(0, ceiling))  # noqa: S311
