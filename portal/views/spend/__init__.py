"""The page Spend, and its tables as files."""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from portal import access, audit, http
from portal.forms.spend import SpendForm
from portal.models import Act
from portal.pages import exports
from portal.pages.columns import Column
from portal.pages.named_periods import MONTH, QUARTER, YEAR, NamedPeriod
from portal.pages.sheets import Sheet
from portal.queries.freshness import Freshness
from portal.views.spend import lines
from portal.views.spend.chosen import Chosen
from portal.views.spend.invoiced import Invoiced
from portal.views.spend.recurring import Recurring
from portal.wording.links import href
from ultahost_api import conf
from ultahost_api.models import Noun
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
    if request.GET.get("table") == "lines":
        return _lines(request, page)
    make = page.sheets.get(request.GET.get("table", "months"))
    if make is None:
        raise Http404
    sheet = make()
    return _file(request, page, sheet.name, len(sheet.lines), sheet.columns, sheet.lines)


def _lines(request: http.Request, page: "SpendPage") -> HttpResponseBase:
    found = lines.lines(page.invoiced.spend)
    return _file(request, page, "lines", found.count(), lines.COLUMNS, lines.named(page.chosen, found))


def _file(
    request: http.Request,
    page: "SpendPage",
    table: str,
    count: int,
    columns: Sequence[Column],
    rows: Iterable[Any],
) -> HttpResponseBase:
    name = f"spend-{table}.csv"
    filters = urlencode({"currency": page.chosen.currency, "period": page.form.chosen_period})
    audit.record(request, Act.EXPORTED, name, account=page.chosen.account, rows=count, filters=filters)
    return exports.response(name, columns, rows)


class SpendPage:
    """What the page shows for one address. Each part asks the database when it is first needed."""

    def __init__(self, request: http.Request) -> None:
        self.accounts = access.accounts_with_invoices(request.user)
        self.form = SpendForm(request.GET, self.accounts)
        self.chosen = Chosen(request.user, self.form, self.form.days(conf.today()))
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

    @property
    def lines_url(self) -> str:
        """Of the file with every line that the tables by product and by label add up."""
        return f"{href('spend_csv')}{self.chosen.here(table='lines')}"

    @property
    def comparison_url(self) -> str:
        """The month, quarter or year that is shown with the one before; else the last month with its own."""
        days = self.chosen.since, self.chosen.until
        periods = (NamedPeriod.around(days[0], months) for months in (MONTH, QUARTER, YEAR))
        period = next((one.name for one in periods if (one.first, one.last) == days), "")
        return f"{href('comparison')}{self.chosen.here(period=period)}"

    @cached_property
    def freshness(self) -> Freshness:
        return Freshness(Noun.INVOICES, self.accounts)

    @property
    def currencies(self) -> list[tuple[str, str]]:
        """Each with its address; an account belongs to one currency, so that it is not kept."""
        return [(one, self.chosen.here(currency=one, account="")) for one in self.form.currencies]
