"""The page Spend, and its tables as files."""

from collections.abc import Callable
from functools import cached_property
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from portal import access, audit, http
from portal.forms.spend import SpendForm
from portal.models import Act
from portal.pages import exports
from portal.pages.sheets import Sheet
from portal.queries.freshness import Freshness
from portal.views.spend.chosen import Chosen
from portal.views.spend.invoiced import Invoiced
from portal.views.spend.recurring import Recurring
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
    make = page.sheets.get(request.GET.get("table", "months"))
    if make is None:
        raise Http404
    sheet = make()
    name = f"spend-{sheet.name}.csv"
    filters = urlencode({"currency": page.chosen.currency, "period": page.form.chosen_period})
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
