"""Which two periods are compared: months, quarters or years."""

from collections.abc import Iterable

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.forms.spend import MoneyForm
from portal.pages.named_periods import MONTH, QUARTER, YEAR, NamedPeriod, up_to
from portal.pages.selects import Select
from ultahost_api import conf
from ultahost_api.models import Account

_OFFERED = ((MONTH, 25), (QUARTER, 9), (YEAR, 3))


class ComparisonForm(MoneyForm):
    """``period`` is the last month unless told, and what it is compared with the one of its length before."""

    period = forms.CharField(label=_("Period"), widget=Select, required=False)
    other = forms.CharField(label=_("Compared with"), widget=Select, required=False)

    def __init__(self, data: QueryDict, accounts: Iterable[Account]) -> None:
        today = conf.today()
        last_month = NamedPeriod.around(today, MONTH).before
        self.chosen = NamedPeriod.named(data.get("period", "")) or last_month
        self.compared = NamedPeriod.named(data.get("other", "")) or self.chosen.before
        super().__init__(data, accounts, **self.choice)
        offered = [one for months, count in _OFFERED for one in up_to(today, months, count)]
        for name, chosen in (("period", self.chosen), ("other", self.compared)):
            also = [] if chosen in offered else [chosen]
            self.fields[name].widget.choices = [(one.name, one.label) for one in [*offered, *also]]

    @property
    def choice(self) -> dict[str, str]:
        return {"period": self.chosen.name, "other": self.compared.name}
