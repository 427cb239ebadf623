"""What the account rents: hosting and servers."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from .core import statuses
from .core.paging import Listable
from .core.row import Row
from .core.secret import Secret
from .core.wire import Unreadable, money, text
from .writes.services import RequestCancellation, ResetServicePassword, RunCommand, UpgradeService


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    id: int
    product_name: str
    domain: str
    amount: Decimal | None
    billing_cycle: str
    next_due_date: date | None
    next_invoice_date: date | None
    status: str
    registration_date: date | None
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceDetails(Service):
    dedicated_ip: str
    assigned_ips: tuple[str, ...]
    nameservers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Upgrade:
    """``amount`` is None when the provider did not say it in numbers."""

    amount: Decimal | None
    currency: str


class Services(Listable[Service]):
    _action = "get_services"

    @staticmethod
    def _read(row: Row) -> Service:
        return row.into(Service, **_service(row), extra=row.rest())

    def get(self, id: int) -> ServiceDetails:
        return self._client.record("get_service", _details, expect=id, serviceid=id)

    def request_cancellation(self, id: int, *, type: str, reason: str = "") -> str:
        """``type`` is "Immediate" or "End of Billing Period". Returns the provider's word."""
        return self._client.send(RequestCancellation(id, type=type, reason=reason)).message

    def reset_password(self, id: int, password: str | Secret) -> str:
        password = Secret(password)
        return self._client.send(ResetServicePassword(id, password)).message

    def run_command(self, id: int, name: str) -> str:
        """``name`` is one that the service's module allows, such as "reboot"; the API does not list them."""
        return self._client.send(RunCommand(id, name)).message

    def upgrade(self, id: int, *, type: str, payment_method: str, **fields: object) -> Upgrade:
        """An order at once, not a preview. ``fields`` as documented, such as ``newproductid``."""
        write = UpgradeService(id, type=type, payment_method=payment_method, **fields)
        fields.clear()  # a frame that an error report shows keeps no plain secret
        return _upgrade(self._client.send(write).data)


def _service(row: Row) -> dict[str, Any]:
    return {
        "id": row.id(),
        "product_name": row.text("product_name"),
        "domain": row.text("domain"),
        "amount": row.money("amount"),
        "billing_cycle": row.text("billingcycle"),
        "next_due_date": row.day("nextduedate"),
        "next_invoice_date": row.day("nextinvoicedate"),
        "status": statuses.status(row, "status", statuses.SERVICE),
        "registration_date": row.day("regdate"),
    }


def _details(row: Row) -> ServiceDetails:
    return row.into(
        ServiceDetails,
        **_service(row),
        dedicated_ip=row.text("dedicatedip"),
        assigned_ips=row.texts("assignedips"),
        nameservers=row.nameservers(),
        extra=row.rest(),
    )


def _upgrade(data: object) -> Upgrade:
    """It has happened; nothing odd in the answer may look like a failure."""
    said = data if isinstance(data, dict) else {}
    try:
        amount = money(said.get("amount"))
    except Unreadable:
        amount = None
    return Upgrade(amount=amount, currency=text(said.get("currency")))
