"""Paying invoices: one, or several one after the other."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal import access, http
from portal.models import User
from portal.operations import acting_key
from portal.operations.form import WriteForm
from portal.operations.page import WritePage
from portal.sign_in.reauthentication import reauthenticated
from portal.wording import fields, formats
from ultahost_api import operations
from ultahost_api.client import writes
from ultahost_api.client.core.amounts import read_amount
from ultahost_api.models import ApiKey, Invoice
from ultahost_api.models.invoices import InvoiceQuerySet
from ultahost_api.operations import WriteRequest

MOST = 20  # invoices of one confirmation


@http.require_safe_or_post
def pay_invoice(request: http.Request, invoice_id: UUID) -> HttpResponse:
    """What an invoice is paid for is looked up once more before it is sent."""
    invoice = access.invoice_to_pay(request.user, invoice_id)
    if request.method != "POST" and (invoice.total is None or invoice.total <= 0):
        words = _("This invoice asks for no money.")
        if invoice.total is None:
            words = _("The total of this invoice could not be read: pay it at Ultahost.")
        messages.warning(request, words)
        return http.SeeOther(reverse("invoice", args=[invoice.pk]))
    amount = formats.money(invoice.total, invoice.currency)
    writing = WritePage(
        request,
        invoice.account,
        writes.PayInvoice,
        title=_("Pay invoice %(invoice)s?") % {"invoice": invoice},
        text=_("Ultahost takes the money with the invoice's payment method."),
        verb=_("Pay %(amount)s") % {"amount": amount},
        back=reverse("invoice", args=[invoice.pk]),
        facts=[
            (_("Invoice"), invoice),
            (_("Still owed"), amount),
            (_("Due"), fields.day(invoice, "due_date")),
            (_("Payment method"), invoice.payment_method or formats.NOTHING),
        ],
        extra={"busy": _("Paying…")},
        priced=True,
        agreed=invoice.total,
    )
    return writing.respond(WriteForm, lambda form: writes.PayInvoice(invoice.remote_id))


@dataclass(frozen=True, slots=True)
class Payment:
    """One invoice of several, and the key that would pay it."""

    invoice: Invoice
    key: ApiKey | None

    @property
    def is_payable(self) -> bool:
        """A key is there to pay it with and no payment of it is under way."""
        return self.key is not None and self.invoice.is_payable


def _there(request: http.Request) -> str:
    return f"{request.path}?{urlencode([('invoice', id_) for id_ in _ids(request)])}"


@http.require_safe_or_post
@reauthenticated(there=_there)
def pay_invoices(request: http.Request) -> HttpResponse:
    """Each is an operation of its own; all tokens come from the page's, so the page sent twice pays once."""
    if request.method != "POST":
        return _ask(request)
    invoices = _picked(request.user, _ids(request))
    batch = uuid5(_uuid(request.POST.get("form_token", "")), str(request.user.pk))
    if not access.payments_to_view(request.user, batch):
        try:
            operations.queue(_requests(request, invoices, batch), batch)
        except acting_key.OtherKey as words:
            messages.error(request, str(words))
            return _ask(request, status=422)
    return http.SeeOther(reverse("payments", args=[batch]))


@require_safe
def payments(request: http.Request, batch: UUID) -> HttpResponse:
    """What became of each so far; it looks again by itself while something is open."""
    payments = access.payments_to_view(request.user, batch)
    if not payments:
        raise Http404
    numbers = [operation.remote_id or 0 for operation in payments]
    invoices = {
        (invoice.account_id, invoice.remote_id): invoice
        for invoice in access.invoices_to_view(request.user).filter(remote_id__in=numbers)
    }
    context = {
        "batch": batch,
        "payments": [(one, invoices.get((one.account_id, one.remote_id or 0))) for one in payments],
        "is_open": any(operation.is_pending for operation in payments),
    }
    return http.page(request, "invoices/payments.html", context, partials=["payments"])


def _ask(request: http.Request, status: int = 200) -> HttpResponse:
    invoices = _picked(request.user, _ids(request)).payable()
    if not invoices:
        messages.warning(request, _("None of these invoices can be paid."))
        return http.SeeOther(reverse("invoices"))
    payments = [Payment(invoice, _key(request.user, invoice)) for invoice in invoices]
    payable = [payment for payment in payments if payment.is_payable]
    context = {
        "payments": payments,
        "payable": payable,
        "keys": {one.invoice.account: acting_key.whose(request.user, one.key) for one in payments},
        "totals": invoices.filter(pk__in=[payment.invoice.pk for payment in payable]).by_currency(),
        "form_token": uuid4(),
    }
    return http.page(request, "invoices/pay_several.html", context, status=status)


def _ids(request: http.Request) -> list[str]:
    return (request.POST if request.method == "POST" else request.GET).getlist("invoice")


def _picked(user: User, ids: list[str]) -> InvoiceQuerySet:
    """All of them, or a 404: an invoice that somebody may not pay is not there."""
    wanted = {_uuid(id_) for id_ in ids[: MOST + 1]}
    invoices = access.invoices_to_pay(user).filter(pk__in=wanted).order_by("due_date", "remote_id")
    if len(wanted) > MOST or invoices.count() != len(wanted):
        raise Http404
    return invoices


def _named(request: http.Request) -> dict[UUID, tuple[UUID, Decimal]]:
    """What the page named beside each invoice: the key that pays it, and the total that is agreed to."""
    columns = (request.POST.getlist(name) for name in ("invoice", "key", "total"))
    try:
        return {UUID(id_): (UUID(key), read_amount(told)) for id_, key, told in zip(*columns, strict=True)}
    except ValueError:
        raise Http404 from None


def _requests(request: http.Request, invoices: Iterable[Invoice], batch: UUID) -> list[WriteRequest]:
    """OtherKey when one of them would be paid with another key than the page named."""
    user, named = request.user, _named(request)
    requests = []
    for invoice in invoices:
        named_key, total = named[invoice.pk]
        key = acting_key.as_named(user, invoice.account, named_key, _key(user, invoice))
        write, token = writes.PayInvoice(invoice.remote_id), uuid5(batch, str(invoice.pk))
        requests.append(WriteRequest(user, key, write, token, agreed_total=total))
    return requests


def _key(user: User, invoice: Invoice) -> ApiKey | None:
    return access.key_to_write_with(user, invoice.account)


def _uuid(told: Any) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise Http404 from None
