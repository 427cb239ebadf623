"""allauth's forms of the sign-in, in our words, and where they revealed or allowed too much."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import (
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SetPasswordForm,
)
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.sign_in import after_answer, forgotten_passwords

# allauth writes them as titles.
_LABELS = {
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password again"),
}


class _InOurWords:
    """Says once what a field is for: not in its label and again in the field."""

    fields: dict[str, forms.Field]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, forms.EmailField):
                field.label = _("E-mail address")
        for name, label in _LABELS.items():
            if name in self.fields:
                self.fields[name].label = label


class SignInForm(_InOurWords, LoginForm):
    pass


class ConfirmByPasswordForm(_InOurWords, ReauthenticateForm):
    pass


class FirstPasswordForm(_InOurWords, SetPasswordForm):
    pass


class ForgottenPasswordSetForm(_InOurWords, ResetPasswordKeyForm):
    pass


class NewPasswordForm(_InOurWords, ChangePasswordForm):
    """A wrong old password counts as a failed guess, as at the sign-in."""

    def clean_oldpassword(self) -> str:
        password: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class ForgottenPasswordForm(_InOurWords, ResetPasswordForm):
    """Does not look up the person before the answer, so that it takes the same time for every address."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **how: Any) -> str:
        email: str = self.cleaned_data["email"]
        after_answer.run("A set-password link", forgotten_passwords.mail_link, email)
        return email
