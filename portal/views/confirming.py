"""The pages that ask again who a person is: with a password, a code or a passkey.

Each is a page of its own, or the part of it that a script shows in a dialog over the page of the act.
"""

from http import HTTPStatus
from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import ReauthenticateView as ByCodeView
from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django_htmx.http import trigger_client_event

from portal import http
from portal.sign_in.ceremonies import Ceremony, KeepsChallenge
from portal.sign_in.reauthentication import asks_who, forget_interrupted


class _OverPage:
    """Leads nowhere from a dialog: the page beneath is there, and sends its form once it is told."""

    request: HttpRequest

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        if not http.is_over_page(request) or not isinstance(response, HttpResponse):
            return response
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            response = render(request, "account/too_many_tries.html", status=response.status_code)
        return http.over_page(response)

    def form_valid(self, form: Any) -> HttpResponse:
        in_dialog = http.is_over_page(self.request)
        if in_dialog:
            forget_interrupted(self.request)
        response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        if not in_dialog:
            return response
        return trigger_client_event(HttpResponse(status=HTTPStatus.NO_CONTENT), "confirmed")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return context | {"in_dialog": http.is_over_page(self.request)} | kwargs


class ConfirmByPassword(_OverPage, ReauthenticateView):
    pass


class ConfirmByCode(_OverPage, ByCodeView):
    pass


class ConfirmByPasskey(KeepsChallenge, _OverPage, ReauthenticateWebAuthnView):
    ceremony = Ceremony.CONFIRMATION

    def form_invalid(self, form: Any) -> HttpResponse:
        """Redirects to the form again and keeps the page to return to; in a dialog it is there at once."""
        if http.is_over_page(self.request):
            return self.render_to_response(self.get_context_data(form=form))
        messages.error(self.request, _("That passkey didn't work. Try again, or confirm in another way."))
        return HttpResponseRedirect(self.passthrough_next_url(self.request.path))


confirm_by_password = asks_who(ConfirmByPassword.as_view())
confirm_by_code = asks_who(ConfirmByCode.as_view())
confirm_by_passkey = asks_who(ConfirmByPasskey.as_view())
