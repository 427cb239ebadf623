"""Views that change or add to allauth's views of signing in."""

from http import HTTPStatus
from typing import Any

from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import AddWebAuthnView, LoginWebAuthnView
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import http
from portal.sign_in import sessions
from portal.sign_in.allauth_internals import ratelimit
from portal.sign_in.ceremonies import Ceremony, KeepsChallenge


class SignInByPasskey(LoginWebAuthnView):
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Limits the challenges of an address, because each one makes a session."""
        if not ratelimit.consume(request, app="allauth.account", action="passkey_challenge", limit_get=True):
            return JsonResponse({}, status=HTTPStatus.TOO_MANY_REQUESTS)
        answer = super().get(request, *args, **kwargs)
        if isinstance(answer, JsonResponse):
            Ceremony.SIGN_IN.keep()
        return answer


class SecondStep(KeepsChallenge, AuthenticateView):
    ceremony = Ceremony.SECOND_FACTOR


class AddPasskey(KeepsChallenge, AddWebAuthnView):
    ceremony = Ceremony.ADDING


sign_in_by_passkey = SignInByPasskey.as_view()
second_step = SecondStep.as_view()
add_passkey = AddPasskey.as_view()


@http.require_safe_or_post
def list_sessions(request: http.Request) -> HttpResponse:
    """Where the person is signed in; POST ends all but this one."""
    listed = sessions.listed(request.user)
    others = [session for session in listed if not sessions.is_current(request, session)]
    if request.method == "POST":
        sessions.end(others)
        messages.success(request, _("Your other sessions have ended."))
        return http.SeeOther(reverse("usersessions_list"))
    context = {"sessions": listed, "others": others}
    return http.page(request, "usersessions/usersession_list.html", context)


@require_POST
def end_session(request: http.Request, session_id: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=session_id, user=request.user)
    if not sessions.is_current(request, session):
        sessions.end([session])
        messages.success(request, _("The session has ended."))
    return http.SeeOther(reverse("usersessions_list"))
