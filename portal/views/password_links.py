"""Setting a password with a link: one that an admin made, or one that the person asked for."""

from typing import Any

from allauth.account.forms import ResetPasswordKeyForm
from allauth.account.views import PasswordResetFromKeyView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_safe

from portal import http
from portal.acts import password_links
from portal.models import User
from portal.sign_in.allauth_internals import finalize_password_reset

_OPENED = "password_link"  # in the session: the id of the link, not its secret


@sensitive_variables()
@login_not_required
@require_safe
def open_password_link(request: http.Request, secret: str) -> HttpResponse:
    """Moves the secret out of the address. Opening does not use up the link: mail scanners open it too.

    Never answers with an error, which would be logged with the address.
    """
    request.session.pop(_OPENED, None)
    if link := password_links.find(secret):
        request.session[_OPENED] = str(link.pk)
    return http.SeeOther(reverse("set_password"))


@sensitive_variables()
@sensitive_post_parameters("password1", "password2")
@login_not_required
@http.require_safe_or_post
def set_password(request: http.Request) -> HttpResponse:
    link = password_links.opened(request.session[_OPENED]) if _OPENED in request.session else None
    if link is None:
        return _gone(request)
    form = ResetPasswordKeyForm(http.posted(request), user=link.person)
    if form.is_valid():
        try:
            password_links.use(link, form.cleaned_data["password1"])
        except password_links.NoLongerValid:
            return _gone(request)
        return _done(request, link.person)
    context = {"action_url": request.path}
    return http.form_page(request, "account/password_reset_from_key.html", form, context)


class SetForgottenPassword(PasswordResetFromKeyView):
    """Unlike allauth's view, it accepts a link only once, also if several requests arrive at once."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            password_links.use_own(self.reset_user, self.key, form.cleaned_data["password1"])
        except password_links.NoLongerValid:
            return _gone(self.request)
        return _done(self.request, self.reset_user)


set_forgotten_password = SetForgottenPassword.as_view()


def _done(request: http.Request, person: User) -> HttpResponse:
    finalize_password_reset(request, person)
    return http.SeeOther(reverse("account_reset_password_from_key_done"))


def _gone(request: http.Request) -> HttpResponse:
    return http.page(request, "account/password_reset_from_key.html", {"token_fail": True}, status=404)
