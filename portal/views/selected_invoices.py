"""Paying many selected invoices: one confirmation, and a batch that workers send."""

from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from portal import http
from portal.models import User
from portal.operations.together_page import BulkWrite, Rows, TogetherPage
from portal.pages import cells
from portal.pages.columns import ACCOUNT, Column
from portal.pages.selection import Selection, selected
from portal.queries.payment_gateways import gateway_words
from portal.sign_in.reauthentication import can_be_asked_first
from portal.wording.translated import Translated
from ultahost_api.client import writes
from ultahost_api.models import Invoice


def _counted(count: int) -> str:
    return ngettext("%(count)s invoice", "%(count)s invoices", count) % {"count": count}


def _select(user: User, data: QueryDict) -> Selection:
    """A link names them as ``invoice``, a selection as ``row``."""
    if "invoice" in data:
        data = data.copy()
        data.setlist("row", data.getlist("row") + data.getlist("invoice"))
    return selected(user, "invoices", data)


_HINDERED = Translated(
    {
        "pending": gettext_lazy("A payment of it is in progress."),
        "total": gettext_lazy("Its total could not be read."),
        "settled": gettext_lazy("There is nothing to pay."),
        "moves": gettext_lazy("It pays other invoices or adds to the credit: pay it by itself."),
    }
)


def _unpayable(invoice: Invoice) -> object:
    """A payment of other invoices beside these would pay them twice."""
    why = invoice.why_not_payable or ("moves" if invoice.only_moves_money else "")
    return _HINDERED[why] if why else ""


def _words(count: int) -> tuple[str, str]:
    title = ngettext("Pay %(count)s invoice?", "Pay %(count)s invoices?", count)
    verb = ngettext("Pay %(count)s invoice", "Pay %(count)s invoices", count)
    return title % {"count": count}, verb % {"count": count}


_INVOICES = Rows(
    _select,
    (
        Column("number", gettext_lazy("Invoice"), css_class="name", cell=cells.name("invoice", "pk")),
        ACCOUNT,
        Column("method", gettext_lazy("Payment method"), css_class="extra", cell=cells.gateway),
        Column("due", gettext_lazy("Due"), css_class="date", cell=cells.day("due_date")),
    ),
    _counted,
    lambda: {"gateways": gateway_words()},
)

_PAY = BulkWrite(
    writes.PayInvoice,
    lambda form, invoice: writes.PayInvoice(invoice.remote_id),
    _words,
    text=gettext_lazy(
        "The invoices of an account are paid one after the other. If a result is unclear, the rest of the"
        " account are not sent."
    ),
    amount=lambda form, invoice: invoice.total,
    sum_label=gettext_lazy("To pay"),
    amount_column=Column(
        "total", gettext_lazy("Still owed"), css_class="money", cell=cells.amount("total", "currency")
    ),
    agrees=True,
    calls=2,
    hindered=_unpayable,
)


@can_be_asked_first
def pay_invoices(request: http.Request) -> HttpResponse:
    """Each is its own operation; its token is derived from the page's, so a page sent twice pays once."""
    return TogetherPage(request, _INVOICES, _PAY, reverse("invoices")).respond()
