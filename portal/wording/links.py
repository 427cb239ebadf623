"""Addresses of pages. Each pattern is resolved once, so that the link of a row needs no look-up."""

from functools import lru_cache
from uuid import UUID

from django.conf import settings
from django.urls import get_script_prefix, reverse

_STAND_INS: dict[type, UUID | int] = {UUID: UUID(int=0), str: UUID(int=0), int: 2**53}

# Page names of the software behind the provider's client area.
_PROVIDER_PAGES = {
    "service": "clientarea.php?action=productdetails&id={}",
    "domain": "clientarea.php?action=domaindetails&id={}",
    "invoice": "viewinvoice.php?id={}",
}


def provider_page(noun: str, remote_id: int) -> str:
    """The address of the object in the provider's client area; empty if it is not set."""
    base = settings.PORTAL_PROVIDER_URL
    return f"{base}/{_PROVIDER_PAGES[noun].format(remote_id)}" if base else ""


def provider_help() -> str:
    """Where the provider is asked for help; empty if its address is not set."""
    base = settings.PORTAL_PROVIDER_URL
    return f"{base}/submitticket.php" if base else ""


def href(name: str, *parts: UUID | str | int) -> str:
    """What ``reverse`` returns, for pages whose addresses have only ids (as text or not) and numbers."""
    return _pattern(get_script_prefix(), name, tuple(map(type, parts))).format(*parts)


@lru_cache(maxsize=1000)
def _pattern(_prefix: str, name: str, types: tuple[type, ...]) -> str:
    parts = [_STAND_INS[kind] for kind in types]
    address = reverse(name, args=parts)
    for part in parts:
        address = address.replace(str(part), "{}", 1)
    return address
