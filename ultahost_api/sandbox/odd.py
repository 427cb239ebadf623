"""A provider that is odd in every way that the documentation leaves open: ``--odd``.

Each noun has as many rows as there are oddities. From one row to the next each field has its next oddity, and
each field begins with another one, so that no two fields of a row say the same and one is not taken for the
other unseen. Then one row without any field but its id, and rows whose id cannot be read.
"""

from typing import Any

from ultahost_api.sandbox.accounts import Account
from ultahost_api.sandbox.rows import Row
from ultahost_api.sandbox.state import State

# Public on purpose: they open nothing but this sandbox. One account for each number of decimals; all nouns
# are in the first.
ODD_KEYS = {"EUR": "sk_test_odd_eur", "KWD": "sk_test_odd_kwd", "JPY": "sk_test_odd_jpy"}

AMOUNTS: tuple[Any, ...] = (
    None, "", "1,234.50", "1.234,50", "1 234,50", "1,234", "$99.00 USD", "€5.00", "KWD 12.345", "¥1980",
    "lots", 12.5, 7, "12.345", "2.125", "1980.50", "0.00", "-120.00", "-$120.00", "1250000000000.00",
    "99999999999.9999", "0.12345", [], {"value": 5}, True,
    "&euro;6.00",
)  # fmt: skip
DATES: tuple[Any, ...] = (
    "2026-02-30", "0000-00-00", None, "", "yesterday", 20260101, ["2026-01-01"], "31/12/2026", "2020-01-01",
    "9999-12-31 23:59:59", "2026-06-06T12:00:00+14:00", "-0001-11-30",
)  # fmt: skip
TEXTS: tuple[Any, ...] = (
    "", None, 42, "x" * 400, "R&amp;D &#039;q&#039; <b>bold</b>", "\u202egnp.exe", "e\u0301\u0301", "🚀" * 50,
    "=1+1", "a\tb\nc", {"a": 1}, ["x"], "İzmir straße مرحبا",
    "AT&amp;amp;T &quot;x&quot; &lt;b&gt;", "?a=1&copy=2&nosuch;&#xd800;",
)  # fmt: skip
STATUSES: tuple[Any, ...] = (
    "Active",
    "Unpaid",
    "Unpaid",
    "Paid",
    "Draft",
    None,
    "Weird",
    "s" * 300,
    "",
    {"a": 1},
)
FLAGS: tuple[Any, ...] = (None, "", 0, 1, "on", "off", "perhaps", "2", [], True, 1.0)
NUMBERS: tuple[Any, ...] = (None, "", 2, "2", -1, 2**40, "two", 1.5, [1])
LINES: tuple[Any, ...] = (
    None,
    "none",
    [5],
    [{}],
    [{"id": "x", "description": None, "amount": "1,234", "taxed": "?"}],
)
IDS: tuple[Any, ...] = (None, "abc", "", 2**70, [1], {"id": 1}, "1.5")

FIELDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "services": {
        "amount": AMOUNTS, "nextduedate": DATES, "nextinvoicedate": DATES, "regdate": DATES,
        "product_name": TEXTS, "domain": TEXTS, "billingcycle": TEXTS, "status": STATUSES,
        "dedicatedip": TEXTS, "assignedips": TEXTS, "ns1": TEXTS,
    },
    "orders": {
        "amount": AMOUNTS, "date": DATES, "ordernum": TEXTS, "paymentmethod": TEXTS, "status": STATUSES,
        "invoiceid": NUMBERS, "notes": TEXTS,
    },
    "invoices": {
        "total": AMOUNTS, "subtotal": AMOUNTS, "credit": AMOUNTS, "tax": AMOUNTS, "tax2": AMOUNTS,
        "date": DATES, "duedate": DATES, "invoicenum": TEXTS, "paymentmethod": TEXTS, "status": STATUSES,
        "notes": TEXTS, "items": LINES,
    },
    "payment_methods": {
        "type": TEXTS, "description": TEXTS, "bank_name": TEXTS, "contact_id": NUMBERS, "last_updated": DATES,
    },
    "emails": {"subject": TEXTS, "date": DATES, "to": TEXTS, "attachments": TEXTS, "failed": FLAGS},
    "quotes": {
        "total": AMOUNTS, "subtotal": AMOUNTS, "tax1": AMOUNTS, "tax2": AMOUNTS, "validuntil": DATES,
        "datecreated": DATES, "subject": TEXTS, "stage": TEXTS, "items": LINES, "currency": NUMBERS,
    },
    "contacts": {
        "firstname": TEXTS, "lastname": TEXTS, "email": TEXTS, "country": TEXTS, "generalemails": FLAGS,
        "created_at": DATES,
    },
    "domains": {
        "firstpaymentamount": AMOUNTS, "recurringamount": AMOUNTS, "registrationperiod": NUMBERS,
        "registrationdate": DATES, "nextduedate": DATES, "expirydate": DATES, "nextinvoicedate": DATES,
        "domain": TEXTS, "registrar": TEXTS, "status": STATUSES, "type": TEXTS, "orderid": NUMBERS,
        "dnsmanagement": FLAGS, "emailforwarding": FLAGS, "idprotection": FLAGS, "is_premium": FLAGS,
        "donotrenew": FLAGS, "additionalnotes": TEXTS,
    },
}  # fmt: skip
ANNOUNCEMENTS = {"title": TEXTS, "date": DATES, "published": FLAGS}


def fill(state: State) -> None:
    for currency, key in ODD_KEYS.items():
        account = state.add_account(f"Odd {currency}", currency)
        account.profile |= {
            "credit": "1,234",
            "phonenumber": {"a": 1},
            "created_at": "2026-02-30",
            "city": None,
        }
        state.add_key(account, key)
        for noun in FIELDS if currency == "EUR" else ("services", "invoices"):
            _fill(account, noun)
    for row in _rows(ANNOUNCEMENTS):
        state.add_announcement(**row)


def _fill(account: Account, noun: str) -> None:
    for row in _rows(FIELDS[noun]):
        account.add(noun, **row)
    bare = account.add(noun)
    for name in set(bare) - {"id"}:
        if not name.startswith("_"):
            del bare[name]
    for odd in IDS:
        account.add(noun)["id"] = odd
    del account.add(noun)["id"]


def _rows(fields: dict[str, tuple[Any, ...]]) -> list[Row]:
    """Of fields with fewer oddities than others, these begin anew."""
    count = max(len(oddities) for oddities in fields.values())
    ahead = {name: ahead for ahead, name in enumerate(fields)}
    return [
        {name: oddities[(place + ahead[name]) % len(oddities)] for name, oddities in fields.items()}
        | {"unknown": [1.5, {"a": "b"}]}
        for place in range(count)
    ]
