"""How each person wants to see times, words and colours."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation

from portal.models import User

_YEAR = 365 * 24 * 3600


def activate(person: Any) -> None:
    """Activate the user's zone and language for this request. Unknown ones are ignored."""
    if person.time_zone:
        with suppress(KeyError):
            timezone.activate(ZoneInfo(person.time_zone))
    if person.language in dict(settings.LANGUAGES):
        translation.activate(person.language)


def zone_of(person: User) -> tzinfo:
    with suppress(KeyError, ValueError):
        return ZoneInfo(person.time_zone)
    return timezone.get_default_timezone()


@contextmanager
def worn(person: User) -> Iterator[None]:
    """A context with this person's zone and language, outside a request of theirs."""
    known = person.language in dict(settings.LANGUAGES)
    language = person.language if known else settings.LANGUAGE_CODE
    with timezone.override(zone_of(person)), translation.override(language):
        yield


def remember_theme(response: HttpResponse, person: User) -> None:
    """Set the cookie that the sign-in page reads. preference.js writes the same cookie."""
    if person.theme:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie("theme", person.theme, max_age=_YEAR, secure=secure, samesite="Lax")
    else:
        response.delete_cookie("theme")
