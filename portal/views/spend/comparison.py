"""Why one period cost more than another: the page, and its tables as files."""

from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import access, audit, http
from portal.forms.comparison import ComparisonForm
from portal.forms.spend import period_of
from portal.models import Act
from portal.pages import exports
from portal.pages.named_periods import NamedPeriod
from portal.pages.sheets import Line, Sheet
from portal.queries.comparison import Comparison, Difference, compare
from portal.queries.freshness import Freshness
from portal.queries.spend import Partition, Spend
from portal.views.spend import divided
from portal.views.spend.chosen import Chosen
from portal.views.spend.divided import Division
from portal.views.spend.notes import Notes, OfTime
from portal.wording import formats
from portal.wording import spend as words
from portal.wording.links import href
from ultahost_api.models import Noun
from ultahost_api.models.spending import Sums
from ultahost_api.refresh import schedule


@require_safe
def comparison(request: http.Request) -> HttpResponse:
    """What two months, quarters or years came to, and each row of the difference."""
    page = ComparisonPage(request)
    schedule.watch(page.accounts)
    return http.page(request, "spend/comparison.html", {"page": page})


@require_safe
def comparison_csv(request: http.Request) -> HttpResponseBase:
    """One of the tables, named by ``?table=``."""
    page = ComparisonPage(request)
    make = page.sheets.get(request.GET.get("table", "products"))
    if make is None:
        raise Http404
    sheet = make()
    name = f"spend-compared-{sheet.name}.csv"
    filters = urlencode({"currency": page.form.chosen_currency, **page.form.choice})
    audit.record(
        request, Act.EXPORTED, name, account=page.form.chosen_account, rows=len(sheet.lines), filters=filters
    )
    return exports.response(name, sheet.columns, sheet.lines)


class Side:
    """One of the two periods: what was spent in it, and where its invoices are."""

    def __init__(self, request: http.Request, form: ComparisonForm, period: NamedPeriod) -> None:
        self.label = period.label
        self.chosen = Chosen(request.user, form, (period.first, period.last))
        chosen = self.chosen
        self.spend = Spend(
            chosen.user, chosen.currency, period.first, period.last, chosen.today, chosen.account
        )
        self.url = chosen.invoices_of_period()
        self.is_over = period.last < chosen.today

    @property
    def amount(self) -> Decimal | None:
        """None while no details are read."""
        return self.spend.by_account.total if self.spend.whole.is_told else None

    @property
    def total(self) -> str:
        return self.chosen.money(self.amount)

    def partition(self, how: Division) -> Partition | None:
        """None while no details are read."""
        return how.of(self.spend) if self.spend.whole.is_told else None

    @property
    def missing(self) -> OfTime:
        return OfTime(self.spend.whole, self.chosen, self.chosen.since, self.chosen.until, self.label)


class ComparisonPage:
    """What the page shows for one address. Each part asks the database when it is first needed."""

    def __init__(self, request: http.Request) -> None:
        self.user = request.user
        self.accounts = access.accounts_with_invoices(request.user)
        self.form = ComparisonForm(request.GET, self.accounts)
        self.now = Side(request, self.form, self.form.chosen)
        self.was = Side(request, self.form, self.form.compared)

    @property
    def sides(self) -> tuple[Side, Side]:
        return self.was, self.now

    @property
    def sheets(self) -> dict[str, Callable[[], Sheet]]:
        return {"products": self.by_product, "labels": self.by_label, "accounts": self.by_account}

    @property
    def difference(self) -> str:
        was, now = self.was.amount, self.now.amount
        if was is None or now is None:
            return formats.NOTHING
        return words.signed(now - was, self.form.chosen_currency)

    @property
    def change_words(self) -> str:
        """`2 new, 1 dearer`, by product; empty without any."""
        return words.changed(row.kind for row in self._products.rows)

    @property
    def notes(self) -> Notes:
        return Notes([side.missing for side in self.sides], self.now.spend.undated)

    @cached_property
    def _products(self) -> Comparison:
        return self._compared(divided.by_product())

    def by_product(self) -> Sheet:
        return self._sheet(divided.by_product(), self._products)

    @cached_property
    def has_labels(self) -> bool:
        return divided.has_labels(self.now.chosen)

    def by_label(self) -> Sheet:
        how = divided.by_label(self.now.chosen)
        return self._sheet(how, self._compared(how))

    def by_account(self) -> Sheet:
        how = divided.by_account(self.now.chosen)
        return self._sheet(how, self._compared(how))

    @cached_property
    def _whole(self) -> Sums:
        """Both periods together."""
        return Sums.of(side.spend.whole for side in self.sides)

    def _compared(self, how: Division) -> Comparison:
        is_whole = not (self._whole.undetailed or self._whole.unread)
        return compare(self.was.partition(how), self.now.partition(how), is_whole=is_whole)

    def _sheet(self, how: Division, found: Comparison) -> Sheet:
        lines = [
            self._line(how.label(row.key), row, words.kind(row.kind), **{how.field: str(row.key)})
            for row in found.rows
        ]
        told = found.not_assigned, found.tax, found.credit, found.total
        rest = how.rest(told, self._line, words.missing(self._whole.undetailed, self._whole.unread))
        return Sheet(
            name=how.name,
            title=how.title,
            headings=(how.heading, self.was.label, self.now.label, _("Difference")),
            lines=[*lines, *rest],
            currency=self.form.chosen_currency,
            csv_url=f"{href('comparison_csv')}{self.now.chosen.here(table=how.name)}",
            compares=True,
        )

    def _line(self, label: str, row: Difference, note: str = "", kind: str = "", **of: str) -> Line:
        """Each amount leads to its invoices, if there are any."""
        amounts = (row.was, row.now, row.amount)
        links = [
            side.chosen.invoices_of_period(**of) if amount else ""
            for side, amount in zip(self.sides, amounts, strict=False)
        ]
        return Line(label, amounts, note, kind=kind, links=links)

    @cached_property
    def freshness(self) -> Freshness:
        return Freshness(Noun.INVOICES, self.accounts)

    @property
    def spend_url(self) -> str:
        """Spend with the same choice, as far as it offers this."""
        chosen = self.now.chosen
        period = period_of((chosen.since, chosen.until), chosen.today)
        return f"{href('spend')}{chosen.here(period=period, other='')}"

    @property
    def currencies(self) -> list[tuple[str, str]]:
        """Each with its address; an account belongs to one currency, so that it is not kept."""
        return [(one, self.now.chosen.here(currency=one, account="")) for one in self.form.currencies]
