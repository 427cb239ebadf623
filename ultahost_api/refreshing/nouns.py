"""What the refresh has to know of each cached noun."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from ultahost_api.client import Client, domains, invoices, services
from ultahost_api.models import Domain, Invoice, InvoiceItem, Noun, Service
from ultahost_api.models.cached import Cached, CachedQuerySet
from ultahost_api.refreshing.rows import shared_names, values_of


@dataclass(frozen=True, slots=True)
class CachedNoun:
    noun: Noun
    model: type[Cached]
    record: type
    details: type
    calls: Callable[[Client], Any]  # the client's module of this noun: page(), get()

    @property
    def rows(self) -> CachedQuerySet[Any]:
        return cast(CachedQuerySet[Any], self.model._default_manager.all())

    @property
    def names(self) -> tuple[str, ...]:
        return shared_names(self.record, self.model)

    @property
    def detail_names(self) -> tuple[str, ...]:
        """What only the details tell; the list stays the authority for its own fields."""
        return tuple(
            n for n in shared_names(self.details, self.model) if n not in self.names and n != "items"
        )


NOUNS: dict[str, CachedNoun] = {
    noun.noun: noun
    for noun in (
        CachedNoun(Noun.SERVICES, Service, services.Service, services.ServiceDetails, lambda c: c.services),
        CachedNoun(Noun.INVOICES, Invoice, invoices.Invoice, invoices.InvoiceDetails, lambda c: c.invoices),
        CachedNoun(Noun.DOMAINS, Domain, domains.Domain, domains.DomainDetails, lambda c: c.domains),
    )
}


def items_of(invoice: Invoice, details: invoices.InvoiceDetails) -> list[InvoiceItem]:
    """The invoice's lines, unsaved; ValueError when one cannot be held."""
    names = ("description", "amount", "taxed")
    return [
        InvoiceItem(invoice=invoice, position=position, **values_of(item, InvoiceItem, names))
        for position, item in enumerate(details.items)
    ]
