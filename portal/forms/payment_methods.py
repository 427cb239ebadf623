import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.forms.pasted import UngroupedField
from portal.operations.form import WriteForm
from ultahost_api import conf
from ultahost_api.client import Secret

_DIGITS = re.compile(r"\d{12,19}")
_EXPIRY = re.compile(r"(0[1-9]|1[0-2])/?(20\d\d|\d\d)")


def _number(label: Any, between: str = "", **attributes: Any) -> UngroupedField:
    """Typed like a password: it is neither shown nor rendered back."""
    widget = forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false", **attributes})
    return UngroupedField(label=label, max_length=40, widget=widget, between=between)


class _MethodForm(WriteForm):
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=100, help_text=gettext_lazy("For people.")
    )

    def fields_to_send(self) -> dict[str, object]:
        raise NotImplementedError

    @property
    def _shared(self) -> dict[str, object]:
        cleaned = self.cleaned_data
        return {"description": cleaned["description"], "set_as_default": int(cleaned["set_as_default"])}


class BankAccountForm(_MethodForm):
    secrets = ("bank_code", "bank_account")

    bank_name = forms.CharField(label=gettext_lazy("Bank"), max_length=100)
    bank_account_type = forms.ChoiceField(
        label=gettext_lazy("Account type"),
        choices=[("Checking", gettext_lazy("Checking")), ("Savings", gettext_lazy("Savings"))],
    )
    bank_code = _number(gettext_lazy("Bank code"))
    bank_account = _number(gettext_lazy("Account number"))
    set_as_default = forms.BooleanField(label=gettext_lazy("Use it by default"), required=False)

    def fields_to_send(self) -> dict[str, object]:
        cleaned = self.cleaned_data
        return {
            "type": "BankAccount",
            "bank_name": cleaned["bank_name"],
            "bank_account_type": cleaned["bank_account_type"],
            "bank_code": Secret(cleaned["bank_code"]),
            "bank_account": Secret(cleaned["bank_account"]),
            **self._shared,
        }


class CardForm(_MethodForm):
    secrets = ("card_number", "card_expiry")

    card_number = _number(gettext_lazy("Card number"), between="-–", inputmode="numeric")
    card_expiry = _number(gettext_lazy("Expires"), placeholder=gettext_lazy("MM/YYYY"))
    set_as_default = forms.BooleanField(label=gettext_lazy("Use it by default"), required=False)

    def clean_card_number(self) -> Secret:
        number = self.cleaned_data["card_number"]
        if not _DIGITS.fullmatch(number) or not _adds_up(number):
            raise forms.ValidationError(_("This is not a card number."))
        return Secret(number)

    def clean_card_expiry(self) -> Secret:
        written = _EXPIRY.fullmatch(self.cleaned_data["card_expiry"])
        if not written:
            raise forms.ValidationError(_("Write month and year, such as 09/2030."))
        month, year = int(written[1]), int(written[2]) % 100 + 2000
        if date(year, month, 1) < conf.today().replace(day=1):
            raise forms.ValidationError(_("This card has expired."))
        return Secret(f"{month:02}/{year}")

    def fields_to_send(self) -> dict[str, object]:
        cleaned = self.cleaned_data
        return {
            "type": "CreditCard",
            "card_number": cleaned["card_number"],
            "card_expiry": cleaned["card_expiry"],
            **self._shared,
        }


def _adds_up(number: str) -> bool:
    """The check digit: every second digit from the right counts double."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (sum(map(int, number[-1::-2])) + sum(doubled)) % 10 == 0


FORMS: dict[str, type[_MethodForm]] = {"bank": BankAccountForm, "card": CardForm}
