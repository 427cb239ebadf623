"""How each person wants to see times, words and colours."""

from contextlib import suppress
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


def remember_theme(response: HttpResponse, person: User) -> None:
    """So that also the sign-in page of this browser has it. preference.js writes the same cookie."""
    if person.theme:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie("theme", person.theme, max_age=_YEAR, secure=secure, samesite="Lax")
    else:
        response.delete_cookie("theme")
