"""What was last paid for a product, among the accounts that a person may view."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import OuterRef, Subquery

from portal import access
from portal.models import Product, User
from portal.wording import formats
from portal.wording.cycles import cycle_word
from ultahost_api.models import InvoiceItem


@dataclass(frozen=True, slots=True)
class Price:
    amount: Decimal
    currency: str
    cycle: str
    on: date | None

    def __str__(self) -> str:
        return f"{formats.money(self.amount, self.currency)} {cycle_word(self.cycle)}".strip()


def last_paid(user: User, products: Iterable[Product]) -> dict[UUID, Price]:
    """By product. The line of the newest paid invoice for a service of the product's name."""
    lines = InvoiceItem.objects.filter(
        service__in=access.services_to_view(user).values("pk"),
        invoice__in=access.invoices_to_view(user).filter(status="Paid").values("pk"),
        service__product_name=OuterRef("name"),
        amount__gt=0,
    ).order_by("-invoice__date", "-invoice__remote_id", "position")
    wanted = Product.objects.filter(pk__in=[product.pk for product in products])
    found = dict(wanted.annotate(line=Subquery(lines.values("pk")[:1])).values_list("pk", "line"))
    items = InvoiceItem.objects.select_related("invoice", "service").in_bulk(filter(None, found.values()))
    return {pk: _price(items[line]) for pk, line in found.items() if line in items}


def _price(item: InvoiceItem) -> Price:
    cycle = item.service.billing_cycle if item.service else ""
    return Price(item.amount or Decimal(0), item.invoice.currency, cycle, item.invoice.date)
