"""What every form of a write has in common."""

from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _


class WriteForm(forms.Form):
    """A form that is one operation however often it is sent; ``secrets`` name fields never rendered back."""

    secrets: tuple[str, ...] = ()
    ours = frozenset({"form_token", "agreed", "again"})  # the rest is for Ultahost

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    agreed = forms.DecimalField(required=False, widget=forms.HiddenInput)
    again = forms.BooleanField(
        required=False,
        label=_("I have looked at Ultahost: it did not happen. Send it again."),
        widget=forms.HiddenInput,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in self.secrets:
            self.fields[name].widget.attrs.setdefault("autocomplete", "off")
            if isinstance(self.fields[name].widget, forms.PasswordInput):
                self.fields[name].widget.render_value = False

    def renew(self, *, agreed: object = None, ask_again: bool = False, was_sent: bool = False) -> None:
        """What was typed stays, but for the secrets. Only after an operation was made of it is it a new one:
        another post of the same form, answered later than this one, may be doing it.
        """
        typed = QueryDict(mutable=True)
        typed.update(self.data)
        for name in (*self.secrets, "again"):
            typed.pop(name, None)
        if was_sent:
            typed["form_token"] = str(uuid4())
        typed["agreed"] = "" if agreed is None else str(agreed)
        self.data = typed
        if ask_again:
            self.fields["again"].widget = forms.CheckboxInput()
            self.fields["again"].required = True
