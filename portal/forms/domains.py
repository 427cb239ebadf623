import re
from typing import Any

import idna
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.operations.form import WriteForm

_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?=.{{4,253}}$)({_LABEL}\.)+(?=\D){_LABEL}")
_BETWEEN = re.compile(r"[\s,;]+")
_FEWEST, _MOST = 2, 5  # nameservers
NO_WORDS = {"autocapitalize": "off", "spellcheck": "false", "autocomplete": "off"}  # of inputs for host names


class HostField(forms.CharField):
    """A host's full name as registries write it: in small letters, xn--…, and without the last dot."""

    default_error_messages = {"host": _("This is not a host name like ns1.example.com.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=255, widget=forms.TextInput(attrs=NO_WORDS), **kwargs)

    def clean(self, value: Any) -> str:
        typed = str(super().clean(value))
        try:
            name = typed if typed.isascii() else idna.encode(typed, uts46=True, std3_rules=True).decode()
        except idna.IDNAError:
            name = typed
        name = name.lower().removesuffix(".")
        if name and not _HOST.fullmatch(name):
            raise forms.ValidationError(self.error_messages["host"], code="host")
        return name


class ServersField(forms.CharField):
    """Two to five host names, pasted in any shape: with commas, tabs, last dots, capitals or in Unicode."""

    widget = forms.Textarea({"rows": _MOST, **NO_WORDS})
    default_error_messages = {
        "host": _("“%(name)s” is not a host name like ns1.example.com."),
        "twice": _("“%(name)s” is listed twice."),
        "count": _("Enter two to five nameservers."),
        "required": _("Enter two to five nameservers."),
    }

    def __init__(self, *, merges: bool = False, **kwargs: Any) -> None:
        """If it ``merges``, a name that comes twice counts once."""
        super().__init__(max_length=2000, **kwargs)
        self.merges = merges

    def clean(self, value: Any) -> list[str]:
        names = [self._host(name) for name in _BETWEEN.split(str(super().clean(value))) if name]
        names = list(dict.fromkeys(names)) if self.merges else names
        for name in names:
            if names.count(name) > 1:
                raise self._error("twice", name)
        if names and not _FEWEST <= len(names) <= _MOST:
            raise self._error("count")
        return names

    def _host(self, name: str) -> str:
        try:
            return HostField().clean(name)
        except forms.ValidationError:
            raise self._error("host", name[:80]) from None

    def _error(self, code: str, name: str = "") -> forms.ValidationError:
        return forms.ValidationError(self.error_messages[code], code=code, params={"name": name})


def in_both_forms(name: str) -> str:
    """``xn--mnchen-3ya.de (münchen.de)``: what is sent, and what was most likely typed."""
    try:
        decoded = idna.decode(name) if "xn--" in name else name
    except idna.IDNAError:
        return name
    return name if decoded == name else f"{name} ({decoded})"


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
                self.add_error(field, _("This nameserver is already listed above."))
            seen.add(name or "")
        return cleaned

    @property
    def nameservers(self) -> list[str]:
        """Without gaps."""
        return [name for number in range(1, 6) if (name := self.cleaned_data[f"ns{number}"])]
