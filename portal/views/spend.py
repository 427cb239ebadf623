from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property, partial
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from portal import access, audit, http
from portal.forms.spend import SpendForm
from portal.models import Act
from portal.pages import charts, exports
from portal.pages.charts import Bar
from portal.pages.invoice_filters import UNASSIGNED
from portal.pages.sheets import Line, Sheet
from portal.queries.cycles import later, rounded
from portal.queries.dearer import Dearer
from portal.queries.freshness import Freshness
from portal.queries.run_rate import Change, RunRate
from portal.queries.spend import Partition, Spend, seconds_to_read
from portal.wording import formats
from portal.wording import spend as words
from portal.wording.durations import about
from portal.wording.links import href
from ultahost_api import conf
from ultahost_api.models import Noun
from ultahost_api.models.spending import Sums
from ultahost_api.refresh import schedule


@require_safe
def spend(request: http.Request) -> HttpResponse:
    """What invoices came to in one currency, and what the active services and domains will."""
    page = SpendPage(request)
    schedule.watch(page.accounts)
    return http.page(request, "spend/page.html", {"page": page})


@require_safe
def spend_csv(request: http.Request) -> HttpResponseBase:
    """One of the tables, named by ``?table=``."""
    page = SpendPage(request)
    make = page.tables.get(request.GET.get("table", "months"))
    if make is None:
        raise Http404
    sheet = make()
    name = f"spend-{sheet.name}.csv"
    filters = urlencode({"currency": page.currency, "period": page.form.span.value})
    account = page.form.chosen_account
    audit.record(request, Act.EXPORTED, name, account=account, rows=len(sheet.lines), filters=filters)
    return exports.response(name, sheet.columns, sheet.lines)


class SpendPage:
    """What the page shows for one address. Each part asks the database when it is first needed."""

    def __init__(self, request: http.Request) -> None:
        self.request = request
        self.today = conf.today()
        self.accounts = access.accounts_with_invoices(request.user)
        self.form = SpendForm(request.GET, self.accounts)
        self.currency = self.form.chosen_currency
        self.since, self.until = self.form.days(self.today)
        self.spend = Spend(
            request.user, self.currency, self.since, self.until, self.today, self.form.chosen_account
        )
        self.rates = RunRate(request.user, self.currency, self.form.chosen_account)
        self.money = partial(formats.money, currency=self.currency)

    @property
    def tables(self) -> dict[str, Any]:
        made = {"months": self.months, "accounts": self.by_account, "products": self.by_product}
        made["labels"] = self.by_label
        return made | {"forecast": self.forecast, "changes": self.changed, "dearer": self.dearer}

    @cached_property
    def freshness(self) -> Freshness:
        return Freshness(Noun.INVOICES, self.accounts)

    @property
    def currencies(self) -> list[tuple[str, str]]:
        """Each with its address; an account belongs to one currency, so that it is not kept."""
        return [(one, self._here(currency=one, account="")) for one in self.form.currencies]

    @property
    def sees_services(self) -> bool:
        """Whether there is an account of this currency whose services the person may view."""
        return bool(self.rates.accounts)

    # What invoices came to

    @property
    def invoiced(self) -> str:
        return self.money(_known(self.spend.whole))

    @property
    def still_open(self) -> str:
        return self.money(self.spend.whole.open)

    @property
    def list_url(self) -> str:
        """The invoices of the period."""
        return self._in_period()

    @cached_property
    def shown(self) -> Sums:
        """All of the last 24 months."""
        return sum((sums for _month, sums in self.spend.months), Sums())

    @property
    def undetailed_url(self) -> str:
        return self._invoices(self.spend.first, self.today, unreadable="details")

    @property
    def read_in(self) -> str:
        """How long it will take until they are read; empty if no key can read them."""
        seconds = seconds_to_read(self.spend.undetailed)
        return "" if seconds is None else about(seconds)

    @property
    def unread_url(self) -> str:
        return self._invoices(self.spend.first, self.today, unreadable="any")

    @property
    def refunded_url(self) -> str:
        return self._invoices(self.spend.first, self.today, status="Refunded")

    def months(self) -> Sheet:
        lines = []
        for first, sums in reversed(self.spend.months):
            note = _("%(count)d not read yet") % {"count": sums.undetailed} if sums.undetailed else ""
            amounts = (_known(sums), sums.paid, sums.open)
            lines.append(Line(words.month(first), amounts, note, self._of_month(first)))
        headings = (_("Month"), _("Invoiced"), _("Paid"), _("Open"))
        return self._sheet("months", _("By month"), headings, lines, shows_all=True)

    @property
    def chart_of_months(self) -> SafeString:
        bars = []
        for first, sums in self.spend.months:
            told = _("%(month)s: %(paid)s paid, %(open)s open") % {
                "month": words.month(first), "paid": self.money(sums.paid), "open": self.money(sums.open),
            }  # fmt: skip
            parts = (("paid", sums.paid), ("open", sums.open))
            bars.append(Bar(words.month_of_chart(first), self._of_month(first), told, parts))
        return charts.bars(bars, self._short)

    def by_account(self) -> Sheet:
        partition = self.spend.by_account
        lines = []
        for row in partition.rows:
            account = self.form.accounts.get(str(row.key))
            url = self._in_period(account=str(row.key))
            lines.append(Line(str(account or ""), (row.amount,), words.invoices(row.count), url))
        return self._partition("accounts", _("By account"), _("Account"), lines, partition)

    @cached_property
    def has_labels(self) -> bool:
        return access.labels_to_see(self.request.user).exists()

    def by_label(self) -> Sheet:
        partition = self.spend.by_label
        names = {label.pk: label.name for label in access.labels_to_see(self.request.user)}
        lines = [
            Line(
                names.get(row.key, formats.NOTHING),
                (row.amount,),
                words.lines(row.count),
                self._in_period(of_label=row.key),
            )
            for row in partition.rows
        ]
        rest = self._in_period(of_label=UNASSIGNED)
        return self._partition("labels", _("By label"), pgettext("team", "Label"), lines, partition, rest)

    def by_product(self) -> Sheet:
        partition = self.spend.by_product
        lines = [
            Line(words.product(key), (row.amount,), words.lines(row.count), self._in_period(product=key))
            for row in partition.rows
            for key in [row.key]
        ]
        return self._partition("products", _("By product"), _("Product"), lines, partition)

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
        unassigned = unassigned or self._in_period(product=UNASSIGNED)
        rest = [
            Line(_("Not assigned"), (partition.not_assigned,), "", unassigned, "rest"),
            Line(_("Tax"), (partition.tax,), "", self.list_url, "rest"),
            Line(_("Credit"), (-partition.credit,), "", self.list_url, "rest"),
            Line(_("Total after credit"), (partition.total,), "", self.list_url, "total"),
        ]
        kept = rest if partition.not_assigned else rest[1:]
        return self._sheet(name, title, (heading, _("Net")), [*lines, *kept], has_bars=True)

    # What recurs

    @cached_property
    def run_rate(self) -> str:
        return self.money(rounded(self.rates.rate, self.currency))

    @property
    def month_start(self) -> datetime:
        first = timezone.localdate().replace(day=1)
        return datetime.combine(first, time.min, timezone.get_current_timezone())

    @cached_property
    def is_first_month(self) -> bool:
        """Whether no account was here before this month, so that no change of it is known."""
        return not any(one.created_at < self.month_start for one in self.rates.accounts)

    @cached_property
    def changes(self) -> list[Change]:
        return [] if self.is_first_month else self.rates.changes(self.month_start)

    @property
    def change_words(self) -> str:
        """`+€214.00 since October: 2 new, 1 dearer`."""
        month = words.since(self.month_start.date())
        if self.is_first_month:
            return _("Change since %(month)s not known") % {"month": month}
        if not self.changes:
            return _("No change since %(month)s") % {"month": month}
        difference = rounded(sum(one.difference for one in self.changes), self.currency)  # type: ignore[arg-type]
        told = {"sum": words.signed(difference, self.currency), "month": month}
        told |= {"what": words.changed(one.kind for one in self.changes)}
        return _("%(sum)s since %(month)s: %(what)s") % told

    def changed(self) -> Sheet:
        lines = [
            Line(
                str(one.row),
                tuple(rounded(told, self.currency) for told in (one.was, one.now, one.difference)),
                words.kind(one.kind),
                href(one.row._meta.model_name or "", one.row.pk),
            )
            for one in self.changes
        ]
        headings = (_("Service or domain"), _("Was a month"), _("Is a month"), _("Difference"))
        title = _("Changes of the run rate this month")
        return self._sheet("changes", title, headings, lines)

    @cached_property
    def _expected(self) -> Sequence[Any]:
        return self.rates.forecast(self.today)

    @property
    def expected(self) -> str:
        return self.money(sum((month.amount for month in self._expected), Decimal(0)))

    def forecast(self) -> Sheet:
        lines = [
            Line(words.month(one.first), (one.amount,), words.renewals(one.count), self._agenda(one.first))
            for one in self._expected
        ]
        last = later(self.today, 12) - date.resolution
        lines[0] = replace(lines[0], note=words.beginning(self._expected[0].count, self.today))
        if len(lines) > 12:
            lines[-1] = replace(lines[-1], note=words.ending(self._expected[-1].count, last))
        whole = sum((month.amount for month in self._expected), Decimal(0))
        lines.append(Line(_("12 months from today"), (whole,), kind="total"))
        headings = (_("Month"), _("Expected"))
        return self._sheet("forecast", _("Expected in the next 12 months"), headings, lines, shows_all=True)

    @property
    def chart_of_forecast(self) -> SafeString:
        bars = [
            Bar(
                words.month_of_chart(one.first),
                self._agenda(one.first),
                f"{words.month(one.first)}: {self.money(one.amount)}",
                (("expected", one.amount),),
            )
            for one in self._expected
        ]
        return charts.bars(bars, self._short)

    @cached_property
    def _dearer(self) -> list[Dearer]:
        return self.rates.dearer(self.today)

    def dearer(self) -> Sheet:
        lines = [
            Line(
                str(one.row),
                (one.was, one.next),
                f"+{one.percent}{formats.NON_BREAKING}% · {formats.day(one.row.next_due_date)}",
                href(one.row._meta.model_name or "", one.row.pk),
            )
            for one in self._dearer
        ]
        headings = (_("Service or domain"), _("Last renewal"), _("Next renewal"))
        return self._sheet("dearer", _("Renewals dearer by over 10 %"), headings, lines)

    def _sheet(
        self, name: str, title: str, headings: Sequence[str], lines: Sequence[Line], **how: bool
    ) -> Sheet:
        url = f"{href('spend_csv')}{self._here(table=name)}"
        return Sheet(
            name=name,
            title=title,
            headings=headings,
            lines=lines,
            currency=self.currency,
            csv_url=url,
            **how,
        )

    def _short(self, amount: Decimal) -> str:
        return words.short(amount, self.currency)

    def _of_month(self, first: date) -> str:
        return self._invoices(first, later(first, 1) - date.resolution)

    def _in_period(self, **also: str) -> str:
        return self._invoices(self.since, self.until, **also)

    def _invoices(self, since: date, until: date, **also: str) -> str:
        """The list of the invoices behind a number."""
        query = {"spend": "counted", "currency": self.currency, "since": since, "until": until}
        if self.form.chosen_account:
            query["account"] = str(self.form.chosen_account.pk)
        return f"{href('invoices')}?{urlencode(query | also)}"

    def _agenda(self, first: date) -> str:
        """What falls due in a month, and so what is expected in it."""
        query = {"month": f"{first:%Y-%m}"}
        if self.form.chosen_account:
            query["account"] = str(self.form.chosen_account.pk)
        return f"{href('agenda')}?{urlencode(query)}"

    def _here(self, **other: str) -> str:
        account = str(self.form.chosen_account.pk) if self.form.chosen_account else ""
        query = {"currency": self.currency, "account": account, "period": self.form.span.value} | other
        return f"?{urlencode({name: value for name, value in query.items() if value})}"


def _known(sums: Sums) -> Decimal | None:
    """What was invoiced; None while no details are read."""
    return None if sums.count and sums.undetailed == sums.count else sums.invoiced
