from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
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
from portal.models import Act, User
from portal.pages import charts, exports
from portal.pages.charts import Bar
from portal.pages.invoice_filters import UNASSIGNED
from portal.pages.sheets import Line, Sheet
from portal.queries.cycles import later, rounded
from portal.queries.freshness import Freshness
from portal.queries.run_rate import Change, RunRate
from portal.queries.spend import Partition, Row, Spend, seconds_to_read
from portal.wording import formats
from portal.wording import spend as words
from portal.wording.durations import about
from portal.wording.links import href
from ultahost_api import conf
from ultahost_api.models import Domain, Noun, Service
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
    make = page.sheets.get(request.GET.get("table", "months"))
    if make is None:
        raise Http404
    sheet = make()
    name = f"spend-{sheet.name}.csv"
    filters = urlencode({"currency": page.chosen.currency, "period": page.form.span.value})
    account = page.chosen.account
    audit.record(request, Act.EXPORTED, name, account=account, rows=len(sheet.lines), filters=filters)
    return exports.response(name, sheet.columns, sheet.lines)


class SpendPage:
    """What the page shows for one address. Each part asks the database when it is first needed."""

    def __init__(self, request: http.Request) -> None:
        self.accounts = access.accounts_with_invoices(request.user)
        self.form = SpendForm(request.GET, self.accounts)
        self.chosen = Chosen(request.user, self.form)
        self.invoiced = Invoiced(self.chosen)
        self.recurring = Recurring(self.chosen)

    @property
    def sheets(self) -> dict[str, Callable[[], Sheet]]:
        return {
            "months": self.invoiced.months,
            "accounts": self.invoiced.by_account,
            "products": self.invoiced.by_product,
            "labels": self.invoiced.by_label,
            "forecast": self.recurring.forecast,
            "changes": self.recurring.changed,
            "dearer": self.recurring.dearer,
        }

    @cached_property
    def freshness(self) -> Freshness:
        return Freshness(Noun.INVOICES, self.accounts)

    @property
    def currencies(self) -> list[tuple[str, str]]:
        """Each with its address; an account belongs to one currency, so that it is not kept."""
        return [(one, self.chosen.here(currency=one, account="")) for one in self.form.currencies]


class Chosen:
    """Whose money of which time in which currency the page shows, and the addresses that say the same."""

    def __init__(self, user: User, form: SpendForm) -> None:
        self.user, self.form = user, form
        self.today = conf.today()
        self.currency, self.account = form.chosen_currency, form.chosen_account
        self.since, self.until = form.days(self.today)
        self._of_account = {"account": str(self.account.pk)} if self.account else {}

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
        query = {"currency": self.currency, **self._of_account, "period": self.form.span.value} | other
        return f"?{urlencode({name: value for name, value in query.items() if value})}"

    def invoices(self, since: date, until: date, **also: str) -> str:
        """The list of the invoices behind a number."""
        query = {"spend": "counted", "currency": self.currency, "since": since, "until": until}
        return f"{href('invoices')}?{urlencode(query | self._of_account | also)}"

    def invoices_of_month(self, first: date) -> str:
        return self.invoices(first, later(first, 1) - date.resolution)

    def invoices_of_period(self, **also: str) -> str:
        return self.invoices(self.since, self.until, **also)

    def agenda(self, first: date) -> str:
        """What falls due in a month, and so what is expected in it."""
        return f"{href('agenda')}?{urlencode({'month': f'{first:%Y-%m}'} | self._of_account)}"


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
        return sum((sums for _month, sums in self.spend.months), Sums())

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
        return self._chosen.invoices(self.spend.first, self._chosen.today, **also)

    def months(self) -> Sheet:
        lines = []
        for first, sums in reversed(self.spend.months):
            note = _("%(count)d not read yet") % {"count": sums.undetailed} if sums.undetailed else ""
            amounts = (_known(sums), sums.paid, sums.open)
            lines.append(Line(words.month(first), amounts, note, self._chosen.invoices_of_month(first)))
        headings = (_("Month"), _("Invoiced"), _("Paid"), _("Open"))
        return self._chosen.sheet("months", _("By month"), headings, lines, shows_all=True)

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
            Line(_("Credit"), (-partition.credit,), "", self.url, "rest"),
            Line(_("Total after credit"), (partition.total,), "", self.url, "total"),
        ]
        kept = rest if partition.not_assigned else rest[1:]
        return self._chosen.sheet(name, title, (heading, _("Net")), [*lines, *kept], has_bars=True)


class Recurring:
    """What the active services and domains cost a month, and what they will come to."""

    def __init__(self, chosen: Chosen) -> None:
        self._chosen = chosen
        self.rates = RunRate(chosen.user, chosen.currency, chosen.account)

    @property
    def is_seen(self) -> bool:
        """Whether there is an account of this currency whose services the person may view."""
        return bool(self.rates.accounts)

    @cached_property
    def run_rate(self) -> str:
        return self._chosen.money(self._rounded(self.rates.rate))

    def _rounded(self, amount: Fraction) -> Decimal:
        return rounded(amount, self._chosen.currency)

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
        difference = self._rounded(sum((one.difference for one in self.changes), Fraction(0)))
        told = {"sum": words.signed(difference, self._chosen.currency), "month": month}
        told |= {"what": words.changed(one.kind for one in self.changes)}
        return _("%(sum)s since %(month)s: %(what)s") % told

    def changed(self) -> Sheet:
        lines = [
            Line(
                str(one.row),
                tuple(self._rounded(told) for told in (one.was, one.now, one.difference)),
                words.kind(one.kind),
                _page_of(one.row),
            )
            for one in self.changes
        ]
        headings = (_("Service or domain"), _("Was a month"), _("Is a month"), _("Difference"))
        title = _("Changes of the run rate this month")
        return self._chosen.sheet("changes", title, headings, lines)

    @cached_property
    def _expected(self) -> Sequence[Any]:
        return self.rates.forecast(self._chosen.today)

    @property
    def _whole(self) -> Decimal:
        return sum((month.amount for month in self._expected), Decimal(0))

    @property
    def expected(self) -> str:
        return self._chosen.money(self._whole)

    def forecast(self) -> Sheet:
        today = self._chosen.today
        lines = [
            Line(
                words.month(one.first),
                (one.amount,),
                words.renewals(one.count),
                self._chosen.agenda(one.first),
            )
            for one in self._expected
        ]
        last = later(today, 12) - date.resolution
        lines[0] = replace(lines[0], note=words.beginning(self._expected[0].count, today))
        if len(lines) > 12:
            lines[-1] = replace(lines[-1], note=words.ending(self._expected[-1].count, last))
        lines.append(Line(_("12 months from today"), (self._whole,), kind="total"))
        title, headings = _("Expected in the next 12 months"), (_("Month"), _("Expected"))
        return self._chosen.sheet("forecast", title, headings, lines, shows_all=True)

    @property
    def chart(self) -> SafeString:
        """Of the forecast."""
        bars = [
            Bar(
                words.month_of_chart(one.first),
                self._chosen.agenda(one.first),
                f"{words.month(one.first)}: {self._chosen.money(one.amount)}",
                (("expected", one.amount),),
            )
            for one in self._expected
        ]
        return charts.bars(bars, self._chosen.short)

    def dearer(self) -> Sheet:
        lines = [
            Line(
                str(one.row),
                (one.was, one.next),
                f"+{one.percent}{formats.NON_BREAKING}% · {formats.day(one.row.next_due_date)}",
                _page_of(one.row),
            )
            for one in self.rates.dearer(self._chosen.today)
        ]
        headings = (_("Service or domain"), _("Last renewal"), _("Next renewal"))
        return self._chosen.sheet("dearer", _("Renewals dearer by over 10 %"), headings, lines)


def _known(sums: Sums) -> Decimal | None:
    """What was invoiced; None while no details are read."""
    return None if sums.count and sums.undetailed == sums.count else sums.invoiced


def _page_of(row: Service | Domain) -> str:
    return href(row._meta.model_name or "", row.pk)
