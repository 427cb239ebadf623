"""What a person says of many selected domains at once."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from portal.forms.domains import ServersField
from portal.forms.order_base import YEARS, payment_method_field, unpriced_field
from portal.models import NameserverSet
from portal.models.one_line import OneLine
from portal.operations.form import SelectedForm
from ultahost_api.models import Account


class SelectedNameserversForm(SelectedForm):
    servers = ServersField(
        label=_("Nameservers"),
        required=False,
        help_text=_("One a line, two to five. A pasted list may have commas, spaces or tabs."),
    )
    saved = forms.ModelChoiceField(
        NameserverSet.objects.all(),
        label=_("Or a saved set"),
        required=False,
        empty_label=pgettext_lazy("nameservers", "None"),
    )
    save_as = OneLine(
        label=_("Save them as a set of the team"), required=False, max_length=60, strip=True,
        help_text=_("Enter a name to use these nameservers again. A set of the same name is replaced."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not NameserverSet.objects.exists():
            del self.fields["saved"]
            self.fields["servers"].required = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        typed, saved = cleaned.get("servers"), cleaned.get("saved")
        if not self.errors and bool(typed) == bool(saved):
            words = _("Enter nameservers or choose a saved set, not both.") if saved else ""
            self.add_error("servers", words or ServersField.default_error_messages["count"])
        return cleaned

    @property
    def nameservers(self) -> Sequence[str]:
        saved = self.cleaned_data.get("saved")
        return list(saved.servers if saved else self.cleaned_data["servers"])


class SelectedRenewalForm(SelectedForm):
    """How many years each, and how each account will pay the invoice."""

    years = forms.TypedChoiceField(label=_("Years each"), choices=YEARS, coerce=int)
    unpriced = unpriced_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for account in self.accounts:
            label = gettext("Payment method of %(account)s") % {"account": account}
            self.fields[f"method-{account.pk}"] = payment_method_field(account, label)
        self.order_fields(["years", *(f"method-{account.pk}" for account in self.accounts), "unpriced"])

    def method(self, account: Account) -> str:
        return str(self.cleaned_data[f"method-{account.pk}"])
