"""The names of the fields of rows and records, and the words for a field that could not be read."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.wording import formats
from portal.wording.secret_fields import masked
from portal.wording.translated import Translated

_LABELS = Translated(
    {
        "amount": gettext_lazy("Amount"),
        "assigned_ips": gettext_lazy("Further addresses"),
        "auto_renew": gettext_lazy("Auto-renew"),
        "billing_cycle": gettext_lazy("Billing cycle"),
        "created_on": gettext_lazy("Made"),
        "credit": gettext_lazy("Credit"),
        "date": gettext_lazy("Date"),
        "dedicated_ip": gettext_lazy("Address"),
        "description": gettext_lazy("Description"),
        "dns_management": gettext_lazy("DNS management"),
        "domain": gettext_lazy("Domain"),
        "due_date": gettext_lazy("Due"),
        "email_forwarding": gettext_lazy("E-mail forwarding"),
        "expiry_date": gettext_lazy("Expires"),
        "first_payment_amount": gettext_lazy("First payment"),
        "id_protection": gettext_lazy("Identity protection"),
        "is_premium": gettext_lazy("Premium name"),
        "name": gettext_lazy("Domain"),
        "nameservers": gettext_lazy("Nameservers"),
        "next_due_date": gettext_lazy("Next due"),
        "next_invoice_date": gettext_lazy("Next invoice"),
        "notes": gettext_lazy("Notes"),
        "number": gettext_lazy("Number"),
        "payment_method": gettext_lazy("Payment method"),
        "product_name": gettext_lazy("Product"),
        "quantity": gettext_lazy("Quantity"),
        "recurring_amount": gettext_lazy("Renewal"),
        "registrar": gettext_lazy("Registrar"),
        "registration_date": gettext_lazy("Registered"),
        "registration_period": gettext_lazy("Years"),
        "stage": gettext_lazy("Stage"),
        "status": gettext_lazy("Status"),
        "subject": gettext_lazy("Subject"),
        "subtotal": gettext_lazy("Subtotal"),
        "tax": gettext_lazy("Tax"),
        "tax1": gettext_lazy("Tax"),
        "tax2": gettext_lazy("Second tax"),
        "taxed": gettext_lazy("Taxed"),
        "total": gettext_lazy("Total"),
        "type": gettext_lazy("Type"),
        "unit_price": gettext_lazy("Price"),
        "valid_until": gettext_lazy("Valid until"),
    }
)


def label(name: str) -> str:
    return _LABELS[name] if name in _LABELS else name.replace("_", " ").capitalize()


def unread(row: Any) -> list[tuple[str, str]]:
    """(label, what Ultahost wrote) of each field of a row or record that could not be read."""
    return [(label(name), told) for name, told in row.unreadable.items()]


def unread_words(row: Any) -> str:
    """``Total: 1,234; Due: 2026-02-30``, for a cell of a file."""
    return "; ".join(f"{name}: {told}" for name, told in unread(row))


# Fields that are read and have no place of their own on a page, and the parts of a record that have more.
_BESIDES = ("uuid", "type", "modified_on", "updated_at")
_PARTS = ("services", "domains")
_MOST = 1000  # letters of a value


def besides(row: Any) -> list[tuple[str, str]]:
    """(name, value) of what Ultahost told of a row or record and no other part of its page shows.

    Names are as Ultahost writes them. What is a secret is not shown, at any level.
    """
    return [(name, _plain(name, value)) for name, value in _told_besides(row) if value not in _EMPTY]


_EMPTY: tuple[Any, ...] = (None, "", [], {}, "0000-00-00", "0000-00-00 00:00:00")


def _told_besides(row: Any) -> Iterator[tuple[str, Any]]:
    for name in _BESIDES:
        yield name, getattr(row, name, None)
    yield from (row.extra or {}).items()
    for part in _PARTS:
        for place, one in enumerate(getattr(row, part, ()), start=1):
            unknown = getattr(one, "extra", {})  # services of an order keep none
            yield from ((f"{part}[{place}].{name}", value) for name, value in unknown.items())


def _plain(name: str, value: Any) -> str:
    value = masked(name, value)
    is_text = not isinstance(value, dict | list | bool)
    told = str(value) if is_text else json.dumps(value, ensure_ascii=False, default=str)
    return told if len(told) <= _MOST else f"{told[:_MOST]}…"


def money(row: Any, name: str, currency: str) -> str:
    """An amount, or why there is none, where no more than words fit."""
    amount: Decimal | None = getattr(row, name)
    if amount is None and name in row.unreadable:
        return _("unreadable (“%(told)s”)") % {"told": row.unreadable[name]}
    return formats.money(amount, currency)


def day(row: Any, name: str) -> str:
    """As ``money``, of a date."""
    if name in row.unreadable:
        return _("unreadable (“%(told)s”)") % {"told": row.unreadable[name]}
    return formats.day(getattr(row, name))
