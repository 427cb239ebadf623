from itertools import islice

from ultahost_api.client import Client, writes
from ultahost_api.client.orders import OrderDetails
from ultahost_api.models import Noun, Operation
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction

_FIRST = 25  # orders looked through for the newest, where the server may not sort
_NEWEST = 200  # orders looked through, newest first, for the one that may have been made


class CreateOrder(WriteAction):
    write = writes.CreateOrder
    noun = "order"
    stale = (Noun.ORDERS, Noun.SERVICES, Noun.INVOICES, Noun.DOMAINS)
    kept = ("serviceids", "addonids", "domainids")

    def before(self, client: Client, parameters: Parameters) -> Before:
        return {"newest": max((order.id for order in islice(client.orders.list(), _FIRST)), default=0)}

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
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
    """The ids of orders that other operations made."""
    others = Operation.objects.filter(account=operation.account, action=CreateOrder.write.action)
    results = others.exclude(pk=operation.pk).values_list("result", flat=True)
    return {result["orderid"] for result in results if result.get("orderid")}


def _is_for(order: OrderDetails, domains: object) -> bool:
    """Whether the order is for these domains; an order without any tells nothing, and may be."""
    ordered = {service.domain for service in order.services} | {domain.name for domain in order.domains}
    wanted = set(domains) if isinstance(domains, list) else set()
    return not wanted or not ordered or bool(wanted & ordered)
