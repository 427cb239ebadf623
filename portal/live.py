"""The nouns that are read live, through a short cache of each account's own.

Access is the caller's: it hands in an account that the user may see.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Any

from django.core.cache import caches
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.threads import Busy, provider_call
from ultahost_api.budget import Purpose
from ultahost_api.client import (
    BadRequest,
    Client,
    Forbidden,
    NotFound,
    RateLimited,
    UltahostError,
    Unauthorized,
)
from ultahost_api.clients import KeyUnreadable, for_key
from ultahost_api.models import Account, ApiKey

CACHED_FOR = 60  # seconds
RETRIED_EVERY = 15


@dataclass(frozen=True, slots=True)
class Live:
    """What Ultahost answered, or why it did not, in words; ``retry_at`` when a limit holds the account."""

    content: Any = None
    problem: str = ""
    said: str = ""  # the provider's words
    retry_at: datetime | None = None
    is_missing: bool = False

    @property
    def is_there(self) -> bool:
        return not self.problem

    @property
    def retry_in(self) -> int | None:
        """Seconds until the page asks again by itself; None when the same would only be refused again."""
        if self.is_there or self.is_missing or self.said:
            return None
        if self.retry_at is None:
            return RETRIED_EVERY
        return max(1, ceil((self.retry_at - timezone.now()).total_seconds()))


def read(
    account: Account,
    name: str,
    call: Callable[[Client], Any],
    *,
    cached: bool = True,
    key: ApiKey | None = None,
) -> Live:
    """``call``'s answer. With ``cached`` it may be a minute old; what it returns must then hold no secret.

    Only lists of plain, allow-listed fields are cached; bodies and details are read each time. ``key`` is for
    what only its owner may ask.
    """
    cache, slot = caches["live"], f"{account.pk}:{name}"
    if cached and (kept := cache.get(slot)) is not None:
        return Live(kept)
    live = _ask(account, call, key)
    if cached and live.is_there:
        cache.set(slot, live.content, CACHED_FOR)
    return live


def forget(account: Account, *names: str) -> None:
    """A write changed these."""
    caches["live"].delete_many([f"{account.pk}:{name}" for name in names])


def _ask(account: Account, call: Callable[[Client], Any], key: ApiKey | None) -> Live:
    key = key or ApiKey.objects.usable().filter(account=account).first()
    if key is None:
        return Live(problem=_("No live key can read this account."))
    try:
        with provider_call():
            return Live(call(for_key(key, Purpose.PERSON)))
    except Busy:
        return Live(problem=_("The portal is busy with other calls, trying again."))
    except RateLimited as error:
        return Live(problem=_("The rate limit is used up."), retry_at=error.retry_at)
    except NotFound:
        return Live(problem=_("Ultahost has no such thing in this account."), is_missing=True)
    except (BadRequest, Forbidden) as error:
        return Live(problem=_("Ultahost refuses this."), said=error.message)
    except (Unauthorized, KeyUnreadable):
        return Live(problem=_("The account's key does not work any more."))
    except UltahostError:
        return Live(problem=_("Ultahost does not answer. Nothing was changed."))
