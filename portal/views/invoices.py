from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.models import User
from portal.pages import exports
from portal.pages.filters import InvoiceFilter
from portal.pages.tables import ListPage, Sorts, filled
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


@require_safe
def invoices(request: http.Request) -> HttpResponse:
    """The shared view: every account's invoices, each counted once however many keys open its account."""
    accounts = access.accounts_with_invoices(request.user)
    schedule.watch(accounts)
    listing = _listing(request, request.user)
    context = {
        "list": listing,
        "totals": _totals(listing, request.user),
        "sums": listing.rows.summed(),  # type: ignore[attr-defined]
        "payers": set(access.accounts_to_pay(request.user).values_list("pk", flat=True)),
        "year": conf.today().year,
        "freshness": Freshness(Noun.INVOICES, accounts),
    }
    return http.page(request, "invoices/list.html", context, partials=["invoices"])


@require_safe
def invoices_csv(request: http.Request) -> HttpResponseBase:
    return _listing(request, request.user).as_csv("invoices.csv", _columns())


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


def _totals(listing: ListPage, user: User) -> list[CurrencyTotals]:
    """Per currency, of the chosen account or of all: what is owed does not change with the status shown."""
    invoices = access.invoices_to_view(user)
    account = listing.filter.form.cleaned_data.get("account") if listing.filter.is_valid() else None
    return (invoices.of([account]) if account else invoices).by_currency()


def _listing(request: http.Request, user: User) -> ListPage:
    return ListPage(
        request,
        access.invoices_to_view(user),
        accounts=access.accounts_with_invoices(user),
        filter_class=InvoiceFilter,
        sorts=SORTS,
        default_sort="-date",
    )


def _columns() -> list[exports.Column]:
    return [
        (_("Account"), lambda i: i.account.name),
        (_("Number"), str),
        (_("Number at Ultahost"), lambda i: i.remote_id),
        (_("Date"), lambda i: i.date),
        (_("Due"), lambda i: i.due_date),
        (_("Status"), lambda i: i.shown_status),
        (_("Total"), lambda i: i.total),
        (_("Currency"), lambda i: i.currency),
        (_("Payment method"), lambda i: i.payment_method),
        (_("Could not be read"), fields.unread_words),
    ]
