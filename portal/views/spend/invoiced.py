"""What invoices came to."""

from decimal import Decimal
from functools import cached_property

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from portal import access
from portal.pages import charts
from portal.pages.charts import Bar
from portal.pages.invoice_filters import UNASSIGNED
from portal.pages.sheets import Line, Sheet
from portal.queries.spend import Partition, Row, Spend, seconds_to_read
from portal.views.spend.chosen import Chosen
from portal.wording import formats
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
    def undetailed_url(self) -> str:
        return self._shown_url(unreadable="details")

    @property
    def read_in(self) -> str:
        """How long it will take until they are read; empty if no key can read them."""
        seconds = seconds_to_read(self.spend.undetailed)
        return "" if seconds is None else about(seconds)

    @property
    def unread_url(self) -> str:
        return self._shown_url(unreadable="any")

    @property
    def refunded_url(self) -> str:
        return self._shown_url(status="Refunded")

    def _shown_url(self, **also: str) -> str:
        """The last month is shown to its end: an invoice may be dated ahead."""
        return self._chosen.invoices(self.spend.first, self._chosen.last_of_month, **also)

    def months(self) -> Sheet:
        lines = []
        for first, sums in reversed(self.spend.months):
            note = _("%(count)d not read yet") % {"count": sums.undetailed} if sums.undetailed else ""
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
        partition, accounts = self.spend.by_account, self._chosen.form.accounts
        lines = [
            self._line(
                row, str(accounts.get(str(row.key), "")), words.invoices(row.count), account=str(row.key)
            )
            for row in partition.rows
        ]
        return self._partition("accounts", _("By account"), _("Account"), lines, partition)

    @cached_property
    def has_labels(self) -> bool:
        return access.labels_to_see(self._chosen.user).exists()

    def by_label(self) -> Sheet:
        partition = self.spend.by_label
        names = {label.pk: label.name for label in access.labels_to_see(self._chosen.user)}
        lines = [
            self._line(row, names.get(row.key, formats.NOTHING), words.lines(row.count), of_label=row.key)
            for row in partition.rows
        ]
        rest = self._chosen.invoices_of_period(of_label=UNASSIGNED)
        return self._partition("labels", _("By label"), pgettext("team", "Label"), lines, partition, rest)

    def by_product(self) -> Sheet:
        partition = self.spend.by_product
        lines = [
            self._line(row, words.product(row.key), words.lines(row.count), product=row.key)
            for row in partition.rows
        ]
        return self._partition("products", _("By product"), _("Product"), lines, partition)

    def _line(self, row: Row, label: str, note: str, **of: str) -> Line:
        return Line(label, (row.amount,), note, self._chosen.invoices_of_period(**of))

    def _partition(
        self,
        name: str,
        title: str,
        heading: str,
        lines: list[Line],
        partition: Partition,
        unassigned: str = "",
    ) -> Sheet:
        """The rows, what belongs to none of them, and the total that every partition has."""
        unassigned = unassigned or self._chosen.invoices_of_period(product=UNASSIGNED)
        rest = [
            Line(_("Not assigned"), (partition.not_assigned,), "", unassigned, "rest"),
            Line(_("Tax"), (partition.tax,), "", self.url, "rest"),
            Line(
                _("Credit"), (-partition.credit,), "", self._chosen.invoices_of_period(credit="used"), "rest"
            ),
            Line(_("Total after credit"), (partition.total,), "", self.url, "total"),
        ]
        kept = rest if partition.not_assigned else rest[1:]
        return self._chosen.sheet(name, title, (heading, _("Net")), [*lines, *kept], has_bars=True)


def _known(sums: Sums) -> Decimal | None:
    """What was invoiced; None while no details are read."""
    return sums.invoiced if sums.is_told else None
