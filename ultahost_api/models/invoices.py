import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import Count, Min, Q, Sum

from ultahost_api import conf
from ultahost_api.models.cached import Cached, CachedQuerySet

OPEN = ("Unpaid", "Payment Pending", "Collections")
PAYABLE = "Unpaid"  # of those: a payment of the others is under way, or somebody collects it

_CENT = Decimal("0.01")


def _overdue(today: date) -> Q:
    """Derived: the provider stores no such status."""
    return Q(status="Unpaid", due_date__lt=today)


class InvoiceQuerySet(CachedQuerySet["Invoice"]):
    def open(self) -> Self:
        return self.present().filter(status__in=OPEN)

    def overdue(self) -> Self:
        return self.present().filter(_overdue(conf.today()))

    def by_currency(self, *, every_year: bool = False) -> "list[CurrencyTotals]":
        """What is owed and what was paid, per currency: two currencies are never added together.

        "Paid" is of this year unless ``every_year``. It sums ``total`` by invoice date: the provider tells
        no date of payment, and ``total`` is what remained after credit.
        """
        today = conf.today()
        which = {
            "open": Q(status__in=OPEN),
            "overdue": _overdue(today),
            "paid": Q(status="Paid") if every_year else Q(status="Paid", date__year=today.year),
        }
        sums = {name: Sum("total", filter=condition) for name, condition in which.items()}
        counts = {f"{name}_count": Count("pk", filter=condition) for name, condition in which.items()}
        rows: Any = self.present().order_by("currency").values("currency").annotate(**sums, **counts)
        return [CurrencyTotals(**row | {name: _cents(row[name]) for name in sums}) for row in rows]

    def owed(self) -> "dict[uuid.UUID, list[Owed]]":
        """What is open of each account that owes anything, by the account's id: a sum per currency."""
        sums: Any = self.open().order_by("currency").values("account", "currency")
        owed: dict[uuid.UUID, list[Owed]] = {}
        for row in sums.annotate(total=Sum("total"), first_due=Min("due_date", filter=Q(status=PAYABLE))):
            one = Owed(row["currency"], _cents(row["total"]), row["first_due"])
            owed.setdefault(row["account"], []).append(one)
        return owed


@dataclass(frozen=True, slots=True)
class Owed:
    """What one account owes in one currency, and when the first that is unpaid is due."""

    currency: str
    total: Decimal
    first_due: date | None


@dataclass(frozen=True, slots=True)
class CurrencyTotals:
    """Sums of one currency: open, overdue, and invoiced this year and paid."""

    currency: str
    open: Decimal
    open_count: int
    overdue: Decimal
    overdue_count: int
    paid: Decimal
    paid_count: int


def _cents(value: Decimal | None) -> Decimal:
    """SQLite adds decimals as floats: exact again to the cent."""
    return (value or Decimal(0)).quantize(_CENT)


class Invoice(Cached):
    """A bill. ``total`` is what remains after credit; ``currency`` is the account's when first stored."""

    number = models.CharField(max_length=255, blank=True)
    date = models.DateField(null=True)
    due_date = models.DateField(null=True)
    total = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    currency = models.CharField(max_length=10)
    status = models.CharField(max_length=60, blank=True)
    payment_method = models.CharField(max_length=255, blank=True)

    subtotal = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    credit = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    tax = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    tax2 = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    notes = models.TextField(blank=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta(Cached.Meta):
        indexes = [
            models.Index(fields=["account", "gone_at", "status"]),
            models.Index(fields=["due_date"]),
            models.Index(fields=["date"]),
        ]

    def __str__(self) -> str:
        return self.number or f"#{self.remote_id}"

    @property
    def is_overdue(self) -> bool:
        return self.status == "Unpaid" and self.due_date is not None and self.due_date < conf.today()

    @property
    def is_payable(self) -> bool:
        return self.status == PAYABLE and not self.is_gone

    @property
    def shown_status(self) -> str:
        return "Overdue" if self.is_overdue else self.status


class InvoiceItem(models.Model):
    """A line of an invoice, as its details showed it last; replaced whole."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="items")
    position = models.PositiveIntegerField()
    description = models.TextField(blank=True)
    amount = models.DecimalField(max_digits=14, decimal_places=2, null=True)
    taxed = models.BooleanField(default=False)

    class Meta:
        ordering = ["position"]
