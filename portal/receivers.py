"""Receivers of signals: they write the audit log, and some send mail."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from portal import audit
from portal.acts import password_links
from portal.mail import outbox
from portal.models import Act, User
from portal.sign_in import stale_forms
from portal.wording import preferences
from ultahost_api.models import ApiKey, Operation
from ultahost_api.signals import key_misled, key_refused


@receiver(user_logged_in)
def note_sign_in(user: User, **_: Any) -> None:
    audit.record(user, Act.SIGNED_IN)


@receiver(user_logged_in)
def remember_language(user: User, **_: Any) -> None:
    preferences.remember_language(user)


@receiver(user_logged_in)
def forget_what_another_typed(request: HttpRequest, user: User, **_: Any) -> None:
    stale_forms.hand_over(request, user)


@receiver(user_logged_in)
def tell_of_new_browser(request: HttpRequest, user: User, **_: Any) -> None:
    outbox.sign_in(request, user)


@receiver(user_login_failed)
def note_failed_sign_in(request: HttpRequest | None, credentials: dict[str, Any], **_: Any) -> None:
    """Names the person only if there is one with that address: what was typed may be a password."""
    person = User.objects.filter(email=str(credentials.get("email", "")).lower()).first()
    audit.record(request, Act.SIGN_IN_FAILED, person or "")


@receiver(user_logged_out)
def note_sign_out(user: User | None, **_: Any) -> None:
    if user:  # a session that had already ended has no user
        audit.record(user, Act.SIGNED_OUT)


@receiver([password_changed, password_set, password_reset])
def note_password(user: User, **_: Any) -> None:
    audit.record(user, Act.PASSWORD_SET, user)


@receiver(password_reset)
def forget_guesses(request: HttpRequest, user: User, **_: Any) -> None:
    get_adapter().forget_guesses(request, user)


@receiver([user_logged_in, password_changed, password_set, password_reset])
def end_password_links(user: User, **_: Any) -> None:
    password_links.end(user)


@receiver(authenticator_added)
def note_second_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Recovery codes come and go with what they stand in for."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        audit.record(request, Act.FACTOR_ADDED, user, kind=authenticator.type)


@receiver(authenticator_removed)
def note_removed_factor(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        audit.record(request, Act.FACTOR_REMOVED, user, kind=authenticator.type)


@receiver(authenticator_reset)
def note_new_codes(request: HttpRequest, user: User, **_: Any) -> None:
    audit.record(request, Act.CODES_MADE, user)


@receiver(post_save, sender=Operation)
def note_operation(instance: Operation, created: bool, **_: Any) -> None:
    """In the transaction that stores the operation, so that each operation has an entry."""
    if created:
        audit.record(instance.user, Act.OPERATION_STARTED, instance, account=instance.account)


@receiver(key_refused)
def note_refused_key(key: ApiKey, **_: Any) -> None:
    audit.record(None, Act.KEY_REFUSED, key, account=key.account)


@receiver(key_refused)
def tell_of_refused_key(key: ApiKey, **_: Any) -> None:
    outbox.refused_key(key)


@receiver(key_misled)
def note_misled_key(key: ApiKey, **_: Any) -> None:
    audit.record(None, Act.KEY_STOPPED, key, account=key.account)
