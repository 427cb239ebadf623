from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from portal.forms.email_addresses import EmailAddressField
from portal.models import Invitation, Role, User
from portal.models.one_line import OneLine


class InviteForm(forms.ModelForm):
    class Meta:
        model = Invitation
        field_classes = {"email": EmailAddressField}
        fields = ["name", "email", "role"]
        help_texts = {
            "role": _("Billing reads the invoices of all accounts, but no services or keys."),
        }

    def clean_email(self) -> str:
        email = str(self.cleaned_data["email"]).lower()
        if User.objects.filter(email=email).exists():
            raise ValidationError(_("A person with this e-mail address already exists."))
        if Invitation.objects.open().filter(email=email).exists():
            raise ValidationError(
                _("A person with this e-mail address is already invited. Send the invitation again.")
            )
        return email


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class _NewcomerForm(forms.Form):
    """The fields that a new person fills in: name and password."""

    name = OneLine(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = EmailAddressField(
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


class FirstAdminForm(_NewcomerForm):
    token = forms.CharField(
        label=_("One-time token"),
        max_length=100,
        help_text=_("Shown in the terminal when the portal started."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ["token"]


class AcceptForm(_NewcomerForm):
    """The address is that of the invitation; a posted one is ignored."""

    field_order = ["email"]

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        kwargs["initial"] = {"email": invitation.email, "name": invitation.name}
        super().__init__(*args, **kwargs)
        self.fields["email"].disabled = True
        self.invitation = invitation
