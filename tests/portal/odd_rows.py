"""The odd provider's rows as the tests ask for them, and what we keep of each noun."""

from ultahost_api import keys
from ultahost_api.models import Domain, Email, Invoice, Order, Quote, Refresh, Service
from ultahost_api.refresh import runs
from ultahost_api.sandbox import odd

# Texts that come escaped for HTML, as they were before.
UNESCAPED = {
    "R&amp;D &#039;q&#039; <b>bold</b>": "R&D 'q' <b>bold</b>",
    "AT&amp;amp;T &quot;x&quot; &lt;b&gt;": 'AT&amp;T "x" <b>',
    "?a=1&copy=2&nosuch;&#xd800;": "?a=1&copy=2&nosuch;\ufffd",
}

# Of each noun its rows, and by our names the provider's names of amounts and dates.
COPIED = {
    "services": (
        Service,
        {"amount": "amount"},
        {
            "next_due_date": "nextduedate", "registration_date": "regdate",
            "next_invoice_date": "nextinvoicedate",
        },
    ),
    "domains": (
        Domain,
        {"recurring_amount": "recurringamount", "first_payment_amount": "firstpaymentamount"},
        {
            "registration_date": "registrationdate", "expiry_date": "expirydate",
            "next_due_date": "nextduedate", "next_invoice_date": "nextinvoicedate",
        },
    ),
    "invoices": (
        Invoice,
        {name: name for name in ("total", "subtotal", "credit", "tax", "tax2")},
        {"date": "date", "due_date": "duedate"},
    ),
    "orders": (Order, {"amount": "amount"}, {"date": "date"}),
    "quotes": (Quote, {"total": "total"}, {"valid_until": "validuntil", "created_on": "datecreated"}),
    "emails": (Email, {}, {"date": "date"}),
}  # fmt: skip


def hold(sandbox, person):
    """The person has a key of each of its accounts."""
    odd.fill(sandbox.state)
    for currency, key in odd.ODD_KEYS.items():
        keys.add(person, currency, key)
    return person


def read(*nouns):
    """What a worker would do for every account."""
    for noun in nouns:
        for refresh in Refresh.objects.filter(noun=noun):
            runs.run(refresh.pk)


def told(sandbox, account, noun):
    """The provider's rows by id, as far as they have one."""
    [theirs] = [one for one in sandbox.accounts if one.uuid == account.remote_uuid]
    return {
        row["id"]: row
        for row in theirs.rows(noun).values()
        if type(row.get("id")) is int and row["id"] < 2**63
    }
