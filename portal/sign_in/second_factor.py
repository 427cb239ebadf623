"""Two-factor sign-in: who has it, who has to set it up, and removing it."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.models import Switches, User

Type = Authenticator.Type
REAL = (Type.TOTP, Type.WEBAUTHN)  # recovery codes only replace one of these


def is_set_up(person: Any) -> bool:
    return Authenticator.objects.filter(user_id=person.pk, type__in=REAL).exists()


def is_owed(person: Any) -> bool:
    return Switches.current().second_factor and not is_set_up(person)


def of(person: User) -> QuerySet[Authenticator]:
    """The person's apps and passkeys, oldest first."""
    return Authenticator.objects.filter(user=person, type__in=REAL).order_by("created_at")


def without(people: QuerySet[User]) -> QuerySet[User]:
    return people.exclude(pk__in=Authenticator.objects.filter(type__in=REAL).values("user"))


def forget(person: User) -> None:
    """For a command on the portal's machine, without a browser."""
    Authenticator.objects.filter(user=person).delete()
    person.end_sessions()


def remove(request: HttpRequest, person: User) -> None:
    """Remove app, passkeys and recovery codes. The person is mailed, and their sessions end."""
    for authenticator in Authenticator.objects.filter(user=person):
        authenticator.delete()
        signals.authenticator_removed.send(
            sender=Authenticator, request=request, user=person, authenticator=authenticator
        )
    get_adapter().send_notification_mail("mfa/email/second_factor_removed", person)
