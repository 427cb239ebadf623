"""Why one period cost more than another: the page, and its tables as files."""

from collections.abc import Callable
from decimal import Decimal
from functools import cached_property
from urllib.parse import urlencode

from django.http import Http404, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from portal import access, audit, http
from portal.forms.comparison import ComparisonForm
from portal.models import Act
from portal.pages import exports
from portal.pages.invoice_filters import UNASSIGNED
from portal.pages.named_periods import NamedPeriod
from portal.pages.sheets import Line, Sheet
from portal.queries.comparison import Comparison, Difference, compare
from portal.queries.freshness import Freshness
from portal.queries.spend import Spend
from portal.views.spend.chosen import Chosen
from portal.wording import formats
from portal.wording import spend as words
from portal.wording.links import href
from ultahost_api.models import Noun
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

    @property
    def undetailed_url(self) -> str:
        return self.chosen.invoices_of_period(unreadable="details")

    @property
    def unread_url(self) -> str:
        return self.chosen.invoices_of_period(unreadable="any")


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

    @cached_property
    def _products(self) -> Comparison:
        return compare(self.was.spend.by_product, self.now.spend.by_product)

    def by_product(self) -> Sheet:
        return self._sheet(
            "products", _("By product"), _("Product"), self._products, words.product, "product"
        )

    @cached_property
    def has_labels(self) -> bool:
        return access.labels_to_see(self.user).exists()

    def by_label(self) -> Sheet:
        names = {label.pk: label.name for label in access.labels_to_see(self.user)}
        found = compare(self.was.spend.by_label, self.now.spend.by_label)
        heading = pgettext("team", "Label")
        return self._sheet(
            "labels", _("By label"), heading, found, lambda key: names.get(key, "–"), "of_label"
        )

    def by_account(self) -> Sheet:
        accounts = self.form.accounts
        found = compare(self.was.spend.by_account, self.now.spend.by_account)
        return self._sheet(
            "accounts", _("By account"), _("Account"), found, lambda key: str(accounts[str(key)]), "account"
        )

    def _sheet(
        self, name: str, title: str, heading: str, found: Comparison, label: Callable[..., str], field: str
    ) -> Sheet:
        """``field`` of the list of invoices is what chooses the rows behind a number."""
        unassigned = {field: UNASSIGNED} if field in ("product", "of_label") else {}
        lines = [
            self._line(label(row.key), row, words.kind(row.kind), **{field: str(row.key)})
            for row in found.rows
        ]
        rest = [
            self._line(_("Not assigned"), found.not_assigned, kind="rest", **unassigned),
            self._line(_("Tax"), found.tax, kind="rest"),
            self._line(_("Credit"), found.credit, kind="rest", credit="used"),
            self._line(_("Total after credit"), found.total, kind="total"),
        ]
        kept = rest if found.not_assigned.was or found.not_assigned.now else rest[1:]
        return Sheet(
            name=name,
            title=title,
            headings=(heading, self.was.label, self.now.label, _("Difference")),
            lines=[*lines, *kept],
            currency=self.form.chosen_currency,
            csv_url=f"{href('comparison_csv')}{self.now.chosen.here(table=name)}",
            compares=True,
        )

    def _line(self, label: str, row: Difference, note: str = "", kind: str = "", **of: str) -> Line:
        """Each amount leads to its invoices, if there are any."""
        amounts: list[Decimal] = [row.was, row.now, row.amount]
        links = [side.chosen.invoices_of_period(**of) for side in (self.was, self.now)]
        told = [link if amount else "" for link, amount in zip(links, amounts[:2], strict=True)]
        return Line(label, amounts, note, kind=kind, links=told)

    @cached_property
    def freshness(self) -> Freshness:
        return Freshness(Noun.INVOICES, self.accounts)

    @property
    def currencies(self) -> list[tuple[str, str]]:
        """Each with its address; an account belongs to one currency, so that it is not kept."""
        return [(one, self.now.chosen.here(currency=one, account="")) for one in self.form.currencies]
