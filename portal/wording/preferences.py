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


def language_of(person: User, otherwise: str = settings.LANGUAGE_CODE) -> str:
    """The language of the profile, or that of the browser at the last sign-in."""
    known = dict(settings.LANGUAGES)
    return next((code for code in (person.language, person.browser_language) if code in known), otherwise)


def remember_language(person: User) -> None:
    """Keep the language of the page from which the person signs in, for mail to them."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    if person.browser_language != language:
        User.objects.filter(pk=person.pk).update(browser_language=language)


def zone_of(person: User) -> tzinfo:
    with suppress(KeyError, ValueError):
        return ZoneInfo(person.time_zone)
    return timezone.get_default_timezone()


@contextmanager
def worn(person: User) -> Iterator[None]:
    """A context with this person's zone and language, outside a request of theirs."""
    with timezone.override(zone_of(person)), translation.override(language_of(person)):
        yield


def remember_theme(response: HttpResponse, person: User) -> None:
    """Set the cookie that the sign-in page reads. preference.js writes the same cookie."""
    if person.theme:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie("theme", person.theme, max_age=_YEAR, secure=secure, samesite="Lax")
    else:
        response.delete_cookie("theme")
