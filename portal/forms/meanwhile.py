"""Forms of what several people edit: a save changes what the person changed, and nothing that another did."""

import json
from hashlib import sha256
from typing import Any

from django import forms
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _


class SharedForm(forms.Form):
    """Each field also tells what it showed when the page was opened; ``initial`` is what holds now.

    A field that the person left alone keeps what holds now. One that both changed is asked about.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name in [name for name in values if self[name].html_initial_name in self.data]:
            shown, now = self.data[self[name].html_initial_name], str(self.initial.get(name) or "")
            if shown == now or values[name] == now:
                continue
            if name in self.changed_data:
                self._ask(name, now)
            else:
                values[name] = now
        return values

    def _ask(self, name: str, now: str) -> None:
        """The page then shows what holds now, so that a second save replaces it."""
        words = _("It was changed to “%(value)s” in the meantime. Save again to replace that.")
        removed = _("It was removed in the meantime. Save again to set it.")
        self.add_error(name, words % {"value": now} if now else removed)
        posted: Any = self.data
        shown_again = posted.copy()
        shown_again[self[name].html_initial_name] = now
        self.data = shown_again


class SharedModelForm(forms.ModelForm):
    """Also tells what of its row was shown when the page was opened: what changed since is asked about.

    Fields of rows are no text alone, so that it asks about the row and not about each field.
    """

    as_shown = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            del self.fields["as_shown"]
            return
        row = model_to_dict(self.instance, self._meta.fields)
        now = sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()
        self.initial["as_shown"] = now

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        shown, now = values.pop("as_shown", ""), self.initial.get("as_shown")
        if shown and shown != now:
            self.add_error(None, _("It was changed in the meantime. Save again to replace that."))
            posted: Any = self.data
            shown_again = posted.copy()
            shown_again[self.add_prefix("as_shown")] = now
            self.data = shown_again
        return values
