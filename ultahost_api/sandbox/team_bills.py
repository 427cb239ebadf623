"""Three years of invoices for whatever the demo team keeps running."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from ultahost_api.sandbox.accounts import Account
from ultahost_api.sandbox.catalogue import period
from ultahost_api.sandbox.rows import Row, today

_BATCH = 8  # days
_HISTORY = 1095


@dataclass(frozen=True, slots=True)
class Bill:
    """What is invoiced again and again; the last time at `until`."""

    description: str
    amount: Decimal
    months: int
    since: date
    until: date


def write_invoices(account: Account, tax_rate: Decimal, bills: list[Bill], random: Random) -> None:
    """Bills that fall into the same days make one invoice, oldest first: ids grow with the dates."""
    for batch in range(_HISTORY // _BATCH, -1, -1):
        last = today() - timedelta(days=_BATCH * batch)
        lines = [bill for bill in bills if _falls_between(bill, last - timedelta(days=_BATCH), last)]
        if lines:
            _invoice(account, tax_rate, lines, last, random)
    _leave_some_open(list(account.invoices.values())[::-1])


def _leave_some_open(newest_first: list[Row]) -> None:
    """Whatever the dice said: two are due soon and two are overdue, by card."""
    for place in (0, 1, 3, 5):
        newest_first[place].update(status="Unpaid", paymentmethod="stripe")


def _falls_between(bill: Bill, first: date, last: date) -> bool:
    """Whether a multiple of the cycle lies in (first, last]; months are 30 days long here."""
    step = 30 * bill.months
    if not bill.since <= last <= bill.until:
        return False
    return (last - bill.since).days // step != (first - bill.since).days // step


def _invoice(account: Account, tax_rate: Decimal, bills: list[Bill], when: date, random: Random) -> None:
    subtotal = sum((bill.amount for bill in bills), Decimal(0))
    tax = (subtotal * tax_rate).quantize(Decimal("0.01"))
    credit = min(subtotal, Decimal(10)) if random.random() < 0.05 else Decimal(0)
    due = when + timedelta(days=14)
    account.add_invoices(
        invoicenum=f"{account.currency}-{when:%Y%m}-{account.ids['invoices'] + 1}"
        if random.random() < 0.7
        else "",
        date=when.isoformat(),
        duedate=due.isoformat(),
        subtotal=f"{subtotal:.2f}",
        tax=f"{tax:.2f}",
        credit=f"{credit:.2f}",
        total=f"{subtotal + tax - credit:.2f}",
        status=_invoice_status(due, random),
        paymentmethod=random.choice(("stripe", "stripe", "stripe", "banktransfer")),
        items=[_item(account, bill, when, taxed=bool(tax_rate)) for bill in bills],
    )


def _invoice_status(due: date, random: Random) -> str:
    if due > today():
        return random.choice(("Unpaid", "Unpaid", "Paid"))
    if due > today() - timedelta(days=60):
        return random.choice(("Unpaid", "Paid", "Paid", "Payment Pending"))
    return random.choices(("Paid", "Cancelled", "Refunded", "Collections"), (94, 3, 2, 1))[0]


def _item(account: Account, bill: Bill, when: date, *, taxed: bool) -> Row:
    account.ids["items"] += 1
    number = account.ids["items"]
    return {
        "id": number,
        "description": f"{bill.description} {period(bill.months, when)}",
        "amount": f"{bill.amount:.2f}",
        "taxed": int(taxed),
    }
