"""API keys: what a person does with them. Ultahost is asked before the transaction begins.

``sensitive_variables`` without names hides all variables in error reports.
"""

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from portal import audit
from portal.models import Act, User
from ultahost_api import keys
from ultahost_api.keys import rotation
from ultahost_api.models import ApiKey
from ultahost_api.models.api_keys import SNOOZE


@sensitive_variables()
def add(by: User | None, owner: User, label: str, text: str) -> ApiKey:
    """Raises a KeyProblem. ``by`` is None for a command on the portal's machine."""
    checked = keys.check_new(owner, label, text)
    with transaction.atomic():
        key = keys.add_checked(owner, label, checked)
        audit.record(by, Act.KEY_ADDED, key, account=key.account, **({} if by else {"owner": owner}))
    return key


@sensitive_variables()
def replace(by: User, key: ApiKey, text: str) -> ApiKey:
    """Raises a KeyProblem."""
    checked = keys.checked_for(key, text, besides=key)
    with transaction.atomic():
        keys.replace_checked(key, checked)
        audit.record(by, Act.KEY_REPLACED, key, account=key.account)
    return key


@transaction.atomic
def disable(by: User, key: ApiKey) -> None:
    keys.disable(key)
    audit.record(by, Act.KEY_DISABLED, key, account=key.account)


@transaction.atomic
def enable(by: User, key: ApiKey) -> None:
    keys.enable(key)
    audit.record(by, Act.KEY_ENABLED, key, account=key.account)


@transaction.atomic
def remove(by: User, key: ApiKey) -> None:
    keys.remove(key)
    audit.record(by, Act.KEY_REMOVED, key, account=key.account)


def snooze(key: ApiKey) -> None:
    """Postpone the reminder of the key's age by ``SNOOZE``."""
    ApiKey.objects.filter(pk=key.pk).update(snoozed_until=timezone.now() + SNOOZE)


@sensitive_variables()
def begin_rotation(by: User, key: ApiKey, text: str) -> ApiKey:
    """The new key. Raises a KeyProblem."""
    checked = keys.checked_for(key, text)
    with transaction.atomic():
        new = rotation.begin(key, checked)
        audit.record(by, Act.KEY_ROTATION_BEGUN, new, account=new.account, before=f"…{key.last_four}")
    return new


@transaction.atomic
def finish_rotation(by: User, new: ApiKey) -> ApiKey:
    """The old key, which is removed. Raises a KeyProblem."""
    old = rotation.finish(new)
    audit.record(by, Act.KEY_ROTATED, new, account=new.account, before=f"…{old.last_four}")
    return old


@transaction.atomic
def undo_rotation(by: User, old: ApiKey, new: ApiKey) -> None:
    """Raises a KeyProblem."""
    rotation.undo(new)
    audit.record(by, Act.KEY_ROTATION_UNDONE, old, account=old.account, before=f"…{new.last_four}")
