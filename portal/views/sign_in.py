"""What allauth's own views of the sign-in leave open."""

from typing import Any

from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import http


class ConfirmByPasskey(ReauthenticateWebAuthnView):
    def form_invalid(self, form: Any) -> HttpResponse:
        """Asks once more, and still knows what it was asked for."""
        messages.error(self.request, _("That passkey did not fit. Try again, or confirm in another way."))
        return HttpResponseRedirect(self.passthrough_next_url(self.request.path))


confirm_by_passkey = ConfirmByPasskey.as_view()


@require_POST
def end_session(request: http.Request, session_id: int) -> HttpResponse:
    session = get_object_or_404(UserSession, pk=session_id, user=request.user)
    if not session.is_current():
        session.end()
        messages.success(request, _("The session has ended."))
    return http.SeeOther(reverse("usersessions_list"))
