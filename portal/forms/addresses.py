"""People as Ultahost keeps them: the fields are named as it names them."""

import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any

from babel.core import Locale
from django import forms
from django.utils.translation import get_language, gettext, to_locale
from django.utils.translation import gettext_lazy as _

from portal.forms.email_addresses import EmailAddressField
from portal.forms.groups import Group, rest
from portal.operations.form import WriteForm
from portal.pages.selects import Select

# What babel has beside countries: unions, outlying islands without a code of their own, inventions for tests.
_NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}


@cache
def countries(language: str) -> tuple[tuple[str, str], ...]:
    territories: Mapping[str, str] = Locale.parse(to_locale(language)).territories
    known = [(code, name) for code, name in territories.items() if len(code) == 2]
    named = sorted((choice for choice in known if choice[0] not in _NO_COUNTRIES), key=_without_accents)
    return ("", gettext("No country")), *named


def _without_accents(choice: tuple[str, str]) -> str:
    """Österreich stands beside Oman, and not after Zypern."""
    return unicodedata.normalize("NFKD", choice[1]).encode("ascii", "ignore").decode().casefold()


def _text(label: Any, autocomplete: str, *, required: bool = False, **more: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, required=required, max_length=255, widget=widget, **more)


class AddressForm(WriteForm):
    """A person and their address. When ``changing``, only changed fields are sent."""

    # Data of another person: the browser must not fill in the user's own.
    firstname = _text(_("First name"), "off", required=True)
    lastname = _text(_("Last name"), "off", required=True)
    companyname = _text(_("Company"), "off")
    email = EmailAddressField(
        label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    address1 = _text(_("Address"), "off")
    address2 = _text(_("Address, second line"), "off")
    city = _text(_("City"), "off")
    state = _text(_("State or region"), "off")
    postcode = _text(_("Postcode"), "off")
    country = forms.CharField(label=_("Country"), required=False, max_length=2, widget=Select)
    phonenumber = _text(_("Phone"), "off", help_text=_("With the country code, such as +49.30901820."))
    tax_id = _text(_("Tax number"), "off")

    def __init__(self, *args: Any, changing: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.changing = changing
        if changing:
            for name in self.sent:
                self.fields[name].show_hidden_initial = True
        self.fields["country"].widget.choices = self._countries()

    def _countries(self) -> list[tuple[str, str]]:
        known = list(countries(get_language() or "en"))
        chosen = self["country"].value() or ""
        return known if chosen in dict(known) else [*known, (chosen, chosen)]

    @property
    def sent(self) -> list[str]:
        """The fields that are Ultahost's."""
        return [name for name in self.fields if name not in self.ours]

    @property
    def groups(self) -> list[Group]:
        return [
            Group(_("Person"), [self[name] for name in PERSON]),
            Group(_("Address"), [self[name] for name in ADDRESS if name not in PERSON]),
        ]

    @property
    def ungrouped(self) -> list[forms.BoundField]:
        return rest(self, self.groups)

    def clean(self) -> dict[str, Any]:
        if self.changing and not self.errors and not self.values():
            raise forms.ValidationError(_("Nothing was changed, so nothing was sent."))
        return self.cleaned_data

    def values(self) -> dict[str, object]:
        """The parameters to send: the changed fields; for a new contact the filled-in ones."""
        wanted = self.changed_data if self.changing else self.sent
        return {
            name: _on_the_wire(self.cleaned_data[name])
            for name in self.sent
            if name in wanted and (self.changing or self.cleaned_data[name] != "")
        }


def _on_the_wire(value: object) -> object:
    return int(value) if isinstance(value, bool) else value


# The provider's names on the left, those of our records on the right.
ADDRESS = {
    "firstname": "first_name",
    "lastname": "last_name",
    "companyname": "company_name",
    "email": "email",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "state": "state",
    "postcode": "postcode",
    "country": "country",
    "phonenumber": "phone_number",
    "tax_id": "tax_id",
}
PERSON = ("firstname", "lastname", "companyname", "tax_id", "email", "phonenumber")
MAILS = {
    "generalemails": "general_emails",
    "invoiceemails": "invoice_emails",
    "productemails": "product_emails",
    "domainemails": "domain_emails",
    "supportemails": "support_emails",
    "affiliateemails": "affiliate_emails",
}
MAIL_LABELS = {
    "generalemails": _("General e-mails"),
    "invoiceemails": _("Invoices and reminders"),
    "productemails": _("Services: welcome, suspension, upgrades"),
    "domainemails": _("Domains: renewals, transfers"),
    "supportemails": _("Support"),
    "affiliateemails": _("Affiliate programme"),
}


def shown_of(record: Any, names: dict[str, str]) -> dict[str, Any]:
    """A record's values under the names of the form."""
    return {name: getattr(record, ours) for name, ours in names.items()}


class ContactForm(AddressForm):
    generalemails = forms.BooleanField(label=MAIL_LABELS["generalemails"], required=False)
    invoiceemails = forms.BooleanField(label=MAIL_LABELS["invoiceemails"], required=False)
    productemails = forms.BooleanField(label=MAIL_LABELS["productemails"], required=False)
    domainemails = forms.BooleanField(label=MAIL_LABELS["domainemails"], required=False)
    supportemails = forms.BooleanField(label=MAIL_LABELS["supportemails"], required=False)
    affiliateemails = forms.BooleanField(label=MAIL_LABELS["affiliateemails"], required=False)

    @property
    def groups(self) -> list[Group]:
        mails = Group(_("E-mails from Ultahost to this person"), [self[name] for name in MAILS])
        return [*super().groups, mails]
