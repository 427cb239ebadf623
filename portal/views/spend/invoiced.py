"""What invoices came to."""

from decimal import Decimal
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.pages import charts
from portal.pages.charts import Bar
from portal.pages.sheets import Line, Sheet
from portal.queries.spend import Spend, seconds_to_read
from portal.views.spend import divided
from portal.views.spend.chosen import Chosen
from portal.views.spend.divided import Division
from portal.views.spend.notes import Notes, OfTime
from portal.wording import spend as words
from portal.wording.durations import about
from ultahost_api.models.spending import Sums


class Invoiced:
    """What invoices came to."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self.spend = Spend(
            chosen.user, chosen.currency, chosen.since, chosen.until, chosen.today, chosen.account
        )

    @property
    def whole(self) -> str:
        return self._chosen.money(_known(self.spend.whole))

    @property
    def still_open(self) -> str:
        return self._chosen.money(self.spend.whole.open)

    @property
    def url(self) -> str:
        """The invoices of the period."""
        return self._chosen.invoices_of_period()

    @cached_property
    def shown(self) -> Sums:
        """All of the last 24 months."""
        return Sums.of(sums for _month, sums in self.spend.months)

    @property
    def notes(self) -> Notes:
        """The last month is shown to its end: an invoice may be dated ahead."""
        sums, last = self.shown, self._chosen.last_of_month
        read_in = self.read_in if sums.undetailed else ""
        return Notes(
            [OfTime(sums, self._chosen, self.spend.first, last, read_in=read_in)], self.spend.undated
        )

    @property
    def read_in(self) -> str:
        """How long it will take until their details are read; empty if no key can read them."""
        seconds = seconds_to_read(self.spend.undetailed)
        return "" if seconds is None else about(seconds)

    def months(self) -> Sheet:
        lines = []
        for first, sums in reversed(self.spend.months):
            note = words.missing(sums.undetailed)
            amounts = (_known(sums), sums.paid, sums.open)
            url = self._chosen.invoices_of_month(first)
            lines.append(Line(words.month(first), amounts, note, url, plain=words.plain_month(first)))
        headings = (_("Month"), _("Invoiced"), _("Paid"), _("Open"))
        return self._chosen.sheet("months", _("By month, last 24 months"), headings, lines, shows_all=True)

    @property
    def chart(self) -> SafeString:
        """Of the months."""
        money, bars = self._chosen.money, []
        for first, sums in self.spend.months:
            told = _("%(month)s: %(paid)s paid, %(open)s open") % {
                "month": words.month(first), "paid": money(sums.paid), "open": money(sums.open),
            }  # fmt: skip
            parts = (("paid", sums.paid), ("open", sums.open))
            bars.append(Bar(words.month_of_chart(first), self._chosen.invoices_of_month(first), told, parts))
        return charts.bars(bars, self._chosen.short)

    def by_account(self) -> Sheet:
        return self._divided(divided.by_account(self._chosen))

    @cached_property
    def has_labels(self) -> bool:
        return divided.has_labels(self._chosen)

    def by_label(self) -> Sheet:
        return self._divided(divided.by_label(self._chosen))

    def by_product(self) -> Sheet:
        return self._divided(divided.by_product())

    def _divided(self, how: Division) -> Sheet:
        """The rows, what belongs to none of them, and the total that every partition has."""
        partition, whole = how.of(self.spend), self.spend.whole
        lines = [
            self._line(how.label(row.key), row.amount, how.counted(row.count), **{how.field: str(row.key)})
            for row in partition.rows
        ]
        told = partition.not_assigned, partition.tax, -partition.credit, partition.total
        rest = how.rest(told, self._line, words.missing(whole.undetailed, whole.unread))
        headings = how.heading, _("Net")
        return self._chosen.sheet(how.name, how.title, headings, [*lines, *rest], has_bars=True)

    def _line(self, label: str, amount: Decimal, note: str = "", kind: str = "", **of: str) -> Line:
        """Without an amount while no details are read."""
        told = amount if self.spend.whole.is_told else None
        return Line(label, (told,), note, self._chosen.invoices_of_period(**of), kind)


def _known(sums: Sums) -> Decimal | None:
    """What was invoiced; None while no details are read."""
    return sums.invoiced if sums.is_told else None
