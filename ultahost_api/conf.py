"""What a project sets under ``ULTAHOST`` in its Django settings, with the defaults."""

import time
from datetime import date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

# How old each copy may grow before it is refreshed on its own.
INTERVALS = {
    "profile": timedelta(days=1),
    "services": timedelta(minutes=15),
    "invoices": timedelta(minutes=10),
    "domains": timedelta(minutes=60),
    "orders": timedelta(minutes=30),
    "quotes": timedelta(minutes=60),
    "emails": timedelta(minutes=30),
    "details": timedelta(minutes=15),
}
SLOWEST = 3  # times its interval that a copy may grow old where nothing changes
FULL_EVERY = timedelta(days=1)  # the whole list, where most passes read only what may have changed
FULL_AGAIN = timedelta(hours=1)  # one that comes sooner slows down the next passes
WATCHED_INTERVAL = timedelta(minutes=2)  # while a person has the account on screen


def today() -> date:
    """In the project's own time zone: what is overdue is the same for everybody, wherever they read it."""
    return _day_of(int(time.time()), timezone.get_default_timezone())


@lru_cache(maxsize=1)
def _day_of(second: int, zone: tzinfo) -> date:
    """A page asks several times for each of its rows."""
    return datetime.fromtimestamp(second, zone).date()


def _get(name: str, default: Any = None) -> Any:
    return settings.ULTAHOST.get(name, default)


def api_url() -> str:
    return str(_get("API_URL"))


def sealing_keys() -> list[bytes]:
    """Keys of 32 bytes: the first seals, all unseal."""
    return list(_get("SEALING_KEYS"))


def hmac_key() -> bytes:
    return bytes(_get("HMAC_KEY"))


def page_size() -> int:
    return int(_get("PAGE_SIZE", 100))


def slow_places() -> int:
    """How many places of the workers the keys whose calls are slow may hold: fewer than there are."""
    return int(_get("SLOW_PLACES", 1))


def may_send(operation: Any) -> bool:
    """Whether its sender may still do what waited for its turn: ``MAY_SEND`` names the project's answer."""
    rule = _get("MAY_SEND")
    return bool(import_string(rule)(operation)) if rule else True


def words(error: Exception) -> str:
    """What a command prints: ``WORDS`` names the function that words it for the project's people."""
    wording = _get("WORDS")
    return str(import_string(wording)(error) if wording else error)


def interval(noun: str) -> timedelta:
    intervals: dict[str, timedelta] = _get("INTERVALS", {})
    return intervals.get(noun, INTERVALS[noun])
