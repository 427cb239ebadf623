"""Mails that are sent immediately, and their recipients. Rights are checked again when one is sent."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db.models import F, Q
from django.http import HttpRequest
from django.utils import timezone

from portal import access
from portal.audit import address_of
from portal.models import Act, Grant, Notification, User
from portal.sign_in import devices
from portal.wording import user_agents
from ultahost_api import wakeup
from ultahost_api.models import Account, ApiKey, Domain, Operation
from ultahost_api.operations.actions import action_of

Kind = Notification.Kind
State = Operation.State

SEND = "portal.tasks.send"

_READ_FOR = timedelta(hours=25)  # longer than reading tries to find out
_LOOKED_BACK = timedelta(days=2)
_A_MOMENT = timedelta(minutes=5)  # its sender is still on its page


def sign_in(request: HttpRequest, person: User) -> None:
    if not devices.meet(request, person):
        return
    facts = {
        "at": timezone.now().isoformat(),
        "browser": user_agents.family(request.headers.get("User-Agent", "")),
        "address": address_of(request),
    }
    _note(Kind.NEW_DEVICE, [person], str(uuid4()), **facts)


def refused_key(key: ApiKey) -> None:
    """Mails the owner and the admins, once for each refusal after the key last worked."""
    people = User.objects.active().filter(pk=key.owner_id) | User.objects.admins()
    _note(Kind.KEY_REFUSED, people, f"{key.pk} {timezone.now().isoformat()}", key=str(key.pk))


def shown_code(domain: Domain, by: User) -> None:
    """If the actor owns a key of the account, nothing is mailed."""
    if not access.own_key(by, domain.account):
        _tell_owners(domain, by, "epp_code", timezone.now(), str(uuid4()))


def unlocks() -> None:
    """Mails once about an unlock by a person without a key, also if its result was known only days later."""
    since = timezone.now() - _LOOKED_BACK
    known_lately = Q(state=State.DONE, created_at__gt=since) | Q(state=State.CONFIRMED, read_at__gt=since)
    unlocked = Operation.objects.filter(
        known_lately, action="manage_domain_lock", parameters__lockstatus="unlocked"
    ).exclude(key__owner=F("user"))
    told = _subjects(Kind.ACT)
    for operation in unlocked.select_related("user", "account"):
        of_account = Domain.objects.filter(account=operation.account)
        domain = of_account.filter(remote_id=operation.remote_id or 0).first()
        if domain and str(operation.pk) not in told:
            _tell_owners(domain, operation.user, "unlocked", operation.created_at, str(operation.pk))


def _tell_owners(domain: Domain, by: User, act: str, at: datetime, subject: str) -> None:
    facts = {"act": act, "domain": str(domain.pk), "by": str(by.pk), "at": at.isoformat()}
    _note(Kind.ACT, access.owners_of(domain.account), subject, **facts)


def sharing(account: Account, by: User, act: str, grant: Grant | None = None) -> None:
    """Mails the person who has the grant, and the owners unless one of them did it.

    ``act`` is an audit Act.
    """
    facts = {"account": str(account.pk), "act": act, "by": str(by.pk), "at": timezone.now().isoformat()}
    if grant:
        facts |= {"to": str(grant.user_id), "right": str(grant.level)}
    told = User.objects.none() if access.own_key(by, account) else access.owners_of(account)
    if grant and act != Act.GRANT_TAKEN:
        told = told | User.objects.filter(pk=grant.user_id)
    _note(Kind.SHARING, told, str(uuid4()), **facts)


def open_outcomes() -> None:
    """Mails the sender and the key's owner about operations whose result reading could not find out."""
    known = _subjects(Kind.OUTCOME)
    for operation in _unsettled():
        if str(operation.pk) not in known:
            people = User.objects.active().filter(pk__in={operation.user_id, operation.key.owner_id})
            _note(Kind.OUTCOME, people, str(operation.pk))


def _subjects(kind: Notification.Kind) -> set[str]:
    """Subjects that were mailed recently."""
    told = Notification.objects.filter(kind=kind, created_at__gt=timezone.now() - 2 * _LOOKED_BACK)
    return set(told.values_list("subject", flat=True))


def _unsettled() -> list[Operation]:
    now = timezone.now()
    recent = Operation.objects.filter(created_at__gt=now - _LOOKED_BACK, created_at__lt=now - _A_MOMENT)
    asked = recent.filter(state__in=[State.UNKNOWN, State.NOT_CONFIRMED], settled_by=None)
    return [operation for operation in asked.select_related("key") if needs_a_person(operation)]


def needs_a_person(operation: Operation) -> bool:
    """Whether reading cannot find out the result, has given up, or did not find the effect of a payment."""
    if operation.state == State.NOT_CONFIRMED:
        return operation.settled_by_id is None and action_of(operation.action).is_once
    over = timezone.now() - operation.created_at > _READ_FOR
    never_read = not action_of(operation.action).can_be_seen
    return operation.state == State.UNKNOWN and (over or never_read or operation.next_read_at is None)


def _note(kind: Notification.Kind, people: Iterable[User], subject: str, **facts: Any) -> None:
    """Writes no rows if mail is not set up, so that they are not all sent when it is set up later."""
    if not settings.EMAIL_URL:
        return
    rows = [Notification(person=person, kind=kind, subject=subject, facts=facts) for person in people]
    Notification.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        wakeup.publish_task(SEND, str(row.pk))
