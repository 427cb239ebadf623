"""How long a session lasts, and what ends it earlier."""

import time
from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.contrib.auth import HASH_SESSION_KEY, logout, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from portal.models import User
from portal.sign_in.session_store import row_key
from ultahost_api.models.locks import dispensable

LONGEST = 7 * 24 * 3600  # seconds since the sign-in, however busy
APART = 5 * 60  # seconds by which the clocks of two machines may differ
_LONGEST_AGENT = UserSession._meta.get_field("user_agent").max_length
TOUCH = 5 * 60  # seconds; not every request writes that it was there


def begin(request: HttpRequest, **_: Any) -> None:
    """Receives Django's signal that a person signed in, in any way."""
    request.session["signed_in_at"] = time.time()


def keep(request: HttpRequest, *, somebody_is_there: bool) -> None:
    """Prolong an idle session by SESSION_COOKIE_AGE; end one that is older than LONGEST."""
    now = time.time()
    if now - request.session.get("signed_in_at", 0) > LONGEST or _is_of_the_future(request, now):
        logout(request)
    elif somebody_is_there and abs(now - request.session.get("seen_at", 0)) > TOUCH:
        request.session.note("seen_at", now)  # type: ignore[attr-defined]  # our store has it
        with dispensable():
            note(request)


def _is_of_the_future(request: HttpRequest, now: float) -> bool:
    """Whether a clock that was ahead wrote it: it would last, and stay confirmed, too long."""
    proofs = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    times = [request.session.get("signed_in_at", 0), *(proof.get("at", 0) for proof in proofs)]
    return max(times) > now + APART


def note(request: HttpRequest, **_: Any) -> None:
    """Adds the session to its person's list.

    Also receives allauth's signals of sign-ins and new passwords.
    """
    if not request.user.is_authenticated:
        return
    if request.session.session_key is None:
        request.session.save()
    UserSession.objects.update_or_create(
        session_key=_row_key(request),
        defaults={
            "user": request.user,
            "ip": get_adapter().get_client_ip(request),
            "user_agent": request.headers.get("User-Agent", "")[:_LONGEST_AGENT],
            "last_seen_at": timezone.now(),
        },
    )


def listed(person: User) -> list[UserSession]:
    """The person's sessions, oldest first."""
    found = {
        row.pk: row.get_decoded()
        for row in Session.objects.filter(
            pk__in=UserSession.objects.filter(user=person).values("session_key"),
            expire_date__gt=timezone.now(),
        )
    }
    proof = person.get_session_auth_hash()
    alive = [key for key, data in found.items() if data.get(HASH_SESSION_KEY) == proof]
    return list(UserSession.objects.filter(user=person, session_key__in=alive).order_by("created_at"))


def is_current(request: HttpRequest, session: UserSession) -> bool:
    return session.session_key == _row_key(request)


def end(sessions: Iterable[UserSession]) -> None:
    keys = [session.session_key for session in sessions]
    Session.objects.filter(pk__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()


def end_others(request: HttpRequest, person: User) -> None:
    """Every session of the person but the one of this request, if that is theirs."""
    person.end_sessions()
    stay(request, person)


def stay(request: HttpRequest, person: User) -> None:
    """After the person's sessions have ended, keep the session of this request, if it is theirs."""
    if request.user != person:
        return
    before = _row_key(request)
    update_session_auth_hash(request, person)
    UserSession.objects.filter(session_key=before).update(session_key=_row_key(request))


def end_others_after_a_change(request: HttpRequest, user: User, **_: Any) -> None:
    """Receives allauth's signals that two-factor sign-in was set up, changed or removed."""
    end_others(request, user)


def _row_key(request: HttpRequest) -> str:
    return row_key(str(request.session.session_key))
