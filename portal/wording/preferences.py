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
    """For this request; a zone or a language that is not here any more counts as none."""
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
    """Times and words as this person wants them, where no request of theirs is answered."""
    known = person.language in dict(settings.LANGUAGES)
    language = person.language if known else settings.LANGUAGE_CODE
    with timezone.override(zone_of(person)), translation.override(language):
        yield


def remember_theme(response: HttpResponse, person: User) -> None:
    """So that also the sign-in page of this browser has it. preference.js writes the same cookie."""
    if person.theme:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie("theme", person.theme, max_age=_YEAR, secure=secure, samesite="Lax")
    else:
        response.delete_cookie("theme")
