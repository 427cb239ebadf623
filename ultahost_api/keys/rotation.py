"""Rotate a key: a new secret beside the old one, both active, until the old one is removed.

The new key is a row of its own, so what was started with the old key ends with the old key.
"""

from django.db import transaction
from django.utils import timezone

from ultahost_api.keys import lifecycle
from ultahost_api.keys.lifecycle import Checked, KeyIsRemoved, KeyProblem
from ultahost_api.models import ApiKey, Operation
from ultahost_api.refresh import schedule

_TO_BE_SENT = (Operation.State.QUEUED, Operation.State.SENDING)


class RotatesAlready(KeyProblem):
    """The key is part of a rotation already, which has to end first."""


class KeyIsDisabled(KeyProblem):
    """The key was disabled or removed, so it cannot be replaced by a new one."""


class RotationIsOver(KeyProblem):
    """The rotation was finished or undone meanwhile."""


class NewKeyStopped(KeyProblem):
    """The new key does not work, so the old one must stay."""


class StillSending(KeyProblem):
    """A write with the old key is being sent or queued."""


def begin(old: ApiKey, checked: Checked) -> ApiKey:
    """Add the new key, checked by ``lifecycle.checked_for``, beside the old one. It is used immediately.

    It has the old key's owner, label and place in the order of keys. Raises a KeyProblem, and then nothing
    is saved.
    """
    now = timezone.now()
    with transaction.atomic():
        old = (
            ApiKey.objects.select_for_update(of=("self",), no_key=True)
            .select_related("account")
            .get(pk=old.pk)
        )
        if old.removed_at:
            raise KeyIsRemoved
        if old.disabled_at:
            raise KeyIsDisabled
        if old.replaces_id or old.takes_over:
            raise RotatesAlready
        new = ApiKey(owner_id=old.owner_id, account=old.account, label=old.label, replaces=old)
        new.put(checked.secret.reveal())
        new.created_at = old.created_at
        new.replaced_at = new.verified_at = new.last_ok_at = now
        lifecycle.save(new)
        lifecycle.record_rate(new, checked.meter)
        assert new.account  # noqa: S101  # only a verified key is rotated
        schedule.start(new.account)
    return new


def finish(new: ApiKey) -> ApiKey:
    """Remove and return the old key. The rotation has then ended.

    Raises a KeyProblem, and then nothing is changed.
    """
    with transaction.atomic():
        old, new = _held(new)
        if not new.is_usable:
            raise NewKeyStopped
        if Operation.objects.filter(key=old, state__in=_TO_BE_SENT).exists():
            raise StillSending
        lifecycle.remove(old)
    return old


def undo(new: ApiKey) -> ApiKey:
    """Remove and return the new key; the old one is used again. Raises RotationIsOver."""
    with transaction.atomic():
        _old, new = _held(new)
        lifecycle.remove(new)
    return new


def _held(new: ApiKey) -> tuple[ApiKey, ApiKey]:
    """Both keys, locked until the transaction ends, so that of two people only one ends the rotation."""
    locked = ApiKey.objects.select_for_update(no_key=True)
    old = locked.filter(successor=new.pk).first()  # this one first, as removing does
    held = locked.present().filter(pk=new.pk, replaces=old).first()
    if old is None or held is None:
        raise RotationIsOver
    return old, held
