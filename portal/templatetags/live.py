"""When a live page tries again by itself after a failure."""

from dataclasses import dataclass
from datetime import timedelta

from django import template
from django.template import Context
from django.utils import timezone

from portal.live_reads.reading import Live
from portal.wording import formats

register = template.Library()

_LONGEST = 15 * 60  # seconds
_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Retry:
    """``number`` tells the answer how often the page has tried, which then waits twice as long."""

    seconds: int
    number: int

    @property
    def words(self) -> str:
        return formats.again(timezone.now() + timedelta(seconds=self.seconds))


@register.simple_tag(takes_context=True)
def retry_of(context: Context, live: Live) -> Retry | None:
    """None if another try would be refused again. After a rate limit it is the second of the reset."""
    if live.retry_in is None:
        return None
    told = context.request.GET.get("tries", "")  # type: ignore[attr-defined]
    tries = min(int(told), _DOUBLINGS) if told.isascii() and told.isdecimal() and len(told) < 4 else 0
    seconds = live.retry_in if live.retry_at else min(live.retry_in * 2**tries, _LONGEST)
    return Retry(seconds, tries + 1)
