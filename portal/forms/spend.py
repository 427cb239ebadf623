"""What Spend shows: a currency, an account and a period of whole months, or two to compare."""

from collections.abc import Iterable
from datetime import date

from django import forms
from django.db.models import TextChoices
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from portal.pages.invoice_filters import currencies_of
from portal.pages.named_periods import QUARTER, NamedPeriod, up_to
from portal.pages.selects import Select
from portal.queries.cycles import last_of_month, later
from ultahost_api import conf
from ultahost_api.models import Account

_QUARTERS = 8  # ended ones, each by its name

Days = tuple[date, date]  # the first and the last


class Span(TextChoices):
    LAST_12_MONTHS = "12-months", _("Last 12 months")
    LAST_24_MONTHS = "24-months", _("Last 24 months")
    THIS_MONTH = "this-month", _("This month")
    LAST_MONTH = "last-month", _("Last month")
    THIS_QUARTER = "this-quarter", _("This quarter")
    LAST_QUARTER = "last-quarter", _("Last quarter")
    THIS_YEAR = "this-year", _("This year")
    LAST_YEAR = "last-year", _("Last year")


class MoneyForm(forms.Form):
    """A currency, and an account or all. A choice that is not offered counts as none.

    So an old address shows something. Without a currency, an account is shown in its own.
    """

    currency = forms.CharField(widget=forms.HiddenInput, required=False)
    account = forms.CharField(label=_("Account"), widget=Select, required=False)

    def __init__(self, data: QueryDict, accounts: Iterable[Account], **periods: str) -> None:
        """``periods`` are what is chosen of the other fields."""
        self.accounts = {str(account.pk): account for account in accounts}
        self.currencies = sorted(currencies_of(self.accounts.values()))
        given = {name: data.get(name, "") for name in ("currency", "account")}
        if given["currency"] not in self.currencies:
            account = self.accounts.get(given["account"])
            given["currency"] = account.currency if account else self._usual()
        offered = self._offered(given["currency"])
        if given["account"] not in dict(offered):
            given["account"] = ""
        super().__init__(given | periods)
        self.fields["account"].widget.choices = [("", _("All accounts")), *offered]
        self.chosen_currency = given["currency"]
        self.chosen_account = self.accounts.get(given["account"])

    @property
    def choice(self) -> dict[str, str]:
        """What chooses the same of the other fields in an address."""
        raise NotImplementedError

    def _usual(self) -> str:
        """That of most accounts."""
        told = [account.currency for account in self.accounts.values()]
        return max(self.currencies, key=told.count, default="")

    def _offered(self, currency: str) -> list[tuple[str, str]]:
        return [
            (pk, account.name)
            for pk, account in self.accounts.items()
            if currency in (account.currency, account.former_currency)
        ]


class SpendForm(MoneyForm):
    """And a period of whole months."""

    period = forms.CharField(label=_("Period"), widget=Select, required=False)

    def __init__(self, data: QueryDict, accounts: Iterable[Account]) -> None:
        quarters = _quarters(conf.today())
        periods = [*Span.choices, *((one.name, one.label) for one in quarters)]
        chosen = data.get("period", "")
        self.chosen_period = chosen if chosen in dict(periods) else Span.LAST_12_MONTHS.value
        super().__init__(data, accounts, period=self.chosen_period)
        self.fields["period"].widget.choices = periods
        self.period_label = dict(periods)[self.chosen_period]

    @property
    def choice(self) -> dict[str, str]:
        return {"period": self.chosen_period}

    def days(self, today: date) -> Days:
        """The first day of a month and the last of one."""
        return _offered(today)[self.chosen_period]


def period_of(days: Days, today: date) -> str:
    """What Spend calls the period of these days; empty if it offers none."""
    return next((name for name, offered in _offered(today).items() if offered == days), "")


def _quarters(today: date) -> list[NamedPeriod]:
    return up_to(today, QUARTER, 1 + _QUARTERS)[1:]


def _offered(today: date) -> dict[str, Days]:
    month, january = today.replace(day=1), today.replace(month=1, day=1)
    quarter = later(month, -((today.month - 1) % 3))
    starts = {
        Span.LAST_12_MONTHS: (later(month, -11), 12),
        Span.LAST_24_MONTHS: (later(month, -23), 24),
        Span.THIS_MONTH: (month, 1),
        Span.LAST_MONTH: (later(month, -1), 1),
        Span.THIS_QUARTER: (quarter, 3),
        Span.LAST_QUARTER: (later(quarter, -3), 3),
        Span.THIS_YEAR: (january, 12),
        Span.LAST_YEAR: (later(january, -12), 12),
    }
    spans = {
        name.value: (first, last_of_month(later(first, months - 1)))
        for name, (first, months) in starts.items()
    }
    return spans | {one.name: (one.first, one.last) for one in _quarters(today)}
