"""Add, replace, verify, disable and remove API keys."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from ultahost_api import conf
from ultahost_api.calls import budget
from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import PERSON_SECONDS, KeyUnreadable, for_key, note_refusal
from ultahost_api.client import (
    Action,
    BadRequest,
    Client,
    Forbidden,
    NotFound,
    Rate,
    Secret,
    UltahostError,
    Unauthorized,
)
from ultahost_api.client.profile import Profile
from ultahost_api.models import ApiKey, RateWindow
from ultahost_api.models.api_keys import fingerprint
from ultahost_api.refresh import profiles, schedule
from ultahost_api.wakeup import publish_key

_SHORTEST, _LONGEST = 8, 512
_RETRY_FIRST, _RETRY_LONGEST = timedelta(seconds=30), timedelta(hours=1)


class KeyProblem(Exception):
    """Why a key was not saved: a subclass for each cause. The caller words it for people."""


class NotAKey(KeyProblem):
    """Empty, too short, or with characters that no header may hold."""


class UnknownKey(KeyProblem):
    """Ultahost does not know this key, or does not let it read its own profile."""


class KeyIsHere(KeyProblem):
    """The same key was added already."""


class LabelTaken(KeyProblem):
    """The owner has another key with this label."""


class OpensAnother(KeyProblem):
    """The new secret opens another account than the key it was to replace."""

    def __init__(self, account_name: str) -> None:
        super().__init__(account_name)
        self.account_name = account_name


class KeyIsRemoved(KeyProblem):
    """The key was removed meanwhile; a removed key takes no new secret."""


class CannotCheck(KeyProblem):
    """Ultahost does not answer, and this change needs its check."""


@dataclass
class RecordingMeter:
    """A meter without a budget. It keeps the rate headers of the answer that validated the key."""

    recorded: list[tuple[Rate, int | None]] = field(default_factory=list)

    def before(self, action: Action) -> None:
        pass

    def after(self, action: Action, status: int | None, rate: Rate, words: str) -> None:
        self.recorded.append((rate, status))


@dataclass(frozen=True, slots=True)
class Checked:
    """A pasted secret with its profile. The profile is None if Ultahost did not answer."""

    secret: Secret
    profile: Profile | None
    meter: RecordingMeter


def add(owner: Any, label: str, text: str) -> ApiKey:
    """Check and save a new key. If Ultahost does not answer, it is saved as unverified and tried again later.

    Raises a KeyProblem, and then nothing is saved.
    """
    return add_checked(owner, label, check_new(owner, label, text))


def check_new(owner: Any, label: str, text: str) -> Checked:
    """Check a secret for a new key with Ultahost. Saves nothing. Raises a KeyProblem."""
    secret = _cleaned(text)
    _refuse_known(secret)
    if ApiKey.objects.present().filter(owner=owner, label=label.strip()).exists():
        raise LabelTaken
    return Checked(secret, *_profile_behind(secret))


def add_checked(owner: Any, label: str, checked: Checked) -> ApiKey:
    """The second half of ``add``. It sends no request, so it can be in a transaction with other rows."""
    key = ApiKey(owner=owner, label=label.strip())
    key.put(checked.secret.reveal())
    with transaction.atomic():
        if checked.profile is None:
            key.next_try_at = timezone.now() + _RETRY_FIRST
            save(key)
        else:
            key.account = profiles.find_or_make(checked.profile)
            key.verified_at = key.last_ok_at = timezone.now()
            save(key)
            schedule.start(key.account)
        record_rate(key, checked.meter)
    return key


def replace(key: ApiKey, text: str) -> None:
    """Put a new secret into this key: it must open the same account. Raises a KeyProblem."""
    replace_checked(key, checked_for(key, text, besides=key))


def replace_checked(key: ApiKey, found: Checked) -> None:
    """The second half of ``replace``. It sends no request."""
    now = timezone.now()
    with transaction.atomic():
        key.refresh_from_db(from_queryset=ApiKey.objects.select_for_update())
        if key.removed_at:  # while Ultahost was asked
            raise KeyIsRemoved
        key.put(found.secret.reveal())
        key.account = key.account or profiles.find_or_make(_profile_of(found))
        key.snoozed_until = None
        key.replaced_at = key.verified_at = key.last_ok_at = now
        key.refused_at = key.unreadable_at = key.next_try_at = None
        key.tries = 0
        save(key)
        RateWindow.objects.filter(key=key).delete()
        record_rate(key, found.meter)
        if key.is_usable:
            schedule.start(key.account)


def checked_for(key: ApiKey, text: str, *, besides: ApiKey | None = None) -> Checked:
    """Check that a secret opens the same account as ``key``. Saves nothing. Raises a KeyProblem.

    ``besides`` is the key that may have this secret already.
    """
    secret = _cleaned(text)
    _refuse_known(secret, besides)
    profile, meter = _profile_behind(secret)
    if profile is None:
        raise CannotCheck
    if key.account and key.account.remote_uuid != profile.uuid:
        raise OpensAnother(profiles.name_of(profile))
    return Checked(secret, profile, meter)


def _profile_of(checked: Checked) -> Profile:
    assert checked.profile  # noqa: S101  # checked_for raises CannotCheck where there is none
    return checked.profile


def verify(key: ApiKey) -> None:
    """Check an unverified or refused key again. A network fault only postpones the next try."""
    try:
        profile = for_key(key, Purpose.PERSON).profile.get()
        if key.account:
            profiles.check_identity(key, key.account, profile)
    except profiles.OtherAccount:
        return
    except (Unauthorized, Forbidden):
        note_refusal(key)
        ApiKey.objects.still(key).update(next_try_at=None)
        return
    except (UltahostError, KeyUnreadable):
        wait = min(_RETRY_FIRST * 2 ** min(key.tries, 10), _RETRY_LONGEST)
        ApiKey.objects.still(key).update(next_try_at=timezone.now() + wait, tries=key.tries + 1)
        return
    _note_verified(key, profile)


def _note_verified(key: ApiKey, profile: Profile) -> None:
    """Unless its secret was replaced or removed while Ultahost was asked: the answer says nothing of that."""
    with transaction.atomic():
        if ApiKey.objects.select_for_update().still(key).first() is None:
            return
        key.account = key.account or profiles.find_or_make(profile)
        key.verified_at = key.verified_at or timezone.now()
        key.refused_at = key.unreadable_at = key.next_try_at = None
        key.tries = 0
        key.save(
            update_fields=["account", "verified_at", "refused_at", "unreadable_at", "next_try_at", "tries"]
        )
        schedule.start(key.account)


def due_for_verification() -> list[ApiKey]:
    """Unverified keys whose next try is due. Each is returned once per try."""
    now = timezone.now()
    due = ApiKey.objects.unverified().filter(next_try_at__lte=now)
    claimed = now + _RETRY_FIRST
    return [
        key
        for key in due
        if ApiKey.objects.filter(pk=key.pk, next_try_at=key.next_try_at).update(next_try_at=claimed)
    ]


def ask_to_verify(key: ApiKey) -> None:
    """A person asked to check a refused or unverified key now."""
    ApiKey.objects.filter(pk=key.pk).update(next_try_at=timezone.now() + _RETRY_FIRST)
    publish_key(key.pk)


def disable(key: ApiKey) -> None:
    with transaction.atomic():
        ApiKey.objects.filter(pk=key.pk).update(disabled_at=timezone.now(), disabled_because="")
        _pause(key)
    key.refresh_from_db()


def enable(key: ApiKey) -> None:
    """Take a disabled key into use again; one that was stopped for a reason has to be verified first."""
    doubted = bool(key.disabled_because)
    again = {"verified_at": None, "next_try_at": timezone.now() + _RETRY_FIRST} if doubted else {}
    with transaction.atomic():
        enabled = ApiKey.objects.filter(pk=key.pk, removed_at=None)
        enabled.update(disabled_at=None, disabled_because="", **again)
        key.refresh_from_db()
        if doubted:
            publish_key(key.pk)
        elif key.account and key.is_usable:
            schedule.start(key.account)


def remove(key: ApiKey) -> None:
    """Delete the secret. Label and last four characters stay for the history.

    If the key is part of a rotation, the rotation ends and the other key stays.
    """
    with transaction.atomic():
        key.wipe()
        key.removed_at = timezone.now()
        key.replaces = None
        key.save(update_fields=["sealed", "fingerprint", "removed_at", "replaces"])
        ApiKey.objects.filter(replaces=key).update(replaces=None)
        _pause(key)


def _pause(key: ApiKey) -> None:
    if key.account:
        schedule.pause_without_keys(key.account)


def _cleaned(text: str) -> Secret:
    text = text.strip()
    if not _SHORTEST <= len(text) <= _LONGEST or not text.isascii() or not text.isprintable() or " " in text:
        raise NotAKey
    return Secret(text)


def _refuse_known(secret: Secret, besides: ApiKey | None = None) -> None:
    same = ApiKey.objects.present().filter(fingerprint=fingerprint(secret.reveal()))
    if (same.exclude(pk=besides.pk) if besides else same).exists():
        raise KeyIsHere


def _profile_behind(secret: Secret) -> tuple[Profile | None, RecordingMeter]:
    """The profile that the secret opens, or None if Ultahost did not answer."""
    meter = RecordingMeter()
    try:
        client = Client(secret, base_url=conf.api_url(), meter=meter, deadline=PERSON_SECONDS)
        return client.profile.get(), meter
    except (Unauthorized, Forbidden, NotFound, BadRequest):
        raise UnknownKey from None
    except UltahostError:
        return None, meter


def save(key: ApiKey) -> None:
    """Save; raises KeyIsHere or LabelTaken if the key or the label was taken meanwhile."""
    try:
        with transaction.atomic():
            key.save()
    except IntegrityError:
        taken = ApiKey.objects.present().filter(fingerprint=key.fingerprint).exists()
        raise (KeyIsHere if taken else LabelTaken) from None


def record_rate(key: ApiKey, meter: RecordingMeter) -> None:
    """Start the key's rate window with the headers of the answer that validated it."""
    for rate, status in meter.recorded[-1:]:
        budget.record(key, rate, status)
    if key.account:
        budget.join(key)
