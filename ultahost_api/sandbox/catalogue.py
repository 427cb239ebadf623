"""What can be ordered, and for how much. The real provider has a catalogue too, but no action to read it."""

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from ultahost_api.sandbox.rows import today


class Cycle(NamedTuple):
    name: str  # as services carry it
    months: int


# As orders write it → as services show it.
CYCLES = {
    "monthly": Cycle("Monthly", 1),
    "quarterly": Cycle("Quarterly", 3),
    "semiannually": Cycle("Semi-Annually", 6),
    "annually": Cycle("Annually", 12),
    "biennially": Cycle("Biennially", 24),
    "triennially": Cycle("Triennially", 36),
}

# Product id → name, price a month.
PRODUCTS = {
    1: ("Linux VPS Basic", Decimal("19.99")),
    2: ("Linux VPS Plus", Decimal("34.99")),
    3: ("Basic Windows VPS", Decimal("24.99")),
    4: ("Shared Hosting Starter", Decimal("4.50")),
    5: ("Dedicated Server X1", Decimal("149.00")),
    6: ("Mail Hosting Business", Decimal("7.25")),
    7: ("Managed WordPress", Decimal("11.80")),
}

DOMAIN_YEAR = Decimal("12.00")
OPTION_PRICE = Decimal("2.00")

CARD_GATEWAYS = frozenset({"stripe", "paypal", "authorize"})
GATEWAYS = CARD_GATEWAYS | {"banktransfer", "mailin"}

COMMANDS = ("reboot", "start", "stop", "console")


def money(amount: Decimal) -> str:
    return f"{amount:.2f}"


def price(product: int, cycle: str) -> Decimal:
    return PRODUCTS[product][1] * CYCLES[cycle].months


def months_on(months: int) -> str:
    return (today() + timedelta(days=30 * months)).isoformat()


def period(months: int, since: date | None = None) -> str:
    """As lines of invoices tell it."""
    since = since or today()
    last = since + timedelta(days=30 * months - 1)
    return f"({since:%d/%m/%Y} - {last:%d/%m/%Y})"
