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
    """``period`` is the last month unless told. It is compared with one as long, else the one before."""

    period = forms.CharField(label=_("Period"), widget=Select, required=False)
    other = forms.CharField(label=_("Compared with"), widget=Select, required=False)

    def __init__(self, data: QueryDict, accounts: Iterable[Account]) -> None:
        today = conf.today()
        last_month = NamedPeriod.around(today, MONTH).before
        self.chosen = NamedPeriod.named(data.get("period", "")) or last_month
        other = NamedPeriod.named(data.get("other", ""))
        self.compared = other if other and other.months == self.chosen.months else self.chosen.before
        super().__init__(data, accounts, **self.choice)
        offered = [one for months, count in _OFFERED for one in up_to(today, months, count)]
        as_long = [one for one in offered if one.months == self.chosen.months]
        self._offer("period", offered, self.chosen)
        self._offer("other", as_long, self.compared)

    def _offer(self, name: str, offered: list[NamedPeriod], chosen: NamedPeriod) -> None:
        also = [] if chosen in offered else [chosen]
        self.fields[name].widget.choices = [(one.name, one.label) for one in [*offered, *also]]

    @property
    def choice(self) -> dict[str, str]:
        return {"period": self.chosen.name, "other": self.compared.name}
