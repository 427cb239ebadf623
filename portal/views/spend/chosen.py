"""What a person chose to see of Spend."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from urllib.parse import urlencode

from portal.forms.spend import MoneyForm
from portal.models import User
from portal.pages.sheets import Line, Sheet
from portal.queries.cycles import last_of_month
from portal.wording import formats
from portal.wording import spend as words
from portal.wording.links import href
from ultahost_api import conf


class Chosen:
    """Whose money of which time in which currency the page shows, and the addresses that say the same."""

    def __init__(self, user: User, form: MoneyForm, days: tuple[date, date]) -> None:
        """``days`` are the first and the last."""
        self.user, self.form = user, form
        self.today = conf.today()
        self.currency, self.account = form.chosen_currency, form.chosen_account
        self.since, self.until = days
        self._of_account = {"account": str(self.account.pk)} if self.account else {}

    @property
    def of_currency(self) -> dict[str, str]:
        """What chooses the same accounts in another list."""
        return {"currency": self.currency, **self._of_account}

    def money(self, amount: Decimal | None) -> str:
        return formats.money(amount, self.currency)

    def short(self, amount: Decimal) -> str:
        return words.short(amount, self.currency)

    def sheet(
        self, name: str, title: str, headings: Sequence[str], lines: Sequence[Line], **how: bool
    ) -> Sheet:
        return Sheet(
            name=name,
            title=title,
            headings=headings,
            lines=lines,
            currency=self.currency,
            csv_url=f"{href('spend_csv')}{self.here(table=name)}",
            **how,
        )

    def here(self, **other: str) -> str:
        query = {"currency": self.currency, **self._of_account, **self.form.choice} | other
        return f"?{urlencode({name: value for name, value in query.items() if value})}"

    def invoices(self, since: date, until: date, **also: str) -> str:
        """The list of the invoices behind a number."""
        query = {"spend": "counted", "currency": self.currency, "since": since, "until": until}
        return f"{href('invoices')}?{urlencode(query | self._of_account | also)}"

    @property
    def last_of_month(self) -> date:
        """Of this one."""
        return last_of_month(self.today)

    def invoices_of_month(self, first: date) -> str:
        return self.invoices(first, last_of_month(first))

    def invoices_of_period(self, **also: str) -> str:
        return self.invoices(self.since, self.until, **also)

    def agenda(self, first: date) -> str:
        """What falls due in a month, and so what is expected in it."""
        return f"{href('agenda')}?{urlencode({'month': f'{first:%Y-%m}'} | self._of_account)}"
