"""Asks people again who they are, before acts that need it."""

from collections.abc import Callable, Collection, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.utils.functional import Promise

from portal import http
from portal.access import View
from portal.sign_in.allauth_internals import (
    STATE_SESSION_KEY,
    did_recently_reauthenticate,
    reauthenticate_by_password,
)

_PURPOSE = "confirming_for"
TYPED = "typed_before_confirming"


def ask_first(
    request: HttpRequest,
    *,
    there: str = "",
    typed: Mapping[str, Any] | None = None,
    purpose: str = "",
    needed: bool = True,
) -> HttpResponse | None:
    """A redirect to the page that confirms, which leads to ``there``; None if that was done minutes ago.

    Nothing is sent on the way. What was ``typed`` waits in the session for ``typed_before``: never a secret,
    which allauth's own decorator would keep with the rest of a form. The person reads the ``purpose`` there.

    A script that only asks keeps the page with what was typed, and always gets a response: 204 where nothing
    has to be confirmed.
    """
    if not needed or did_recently_reauthenticate(request):
        return HttpResponse(status=204) if http.is_question(request) else None
    there = there or request.get_full_path()
    if request.method == "POST" and typed and not http.is_question(request):
        keep_typed(request, there, typed)
    request.session[_PURPOSE] = {"there": there, "words": purpose.rstrip("?¿ ")}
    way = get_adapter().get_reauthentication_methods(request.user)[0]
    return http.SeeOther(f"{way['url']}?{urlencode({'next': there})}")


def purpose_of(request: HttpRequest) -> str:
    """What the person confirms for, on the page that asks; empty if that is another page's."""
    told = request.session.get(_PURPOSE) or {}
    there = request.POST.get("next") or request.GET.get("next")
    return str(told["words"]) if told and told["there"] == there else ""


def keep_typed(request: HttpRequest, there: str, typed: Mapping[str, Any], of: object = None) -> None:
    """For ``typed_before`` on the page ``there``, of the person ``of`` while no person is signed in.

    The caller leaves secrets out.
    """
    request.session[TYPED] = {"there": there, "typed": dict(typed), "of": of and str(of)}


def kept_by(view: Any) -> Collection[str] | None:
    """The fields that wait for ``typed_before`` while the view asks who the person is; None: all of them."""
    kept: Collection[str] | None = getattr(view, "kept", None if may_be_asked(view) else ())
    return kept


def can_be_asked_first(view: View) -> View:
    """Decorator: the view calls ``ask_first`` before it does anything, so a script may ask it.

    It answers GET and POST: the page that asks for the act, and the act.
    """
    answering: Any = http.require_safe_or_post(view)
    answering.can_be_asked_first = True  # decorators above carry it on
    return answering


def may_be_asked(view: Any) -> bool:
    return bool(getattr(view, "can_be_asked_first", False))


def asks_who(view: View) -> View:
    """Decorator: the view is where a script is led that asks."""
    view.asks_who = True  # type: ignore[attr-defined]
    return view


def answers_a_question(request: HttpRequest, view: Any) -> bool:
    """Other views have nothing to ask, as none has of people who confirmed in the last minutes."""
    is_open = may_be_asked(view) and not did_recently_reauthenticate(request)
    return is_open or bool(getattr(view, "asks_who", False))


def reauthenticated(
    *kept: str, there: Callable[..., str] | None = None, purpose: Callable[..., str] | str | Promise = ""
) -> Callable[[View], View]:
    """Decorator: the view answers only people who confirmed in the last minutes; others are sent to confirm.

    A POST that comes too late leads back to a GET of the same address, so the view answers both. The GET is
    the page that asks for the act, else ``there`` tells another one. ``kept`` are the fields that wait for
    ``typed_before``, never a secret. The ``purpose`` is what the person reads.
    """

    def decorate(view: View) -> View:
        @can_be_asked_first
        @wraps(view)
        def asked(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            typed = {name: value for name, value in as_initial(request.POST).items() if name in kept}
            back = there(request, **parts) if there else ""
            words = str(purpose(request, **parts) if callable(purpose) else purpose)
            return ask_first(request, there=back, typed=typed, purpose=words) or view(request, **parts)

        asked.kept = kept  # type: ignore[attr-defined]  # decorators above carry it on
        return asked

    return decorate


def reauthenticated_for(
    name: str,
    find: Callable[[Any, Any], Any],
    purpose: Callable[..., str] | str | Promise,
    *kept: str,
    there: Callable[..., str] | None = None,
) -> Callable[[View], View]:
    """Decorator: ``reauthenticated``, with the object that ``find(user, id)`` returns for ``<name>_id``.

    Without the right to the object the answer is 404, and no password is asked for. The purpose may name it
    by this name, as %(name)s, or by its %(label)s.
    """

    def words(request: HttpRequest, **parts: Any) -> str:
        if callable(purpose):
            return purpose(request, **parts)
        found = parts[name]
        return str(purpose) % {name: found, "name": found, "label": getattr(found, "label", "")}

    def decorate(view: View) -> View:
        asked = reauthenticated(*kept, there=there, purpose=words)(view)

        @http.require_safe_or_post  # before anything is looked up
        @wraps(asked)
        def given(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            parts[name] = find(request.user, parts.pop(f"{name}_id"))
            return asked(request, **parts)

        return given

    return decorate


def answers_questions(purpose: str | Promise) -> Callable[[View], View]:
    """Decorator: for a view of allauth, which asks by itself, but not in a dialog."""

    def decorate(view: View) -> View:
        @can_be_asked_first
        @wraps(view)
        def asked(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            if http.is_question(request) and (way := ask_first(request, purpose=str(purpose))):
                return way
            return view(request, **parts)

        asked.kept = ()  # type: ignore[attr-defined]
        return asked

    return decorate


def forget_interrupted(request: HttpRequest) -> None:
    """The request that a view of allauth put aside: it is not sent, because a dialog leaves its page open."""
    request.session.pop(STATE_SESSION_KEY, None)


def count_sign_in(request: HttpRequest) -> None:
    """A person who has just set a password need not enter it again."""
    reauthenticate_by_password(request)


def as_initial(data: QueryDict, leave_out: Collection[str] = ()) -> dict[str, Any]:
    """The posted data as a form's ``initial``."""
    lists = {name: values for name, values in data.lists() if name not in {*leave_out, "csrfmiddlewaretoken"}}
    return {name: values if len(values) > 1 else values[0] for name, values in lists.items()}


def typed_before(request: HttpRequest) -> dict[str, Any]:
    """What was typed into the form of this address before confirming. It is returned once."""
    waiting = request.session.get(TYPED)
    if request.method != "GET" or not waiting or waiting["there"] != request.get_full_path():
        return {}
    del request.session[TYPED]
    return dict(waiting["typed"])
