"""allauth's forms for two-factor sign-in, with the portal's words and sealed seeds."""

from hashlib import sha256
from typing import Any

from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.cache import cache
from django.utils.translation import gettext_lazy as _

from portal.sign_in import ceremonies
from portal.sign_in.allauth_internals import SECRET_SESSION_KEY, generate_totp_secret, normalize_user_code
from portal.sign_in.ceremonies import Ceremony
from ultahost_api.crypto import sealing

_LONGEST_ANSWER = 50_000  # characters; with its certificates a new passkey takes some thousand

_CODE_RIGHT_FOR = 3 * 30  # seconds

_CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false", "autofocus": True}


def _code_field(label: Any) -> forms.CharField:
    return forms.CharField(label=label, widget=forms.TextInput(attrs=_CODE))


class AppForm(ActivateTOTPForm):
    """Until it is confirmed, the seed is in the session, sealed."""

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


class AnswerField(forms.JSONField):
    """The answer of a passkey. It is untrusted, so its size and depth are limited."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        if len(value or "") > _LONGEST_ANSWER:
            raise ceremonies.refusal()
        try:
            return super().to_python(value)
        except (RecursionError, ValueError):
            raise ceremonies.refusal() from None


class PasskeyForm(AddWebAuthnForm):
    credential = AnswerField()
    # Not required: by the time it is posted, the device has the passkey already
    name = forms.CharField(label=_("Name"), required=False, max_length=60, help_text=_("Such as “Laptop”."))
    passwordless = forms.BooleanField(
        label=_("Sign in without a password"),
        required=False,
        initial=True,
        help_text=_(
            "Uses a fingerprint, face or PIN. If not selected, you use the passkey after the password; choose"
            " this for older security keys."
        ),
    )

    def clean(self) -> dict[str, Any]:
        with Ceremony.ADDING.answered():
            return super().clean()


class SignInByPasskeyForm(LoginWebAuthnForm):
    credential = AnswerField()

    def clean_credential(self) -> Authenticator:
        """It also replaces the password, so it needs a PIN, finger or face, and a passkey added for that."""
        with Ceremony.SIGN_IN.answered():
            passkey = super().clean_credential()
            if not ceremonies.is_verified(self.cleaned_data["credential"]) or (
                passkey.wrap().is_passwordless is False
            ):
                raise ceremonies.refusal()
            return passkey


class SecondPasskeyForm(AuthenticateWebAuthnForm):
    credential = AnswerField()

    def clean_credential(self) -> Authenticator:
        with Ceremony.SECOND_FACTOR.answered():
            return super().clean_credential()


class ConfirmByPasskeyForm(ReauthenticateWebAuthnForm):
    credential = AnswerField()

    def clean_credential(self) -> Authenticator:
        with Ceremony.CONFIRMATION.answered():
            return super().clean_credential()


class _OnceForm(BaseAuthenticateForm):
    """Accepts each code once. allauth remembers a used code for one period, but a code is valid for three."""

    def clean_code(self) -> str:
        digits = normalize_user_code(self.cleaned_data["code"])
        used = f"app-code:{self.user.pk}:{sha256(digits.encode()).hexdigest()}"
        if cache.get(used):
            raise ceremonies.refusal()
        code: str = super().clean_code()
        from_app = self.authenticator.type == Authenticator.Type.TOTP
        if from_app and not cache.add(used, 1, _CODE_RIGHT_FOR):
            raise ceremonies.refusal()
        return code


class CodeForm(_OnceForm, AuthenticateForm):
    code = _code_field(_("Code from the app, or a recovery code"))


class ConfirmByCodeForm(_OnceForm, ReauthenticateForm):
    code = _code_field(_("Code from the app, or a recovery code"))
