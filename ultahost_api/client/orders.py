"""What the account has ordered."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from .core import statuses
from .core.paging import Listable
from .core.row import Row
from .writes.orders import CreateOrder


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """``number`` is the one that people quote; it exceeds 32 bits and is kept as text."""

    id: int
    number: str
    amount: Decimal | None
    payment_method: str
    status: str
    date: datetime | None
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedService:
    id: int | None
    product_name: str
    domain: str
    amount: Decimal | None
    billing_cycle: str
    status: str
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedDomain:
    """The documentation shows no domain inside an order; whatever else there is stands in ``extra``."""

    id: int | None
    name: str
    status: str
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDetails(Order):
    invoice_id: int | None
    notes: str
    services: tuple[OrderedService, ...]
    domains: tuple[OrderedDomain, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """``id`` is None when the answer does not tell it; the order was placed all the same."""

    id: int | None
    invoice_id: int | None
    service_ids: tuple[int, ...]
    addon_ids: tuple[int, ...]
    domain_ids: tuple[int, ...]


class Orders(Listable[Order]):
    _action = "get_orders"
    _sort = "DESC_id"

    @staticmethod
    def _read(row: Row) -> Order:
        return row.into(Order, **_order(row), extra=row.rest())

    def get(self, id: int) -> OrderDetails:
        return self._client.record("get_order", _details, expect=id, orderid=id)

    def create(self, payment_method: str, **fields: object) -> NewOrder:
        """``fields`` as documented: parallel lists such as ``pid=[1], billingcycle=["monthly"]``."""
        write = CreateOrder(payment_method, **fields)
        fields.clear()  # a frame that an error report shows keeps no plain secret
        answer = self._client.send(write)
        return _new_order(Row(answer.data if isinstance(answer.data, dict) else {}))


def _order(row: Row) -> dict[str, Any]:
    return {
        "id": row.id(),
        "number": row.text("ordernum"),
        "amount": row.money("amount"),
        "payment_method": row.text("paymentmethod"),
        "status": statuses.status(row, "status", statuses.ORDER),
        "date": row.moment("date"),
    }


def _details(row: Row) -> OrderDetails:
    return row.into(
        OrderDetails,
        **_order(row),
        invoice_id=row.number("invoiceid") or None,
        notes=row.text("notes"),
        services=row.all("services", _ordered_service),
        domains=row.all("domains", _ordered_domain),
        extra=row.rest(),
    )


def _ordered_service(row: Row) -> OrderedService:
    return row.into(
        OrderedService,
        id=row.number("id"),
        product_name=row.text("product_name"),
        domain=row.text("domain"),
        amount=row.money("amount"),
        billing_cycle=row.text("billingcycle"),
        status=statuses.status(row, "status", statuses.SERVICE),
    )


def _ordered_domain(row: Row) -> OrderedDomain:
    return row.into(
        OrderedDomain,
        id=row.number("id"),
        name=row.text("domain"),
        status=statuses.status(row, "status", statuses.DOMAIN),
        extra=row.rest(),
    )


def _new_order(row: Row) -> NewOrder:
    return NewOrder(
        id=row.number("orderid"),
        invoice_id=row.number("invoiceid"),
        service_ids=row.numbers("serviceids"),
        addon_ids=row.numbers("addonids"),
        domain_ids=row.numbers("domainids"),
    )
