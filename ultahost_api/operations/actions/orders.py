from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Max
from django.utils import timezone

from ultahost_api.client import Client, OrderDetails, Rejected, writes
from ultahost_api.client import Order as RemoteOrder
from ultahost_api.client.core import wire
from ultahost_api.models import Account, Noun, Operation, Order
from ultahost_api.models.line_texts import domain_key
from ultahost_api.operations.actions.base import Before, Parameters, WriteAction, may_be_older, unread

_NEWEST = 200  # orders looked through, newest first, for the one that may have been made
_GIVEN_UP_AFTER = timedelta(days=1)  # then all are, to find that there is none
_A_DAY = timedelta(days=1)  # by which the clocks and time zones of the two may differ


class CreateOrder(WriteAction):
    write = writes.CreateOrder
    noun = "order"
    stale = (Noun.ORDERS, Noun.SERVICES, Noun.INVOICES, Noun.DOMAINS)
    kept = ("serviceids", "addonids", "domainids")

    def noted(self, account: Account, parameters: Parameters) -> Before:
        """The newest of our copy: where the server does not sort, its first page may end before that."""
        newest = Order.objects.present().filter(account=account).aggregate(newest=Max("remote_id"))["newest"]
        return {"newest_here": newest or 0}

    def before(self, client: Client, parameters: Parameters) -> Before:
        page = client.orders.page()
        return {"newest": max(page.ids, default=0), "total": page.total} | unread(page.rejected)

    def took_effect(self, client: Client, operation: Operation) -> bool | None:
        """The one order since then that is ours.

        Of several that could be, or where one could not be read before, a person decides.
        """
        before, wanted = operation.before, operation.parameters
        newest = max(before.get("newest", 0), before.get("newest_here", 0))
        orders, rejected, are_all = _newest_orders(client, operation)
        known = _orders_of_others(operation)
        method = str(wanted.get("paymentmethod")).lower()
        like_it = [
            order
            for order in orders
            if order.id > before.get("newest", 0)
            and order.id not in known
            and order.payment_method.lower() in {method, ""}
        ]
        candidates = [
            details
            for order in like_it
            if order.id > newest
            if _is_for(details := client.orders.get(order.id), wanted.get("domain"))
        ]
        if not candidates:
            may_be_older_here = any(order.id <= newest and _may_be_of(order, operation) for order in like_it)
            return False if are_all and not rejected and not may_be_older_here else None
        if len(candidates) > 1 or not candidates[0].payment_method or may_be_older(before, rejected):
            return None
        operation.result |= {"orderid": candidates[0].id, "invoiceid": candidates[0].invoice_id}
        return True


def _newest_orders(
    client: Client, operation: Operation
) -> tuple[Iterable[RemoteOrder], list[Rejected], bool]:
    """Those that can be read, the others, and whether a new one is surely among these.

    However the first of them are sorted, a newer one may be behind them, unless there are as many as before.
    All are read only at last, since that takes many calls.
    """
    orders: dict[int, RemoteOrder] = {}
    rejected: list[Rejected] = []
    before, listing = operation.before, client.orders.list()
    is_last = timezone.now() - operation.created_at > _GIVEN_UP_AFTER
    for page in listing.pages():
        orders |= {order.id: order for order in page.records}
        rejected += page.rejected
        if len(orders) >= _NEWEST:
            ids = [*orders]
            are_as_many = page.total is not None and page.total == before.get("total")
            is_newest_first = ids == sorted(ids, reverse=True) and ids[-1] <= before.get("newest", 0)
            if (are_as_many and is_newest_first) or not is_last:
                return orders.values(), rejected, are_as_many and is_newest_first
    return orders.values(), rejected, listing.clean


def _may_be_of(order: RemoteOrder, operation: Operation) -> bool:
    """Whether it may have been made since, as its day tells, though our copy had one of a higher id."""
    return order.date is None or order.date > operation.created_at - _A_DAY


def _orders_of_others(operation: Operation) -> set[int | None]:
    """The ids of orders that other operations made."""
    others = Operation.objects.filter(account=operation.account, action=CreateOrder.write.action)
    results = others.exclude(pk=operation.pk).values_list("result", flat=True)
    return {wire.told_id(result, "orderid") for result in results}


def _is_for(order: OrderDetails, domains: object) -> bool:
    """Whether the order is for these domains; an order without any tells nothing, and may be."""
    ordered = _keys([*(service.domain for service in order.services), *(each.name for each in order.domains)])
    wanted = _keys(domains if isinstance(domains, list) else [])
    return not wanted or not ordered or bool(wanted & ordered)


def _keys(domains: Iterable[object]) -> set[str]:
    """The same for two spellings of one name; without the empty place of a service that has none."""
    return {domain_key(str(domain)) for domain in domains} - {""}
