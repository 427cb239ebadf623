"""What the account owes and has paid."""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .core import statuses
from .core.paging import Listable
from .core.row import Row
from .writes.invoices import PayInvoice


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """``total`` is what remains after credit, in the account's currency; overdue is not a status."""

    id: int
    number: str
    date: datetime.date | None
    due_date: datetime.date | None
    total: Decimal | None
    status: str
    payment_method: str
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceItem:
    id: int | None
    description: str
    amount: Decimal | None
    taxed: bool | None
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceDetails(Invoice):
    subtotal: Decimal | None
    credit: Decimal | None
    tax: Decimal | None
    tax2: Decimal | None
    notes: str
    items: tuple[InvoiceItem, ...]


class Invoices(Listable[Invoice]):
    _action = "get_invoices"
    _sort = "DESC_id"

    @staticmethod
    def _read(row: Row) -> Invoice:
        return row.into(Invoice, **_invoice(row), extra=row.rest())

    def get(self, id: int) -> InvoiceDetails:
        return self._client.record("get_invoice", _details, expect=id, invoiceid=id)

    def pay(self, id: int) -> str:
        """Captures the payment. Returns the provider's word."""
        return self._client.send(PayInvoice(id)).message


def _invoice(row: Row) -> dict[str, Any]:
    return {
        "id": row.id(),
        "number": row.text("invoicenum"),
        "date": row.day("date"),
        "due_date": row.day("duedate"),
        "total": row.money("total"),
        "status": statuses.status(row, "status", statuses.INVOICE),
        "payment_method": row.text("paymentmethod"),
    }


def _item(row: Row) -> InvoiceItem:
    return row.into(
        InvoiceItem,
        id=row.number("id"),
        description=row.text("description"),
        amount=row.money("amount"),
        taxed=row.flag("taxed"),
    )


def _details(row: Row) -> InvoiceDetails:
    return row.into(
        InvoiceDetails,
        **_invoice(row),
        subtotal=row.money("subtotal"),
        credit=row.money("credit"),
        tax=row.money("tax"),
        tax2=row.money("tax2"),
        notes=row.text("notes"),
        items=row.all("items", _item),
        extra=row.rest(),
    )
