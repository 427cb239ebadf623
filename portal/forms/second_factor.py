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

_CODE = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "spellcheck": "false",
    "autofocus": True,
    "placeholder": None,
}


def _code_field(form: forms.Form, label: Any) -> None:
    form.fields["code"].label = label
    form.fields["code"].widget = forms.TextInput({name: value for name, value in _CODE.items() if value})


class AppForm(ActivateTOTPForm):
    """The seed waits in the session, which is a row: sealed, as it will be kept."""

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        forms.Form.__init__(self, *args, **kwargs)
        self.user = user
        self.secret = self._seed_shown_before() if self.is_bound else ""
        if not self.secret:
            self.secret = generate_totp_secret()
            context.request.session[SECRET_SESSION_KEY] = sealing.seal_text(self.secret, self._purpose)
        _code_field(self, _("Code from the app"))

    @property
    def _purpose(self) -> str:
        return f"second factor being set up|{self.user.pk}"

    def _seed_shown_before(self) -> str:
        try:
            return sealing.unseal_text(context.request.session.get(SECRET_SESSION_KEY, ""), self._purpose)
        except sealing.CannotUnseal:
            return ""


class PasskeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("Name")
        self.fields["name"].required = True
        self.fields["name"].max_length = 60
        self.fields["name"].help_text = _("For yourself, such as “Laptop”.")
        without = self.fields["passwordless"]
        without.initial = True
        without.label = _("Signs in by itself")
        without.help_text = _(
            "Without the password, by fingerprint, face or PIN. Unticked, it is asked for after the password:"
            " for older security keys."
        )


class CodeForm(AuthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code_field(self, _("Code from the app, or a recovery code"))


class ConfirmByCodeForm(ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _code_field(self, _("Code from the app, or a recovery code"))
