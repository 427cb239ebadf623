"""The only place where a key, its budget and a Client meet."""

import logging
import math
import time
from datetime import timedelta

from django.db import Error
from django.utils import timezone

from ultahost_api import conf, signals
from ultahost_api.calls import budget
from ultahost_api.calls.budget import Purpose
from ultahost_api.client import Action, Client, NotSent, Rate, Secret
from ultahost_api.crypto import sealed_columns, sealing
from ultahost_api.models import ApiKey

BACKGROUND_SECONDS = 45.0
PERSON_SECONDS = 10.0

logger = logging.getLogger(__name__)

_OK_NOTED_EVERY = timedelta(minutes=1)


class KeyUnreadable(Exception):
    """The key cannot be decrypted with the sealing keys: its owner has to enter it again."""


class BudgetSilent(NotSent):
    """The database does not take the call from the key's budget: ``why``. Nothing was sent."""

    def __init__(self, why: Error) -> None:
        super().__init__(f"the database does not answer ({type(why).__name__})")
        self.why = why


class OutOfTime(NotSent):
    """The calls of one task have taken as long as they may. No further one was sent."""


class KeyMeter:
    """Takes each request from the key's budget, and records each answer there.

    After ``seconds`` no further request begins: OutOfTime.
    """

    def __init__(self, key: ApiKey, purpose: Purpose, seconds: float = math.inf) -> None:
        self.key = key
        self.purpose = purpose
        self._asked_at = 0.0
        self._until = time.monotonic() + seconds

    def before(self, action: Action) -> None:
        if time.monotonic() >= self._until:
            raise OutOfTime("the calls take too long")
        try:
            budget.take(self.key, self.purpose)
        except Error as error:
            raise BudgetSilent(error) from None
        self._asked_at = time.monotonic()

    def after(self, action: Action, status: int | None, rate: Rate, words: str) -> None:
        """Records the answer. If the database fails, the record is dropped and the answer is kept."""
        try:
            budget.record(self.key, rate, status, words, took=time.monotonic() - self._asked_at)
            if status == 401:
                note_refusal(self.key)
            elif status == 200:
                _note_success(self.key)
        except Error as error:
            logger.warning("What %s told of key %s was not noted: %s", action.name, self.key.pk, error)


def for_key(key: ApiKey, purpose: Purpose = Purpose.BACKGROUND, seconds: float = math.inf) -> Client:
    """A client for this key that obeys its budget. Raises KeyUnreadable if the key cannot be decrypted.

    After ``seconds`` it begins no further call: OutOfTime.
    """
    deadline = PERSON_SECONDS if purpose == Purpose.PERSON else BACKGROUND_SECONDS
    return metered(KeyMeter(key, purpose, seconds), deadline)


def metered(meter: KeyMeter, deadline: float = BACKGROUND_SECONDS, tries: int = 3) -> Client:
    """Like for_key, for a worker whose purpose changes on the way; reads are sent ``tries`` times at most."""
    key = meter.key
    try:
        secret = Secret(sealed_columns.unseal(key, "sealed"))
    except sealing.CannotUnseal:
        ApiKey.objects.still(key).update(unreadable_at=timezone.now())
        raise KeyUnreadable(str(key)) from None
    return Client(
        secret,
        base_url=conf.api_url(),
        meter=meter,
        deadline=deadline,
        tries=tries,
        page_size=conf.page_size(),
        currency=key.account.currency if key.account else "",
    )


def note_refusal(key: ApiKey) -> None:
    """Stop the key, unless it was replaced while the answer was on its way.

    No signal is sent for a key whose successor works: its owner deletes it at Ultahost on purpose.
    """
    stopped = ApiKey.objects.still(key).filter(refused_at=None).update(refused_at=timezone.now())
    if stopped and not ApiKey.objects.usable().filter(replaces=key.pk).exists():
        signals.key_refused.send_robust(ApiKey, key=key)


def _note_success(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_ok_at and now - key.last_ok_at < _OK_NOTED_EVERY:
        return
    key.last_ok_at = now
    ApiKey.objects.filter(pk=key.pk).update(last_ok_at=now)
