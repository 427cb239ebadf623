"""Forms of one's own second factor: allauth's, with the portal's words and its care for seeds."""

from typing import Any

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _

from ultahost_api import sealing

_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autofocus": True}


def _code_field(label: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.TextInput(attrs=_CODE))


class AppForm(ActivateTOTPForm):
    """The seed waits in the session, which is a row: sealed, as it will be kept."""

    code = _code_field(_("Code from the app"))

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        self.user = user
        self.secret = self._seed_shown_before() if self.is_bound else ""
        if not self.secret:
            self.secret = generate_totp_secret()
            context.request.session[SECRET_SESSION_KEY] = sealing.seal_text(self.secret, self._purpose)

    @property
    def _purpose(self) -> str:
        return f"second factor being set up|{self.user.pk}"

    def _seed_shown_before(self) -> str:
        try:
            return sealing.unseal_text(context.request.session.get(SECRET_SESSION_KEY, ""), self._purpose)
        except sealing.CannotUnseal:
            return ""


class PasskeyForm(AddWebAuthnForm):
    # Not required: by the time it is posted, the device has the passkey already
    name = forms.CharField(
        label=_("Name"), required=False, max_length=60, help_text=_("For yourself, such as “Laptop”.")
    )
    passwordless = forms.BooleanField(
        label=_("Signs in by itself"),
        required=False,
        initial=True,
        help_text=_(
            "Without the password, by fingerprint, face or PIN. Unticked, it is asked for after the password:"
            " for older security keys."
        ),
    )


class CodeForm(AuthenticateForm):
    code = _code_field(_("Code from the app, or a recovery code"))


class ConfirmByCodeForm(ReauthenticateForm):
    code = _code_field(_("Code from the app, or a recovery code"))
