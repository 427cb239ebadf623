from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.models import Label
from portal.models.labels import LONGEST_LABEL
from portal.models.one_line import OneLine


class RenameLabelForm(forms.Form):
    """``others`` are the labels that the person sees besides: to take the name of one merges both."""

    name = OneLine(label=_("Name"), max_length=LONGEST_LABEL)
    merge = forms.BooleanField(
        label=_("Merge the two labels. This cannot be undone."), required=False, widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, others: list[Label], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._others = others

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        name = cleaned.get("name", "")
        same = next((one for one in self._others if one.name.casefold() == name.casefold()), None)
        if same and not cleaned.get("merge"):
            self.fields["merge"].widget = forms.CheckboxInput()
            words = _("There is a label “%(name)s” already. Renaming merges the two.")
            self.add_error("name", words % {"name": same})
        return cleaned
