from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.models import User
from portal.pages.columns import Column, Listing
from portal.pages.filters import InvoiceFilter
from portal.pages.tables import Sorts, Table, filled
from portal.queries import history
from portal.queries.freshness import Freshness
from portal.wording import fields
from ultahost_api import conf
from ultahost_api.models import Noun
from ultahost_api.models.invoices import CurrencyTotals
from ultahost_api.refresh import schedule

SORTS: Sorts = {
    "number": [filled("number"), "remote_id"],
    "account": ["account__name", "date"],
    "status": [filled("status"), "due_date"],
    "date": ["date", "remote_id"],
    "due": ["due_date", "remote_id"],
    "total": ["total"],
}

LISTING = Listing(
    name="invoices",
    title=_("Invoices"),
    search=_("Search invoices"),
    before_key=_("A key to an Ultahost account brings its invoices here."),
    empty=_("There are no invoices in the accounts you can see."),
    actions="invoices/_actions.html",
    above="invoices/_above.html",
    body="invoices/_rows.html",
    sorts=SORTS,
    default_sort="-date",
    shown=("number", "status", "account", "date", "due", "total"),
    columns=(
        Column("pick", _("Pick all"), css_class="pick"),
        Column("account", _("Account"), lambda i: i.account.name, "account-cell"),
        Column("number", _("Number"), str, "name", _("Invoice")),
        Column("remote_id", _("Number at Ultahost"), lambda i: i.remote_id),
        Column("date", _("Date"), lambda i: i.date, "extra"),
        Column("due", _("Due"), lambda i: i.due_date, "date"),
        Column("status", _("Status"), lambda i: i.shown_status, "state"),
        Column("total", _("Total"), lambda i: i.total, "money"),
        Column("currency", _("Currency"), lambda i: i.currency),
        Column("payment_method", _("Payment method"), lambda i: i.payment_method),
        Column("unreadable", _("Could not be read"), fields.unread_words),
    ),
)


@require_safe
def invoices(request: http.Request) -> HttpResponse:
    """The shared view: every account's invoices, each counted once however many keys open its account."""
    table = _table(request)
    schedule.watch(table.accounts)
    payers = set(access.accounts_to_pay(request.user).values_list("pk", flat=True))
    if payers:
        table.shown = ["pick", *table.shown]
    return table.respond(
        totals=_totals(table, request.user),
        sums=table.rows.summed(),  # type: ignore[attr-defined]
        payers=payers,
        year=conf.today().year,
    )


@require_safe
def invoices_csv(request: http.Request) -> HttpResponseBase:
    return _table(request).as_csv()


@require_safe
def invoice(request: http.Request, invoice_id: UUID) -> HttpResponse:
    invoice = access.invoice_to_view(request.user, invoice_id)
    if not http.is_partial(request, "invoice"):  # which is how the page asks whether they have come
        schedule.want_details(invoice)
    context = {
        "invoice": invoice,
        "items": invoice.items.all(),
        "history": history.history(request.user, invoice),
        "may_pay": access.invoices_to_pay(request.user).contains(invoice),
    }
    return http.page(request, "invoices/detail.html", context, partials=["invoice"])


@require_safe
def invoice_print(request: http.Request, invoice_id: UUID) -> HttpResponse:
    """A page of its own for the bookkeeper, without anything of the portal around it."""
    invoice = access.invoice_to_view(request.user, invoice_id)
    schedule.want_details(invoice)
    return http.page(request, "invoices/print.html", {"invoice": invoice, "items": invoice.items.all()})


def _totals(table: Table, user: User) -> list[CurrencyTotals]:
    """Per currency, of the chosen account or of all: what is owed does not change with the status shown."""
    invoices = access.invoices_to_view(user)
    account = table.filter.form.cleaned_data.get("account") if table.filter.is_valid() else None
    return (invoices.of([account]) if account else invoices).by_currency()


def _table(request: http.Request) -> Table:
    accounts = access.accounts_with_invoices(request.user)
    return Table(
        request,
        LISTING,
        access.invoices_to_view(request.user),
        accounts=accounts,
        filter=InvoiceFilter,
        freshness=Freshness(Noun.INVOICES, accounts),
    )
