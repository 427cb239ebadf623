"""Forms that were sent too late: with another token than the browser's, or after their session ended."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.http import reselect, reswap, retarget

from portal import http
from portal.models import User
from portal.sign_in import devices, reauthentication

# Fields that are never rendered back: passwords, keys, codes, cards and bank accounts.
SECRETS = {
    "bank_account", "bank_code", "card_expiry", "card_number", "code", "confirmed", "credential", "epp_code",
    "existing", "new", "oldpassword", "password", "password1", "password2", "root_password", "secret",
    "token",
}  # fmt: skip
_ASKED_ANEW = {"again", "agreed", "key"}  # a page that asks before a write names these anew
_WRITES = "form_token"  # a field of every form that sends a write to Ultahost
_SIGN_INS = {"account_login", "mfa_login_webauthn"}
_WAITING = "form_sent_too_late"


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponseBase:
    """Keeps what was typed, except secrets. A click sends it again with a new token.

    It was the person who typed it: where a form comes from another site, Django gives another reason.
    """
    name = request.resolver_match.url_name if request.resolver_match else None
    if not reason.startswith("CSRF "):  # but of its Origin or Referer
        return render(request, "stale_form.html", {"foreign": True}, status=403)
    if request.user.is_authenticated and name in _SIGN_INS:
        return http.leave(request, http.back(request, reverse("home")))
    if not request.user.is_authenticated and name == "account_logout":
        return http.leave(request, reverse("account_login"))
    if not request.user.is_authenticated and _needs_sign_in(request):
        return sign_in_first(request)
    return _ask(request)


def _needs_sign_in(request: HttpRequest) -> bool:
    view = request.resolver_match and request.resolver_match.func
    return bool(getattr(view, "login_required", True))


def sign_in_first(request: HttpRequest) -> HttpResponseBase:
    """The session has ended, and the form was not taken. What was typed is there after the sign-in.

    A form of a write, or one whose page asks who the person is, fills itself in again; others are shown by
    ``sent_too_late``. It waits for the person who signed in last with this browser alone: of a browser that
    is not known nothing is kept.
    """
    there, view = (
        http.window(request).partition("#")[0],
        request.resolver_match and request.resolver_match.func,
    )
    of, typed = devices.last_here(request), _typed(request)
    kept = None if _WRITES in request.POST else reauthentication.kept_by(view)
    if not of or not {name for name, _value in typed} - {"next"}:
        there = there if getattr(request, "htmx", None) else _page_before(request) or there
        messages.warning(request, _("You were signed out, so nothing was done. Sign in and try again."))
        return _to_sign_in(request, there)
    if kept is None or kept:
        filled = reauthentication.as_initial(request.POST, {*SECRETS, *_ASKED_ANEW})
        filled = {name: value for name, value in filled.items() if kept is None or name in kept}
        reauthentication.keep_typed(request, there, filled, of)
    else:
        waiting = {"there": there, "action": request.get_full_path(), "typed": typed, "of": str(of)}
        request.session[_WAITING] = waiting
    messages.warning(
        request, _("You were signed out, so nothing was done. Sign in to continue; what you typed is kept.")
    )
    return _to_sign_in(request, there)


def hand_over(request: HttpRequest, person: User) -> None:
    """After a sign-in: what another person typed before is forgotten."""
    for name in (_WAITING, reauthentication.TYPED):
        of = request.session.get(name, {}).get("of")
        if of and of != str(person.pk):
            del request.session[name]


def _page_before(request: HttpRequest) -> str:
    """From which a form was sent that has nothing to fill in again; empty if the browser does not say."""
    before = urlsplit(request.headers.get("Referer", ""))
    is_ours = before.netloc == request.get_host()
    return http.back(request, urlunsplit(("", "", *before[2:4], "")) if is_ours else "")


def _to_sign_in(request: HttpRequest, there: str) -> HttpResponseBase:
    query = QueryDict(mutable=True)
    query["next"] = there
    return http.leave(request, f"{reverse('account_login')}?{query.urlencode(safe='/')}")


def sent_too_late(request: HttpRequest) -> HttpResponseBase | None:
    """In place of the page from which a form was sent: what was typed, once. None if nothing waits for it."""
    waiting = request.session.get(_WAITING)
    is_part = bool(getattr(request, "htmx", None)) or http.is_question(request)
    if request.method != "GET" or is_part or not waiting or waiting["there"] != request.get_full_path():
        return None
    del request.session[_WAITING]
    return render(request, "stale_form.html", {"typed": waiting["typed"], "action": waiting["action"]})


def _typed(request: HttpRequest) -> list[tuple[str, Any]]:
    left_out = {*SECRETS, "csrfmiddlewaretoken"}
    return [(name, one) for name, values in request.POST.lists() for one in values if name not in left_out]


def _ask(request: HttpRequest) -> HttpResponseBase:
    typed = _typed(request)
    is_htmx = bool(getattr(request, "htmx", None))
    if is_htmx and not typed:  # a click: the page around it is as old as its token
        messages.warning(request, _("This page was out of date. Nothing was done; try again."))
        return http.leave(request, http.window(request))
    context: dict[str, Any] = {"typed": typed, "action": request.get_full_path()}
    response: HttpResponse = render(request, "stale_form.html", context, status=409 if is_htmx else 403)
    return retarget(reselect(reswap(response, "outerHTML"), "#main"), "#main") if is_htmx else response
