"""allauth's forms of the sign-in, where they revealed or allowed too much."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ChangePasswordForm, ResetPasswordForm
from django.http import HttpRequest

from portal.sign_in import after_answer, forgotten_passwords


class NewPasswordForm(ChangePasswordForm):
    """A wrong old password counts as a failed guess, as at the sign-in."""

    def clean_oldpassword(self) -> str:
        password: str = self.cleaned_data["oldpassword"]
        if not get_adapter().reauthenticate(self.user, password):
            raise get_adapter().validation_error("enter_current_password")
        return password


class ForgottenPasswordForm(ResetPasswordForm):
    """Does not look up the person before the answer, so that it takes the same time for every address."""

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **how: Any) -> str:
        email: str = self.cleaned_data["email"]
        after_answer.run("A set-password link", forgotten_passwords.mail_link, email)
        return email
