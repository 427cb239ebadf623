from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.models import User
from portal.wording.agenda import Kind, kinds_of


class FeedForm(forms.Form):
    """The kinds that the person may see at all; all of them unless told otherwise."""

    kinds = forms.MultipleChoiceField(
        label=_("What the calendar shows"), choices=Kind.choices, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered: Any = self.fields["kinds"]
        offered.choices = [(kind.value, kind.label) for kind in kinds_of(person)]
        offered.initial = [kind.value for kind in kinds_of(person)]
