"""Write down, send once, note what came of it."""

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import Error, IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import KeyMeter, KeyUnreadable, metered
from ultahost_api.client import (
    ACTIONS,
    Answer,
    BadRequest,
    Client,
    Effect,
    Forbidden,
    NotFound,
    NotSent,
    RateLimited,
    Secret,
    UltahostError,
    Unauthorized,
)
from ultahost_api.client.core import wire
from ultahost_api.client.core.amounts import written
from ultahost_api.models import Account, ApiKey, Operation, Refresh
from ultahost_api.models.operations import OperationQuerySet
from ultahost_api.operations import effects, probes
from ultahost_api.operations.cancellations import other_cancellation
from ultahost_api.operations.targets import remote_id_of, target_of, without_secrets
from ultahost_api.refresh import schedule

logger = logging.getLogger(__name__)

State = Operation.State

FIRST_READ = timedelta(seconds=5)
_SECONDS = 30.0
_NOTED_AGAIN_AFTER = (0.5, 2.0, 5.0)  # seconds; SQLite itself waits twenty for whoever writes

# What of an answer is worth keeping; whatever else it holds may be a secret.
_KEPT = {
    "orderid", "invoiceid", "serviceids", "addonids", "domainids", "amount", "currency", "paymethodid",
    "contact_id", "contactid", "result", "type",
}  # fmt: skip


class TwinPending(Exception):
    """The same write on the same target is under way, or its outcome is not known yet."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(str(operation))
        self.operation = operation


class NeedsConfirmation(Exception):
    """The same write was sent before and never seen to take effect: a person has to want it again."""

    def __init__(self, operation: Operation) -> None:
        super().__init__(str(operation))
        self.operation = operation


class NotAllowedNow(Exception):
    """What is there at Ultahost rules the write out; nothing was sent. In the user's words."""


@dataclass(frozen=True, slots=True)
class Intent:
    """A write that a user wants, its parameters named as the provider names them, secrets as Secret."""

    user: Any
    key: ApiKey
    action: str
    parameters: Mapping[str, object] = field(repr=False)
    form_token: UUID
    noted: Mapping[str, object] = field(default_factory=dict)  # what our copy showed, kept for later
    agreed: str = ""  # the total that the person saw and agreed to

    @property
    def account(self) -> Account:
        assert self.key.account  # noqa: S101  # a key that is not verified is usable for nothing
        return self.key.account


def perform(intent: Intent, *, again: bool = False) -> Operation:
    """Send the write, once; a form sent twice gets the operation of the first time.

    Raises TwinPending, NeedsConfirmation (unless ``again``) or NotAllowedNow, and then nothing was sent.
    """
    target = target_of(intent.action, intent.parameters)
    last = _last(intent, target)
    if known := _known(intent, target, last, again):
        return known
    try:
        client, before = look(intent)
    except UltahostError as error:
        return _write(intent, target, state=State.NOT_SENT, message=error.message, ended_at=timezone.now())[0]
    noted = {**intent.noted, **before}
    operation, is_new = _write(intent, target, after=last, before=noted, sent_at=timezone.now())
    if is_new:
        send(operation, client, intent.parameters)
    return operation


def write_down(intent: Intent, **fields: Any) -> Operation:
    """Note the write without sending it; a form sent twice gets the operation of the first time.

    Raises what ``perform`` does where it must not wait to be sent either.
    """
    target = target_of(intent.action, intent.parameters)
    if fields["state"] == State.QUEUED:
        known = _known(intent, target, _last(intent, target), again=False)
    else:
        known = sent_by(intent.user, intent.form_token)
    return known or _write(intent, target, **fields)[0]


def look(intent: Intent) -> tuple[Client, dict[str, Any]]:
    """Read what is there before it is sent: the client to send it with, and what that saw.

    Raises NotAllowedNow, or the UltahostError that kept it from reading.
    """
    try:
        client = metered(KeyMeter(intent.key, Purpose.PERSON), deadline=_SECONDS)
        before = probes.before(client, intent.action, intent.parameters)
    except probes.Pointless as reason:
        raise NotAllowedNow(str(reason)) from None
    except KeyUnreadable:
        raise NotAllowedNow(_("This key cannot be opened with the portal's sealing keys.")) from None
    _refuse_other_total(intent.agreed, before)
    return client, before


def sent_by(user: Any, form_token: UUID) -> Operation | None:
    """The operation of this very form, if it was sent before."""
    return Operation.objects.filter(form_token=form_token, user=user).first()


def _refuse_other_total(agreed: str, before: Mapping[str, Any]) -> None:
    """Nobody pays a sum that they have not seen."""
    if agreed and "total" in before and Decimal(before["total"]) != Decimal(agreed):
        words = _("Ultahost now asks for %(total)s and not %(agreed)s: refresh, and look again.")
        raise NotAllowedNow(
            words % {"total": written(Decimal(before["total"])), "agreed": written(Decimal(agreed))}
        )


def _same(intent: Intent, target: str) -> OperationQuerySet:
    """The same write on the same target, by whatever form; the newest first."""
    same = Operation.objects.filter(account=intent.account, action=intent.action, target=target)
    return same.order_by("-created_at")


def _last(intent: Intent, target: str) -> Operation | None:
    """The last that may have taken effect: one that surely did not says nothing of those before it."""
    return _same(intent, target).exclude(state__in=[State.REFUSED, State.NOT_SENT]).first()


def _known(intent: Intent, target: str, last: Operation | None, again: bool) -> Operation | None:
    """The operation of this very form, if it was sent before; refuses a repetition by another form."""
    if known := sent_by(intent.user, intent.form_token):
        return known
    if twin := _same(intent, target).pending().exclude(form_token=intent.form_token).first():
        raise TwinPending(twin)
    once = ACTIONS[intent.action].effect == Effect.ONCE
    # Read anew: it may have been the twin a moment ago.
    if once and last and not again and last.fresh().state == State.NOT_CONFIRMED:
        raise NeedsConfirmation(last)
    return None


def _write(
    intent: Intent, target: str, after: Operation | None = None, **fields: Any
) -> tuple[Operation, bool]:
    """The committed row, and whether it is ours to send: of two posts of one form only one gets to.

    With ``sent_at`` it claims the target, and refuses if another form's write came ``after`` and went by.
    """
    try:
        with transaction.atomic():
            operation = Operation.objects.create(
                form_token=intent.form_token,
                user=intent.user,
                account=intent.account,
                key=intent.key,
                key_last_four=intent.key.last_four,
                action=intent.action,
                target=target,
                remote_id=remote_id_of(intent.parameters),
                parameters=without_secrets(intent.action, intent.parameters),
                **fields,
            )
            if operation.sent_at:
                _refuse_repetition(intent, target, operation, after)
            return operation, True
    except IntegrityError:
        if known := sent_by(intent.user, intent.form_token):
            return known, False
        if twin := _same(intent, target).pending().first():
            raise TwinPending(twin) from None
        raise NotAllowedNow(_("The same was under way a moment ago.")) from None


def _refuse_repetition(intent: Intent, target: str, operation: Operation, after: Operation | None) -> None:
    """While we looked at what is there, another form's write may have begun and ended.

    Of cancellations, which show nowhere, any that stands is one, however long ago it was sent.
    """
    if intent.action == "request_cancellation" and other_cancellation(operation):
        raise NotAllowedNow(_("A cancellation is requested already."))
    others = _same(intent, target).exclude(pk=operation.pk)
    if after:
        others = others.exclude(pk=after.pk).filter(created_at__gte=after.created_at)
    if others.exclude(state__in=[State.REFUSED, State.NOT_SENT]).exists():
        raise NotAllowedNow(_("The same was done a moment ago."))


def send(
    operation: Operation,
    client: Client,
    parameters: Mapping[str, object],
    when_limited: Operation.State = State.NOT_SENT,
) -> None:
    """If this process ends on the way the row stays at ``sending``, and a later tick calls it unknown."""
    try:
        answer = client.call(operation.action, **parameters)
    except NotFound as error:
        gone = ACTIONS[operation.action].effect == Effect.DELETE
        _end(operation, State.DONE if gone else State.REFUSED, error)
    except (BadRequest, Forbidden, Unauthorized) as error:
        _end(operation, State.REFUSED, error)
    except RateLimited as error:
        _end(operation, when_limited, error)
    except NotSent as error:
        _end(operation, State.NOT_SENT, error)
    except UltahostError as error:
        _end(operation, State.UNKNOWN, error, next_read_at=timezone.now() + FIRST_READ)
        _hasten(operation)
    else:
        _end(operation, State.DONE, answer, result=_kept(answer.data))
    if operation.took_effect:
        effects.apply(operation)


def _end(operation: Operation, state: Operation.State, told: Answer | UltahostError, **fields: Any) -> None:
    fields |= {
        "state": state,
        "status": told.status,
        "message": told.message[:1000],
        "ended_at": timezone.now(),
    }
    if _noted(operation, fields):
        for name, value in fields.items():
            setattr(operation, name, value)


def _noted(operation: Operation, fields: Mapping[str, Any]) -> bool:
    """The answer came once and cannot be asked for again: a database that is locked is asked again."""
    # A later tick may have called it unknown meanwhile: who was there knows better.
    ours = Operation.objects.filter(pk=operation.pk, state__in=[State.SENDING, State.UNKNOWN])
    for pause in _NOTED_AGAIN_AFTER:
        try:
            return bool(ours.update(**fields))
        except Error as error:
            logger.warning("That operation %s is %s is not noted: %s", operation.pk, fields["state"], error)
            if not connection.in_atomic_block:
                connection.close_if_unusable_or_obsolete()
            time.sleep(pause)
    return bool(ours.update(**fields))


def _hasten(operation: Operation) -> None:
    try:
        schedule.hasten([operation.account], Refresh.Pace.OPERATION)
    except Error as error:  # they come when they are due
        logger.warning("No refresh was hastened after operation %s: %s", operation.pk, error)


def _kept(data: object) -> dict[str, Any]:
    given = data if isinstance(data, dict) else {}
    kept = {name: v for name, v in given.items() if name in _KEPT and not isinstance(v, Secret)}
    return {name: wire.plain(value) for name, value in kept.items()}
