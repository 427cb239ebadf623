"""Offers that the provider has made to the account."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from .core import statuses, wire
from .core.paging import Listable
from .core.row import Row
from .profile import person
from .writes.quotes import AcceptQuote


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    id: int
    subject: str
    stage: str
    valid_until: date | None
    created_on: date | None
    total: Decimal | None
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteItem:
    id: int | None
    description: str
    quantity: Decimal | None
    unit_price: Decimal | None
    discount: Decimal | None
    taxable: bool | None
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteDetails(Quote):
    """Who it was made out to, as written on it. ``currency_id`` is the provider's number, not a code."""

    first_name: str
    last_name: str
    company_name: str
    email: str
    address1: str
    address2: str
    city: str
    state: str
    postcode: str
    country: str
    phone_number: str
    tax_id: str
    currency_id: int | None
    subtotal: Decimal | None
    tax1: Decimal | None
    tax2: Decimal | None
    proposal: str
    customer_notes: str
    modified_on: date | None
    sent_on: date | None
    accepted_on: date | None
    items: tuple[QuoteItem, ...]


class Quotes(Listable[Quote]):
    _action = "get_quotes"

    @staticmethod
    def _read(row: Row) -> Quote:
        return row.into(Quote, **_quote(row), extra=row.rest())

    def get(self, id: int) -> QuoteDetails:
        return self._client.record("get_quote", _details, expect=id, quoteid=id)

    def accept(self, id: int) -> int | None:
        """Raises an invoice. Returns its id, or None when the answer does not tell it."""
        return wire.told_id(self._client.send(AcceptQuote(id)).data, "invoiceid")


def _quote(row: Row) -> dict[str, Any]:
    return {
        "id": row.id(),
        "subject": row.text("subject"),
        "stage": statuses.status(row, "stage", statuses.QUOTE),
        "valid_until": row.day("validuntil"),
        "created_on": row.day("datecreated"),
        "total": row.money("total"),
    }


def _item(row: Row) -> QuoteItem:
    return row.into(
        QuoteItem,
        id=row.number("id"),
        description=row.text("description"),
        quantity=row.money("quantity"),
        unit_price=row.money("unitprice"),
        discount=row.money("discount"),
        taxable=row.flag("taxable"),
    )


def _details(row: Row) -> QuoteDetails:
    return row.into(
        QuoteDetails,
        **_quote(row),
        **person(row),
        currency_id=row.number("currency"),
        subtotal=row.money("subtotal"),
        tax1=row.money("tax1"),
        tax2=row.money("tax2"),
        proposal=row.text("proposal"),
        customer_notes=row.text("customernotes"),
        modified_on=row.day("lastmodified"),
        sent_on=row.day("datesent"),
        accepted_on=row.day("dateaccepted"),
        items=row.all("items", _item),
        extra=row.rest(),
    )
