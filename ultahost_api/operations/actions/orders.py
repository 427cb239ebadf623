from collections.abc import Iterable
from itertools import islice

from ultahost_api.client import Client, writes
from ultahost_api.client.orders import Order, OrderDetails
from ultahost_api.models import Noun, Operation
from ultahost_api.models.line_texts import domain_key
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
        newest, wanted = operation.before.get("newest", 0), operation.parameters
        orders, is_whole = _newest_orders(client, newest)
        known = _orders_of_others(operation)
        method = str(wanted.get("paymentmethod")).lower()
        candidates = [
            details
            for order in orders
            if order.id > newest and order.id not in known and order.payment_method.lower() in {method, ""}
            if _is_for(details := client.orders.get(order.id), wanted.get("domain"))
        ]
        if not candidates:
            return False if is_whole else None
        if len(candidates) > 1 or not candidates[0].payment_method:
            return None
        operation.result |= {"orderid": candidates[0].id, "invoiceid": candidates[0].invoice_id}
        return True


def _newest_orders(client: Client, newest: int) -> tuple[Iterable[Order], bool]:
    """Also whether all that are newer than ``newest`` are among them, each with a readable id."""
    orders: dict[int, Order] = {}
    all_readable, listing = True, client.orders.list()
    for page in listing.pages():
        orders |= {order.id: order for order in page.records}
        all_readable = all_readable and not page.rejected
        if len(orders) >= _NEWEST:
            ids = [*orders]
            return orders.values(), all_readable and ids == sorted(ids, reverse=True) and ids[-1] <= newest
    return orders.values(), all_readable and listing.clean


def _orders_of_others(operation: Operation) -> set[int]:
    """The ids of orders that other operations made."""
    others = Operation.objects.filter(account=operation.account, action=CreateOrder.write.action)
    results = others.exclude(pk=operation.pk).values_list("result", flat=True)
    return {result["orderid"] for result in results if result.get("orderid")}


def _is_for(order: OrderDetails, domains: object) -> bool:
    """Whether the order is for these domains; an order without any tells nothing, and may be."""
    ordered = _keys([*(service.domain for service in order.services), *(each.name for each in order.domains)])
    wanted = _keys(domains if isinstance(domains, list) else [])
    return not wanted or not ordered or bool(wanted & ordered)


def _keys(domains: Iterable[object]) -> set[str]:
    """The same for two spellings of one name; without the empty place of a service that has none."""
    return {domain_key(str(domain)) for domain in domains} - {""}
