"""What reading tells: before a write, so that its effect shows, and after one of unknown outcome."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from ultahost_api.client import Client
from ultahost_api.client.orders import OrderDetails
from ultahost_api.models import Operation
from ultahost_api.models.invoices import PAYABLE

Parameters = Mapping[str, Any]
Before = dict[str, Any]

_FIRST = 25  # orders looked through for the newest, where the server may not sort
_NEWEST = 200  # orders looked through, newest first, for the one that may have been made
_UNPAID = {PAYABLE, "Collections", "Draft"}  # what an invoice stays when it is not paid after all


class Pointless(Exception):
    """What is there already rules the write out. In the user's words."""


def before(client: Client, action: str, parameters: Parameters) -> Before:
    """What the probe of this action will compare with. Costs a read for the actions that create or pay."""
    look = _BEFORE.get(action)
    return look(client, parameters) if look else {}


def took_effect(client: Client, operation: Operation) -> bool | None:
    """Whether reading shows the effect; None where it cannot tell."""
    probe = _AFTER.get(operation.action)
    return probe(client, operation) if probe else None


def can_tell(action: str) -> bool:
    return action in _AFTER


def _invoice_before(client: Client, parameters: Parameters) -> Before:
    invoice = client.invoices.get(parameters["invoiceid"])
    if invoice.status != PAYABLE:
        raise Pointless(_("Ultahost says that this invoice is %(status)s.") % {"status": invoice.status})
    if invoice.total is None:
        raise Pointless(_("The total that Ultahost asks for could not be read."))
    if invoice.total <= 0:
        raise Pointless(_("Ultahost asks for no money with this invoice."))
    return {"status": invoice.status, "total": str(invoice.total)}


def _invoice_after(client: Client, operation: Operation) -> bool | None:
    """A payment may be under way for days; of an invoice cancelled or refunded a person decides."""
    status = client.invoices.get(_id(operation)).status
    if status in {"Paid", "Payment Pending"}:
        operation.result |= {"status": status}
        return True
    return False if status in _UNPAID else None


def _orders_before(client: Client, parameters: Parameters) -> Before:
    return {"newest": max((order.id for order in islice(client.orders.list(), _FIRST)), default=0)}


def _orders_after(client: Client, operation: Operation) -> bool | None:
    """The one order since then that is ours; of several that could be, a person decides."""
    newest = operation.before.get("newest", 0)
    since = (order for order in islice(client.orders.list(), _NEWEST) if order.id > newest)
    known = _orders_of_others(operation)
    wanted = operation.parameters
    candidates = [
        details
        for order in since
        if order.id not in known and order.payment_method == wanted.get("paymentmethod")
        if _is_for(details := client.orders.get(order.id), wanted.get("domain"))
    ]
    if len(candidates) == 1:
        operation.result |= {"orderid": candidates[0].id, "invoiceid": candidates[0].invoice_id}
    return None if len(candidates) > 1 else bool(candidates)


def _orders_of_others(operation: Operation) -> set[int]:
    """Orders that other operations are known to have made."""
    others = Operation.objects.filter(account=operation.account, action="create_order").exclude(
        pk=operation.pk
    )
    return {result["orderid"] for result in others.values_list("result", flat=True) if result.get("orderid")}


def _is_for(order: OrderDetails, domains: object) -> bool:
    """Whether the order is for these domains; an order without any tells nothing, and may be."""
    ordered = {service.domain for service in order.services} | {domain.name for domain in order.domains}
    wanted = set(domains) if isinstance(domains, list) else set()
    return not wanted or not ordered or bool(wanted & ordered)


def _quote_before(client: Client, parameters: Parameters) -> Before:
    quote = client.quotes.get(parameters["quoteid"])
    if quote.stage == "Accepted":
        raise Pointless(_("Ultahost says that this quote is accepted already."))
    if quote.total is None:
        raise Pointless(_("The total of this quote could not be read."))
    return {"stage": quote.stage, "total": str(quote.total)}


def _quote_after(client: Client, operation: Operation) -> bool:
    return client.quotes.get(_id(operation)).stage == "Accepted"


def _service_before(client: Client, parameters: Parameters) -> Before:
    service = client.services.get(parameters["serviceid"])
    amount = None if service.amount is None else str(service.amount)
    return {"product_name": service.product_name, "amount": amount}


def _service_after(client: Client, operation: Operation) -> bool | None:
    """An amount that could not be read, then or now, tells nothing."""
    service, before = client.services.get(_id(operation)), operation.before
    if service.product_name != before.get("product_name"):
        return True
    known = service.amount is not None and before.get("amount") is not None
    return service.amount != Decimal(before["amount"]) if known else None


def _methods_before(client: Client, parameters: Parameters) -> Before:
    return {"ids": [method.id for method in client.payment_methods.list()]}


def _methods_after(client: Client, operation: Operation) -> bool | None:
    new = [m for m in client.payment_methods.list() if m.id not in operation.before.get("ids", [])]
    new = [m for m in new if m.type == operation.parameters.get("type")]
    return None if len(new) > 1 else bool(new)


def _method_gone(client: Client, operation: Operation) -> bool:
    return _id(operation) not in {method.id for method in client.payment_methods.list()}


def _contacts_before(client: Client, parameters: Parameters) -> Before:
    return {"ids": [c.id for c in client.contacts.list() if _same_mail(c.email, parameters.get("email"))]}


def _contacts_after(client: Client, operation: Operation) -> bool:
    known = operation.before.get("ids", [])
    email = operation.parameters.get("email")
    return any(_same_mail(c.email, email) and c.id not in known for c in client.contacts.list())


def _contact_gone(client: Client, operation: Operation) -> bool:
    return _id(operation) not in {contact.id for contact in client.contacts.list()}


def _contact_changed(client: Client, operation: Operation) -> bool:
    answer = client.call("get_contact", contactid=_id(operation)).data
    return _agrees(answer, operation.parameters)


def _account_changed(client: Client, operation: Operation) -> bool | None:
    answer = client.call("get_profile").data
    readable = {name: value for name, value in operation.parameters.items() if name in answer}
    return _agrees(answer, readable) if readable else None


def _renewal_set(client: Client, operation: Operation) -> bool:
    return client.domains.get(_id(operation)).auto_renew == bool(int(operation.parameters["autorenew"]))


def _agrees(answer: Any, wanted: Parameters) -> bool:
    return isinstance(answer, dict) and all(
        str(answer.get(name)) == str(value) for name, value in wanted.items() if name in answer
    )


def _same_mail(one: str, other: object) -> bool:
    return one.lower() == str(other).lower()


def _id(operation: Operation) -> int:
    assert operation.remote_id is not None  # noqa: S101  # every probe that asks is of an action with an id
    return operation.remote_id


_BEFORE: dict[str, Callable[[Client, Parameters], Before]] = {
    "pay_invoice": _invoice_before,
    "create_order": _orders_before,
    "accept_quote": _quote_before,
    "upgrade_service": _service_before,
    "add_payment_method": _methods_before,
    "create_contact": _contacts_before,
}
_AFTER: dict[str, Callable[[Client, Operation], bool | None]] = {
    "pay_invoice": _invoice_after,
    "create_order": _orders_after,
    "accept_quote": _quote_after,
    "upgrade_service": _service_after,
    "add_payment_method": _methods_after,
    "delete_payment_method": _method_gone,
    "create_contact": _contacts_after,
    "update_contact": _contact_changed,
    "delete_contact": _contact_gone,
    "update_account": _account_changed,
    "toggle_autorenew": _renewal_set,
}
