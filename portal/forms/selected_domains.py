"""What a person says of many selected domains at once."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.forms.domains import ServersField
from portal.models import NameserverSet
from portal.models.one_line import OneLine
from portal.operations.form import SelectedForm


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
