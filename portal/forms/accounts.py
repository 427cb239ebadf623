"""The account itself at Ultahost: its profile, its password, its second factor."""

import re
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from portal.forms.addresses import MAIL_LABELS, AddressForm
from portal.forms.groups import Group
from portal.forms.pasted import UngroupedField
from portal.operations.form import WriteForm

BASE32 = re.compile(r"[A-Z2-7]{16,128}=*")

_UNTOLD = (("", _("No change")), ("1", _("Yes")), ("0", _("No")))


def _untold(label: Any) -> forms.ChoiceField:
    """A setting that can be changed at Ultahost but not read."""
    return forms.ChoiceField(label=label, choices=_UNTOLD, required=False, widget=forms.RadioSelect)


class ProfileForm(AddressForm):
    language = forms.CharField(
        label=_("E-mail language"),
        required=False,
        max_length=40,
        help_text=_("Ultahost's name for it, such as “english”."),
    )
    marketing_emails_opt_in = _untold(_("Marketing e-mails"))
    general = _untold(MAIL_LABELS["generalemails"])
    invoice = _untold(MAIL_LABELS["invoiceemails"])
    product = _untold(MAIL_LABELS["productemails"])
    domain = _untold(MAIL_LABELS["domainemails"])
    support = _untold(MAIL_LABELS["supportemails"])
    affiliate = _untold(MAIL_LABELS["affiliateemails"])

    preferences = ("general", "invoice", "product", "domain", "support", "affiliate")

    @property
    def groups(self) -> list[Group]:
        mails = [self[name] for name in ("marketing_emails_opt_in", *self.preferences)]
        untold = Group(_("E-mails"), mails, text=_("Current values are not available."), is_matrix=True)
        return [*super().groups, Group("", [self["language"]]), untold]

    def values(self) -> dict[str, object]:
        values = super().values()
        chosen = {name: int(str(values.pop(name))) for name in self.preferences if name in values}
        return values | ({"email_preferences": chosen} if chosen else {})


def _password(label: Any, autocomplete: str, **more: Any) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, widget=widget, strip=False, max_length=255, **more)


class PasswordForm(WriteForm):
    secrets = ("existing", "new", "confirmed")

    existing = _password(_("Current password at Ultahost"), "off")
    new = _password(_("New password"), "new-password", min_length=8)
    confirmed = _password(_("New password again"), "new-password")

    def clean(self) -> dict[str, Any]:
        typed = self.cleaned_data
        if "new" in typed and "confirmed" in typed and typed["new"] != typed["confirmed"]:
            self.add_error("confirmed", _("The two passwords are different."))
        return typed


class VerifyForm(WriteForm):
    """The secret is only on the page that shows it, and is posted together with the code."""

    secrets = ("code",)

    secret = forms.CharField(widget=forms.HiddenInput, validators=[RegexValidator(rf"\A{BASE32.pattern}\Z")])
    code = UngroupedField(
        label=_("Code from the app"),
        max_length=8,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
        validators=[RegexValidator(r"\A[0-9]{6,8}\Z", _("A code has six digits."))],
    )


class DisableForm(WriteForm):
    secrets = ("password",)

    password = _password(_("Password at Ultahost"), "off")
