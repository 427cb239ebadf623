"""The account's stored cards and bank accounts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .core import wire
from .core.caller import Caller
from .core.errors import BadAnswer
from .core.paging import Page, read_rows
from .core.row import Row
from .core.wire import Unreadable
from .writes.payment_methods import AddPaymentMethod, DeletePaymentMethod


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentMethod:
    id: int
    type: str
    description: str
    gateway_name: str
    contact_type: str
    contact_id: int | None
    bank_name: str
    card_type: str
    card_last_four: str
    expiry_date: str
    """As the provider writes it: month and year."""
    last_updated: datetime | None
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


class PaymentMethods:
    def __init__(self, client: Caller) -> None:
        self._client = client

    def list(self) -> tuple[PaymentMethod, ...]:
        return self.page().records

    def page(self) -> Page[PaymentMethod]:
        """All of them: the provider does not page these. ``total`` is None if the answer told no list."""
        answer = self._client.call("get_payment_methods")
        try:
            rows = wire.rows(answer.data)
        except Unreadable as error:
            raise BadAnswer(f"data: {error}", action="get_payment_methods", status=answer.status) from None
        total = None if answer.data in (None, "") else len(rows)
        if (counted := wire.integer_or_none(answer.meta.get("total_records"))) is not None:
            total = counted
        records, rejected, ids = read_rows(rows, _payment_method, self._client.currency)
        return Page(records, rejected, ids, 0, len(rows), None, total, answer.rate)

    def add(self, type: str, **fields: object) -> int | None:
        """``fields`` as documented. Returns the new id, or None when the answer does not tell it."""
        write = AddPaymentMethod(type, **fields)
        fields.clear()  # a frame that an error report shows keeps no plain secret
        return wire.told_id(self._client.send(write).data, "paymethodid")

    def delete(self, id: int) -> str:
        return self._client.send(DeletePaymentMethod(id)).message


def _payment_method(row: Row) -> PaymentMethod:
    row.take("remote_token")
    return row.into(
        PaymentMethod,
        id=row.id(),
        type=row.text("type"),
        description=row.text("description"),
        gateway_name=row.text("gateway_name"),
        contact_type=row.text("contact_type"),
        contact_id=row.number("contact_id"),
        bank_name=row.text("bank_name"),
        card_type=row.text("card_type"),
        card_last_four=row.text("card_last_four"),
        expiry_date=row.text("expiry_date"),
        last_updated=row.moment("last_updated"),
        extra=row.rest(),
    )
