"""Events in words: what changed, its old and new value, and the link to it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy

from portal.wording import fields, formats
from portal.wording.links import href
from portal.wording.statuses import status_word
from portal.wording.translated import Translated, label
from ultahost_api.models import LISTS, Event, Noun

Kind = Event.Kind

_SUBJECTS = Translated(
    {
        Noun.SERVICES: gettext_lazy("Service %(name)s"),
        Noun.INVOICES: gettext_lazy("Invoice %(name)s"),
        Noun.DOMAINS: gettext_lazy("Domain %(name)s"),
        Noun.ORDERS: gettext_lazy("Order %(name)s"),
        Noun.QUOTES: gettext_lazy("Quote %(name)s"),
    }
)

_KINDS = Translated(
    {
        Kind.APPEARED: gettext_lazy("new"),
        Kind.GONE: gettext_lazy("no longer at Ultahost"),
        Kind.RETURNED: gettext_lazy("back at Ultahost"),
        Kind.STOPPED: gettext_lazy("refreshing stopped"),
        Kind.RECOVERED: gettext_lazy("refreshing again"),
    }
)
_SWITCHED = Translated({True: gettext_lazy("on"), False: gettext_lazy("off")})
_READABILITY = Translated(
    {
        Kind.READABLE: gettext_lazy("%(field)s can be read again: %(now)s"),
        Kind.UNREADABLE: gettext_lazy("%(field)s cannot be read: %(was)s → “%(told)s”"),
    }
)

_STATUSES = {"status", "stage"}
_AMOUNTS = {
    "amount", "total", "recurring_amount", "first_payment_amount", "subtotal", "credit", "tax", "tax2",
}  # fmt: skip
_DAYS = {
    "next_due_date", "due_date", "expiry_date", "valid_until", "next_invoice_date", "registration_date",
    "created_on",
}  # fmt: skip


def subject(event: Event) -> str:
    """``Invoice 12``; of what happened to a whole noun, its name."""
    if event.row_id is None or event.noun not in _SUBJECTS:
        return label(Noun(event.noun))
    return _SUBJECTS[event.noun] % {"name": event.name}


def words(event: Event, currency: str = "") -> str:
    """``Unpaid → Paid; Total: €10.00 → €0.00``, the status first.

    ``currency`` is that of an invoice; others have that which their account had then. Of an invoice that is
    not here any more it is not known if the account has had two.
    """
    is_left_open = event.noun == Noun.INVOICES and event.account.former_currency
    currency = currency or ("" if is_left_open else event.account.currency_at(event.at))
    changes = dict(event.changes)
    currencies = changes.pop("currency", (currency, currency))
    in_order = sorted(changes.items(), key=lambda change: change[0] not in _STATUSES)
    if event.kind in {Kind.UNREADABLE, Kind.READABLE}:
        return "; ".join(_readability(event.kind, name, change, currencies) for name, change in in_order)
    told = [_difference(name, change, currencies) for name, change in in_order]
    if event.kind != Kind.CHANGED:
        told.insert(0, _KINDS[event.kind])
    return "; ".join(told)


def url_of(event: Event) -> str:
    """The page of the row, else the list of the noun."""
    if event.row_id is None:
        return f"{href(event.noun)}?account={event.account_id}" if event.noun in LISTS else ""
    if event.noun in {Noun.ORDERS, Noun.QUOTES}:
        return href(event.noun.removesuffix("s"), event.account_id, event.remote_id or 0)
    return href(event.noun.removesuffix("s"), event.row_id)


def _difference(name: str, change: Sequence[Any], currencies: Sequence[str]) -> str:
    was, now = (_value(name, value, currency) for value, currency in zip(change, currencies, strict=True))
    told = f"{was} → {now}"
    return told if name in _STATUSES else f"{fields.label(name)}: {told}"


def _readability(kind: str, name: str, change: Sequence[Any], currencies: Sequence[str]) -> str:
    """The unreadable text is shown as Ultahost wrote it, without formatting."""
    (was, now), told = change, {"field": fields.label(name)}
    if kind == Kind.READABLE:
        told |= {"now": _value(name, now, currencies[1])}
        return _READABILITY[Kind.READABLE] % told
    told |= {"was": _value(name, was, currencies[0]), "told": now}
    return _READABILITY[Kind.UNREADABLE] % told


def _value(name: str, value: Any, currency: str) -> str:
    """The value as pages show it; in JSON amounts and dates are text."""
    if value is None or value == "":
        return formats.NOTHING
    if isinstance(value, bool):
        return _SWITCHED[value]
    if name in _STATUSES:
        return status_word(value)
    if name in _AMOUNTS:
        return formats.money(Decimal(value), currency)
    return formats.day(date.fromisoformat(value[:10])) if name in _DAYS | {"date"} else str(value)
