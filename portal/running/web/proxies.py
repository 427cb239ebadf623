"""Whether the proxy before the portal tells what it has to."""

import logging
from enum import Enum
from functools import cache

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest

log = logging.getLogger(__name__)
# What asks these asks the portal itself, and no proxy.
_HEALTH = {"/livez", "/readyz"}


class Mistake(Enum):
    """What is wrong, with what a proxy's settings have to say instead; page and log name it."""

    SCHEME = "X-Forwarded-Proto must be https"
    ADDRESS = "X-Forwarded-For must hold the address of the client"
    COUNT = "X-Forwarded-For must hold as many addresses as PORTAL_TRUSTED_PROXIES counts proxies"
    HOST = "Host must be the host of PORTAL_URL, or a name of this machine"
    ORIGIN = "Referrer-Policy must not be no-referrer, with which browsers send forms with Origin: null"


def mistake(request: HttpRequest) -> Mistake | None:
    try:
        request.get_host()
    except DisallowedHost:
        return Mistake.HOST
    if request.method == "POST" and request.headers.get("Origin") == "null":
        return Mistake.ORIGIN
    if not settings.SECURE_PROXY_SSL_HEADER or request.path in _HEALTH:
        return None  # no proxy is needed
    if not request.is_secure():
        return Mistake.SCHEME
    addresses = request.headers.get("X-Forwarded-For", "")
    if not addresses.strip():
        return Mistake.ADDRESS
    if len(addresses.split(",")) < settings.PORTAL_TRUSTED_PROXIES:
        return Mistake.COUNT
    return None


@cache
def log_once(mistake: Mistake) -> None:
    log.error(
        "PORTAL_URL or the proxy before the portal is set up wrongly: %s. See docs/proxies.md.", mistake.value
    )
