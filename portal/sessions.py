"""How long a session lives, and what ends it before."""

import time
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.contrib.auth import logout, update_session_auth_hash
from django.db import OperationalError
from django.http import HttpRequest

from portal.models import User

LONGEST = 7 * 24 * 3600  # seconds since the sign-in, however busy
APART = 5 * 60  # seconds by which the clocks of two machines may differ
TOUCH = 5 * 60  # seconds; not every request writes that it was there


def begin(request: HttpRequest, **_: Any) -> None:
    """Receives Django's word that somebody signed in, in whichever way."""
    request.session["signed_in_at"] = time.time()


def keep(request: HttpRequest, *, somebody_is_there: bool) -> None:
    """Put off the idle end, which is SESSION_COOKIE_AGE after the last touch; sign out who is in too long."""
    now = time.time()
    if now - request.session.get("signed_in_at", 0) > LONGEST or _is_of_the_future(request, now):
        logout(request)
    elif somebody_is_there and abs(now - request.session.get("seen_at", 0)) > TOUCH:
        request.session["seen_at"] = now
        try:
            UserSession.objects.create_from_request(request)
        except OperationalError:  # such as on a full disk: who reads need not be written down
            request.session.modified = False


def _is_of_the_future(request: HttpRequest, now: float) -> bool:
    """Written by a clock that was ahead: it would stay signed in, and confirmed, for that much longer."""
    proofs = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    times = [request.session.get("signed_in_at", 0), *(proof.get("at", 0) for proof in proofs)]
    return max(times) > now + APART


def end_others(request: HttpRequest, person: User) -> None:
    """Every session of the person but the one of this request, if that is theirs."""
    person.end_sessions()
    if request.user != person:
        return
    before = request.session.session_key
    update_session_auth_hash(request, person)
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


def end_others_after_a_change(request: HttpRequest, user: User, **_: Any) -> None:
    """Receives what allauth says of a second factor that was set up, made anew or removed."""
    end_others(request, user)
