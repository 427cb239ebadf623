"""What a person says of many selected domains at once."""

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from portal.forms.domains import HostField
from portal.forms.order_base import YEARS, payment_method_field, unpriced_field
from portal.models import NameserverSet
from portal.models.one_line import OneLine
from portal.operations.form import SelectedForm
from ultahost_api.models import Account

FEWEST, MOST = 2, 5

_BETWEEN = re.compile(r"[\s,;]+")


class ServersField(forms.CharField):
    """Two to five host names, pasted in any shape: with commas, tabs, last dots, capitals or in Unicode."""

    widget = forms.Textarea
    default_error_messages = {
        "host": _("“%(name)s” is not a host name like ns1.example.com."),
        "twice": _("“%(name)s” is listed twice."),
        "count": _("Enter two to five nameservers."),
        "required": _("Enter two to five nameservers."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=2000, **kwargs)
        plain = {"spellcheck": "false", "autocapitalize": "off", "autocomplete": "off"}
        self.widget.attrs |= {"rows": MOST, **plain}

    def clean(self, value: Any) -> list[str]:
        names = [self._host(name) for name in _BETWEEN.split(str(super().clean(value))) if name]
        for name in names:
            if names.count(name) > 1:
                raise self._error("twice", name)
        if names and not FEWEST <= len(names) <= MOST:
            raise self._error("count")
        return names

    def _host(self, name: str) -> str:
        try:
            return HostField().clean(name)
        except forms.ValidationError:
            raise self._error("host", name[:80]) from None

    def _error(self, code: str, name: str = "") -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code, params={"name": name})


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
