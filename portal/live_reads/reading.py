"""Nouns that are read live, through a short cache for each account.

The caller checks access: it passes an account that the user may see.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from math import ceil
from typing import Any

from django.core.cache import caches
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.live_reads.slots import Busy, provider_call
from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import BudgetSilent, KeyUnreadable, for_key
from ultahost_api.client import (
    BadAnswer,
    BadRequest,
    Client,
    Forbidden,
    NotFound,
    RateLimited,
    ServerError,
    UltahostError,
    Unauthorized,
    Unsaid,
)
from ultahost_api.models import Account, ApiKey
from ultahost_api.models.locks import dispensable

CACHED_FOR = 60  # seconds
RETRIED_EVERY = 15


@dataclass(frozen=True, slots=True)
class Live:
    """The answer of Ultahost, or the problem in words; ``retry_at`` if the rate limit holds the account."""

    content: Any = None
    problem: str = ""
    said: str = ""  # the provider's words
    retry_at: datetime | None = None
    is_missing: bool = False
    is_refused: bool = False
    failure: Exception | None = None  # of our own database, and then nothing was sent

    @property
    def is_there(self) -> bool:
        return not self.problem

    @property
    def retry_in(self) -> int | None:
        """Seconds until the page tries again by itself; None if another try would be refused as well."""
        if self.is_there or self.is_missing or self.is_refused:
            return None
        if self.retry_at is None:
            return RETRIED_EVERY
        return max(1, ceil((self.retry_at - timezone.now()).total_seconds()))


@dataclass(frozen=True, slots=True)
class Whole:
    """What is kept of a list: records of documented fields alone. Not ``is_whole``: there are more.

    ``set_aside`` is what stood where the ids should be of the rows that have none.
    """

    records: tuple[Any, ...]
    is_whole: bool = True
    set_aside: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether Ultahost has none at all."""
        return self.is_whole and not self.records and not self.set_aside

    @classmethod
    def of(cls, records: Iterable[Any], is_whole: bool, set_aside: tuple[str, ...]) -> "Whole":
        """Without the undocumented fields, which could be anything."""
        return cls(tuple(replace(record, extra={}) for record in records), is_whole, set_aside)


def read(account: Account, call: Callable[[Client], Any], *, key: ApiKey | None = None) -> Live:
    """The answer of ``call``, without the cache. ``key`` is given for reads that only its owner may do."""
    key = key or ApiKey.objects.usable().filter(account=account).first()
    if key is None:
        return Live(problem=_("No active key can read this account."))
    try:
        with provider_call():
            return Live(call(for_key(key, Purpose.PERSON)))
    except Busy:
        return Live(problem=_("The portal is busy and tries again."))
    except (KeyUnreadable, UltahostError) as error:
        return failed(error)


def failed(error: Exception) -> Live:
    """What a person is told of a read that raised KeyUnreadable or an UltahostError."""
    match error:
        case BudgetSilent():
            return Live(problem=_("The portal is busy and tries again."), failure=error.why)
        case RateLimited():
            return Live(problem=_("The rate limit is used up."), retry_at=error.retry_at)
        case NotFound():
            return Live(problem=_("Ultahost cannot find this in the account."), is_missing=True)
        case BadRequest() | Forbidden():
            told = "" if Unsaid.of(error.message) else error.message
            return Live(problem=_("Ultahost refused this."), said=told, is_refused=True)
        case Unauthorized() | KeyUnreadable():
            return Live(problem=_("The account's key no longer works."))
        case BadAnswer():
            return Live(problem=_unreadable(error))
        case ServerError():
            words = _("Ultahost answers with an error (%(status)s). Nothing was changed.")
            return Live(problem=words % {"status": error.status})
    return Live(problem=_("Ultahost does not answer. Nothing was changed."))


def _unreadable(error: BadAnswer) -> str:
    sentence = Unsaid.of(error.message)
    if sentence == Unsaid.TOO_LONG:
        return _("Ultahost's answer is longer than 5 MB. Nothing was changed.")
    if sentence == Unsaid.STRANGERS_PAGE:
        return _("Something between the portal and Ultahost answered, such as a proxy or firewall.")
    if sentence:
        return _("The portal cannot read Ultahost's answer. Nothing was changed.")
    words = _("The portal cannot read Ultahost's answer: %(reason)s. Nothing was changed.")
    return words % {"reason": error.message or error.status}


def read_list(account: Account, name: str, record: type[Any], call: Callable[[Client], Whole]) -> Live:
    """The answer of ``call``, at most a minute old. Its records are plain and hold no secret."""
    cache, slot = caches["live"], f"{account.pk}:{name}"
    kept = cache.get(slot) or {}
    if kept.get("shape") == _shape(record):
        return Live(_unpacked(kept, record))
    live = read(account, call)
    if live.is_there:
        with dispensable():
            cache.set(slot, _packed(live.content, record), CACHED_FOR)
    return live


def forget(account: Account, *names: str) -> None:
    """Delete lists from the cache after a write has changed them."""
    caches["live"].delete_many([f"{account.pk}:{name}" for name in names])


def _packed(whole: Whole, record: type[Any]) -> dict[str, Any]:
    """As JSON can hold it. Its shape tells a version of the portal whose records had other fields."""
    rows = [[_plain(getattr(one, name)) for name in _kept(record)] for one in whole.records]
    return {
        "shape": _shape(record),
        "is_whole": whole.is_whole,
        "set_aside": whole.set_aside,
        "rows": rows,
    }


def _unpacked(kept: dict[str, Any], record: type[Any]) -> Whole:
    names = _kept(record)
    records = (record(**dict(zip(names, map(_told, row), strict=True))) for row in kept["rows"])
    return Whole(tuple(records), kept["is_whole"], tuple(kept["set_aside"]))


def _kept(record: type[Any]) -> list[str]:
    return [field.name for field in fields(record) if field.name != "extra"]


def _shape(record: type[Any]) -> list[str]:
    return [f"{field.name}: {field.type}" for field in fields(record)]


def _plain(value: Any) -> Any:
    return {"moment": value.isoformat()} if isinstance(value, datetime) else value


def _told(value: Any) -> Any:
    return datetime.fromisoformat(value["moment"]) if isinstance(value, dict) and "moment" in value else value
