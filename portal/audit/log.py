"""Writes the audit log: ``audit.record(request, Act.KEY_ADDED, key, account=key.account)``."""

import logging
from ipaddress import ip_address

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from portal.models import Act, AuditEntry, User
from ultahost_api.models import Account

log = logging.getLogger("portal.audit")


def record(
    who: HttpRequest | User | None,
    act: Act,
    target: Model | str = "",
    *,
    account: Account | None = None,
    **details: object,
) -> AuditEntry:
    """Add an entry: ``who`` did ``act`` to ``target``. None is the portal itself.

    ``details`` are a few plain values, and never a secret. Called inside a transaction it is written with it:
    let its end come soon, as everybody else's entries wait for that, and lock no person or account in it but
    with ``no_key=True``, as their entries refer to these.
    """
    actor = _person(who)
    request = who if isinstance(who, HttpRequest) else context.request if who else None
    entry = AuditEntry.objects.append(
        act=act,
        actor=actor,
        actor_name=_text(actor or "", 254),
        target=_text(target, 255),
        target_id=str(target.pk) if isinstance(target, Model) else "",
        account=account,
        account_name=_text(account or "", 255),
        ip=address_of(request) if request else "",
        details={name: _plain(value) for name, value in details.items()},
    )
    # A record outside the database: it stays when the last entries of the log are removed.
    transaction.on_commit(lambda: log.info("Audit entry %d:%s", entry.seq, entry.hash))
    return entry


def _person(who: HttpRequest | User | None) -> User | None:
    if isinstance(who, HttpRequest):
        user = getattr(who, "user", None)
        return user if user and user.is_authenticated else None
    return who


def address_of(request: HttpRequest) -> str:
    """The browser's address, behind PORTAL_TRUSTED_PROXIES proxies; empty if it is not known."""
    try:
        return str(ip_address(get_adapter().get_client_ip(request)))
    except (PermissionDenied, ImproperlyConfigured, ValueError):
        return ""


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int) else _text(value, 500)


def _text(value: object, longest: int) -> str:
    """As every database stores it."""
    return str(value).replace("\0", "").encode(errors="replace").decode()[:longest]
