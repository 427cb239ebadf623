from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _

from portal.pages.date_filters import DayInput
from ultahost_api import conf

LATEST = timedelta(days=365)


class PutOffForm(forms.Form):
    """Until when an entry is put off; without a day it is brought back."""

    until = forms.DateField(required=False, widget=DayInput())

    def clean_until(self) -> Any:
        until: date | None = self.cleaned_data["until"]
        if until and not conf.today() < until <= conf.today() + LATEST:
            raise forms.ValidationError(_("Choose a day from tomorrow to a year from now."))
        return until
