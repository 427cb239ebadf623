"""One run of one refresh: take the lease, do what is due, and note when and why to come again."""

import logging
import random
import time
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from ultahost_api import conf
from ultahost_api.bell import ring
from ultahost_api.budget import Purpose
from ultahost_api.client import (
    BadAnswer,
    BadRequest,
    Forbidden,
    NotFound,
    RateLimited,
    UltahostError,
    Unauthorized,
)
from ultahost_api.clients import KeyMeter, KeyStopped, KeyUnreadable, metered
from ultahost_api.models import LISTS, ApiKey, Noun, Refresh
from ultahost_api.refreshing import details, lists, profiles
from ultahost_api.refreshing.leases import Lease, LeaseLost
from ultahost_api.refreshing.nouns import NOUNS

logger = logging.getLogger(__name__)

RUN_SECONDS = 60.0
_START_OVER_AFTER = 3  # faults at the same place of a pass
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
        _work(lease, time.monotonic() + seconds)
    except LeaseLost:
        logger.info("Refresh %s went to another worker.", refresh_id)
    except Exception as error:
        _fault(lease, Refresh.Trouble.ODD, type(error).__name__)
        raise


def _work(lease: Lease, stop_at: float) -> None:
    key = ApiKey.objects.usable().filter(account=lease.refresh.account).first()
    if key is None:
        lease.release(next_due_at=None, trouble=Refresh.Trouble.NO_KEY, trouble_words="")
        return
    try:
        if _read(lease, key, stop_at):
            _done(lease)
        else:
            lease.release()  # still due: rung again from its place
    except RateLimited as error:
        retry_at = error.retry_at or timezone.now() + _UNTOLD_LIMIT
        lease.release(next_due_at=retry_at, trouble=Refresh.Trouble.LIMITED, trouble_words="")
    except (Unauthorized, KeyUnreadable, KeyStopped, profiles.OtherAccount):
        lease.release()  # still due: the next run takes the account's next key, or finds none
    except UltahostError as error:
        _fault(lease, _trouble(error), error.message)


def _read(lease: Lease, key: ApiKey, stop_at: float) -> bool:
    """True when nothing is left to do."""
    name = lease.refresh.noun
    if name == Noun.PROFILE:
        profiles.read(lease)
        return True
    meter = KeyMeter(key, _purpose(lease.refresh))
    client = metered(meter)
    if name == Noun.DETAILS:
        return details.backfill(lease, client, meter, stop_at)
    return lists.walk(lease, NOUNS[name], client, meter, stop_at)


def _purpose(refresh: Refresh) -> Purpose:
    return Purpose.PERSON if refresh.asked_at else Purpose.BACKGROUND


def _done(lease: Lease) -> None:
    refresh, now = lease.refresh, timezone.now()
    fields: dict[str, Any] = {"completed_at": now, "clean_at": now, "asked_at": None, "repeats": 0}
    next_due_at = now + _interval(refresh)
    if refresh.noun in LISTS:
        clean = lists.finish(lease, NOUNS[refresh.noun])
        if not clean:
            del fields["clean_at"]
            if not refresh.repeats:  # at once, but only once
                fields["repeats"], next_due_at = 1, now
    lease.release(
        **fields,
        next_due_at=next_due_at,
        pass_started_at=None,
        place=0,
        attempts=0,
        trouble="",
        trouble_words="",
    )
    if refresh.noun in LISTS:
        call_for_details(refresh)


def call_for_details(refresh: Refresh) -> None:
    """A list changed: let the backfill look for rows whose details are now missing or old."""
    backfill = Refresh.objects.filter(account=refresh.account, noun=Noun.DETAILS, trouble="")
    if next(details.wanting(refresh.account), None) and backfill.update(next_due_at=timezone.now()):
        ring(list(backfill.values_list("pk", flat=True)))


def _interval(refresh: Refresh) -> timedelta:
    """With a tenth of jitter, so that accounts added together do not stay in step."""
    usual = conf.interval(refresh.noun)
    if refresh.noun in LISTS and refresh.account.is_watched:
        usual = min(usual, conf.WATCHED_INTERVAL)
    return usual * random.uniform(0.9, 1.1)  # noqa: S311


def _trouble(error: UltahostError) -> Refresh.Trouble:
    return next(trouble for kinds, trouble in _TROUBLES if isinstance(error, kinds))


def _fault(lease: Lease, trouble: Refresh.Trouble, words: str) -> None:
    attempts = lease.refresh.attempts + 1
    fields: dict[str, Any] = {"trouble": trouble, "trouble_words": words[:300], "attempts": attempts}
    if attempts % _START_OVER_AFTER == 0:
        fields["pass_started_at"] = None  # perhaps it is the place that the provider cannot serve
    try:
        lease.release(next_due_at=_back_off(attempts), **fields)
    except LeaseLost:
        logger.info("Refresh %s went to another worker.", lease.refresh.pk)


def _back_off(attempts: int) -> datetime:
    """Exponential with full jitter: 5 s at least, then up to 15 min."""
    ceiling = min(_LONGEST_BACK_OFF, 10.0 * 2 ** min(attempts, 10))
    return timezone.now() + timedelta(seconds=5 + random.uniform(0, ceiling))  # noqa: S311
