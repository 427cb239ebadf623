from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal import first_admin
from portal.models import Role, User


class PersonForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["name", "email", "role"]
        help_texts = {
            "role": _("Billing reads the invoices of every account and sees no services and no keys."),
        }

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def save(self, commit: bool = True) -> User:
        values = self.cleaned_data
        return User.objects.create_user(values["email"], None, name=values["name"], role=values["role"])


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class FirstAdminForm(forms.Form):
    token = forms.CharField(
        label=_("One-time token"),
        max_length=100,
        help_text=_("The start of the portal printed it in the terminal."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "username"})
    )
    password = forms.CharField(
        label=_("Password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters."),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "password" in values:
            person = User(email=values.get("email", ""), name=values.get("name", ""))
            try:
                validate_password(values["password"], person)
            except ValidationError as error:
                self.add_error("password", error)
        return values

    def save(self) -> User | None:
        """The admin, or None with the reason on the form."""
        values = self.cleaned_data
        try:
            return first_admin.create(
                values["token"], email=values["email"], name=values["name"], password=values["password"]
            )
        except first_admin.WrongToken:
            self.add_error("token", _("This is not the token that the last start printed."))
            return None
