"""Paying invoices: one, or several one after the other."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal import access, acting, confirming, formats, http
from portal.models import User
from portal.threads import Busy, provider_call
from portal.writing import Write
from ultahost_api import operating
from ultahost_api.models import ApiKey, Invoice, Operation
from ultahost_api.models.invoices import OPEN, InvoiceQuerySet
from ultahost_api.operating import Intent, NeedsConfirmation, NotAllowedNow, TwinPending

MOST = 20  # invoices of one confirmation


@require_http_methods(["GET", "HEAD", "POST"])
def pay_invoice(request: http.Request, invoice_id: UUID) -> HttpResponse:
    invoice = access.invoice_to_pay(request.user, invoice_id)
    amount = formats.money(invoice.total, invoice.currency)
    write = Write(
        request,
        invoice.account,
        "pay_invoice",
        title=_("Pay invoice %(invoice)s?") % {"invoice": invoice},
        text=_("Ultahost takes the money with the invoice's payment method."),
        verb=_("Pay %(amount)s") % {"amount": amount},
        back=reverse("invoice", args=[invoice.pk]),
        facts=[
            (_("Invoice"), invoice),
            (_("Still owed"), amount),
            (_("Due"), formats.day(invoice.due_date)),
            (_("Payment method"), invoice.payment_method or formats.NOTHING),
        ],
        extra={"busy": _("Paying…")},
        priced=True,
        agreed=invoice.total,
    )
    return write.respond(parameters=lambda form: {"invoiceid": invoice.remote_id})


@dataclass(frozen=True, slots=True)
class Payment:
    """One invoice of several, and what came of it. ``words`` where no operation was made."""

    invoice: Invoice
    key: ApiKey | None
    operation: Operation | None = None
    words: str = ""

    @property
    def is_payable(self) -> bool:
        """There is somebody to pay it and a sum to agree to."""
        return self.key is not None and self.invoice.total is not None

    @property
    def is_open(self) -> bool:
        """Nobody knows yet: nothing more is sent on top of it."""
        return self.operation is not None and self.operation.is_pending


@require_http_methods(["GET", "HEAD", "POST"])
def pay_invoices(request: http.Request) -> HttpResponse:
    """Each is an operation of its own; its token comes from the page's, so the page sent twice pays once."""
    there = f"{request.path}?{urlencode([('invoice', id_) for id_ in _ids(request)])}"
    if way := confirming.ask_first(request, there=there):
        return way
    if request.method == "POST":
        invoices = _picked(request.user, _ids(request))
        payments = _pay(request.user, invoices, _named(request), _uuid(request.POST.get("form_token", "")))
        return http.page(request, "invoices/paid_several.html", {"payments": payments})
    invoices = _picked(request.user, _ids(request)).filter(gone_at=None, status__in=OPEN)
    if not invoices:
        messages.warning(request, _("None of these invoices can be paid."))
        return http.SeeOther(reverse("invoices"))
    payments = [Payment(invoice, _key(request.user, invoice)) for invoice in invoices]
    payable = [payment for payment in payments if payment.is_payable]
    context = {
        "payments": payments,
        "payable": payable,
        "totals": invoices.filter(pk__in=[payment.invoice.pk for payment in payable]).by_currency(),
        "form_token": uuid4(),
    }
    return http.page(request, "invoices/pay_several.html", context)


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
        return {UUID(id_): (UUID(key), Decimal(total)) for id_, key, total in zip(*columns, strict=True)}
    except (ValueError, InvalidOperation):
        raise Http404 from None


def _pay(
    user: User, invoices: Iterable[Invoice], named: Mapping[UUID, tuple[UUID, Decimal]], page_token: UUID
) -> list[Payment]:
    payments: list[Payment] = []
    for invoice in invoices:
        if payments and payments[-1].is_open:
            break
        payments.append(_pay_one(user, invoice, *named[invoice.pk], uuid5(page_token, str(invoice.pk))))
    left = list(invoices)[len(payments) :]
    return payments + [Payment(invoice, None, words=_("Not attempted.")) for invoice in left]


def _pay_one(user: User, invoice: Invoice, named_key: UUID, total: Decimal, token: UUID) -> Payment:
    if known := operating.sent_by(user, token):
        return Payment(invoice, known.key, known)
    try:
        key = acting.as_named(user, invoice.account, named_key, _key(user, invoice))
    except acting.OtherKey as other:
        return Payment(invoice, None, words=str(other))
    parameters = {"invoiceid": invoice.remote_id}
    intent = Intent(user, key, "pay_invoice", parameters, token, agreed=str(total))
    try:
        with provider_call():
            return Payment(invoice, key, operating.perform(intent))
    except Busy:
        words = _("The portal is busy with other calls. Nothing was sent; try again.")
    except NotAllowedNow as reason:
        words = _("%(reason)s Nothing was sent.") % {"reason": reason}
    except TwinPending:
        words = _("It is being paid already, and the outcome is open. Nothing was sent.")
    except NeedsConfirmation:
        words = _("It was sent before and never seen to take effect. Nothing was sent; pay it by itself.")
    return Payment(invoice, key, words=words)


def _key(user: User, invoice: Invoice) -> ApiKey | None:
    return access.key_to_write_with(user, invoice.account)


def _uuid(told: Any) -> UUID:
    try:
        return UUID(told)
    except ValueError:
        raise Http404 from None
