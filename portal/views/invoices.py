from collections.abc import Mapping
from itertools import chain
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.pages import cells, parts
from portal.pages.accounting_columns import CREDIT_USED, LABEL, NET, SERVICE, TAX
from portal.pages.columns import ACCOUNT, REMOTE_ID, UNREADABLE, Column, Listing
from portal.pages.invoice_filters import InvoiceFilter
from portal.pages.tables import Table
from portal.queries import history, related, totals
from portal.queries.freshness import Freshness
from portal.queries.payment_gateways import gateway_word, gateway_words
from portal.sign_in.reauthentication import can_be_asked_first
from portal.wording import fields, formats
from portal.wording.translated import Translated
from ultahost_api import conf
from ultahost_api.client import writes
from ultahost_api.models import Invoice, Noun
from ultahost_api.models.invoice_totals import FilteredTotals, add_filtered
from ultahost_api.models.sorting import Filled
from ultahost_api.refresh import schedule

_PICK = Translated(
    {
        "pick": _("Select invoice %(invoice)s"),
        "account": _("%(invoice)s cannot be selected: you cannot pay for its account."),
        "pending": _("%(invoice)s cannot be selected: a payment of it is in progress."),
        "total": _("%(invoice)s cannot be selected: its total could not be read."),
        "settled": _("%(invoice)s cannot be selected: there is nothing to pay."),
    }
)


def _pick(invoice: Invoice, about: Mapping[str, Any]) -> str:
    why = invoice.why_not_payable if invoice.account_id in about["payers"] else "account"
    if why:
        return parts.no_pick(_PICK[why] % {"invoice": invoice})
    added = parts.amount_to_add(invoice.total, invoice.currency)
    return parts.pick(invoice.pk, "pay-picked", _PICK["pick"] % {"invoice": invoice}, added)


LISTING = Listing(
    name="invoices",
    title=_("Invoices"),
    search=_("Search invoices"),
    before_key=_("Add an API key to see your invoices."),
    empty=_("There are no invoices in the accounts you can see."),
    actions="invoices/_actions.html",
    above="invoices/_above.html",
    body="invoices/_rows.html",
    sorts={
        "number": [Filled("number"), "remote_id"],
        "account": [Filled("account__name"), "date"],
        "status": [Filled("status"), "due_date"],
        "date": ["date", "remote_id"],
        "due": ["due_date", "remote_id"],
        "total": ["total"],
    },
    default_sort="-date",
    shown=("number", "status", "account", "date", "due", "total"),
    columns=(
        Column("pick", _("Select all"), css_class="pick", cell=_pick),
        ACCOUNT,
        Column("number", _("Number"), str, "name", _("Invoice"), cells.name("invoice", "pk")),
        REMOTE_ID,
        Column("date", _("Date"), lambda i: i.date, "extra", cell=cells.day("date")),
        Column("due", _("Due"), lambda i: i.due_date, "date", cell=cells.day("due_date")),
        Column("status", _("Status"), lambda i: i.shown_status, "state", cell=cells.status("shown_status")),
        Column("total", _("Total"), lambda i: i.total, "money", cell=cells.amount("total", "currency")),
        Column("currency", _("Currency"), lambda i: i.currency),
        Column("payment_method", _("Payment method"), lambda i: i.payment_method, cell=cells.gateway),
        NET,
        TAX,
        CREDIT_USED,
        SERVICE,
        LABEL,
        UNREADABLE,
    ),
)


@require_safe
def invoices(request: http.Request) -> HttpResponse:
    """The shared invoice view. An invoice is counted once, even if several keys open its account."""
    shown = LISTING.shown_to(request.user.columns.get(LISTING.name, ()))
    table = _table(request, shows_things=not {SERVICE.name, LABEL.name}.isdisjoint(shown))
    schedule.watch(table.accounts)
    payers = {account.pk for account in access.accounts_to_pay(request.user)}
    if payers:
        table.shown = ["pick", *table.shown]
    account = table.chosen_account
    return table.respond(
        account=account,
        totals=totals.of_invoices(request.user, account),
        filtered=_filtered(table),
        gateways=gateway_words() if "payment_method" in table.shown else {},
        payers=payers,
        year=conf.today().year,
    )


def _filtered(table: Table) -> list[FilteredTotals]:
    """What the rows of the list come to, on all of its pages."""

    def rows() -> Any:
        """Built only where nothing is kept: a search is looked up for it."""
        return table.rows

    return table.kept(
        "totals",
        lambda narrow: narrow(rows()).totalled_by_account(),
        lambda: rows().totalled(),
        lambda told: add_filtered(chain.from_iterable(told)),
    )


@require_safe
def invoices_csv(request: http.Request) -> HttpResponseBase:
    return _table(request, shows_things=True).as_csv()


@require_safe
def invoice(request: http.Request, invoice_id: UUID) -> HttpResponse:
    invoice = access.invoice_to_view(request.user, invoice_id)
    if not http.is_partial(request, "invoice"):  # a partial request polls whether they have been read
        schedule.want_details(invoice)
    context = {
        "invoice": invoice,
        "lines": related.lines_of(request.user, invoice),
        "related": related.of_invoice(request.user, invoice),
        "history": history.history(request.user, invoice),
        "reads_besides": access.reads_besides(request.user, invoice.account),
        "may_pay": access.accounts_to_pay(request.user).contains(invoice.account),
    }
    return http.page(request, "invoices/detail.html", context, partials=["invoice"])


@require_safe
def invoice_print(request: http.Request, invoice_id: UUID) -> HttpResponse:
    """A separate page for printing, without the portal's frame."""
    invoice = access.invoice_to_view(request.user, invoice_id)
    schedule.want_details(invoice)
    return http.page(
        request,
        "invoices/print.html",
        {"invoice": invoice, "lines": [{"item": item} for item in invoice.items.all()]},
    )


def _table(request: http.Request, *, shows_things: bool) -> Table:
    accounts = access.accounts_with_invoices(request.user)
    rows = access.invoices_to_view(request.user)
    return Table(
        request,
        LISTING,
        related.with_things(request.user, rows) if shows_things else rows,
        accounts=accounts,
        filter=InvoiceFilter,
        labels=SimpleLazyObject(lambda: access.labels_to_see(request.user)),  # few addresses name one
        freshness=Freshness(Noun.INVOICES, accounts),
    )


# While a payment of it is open, the page of the act says so itself.
_CANNOT_PAY = Translated(
    {
        "total": _("The total of this invoice could not be read. Pay it at Ultahost."),
        "settled": _("There is nothing to pay on this invoice."),
    }
)


@can_be_asked_first
def pay_invoice(request: http.Request, invoice_id: UUID) -> HttpResponse:
    """Pay one invoice. Its total is read again before it is sent."""
    invoice = access.invoice_to_pay(request.user, invoice_id)
    if request.method != "POST" and (why := invoice.why_not_payable) in _CANNOT_PAY:
        messages.warning(request, _CANNOT_PAY[why])
        return http.SeeOther(reverse("invoice", args=[invoice.pk]))
    amount = formats.money(invoice.total, invoice.currency)
    writing = WritePage(
        request,
        invoice.account,
        writes.PayInvoice,
        title=gettext("Pay invoice %(invoice)s?") % {"invoice": invoice},
        text=gettext("Ultahost charges the invoice's payment method."),
        verb=gettext("Pay %(amount)s") % {"amount": amount},
        back=reverse("invoice", args=[invoice.pk]),
        facts=[
            (gettext("Invoice"), invoice),
            (gettext("Still owed"), amount),
            (gettext("Due"), fields.day(invoice, "due_date")),
            (gettext("Payment method"), gateway_word(invoice.payment_method) or formats.NOTHING),
        ],
        extra={"busy": gettext("Paying…")},
        priced=True,
        agreed=invoice.total,
        currency=invoice.currency,
    )
    return writing.respond(WriteForm, lambda form: writes.PayInvoice(invoice.remote_id))
