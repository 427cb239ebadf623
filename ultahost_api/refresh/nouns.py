"""The cached nouns: how each is read, which fields it tracks, and how its passes work."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from ultahost_api.client import Client, domains, emails, invoices, orders, quotes, services
from ultahost_api.models import Domain, Email, Invoice, InvoiceItem, Noun, Order, OrderItem, Quote, Service
from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.refresh.rows import fit_text, shared_names, values_of


@dataclass(frozen=True, slots=True)
class CachedNoun:
    noun: Noun
    model: type[Cached]
    record: type
    calls: Callable[[Client], Any]  # the client's module of this noun: page(), get()
    tracked: tuple[str, ...]  # fields whose change people want to know of
    details: type | None = None  # what get() tells more of, where that is kept too
    ages: bool = True  # details are read again after a day, otherwise only when the row changes
    is_cheap: bool = False  # most passes read only what may have changed: the newest rows, and the unsettled
    unsettled: tuple[str, ...] = ()  # statuses that always are, whether rows have them or not
    settled: frozenset[str] = frozenset()  # statuses that no longer change, or too seldom to look for
    is_readable: bool = True  # one row can be asked for, and its answer holds nothing that must stay out

    @property
    def rows(self) -> CachedQuerySet[Any]:
        return cast(CachedQuerySet[Any], self.model._default_manager.all())

    @property
    def names(self) -> tuple[str, ...]:
        return shared_names(self.record, self.model)

    @property
    def detail_names(self) -> tuple[str, ...]:
        """Fields that only the details contain. Fields of the list are taken from the list."""
        told = shared_names(self.details, self.model) if self.details else ()
        return tuple(n for n in told if n not in self.names and n != "items")


NOUNS: dict[str, CachedNoun] = {
    noun.noun: noun
    for noun in (
        CachedNoun(
            Noun.SERVICES,
            Service,
            services.Service,
            lambda client: client.services,
            tracked=("product_name", "status", "amount", "billing_cycle", "next_due_date", "dedicated_ip"),
            details=services.ServiceDetails,
        ),
        CachedNoun(
            Noun.INVOICES,
            Invoice,
            invoices.Invoice,
            lambda client: client.invoices,
            tracked=("status", "total", "due_date"),
            details=invoices.InvoiceDetails,
            is_cheap=True,
            unsettled=("Unpaid",),
            settled=frozenset({"Paid", "Cancelled", "Refunded"}),
        ),
        CachedNoun(
            Noun.DOMAINS,
            Domain,
            domains.Domain,
            lambda client: client.domains,
            tracked=("status", "recurring_amount", "next_due_date", "expiry_date", "registrar", "auto_renew"),
            details=domains.DomainDetails,
        ),
        CachedNoun(
            Noun.ORDERS,
            Order,
            orders.Order,
            lambda client: client.orders,
            tracked=("status", "amount"),
            details=orders.OrderDetails,
            ages=False,
            is_cheap=True,
            unsettled=("Pending",),
            settled=frozenset({"Active", "Cancelled", "Fraud"}),
        ),
        CachedNoun(
            Noun.QUOTES,
            Quote,
            quotes.Quote,
            lambda client: client.quotes,
            tracked=("stage", "total", "valid_until"),
        ),
        CachedNoun(
            Noun.EMAILS,
            Email,
            emails.Email,
            lambda client: client.emails,
            tracked=(),
            is_cheap=True,
            is_readable=False,
        ),
    )
}


def items_of(row: Cached, details: Any) -> list[InvoiceItem] | list[OrderItem]:
    """The lines of an invoice or the things of an order, unsaved."""
    if isinstance(row, Invoice):
        return _lines(row, details)
    return _ordered(row, details) if isinstance(row, Order) else []


def _lines(invoice: Invoice, details: invoices.InvoiceDetails) -> list[InvoiceItem]:
    names = ("description", "amount", "taxed")
    return [
        InvoiceItem(invoice=invoice, position=position, **values_of(item, InvoiceItem, names))
        for position, item in enumerate(details.items)
    ]


def _ordered(order: Order, details: orders.OrderDetails) -> list[OrderItem]:
    told = [
        *((OrderItem.Kind.SERVICE, one.id, [one.product_name, one.domain]) for one in details.services),
        *((OrderItem.Kind.DOMAIN, one.id, [one.name]) for one in details.domains),
    ]
    return [
        OrderItem(
            order=order,
            position=place,
            kind=kind,
            remote_id=id_,
            text=fit_text(" – ".join(filter(None, texts))),
        )
        for place, (kind, id_, texts) in enumerate(told)
    ]
