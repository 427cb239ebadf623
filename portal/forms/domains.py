import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.operations.form import WriteForm

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{4,253}}$)({_LABEL}\.)+(?=\D){_LABEL}")


class HostField(forms.CharField):
    """A host's full name, in small letters and without the last dot."""

    default_error_messages = {"host": _("This is not a host name like ns1.example.com.")}

    def __init__(self, **kwargs: Any) -> None:
        plain = {"autocapitalize": "off", "spellcheck": "false", "autocomplete": "off"}
        super().__init__(max_length=255, widget=forms.TextInput(attrs=plain), **kwargs)

    def clean(self, value: Any) -> str:
        name = str(super().clean(value)).lower().removesuffix(".")
        if name and not _HOST.fullmatch(name):
            raise forms.ValidationError(self.error_messages["host"], code="host")
        return name


class NameserversForm(WriteForm):
    ns1 = HostField(label=_("Nameserver 1"))
    ns2 = HostField(label=_("Nameserver 2"))
    ns3 = HostField(label=_("Nameserver 3"), required=False)
    ns4 = HostField(label=_("Nameserver 4"), required=False)
    ns5 = HostField(label=_("Nameserver 5"), required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        seen: set[str] = set()
        for field in ("ns1", "ns2", "ns3", "ns4", "ns5"):
            name = cleaned.get(field)
            if name and name in seen:
                self.add_error(field, _("This one is named above already."))
            seen.add(name or "")
        return cleaned

    @property
    def nameservers(self) -> list[str]:
        """Without gaps."""
        return [name for number in range(1, 6) if (name := self.cleaned_data[f"ns{number}"])]
