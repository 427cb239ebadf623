"""The base of the forms of all writes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from ultahost_api.models import Account, Operation


class WriteForm(forms.Form):
    """A form that makes one operation, however often it is sent.

    ``secrets`` are fields never rendered back.
    """

    secrets: tuple[str, ...] = ()
    ours = frozenset({"form_token", "key", "agreed", "again"})  # the rest is for Ultahost

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    key = forms.UUIDField(required=False, widget=forms.HiddenInput)  # the one that the page names
    agreed = forms.DecimalField(required=False, max_digits=15, decimal_places=4, widget=forms.HiddenInput)
    again = forms.CharField(  # the ids of the operations that the page showed, once it is ticked
        required=False,
        label=_("I have checked at Ultahost that it did not happen. Send it again."),
        widget=forms.HiddenInput,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.secrets:
            self.fields[name].widget.attrs.setdefault("autocomplete", "off")
            if isinstance(self.fields[name].widget, forms.PasswordInput):
                self.fields[name].widget.render_value = False

    def clean_again(self) -> frozenset[UUID]:
        """What is no id is no word about any operation, such as that of a page of an earlier version."""
        try:
            return frozenset(map(UUID, self.cleaned_data["again"].split()))
        except ValueError:
            return frozenset()

    def carry(self, *, key: object, agreed: object) -> None:
        """Put the key's id, and the total if there is one, into the form, as the page shows them."""
        named = {"key": key, "agreed": agreed}
        if self.is_bound:
            self._type({name: "" if value is None else str(value) for name, value in named.items()})
        else:
            self.initial = {**self.initial, **named}

    def renew(self, *, over: Sequence[Operation] = (), was_sent: bool = False) -> None:
        """Keep what was typed, except secrets. The form gets a new token only after an operation used it:
        another post of the same form, answered later, may still be making that operation.

        It asks for a word about each operation of ``over``, and about no other.
        """
        self._type({"form_token": str(uuid4())} if was_sent else {}, without=(*self.secrets, "again"))
        if over:
            ids = " ".join(str(operation.pk) for operation in over)
            self.fields["again"].widget = forms.CheckboxInput({"value": ids})
            self.fields["again"].required = True

    def _type(self, values: Mapping[str, str], without: Iterable[str] = ()) -> None:
        typed = QueryDict(mutable=True)
        typed.update(self.data)
        for name in without:
            typed.pop(name, None)
        for name, value in values.items():
            typed[name] = value
        self.data = typed


class SelectedForm(forms.Form):
    """What is said of many rows at once. Sent twice with the same token, it is one batch.

    ``items`` are what was selected, ``accounts`` those of the rows that can be changed.
    """

    template = ""  # draws the fields with these rows, if the form has more than a list of fields

    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, accounts: Iterable[Account] = (), items: Sequence[Any] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.accounts, self.items = accounts, items
