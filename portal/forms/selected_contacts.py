"""Which kinds of e-mail many contacts get."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms.addresses import MAIL_LABELS, MAILS
from portal.forms.groups import Group, rest
from portal.operations.form import SelectedForm

_CHOICES = [("keep", _("Leave as it is")), ("1", _("On")), ("0", _("Off"))]


class SelectedMailsForm(SelectedForm):
    """A kind that is left is not sent, so that it stays what it is."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in MAILS:
            self.fields[name] = forms.ChoiceField(
                label=MAIL_LABELS[name], choices=_CHOICES, initial="keep", widget=forms.RadioSelect
            )

    @property
    def groups(self) -> list[Group]:
        return [Group(_("Kinds of e-mail"), [self[name] for name in MAILS], is_matrix=True)]

    @property
    def ungrouped(self) -> list[forms.BoundField]:
        return rest(self, self.groups)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not self.kinds:
            raise forms.ValidationError(_("Turn at least one kind of e-mail on or off."))
        return cleaned

    @property
    def kinds(self) -> dict[str, int]:
        """As Ultahost names them, with 1 or 0."""
        told = {name: self.cleaned_data.get(name, "keep") for name in MAILS}
        return {name: int(value) for name, value in told.items() if value != "keep"}
