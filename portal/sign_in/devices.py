"""The browsers with which a person signs in, recognised by a signed cookie."""

import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portal.models import Device, User
from ultahost_api.crypto.digests import keyed_digest

_REMEMBERED = 2 * 365 * 24 * 3600  # seconds since the last sign-in
_SALT = "portal.device"


def meet(request: HttpRequest, person: User) -> bool:
    """Record a sign-in. Returns whether the browser is new to the person; their first one does not count."""
    mark = _mark_of(request) or secrets.token_urlsafe(16)
    request.device_mark = mark  # type: ignore[attr-defined]  # remember() hands it over with the response
    hash_ = keyed_digest("device", mark)
    if person.devices.filter(hash=hash_).update(last_seen_at=timezone.now()):
        return False
    has_others = person.devices.exists()
    person.devices.get_or_create(hash=hash_)
    return has_others


def last_here(request: HttpRequest) -> Any:
    """The id of the person who signed in last with this browser; None if that is not known."""
    mark = _mark_of(request)
    known = Device.objects.filter(hash=keyed_digest("device", mark)) if mark else Device.objects.none()
    return known.order_by("-last_seen_at").values_list("person_id", flat=True).first()


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Set the cookie again after a sign-in, so that it lasts two more years."""
    if mark := getattr(request, "device_mark", ""):
        response.set_cookie(
            settings.DEVICE_COOKIE_NAME,
            signing.dumps(mark, salt=_SALT),
            max_age=_REMEMBERED,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _mark_of(request: HttpRequest) -> str:
    try:
        return str(
            signing.loads(request.COOKIES[settings.DEVICE_COOKIE_NAME], salt=_SALT, max_age=_REMEMBERED)
        )
    except (KeyError, signing.BadSignature):
        return ""
