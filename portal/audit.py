"""Writing the audit log, a line for each caller, and telling whether it is whole.

audit.record(request, Act.KEY_ADDED, key, account=key.account)
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest

from portal.models import Act, AuditEntry, AuditHead, User
from portal.models.audit import HASHED, hash_of
from ultahost_api.models import Account

log = logging.getLogger(__name__)

_SHOWN = 20  # problems; a log that was changed all over has one in every line


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
    # A witness outside the database: who cuts the log's end off leaves these lines behind.
    transaction.on_commit(lambda: log.info("Audit entry %d:%s", entry.seq, entry.hash))
    return entry


def _person(who: HttpRequest | User | None) -> User | None:
    if isinstance(who, HttpRequest):
        user = getattr(who, "user", None)
        return user if user and user.is_authenticated else None
    return who


def address_of(request: HttpRequest) -> str:
    """The browser's, past as many proxies as PORTAL_TRUSTED_PROXIES says; empty where that cannot be told."""
    try:
        return str(ip_address(get_adapter().get_client_ip(request)))
    except (PermissionDenied, ImproperlyConfigured, ValueError):
        return ""


def _plain(value: object) -> object:
    return value if value is None or isinstance(value, bool | int) else _text(value, 500)


def _text(value: object, longest: int) -> str:
    """As every database stores it."""
    return str(value).replace("\0", "").encode(errors="replace").decode()[:longest]


@dataclass(slots=True)
class Verdict:
    """What reading the whole chain showed. ``problems`` is empty when the log is as it was written."""

    count: int = 0
    seq: int = 0
    hash: str = ""
    problems: list[str] = field(default_factory=list)

    @property
    def head(self) -> str:
        return f"{self.seq}:{self.hash}"


def verify(noted: str = "") -> Verdict:
    """Read every entry. ``noted`` is a head that was printed before: ``seq:hash``."""
    verdict = Verdict()
    known = {(head.seq, head.hash): "the log's head" for head in AuditHead.objects.exclude(seq=0)}
    if noted:
        seq, _, wanted = noted.partition(":")
        known[int(seq), wanted] = "the head that was noted"
    for problem in _problems(verdict, known):
        verdict.problems.append(problem)
        if len(verdict.problems) == _SHOWN:
            break
    return verdict


def _problems(verdict: Verdict, known: dict[tuple[int, str], str]) -> Iterator[str]:
    entries = AuditEntry.objects.order_by("seq").values_list("hash", *HASHED)
    for found, *values in entries.iterator(chunk_size=2000):
        seq, prev_hash = values[0], values[-1]
        if seq != verdict.seq + 1:
            yield f"Before entry {seq} there are {seq - verdict.seq - 1} missing."
        elif prev_hash != verdict.hash:
            yield f"Entry {seq} does not follow the one before it."
        if found != hash_of(values):
            yield f"Entry {seq} is not as it was written."
        verdict.count, verdict.seq, verdict.hash = verdict.count + 1, seq, found
        known.pop((seq, found), None)
    for (seq, _), which in known.items():
        yield f"The end was cut off or written anew: {which} knows an entry {seq} that is not there."
    # Read after the entries, so that what was appended meanwhile is known to it.
    if not AuditHead.objects.filter(seq__gte=verdict.seq).exists() and verdict.count:
        yield f"The log's head does not know entry {verdict.seq}."
