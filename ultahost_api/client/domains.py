"""The account's domain names."""

import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from .core import statuses
from .core.paging import Listable
from .core.row import Row
from .core.secret import Secret
from .core.wire import flag
from .writes.domains import SetAutoRenew, SetLock, UpdateNameservers


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    id: int
    name: str
    first_payment_amount: Decimal | None
    recurring_amount: Decimal | None
    registration_period: int | None
    """Years."""
    registration_date: date | None
    next_due_date: date | None
    status: str
    registrar: str
    extra: dict[str, Any] = field(default_factory=dict, hash=False)
    unreadable: dict[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainDetails(Domain):
    """``expiry_date`` is the registry's, often None or stale.

    ``auto_renew`` means that a renewal invoice is raised, nothing more.
    """

    order_id: int | None
    type: str
    expiry_date: date | None
    next_invoice_date: date | None
    payment_method: str
    dns_management: bool | None
    email_forwarding: bool | None
    id_protection: bool | None
    is_premium: bool | None
    auto_renew: bool | None
    notes: str


@dataclass(frozen=True, slots=True)
class EppCode:
    """``mailed`` when the registrar sends the code by e-mail instead of telling it."""

    code: Secret | None
    mailed: bool


class Domains(Listable[Domain]):
    _action = "get_domains"

    @staticmethod
    def _read(row: Row) -> Domain:
        return row.into(Domain, **_domain(row), extra=row.rest())

    def get(self, id: int) -> DomainDetails:
        return self._client.record("get_domain", _details, expect=id, domainid=id)

    def update_nameservers(self, id: int, nameservers: Sequence[str]) -> str:
        """Two to five. Returns the provider's word."""
        return self._client.send(UpdateNameservers(id, nameservers)).message

    def set_lock(self, id: int, locked: bool) -> str:
        return self._client.send(SetLock(id, locked)).message

    def set_auto_renew(self, id: int, on: bool) -> str:
        return self._client.send(SetAutoRenew(id, on)).message

    def get_epp_code(self, id: int) -> EppCode:
        return _epp_code(self._client.call("get_epp_code", domainid=id).data)


def _domain(row: Row) -> dict[str, Any]:
    return {
        "id": row.id(),
        "name": row.text("domain"),
        "first_payment_amount": row.money("firstpaymentamount"),
        "recurring_amount": row.money("recurringamount"),
        "registration_period": row.count("registrationperiod"),
        "registration_date": row.day("registrationdate"),
        "next_due_date": row.day("nextduedate"),
        "status": statuses.status(row, "status", statuses.DOMAIN),
        "registrar": row.text("registrar"),
    }


def _details(row: Row) -> DomainDetails:
    return row.into(
        DomainDetails,
        **_domain(row),
        order_id=row.number("orderid") or None,
        type=row.text("type"),
        expiry_date=row.day("expirydate"),
        next_invoice_date=row.day("nextinvoicedate"),
        payment_method=row.text("paymentmethod"),
        dns_management=row.flag("dnsmanagement"),
        email_forwarding=row.flag("emailforwarding"),
        id_protection=row.flag("idprotection"),
        is_premium=row.flag("is_premium"),
        auto_renew=row.down("donotrenew"),
        notes=row.text("additionalnotes"),
        extra=row.rest(),
    )


def _epp_code(data: object) -> EppCode:
    """Codes arrive escaped for HTML; ``na`` or nothing at all means that the registrar mails it."""
    said = data if isinstance(data, dict) else {}
    code = next((v for v in (said.get("eppcode"), said.get("epp_code"), said.get("code")) if v), None)
    if not isinstance(code, Secret) or flag(said.get("na")):
        return EppCode(code=None, mailed=True)
    return EppCode(code=Secret(html.unescape(code.reveal())), mailed=False)
