"""One client account: its profile and its rows, edited by answers and by tests alike."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from ultahost_api.sandbox import rows
from ultahost_api.sandbox.rows import Row

Rows = dict[int, Row]

DEFAULT_PASSWORD = "OldPassword!"  # noqa: S105 - the documentation's example
NOUNS = ("services", "orders", "invoices", "payment_methods", "emails", "quotes", "contacts", "domains")

_NEW: dict[str, Callable[[int], Row]] = {
    "services": rows.service,
    "orders": rows.order,
    "invoices": rows.invoice,
    "payment_methods": rows.payment_method,
    "emails": rows.email,
    "quotes": rows.quote,
    "contacts": rows.contact,
    "domains": rows.domain,
}


@dataclass(eq=False)
class Account:
    """Hold `lock` while editing rows if requests may be under way."""

    profile: Row
    ids: "Counter[str]" = field(repr=False)  # shared by all accounts: an id is never used twice
    lock: RLock = field(repr=False)  # type: ignore[valid-type, unused-ignore]
    password: str = field(default=DEFAULT_PASSWORD, repr=False)
    two_factor: str = field(default="", repr=False)  # the TOTP secret, once it is on
    services: Rows = field(default_factory=dict, repr=False)
    orders: Rows = field(default_factory=dict, repr=False)
    invoices: Rows = field(default_factory=dict, repr=False)
    payment_methods: Rows = field(default_factory=dict, repr=False)
    emails: Rows = field(default_factory=dict, repr=False)
    quotes: Rows = field(default_factory=dict, repr=False)
    contacts: Rows = field(default_factory=dict, repr=False)
    domains: Rows = field(default_factory=dict, repr=False)

    @property
    def uuid(self) -> str:
        return str(self.profile["uuid"])

    @property
    def currency(self) -> str:
        return str(self.profile["currency_code"])

    def rows(self, noun: str) -> Rows:
        if noun not in NOUNS:
            raise ValueError(f"{noun} is none of {', '.join(NOUNS)}")
        found: Rows = getattr(self, noun)
        return found

    def add(self, noun: str, **fields: Any) -> Row:
        """A new row of that noun; fields that are not given get plausible values."""
        with self.lock:
            number = self.ids[noun] = self.ids[noun] + 1
            row = _NEW[noun](number) | {"id": number} | fields
            if "userid" in row:
                row["userid"] = self.profile["id"]
            if noun == "invoices":
                _add_up(row, fields)
            self.rows(noun)[number] = row
            return row

    def add_services(self, count: int = 1, **fields: Any) -> list[Row]:
        return self._add_many("services", count, fields)

    def add_orders(self, count: int = 1, **fields: Any) -> list[Row]:
        return self._add_many("orders", count, fields)

    def add_invoices(self, count: int = 1, **fields: Any) -> list[Row]:
        return self._add_many("invoices", count, fields)

    def add_payment_methods(self, count: int = 1, **fields: Any) -> list[Row]:
        return self._add_many("payment_methods", count, fields)

    def add_emails(self, count: int = 1, **fields: Any) -> list[Row]:
        return self._add_many("emails", count, fields)

    def add_quotes(self, count: int = 1, **fields: Any) -> list[Row]:
        return self._add_many("quotes", count, fields)

    def add_contacts(self, count: int = 1, **fields: Any) -> list[Row]:
        return self._add_many("contacts", count, fields)

    def add_domains(self, count: int = 1, **fields: Any) -> list[Row]:
        return self._add_many("domains", count, fields)

    def _add_many(self, noun: str, count: int, fields: Row) -> list[Row]:
        with self.lock:
            return [self.add(noun, **fields) for _ in range(count)]

    def to_json(self) -> Row:
        kept = {"profile": self.profile, "password": self.password, "two_factor": self.two_factor}
        return kept | {noun: list(self.rows(noun).values()) for noun in NOUNS}

    def load(self, saved: Row) -> None:
        self.password, self.two_factor = saved["password"], saved["two_factor"]
        for noun in NOUNS:
            self.rows(noun).update({row["id"]: row for row in saved[noun]})


def _add_up(invoice: Row, given: Row) -> None:
    """An invoice made with nothing but a total is whole all the same."""
    total = invoice["total"]
    if "subtotal" not in given and "credit" not in given:
        invoice["subtotal"] = total
    if "items" not in given:
        invoice["items"] = [dict(item, amount=invoice["subtotal"]) for item in invoice["items"]]
