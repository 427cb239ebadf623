"""Forms of what several people edit: a save changes what the person changed, and nothing that another did."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core import signing
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
        self.add_error(name, _asked(now))
        posted: Any = self.data
        shown_again = posted.copy()
        shown_again[self[name].html_initial_name] = now
        self.data = shown_again


class SharedModelForm(forms.ModelForm):
    """As ``SharedForm``, of a row that is there: its page tells, signed, what was shown of each field.

    Where a page comes back with something that is wrong, fields that the person left alone show what holds
    now. What was posted without a page's word of what it showed is saved as it is.
    """

    as_shown = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding:
            del self.fields["as_shown"]
            return
        self._now = model_to_dict(self.instance, self._meta.fields)
        self.initial["as_shown"] = self._signed(self._now)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        told = values.pop("as_shown", "")
        if not told:
            return values
        shown, moved, asked = self._unsigned(told), [], []
        for name in [name for name in self._now if name in values]:
            mine, now = values[name], self._now[name]
            if self._same(name, mine, now) or (name in shown and self._same(name, shown[name], now)):
                shown[name] = now
            elif name in shown and self._same(name, mine, shown[name]):
                moved.append(name)
            else:
                asked.append(name)
        values |= {name: self._now[name] for name in moved}
        for name in asked:
            self.add_error(name, _asked(self._words(name)))
        self._show_again(moved, shown | {name: self._now[name] for name in [*moved, *asked]})
        return values

    def _same(self, name: str, one: Any, other: Any) -> bool:
        if isinstance(self.fields[name], forms.MultipleChoiceField):
            return {*one} == {*other}  # the order of the boxes is that of their labels
        return bool(one == other)

    def _words(self, name: str) -> str:
        """What holds now, as the page calls it."""
        now, field = self._now[name], self.fields[name]
        labels = dict(getattr(field, "choices", ()))
        several = now if isinstance(now, list) else [now]
        return ", ".join(str(labels.get(one, one)) for one in several)

    def _show_again(self, moved: Iterable[str], shown: dict[str, Any]) -> None:
        data: Any = self.data
        posted = data.copy()
        posted[self.add_prefix("as_shown")] = self._signed(shown)
        for name in moved:
            value = self.get_initial_for_field(self.fields[name], name)
            if isinstance(value, list):
                posted.setlist(self.add_prefix(name), value)
            elif value is False:
                posted.pop(self.add_prefix(name), None)
            else:
                posted[self.add_prefix(name)] = str(value)
        self.data = posted

    def _signed(self, shown: dict[str, Any]) -> str:
        return signing.dumps(shown, salt=self._salt, compress=True)

    def _unsigned(self, told: str) -> dict[str, Any]:
        """Of what the portal has not signed nothing is known, so that each other value is asked about."""
        try:
            shown: dict[str, Any] = signing.loads(told, salt=self._salt)
        except signing.BadSignature:
            return {}
        return shown

    @property
    def _salt(self) -> str:
        return f"{self.instance._meta.label}:{self.instance.pk}"


def _asked(now: str) -> str:
    if not now:
        return _("It was removed in the meantime. Save again to set it.")
    words = _("It was changed to “%(value)s” in the meantime. Save again to replace that.")
    return words % {"value": now}
