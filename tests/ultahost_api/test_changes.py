"""What changed at the provider, told once each as an event."""

from decimal import Decimal

import pytest
from django.db import transaction

from ultahost_api.models import Email, Event, Invoice, Order, Quote
from ultahost_api.refresh import events, pages
from ultahost_api.refresh.nouns import NOUNS
from ultahost_api.sandbox import Fault


def told(**about):
    """The newest last."""
    events = Event.objects.filter(**about).order_by("at", "pk")
    return [(event.kind, event.remote_id, event.changes) for event in events]


@pytest.fixture
def copied(acme, worker):
    """Two rows of each noun, and no news of the first copy."""
    acme.add_services(2)
    acme.add_invoices(2, total="10.00", duedate="2026-06-01")
    acme.add_domains(2)
    acme.add_orders(2)
    acme.add_quotes(2)
    acme.add_emails(2)
    for noun in ("services", "invoices", "domains", "orders", "quotes", "emails"):
        worker.run(noun)
    assert told() == []
    return worker


def test_it_tells_what_a_row_was_and_is(acme, copied):
    acme.invoices[1] |= {"status": "Paid", "total": "0.00", "duedate": "2026-07-01", "paymentmethod": "bank"}
    copied.run("invoices")
    changes = {
        "status": ["Unpaid", "Paid"],
        "total": ["10.00", "0.00"],
        "due_date": ["2026-06-01", "2026-07-01"],
    }
    assert told() == [("changed", 1, changes)]
    assert Event.objects.get().row_id == Invoice.objects.get(remote_id=1).pk


def test_it_tells_what_is_new_gone_and_back(acme, copied):
    row = acme.orders.pop(1)
    acme.add_orders(1)
    copied.run("orders", full=True)
    acme.orders[1] = row | {"status": "Fraud"}
    copied.run("orders", full=True)
    before = row["status"]
    assert told(noun="orders") == [
        ("appeared", 3, {}),
        ("gone", 1, {}),
        ("returned", 1, {"status": [before, "Fraud"]}),
    ]


def test_it_tells_nothing_of_what_nobody_waits_for(acme, copied):
    acme.services[1]["nextinvoicedate"] = "2030-01-01"
    acme.add_emails(1)
    copied.run("services")
    copied.run("emails")
    assert told() == []
    assert Email.objects.count() == 3


def test_it_tells_nothing_twice_although_its_process_died(acme, copied, monkeypatch):
    """The events are in the transaction that writes the rows: both are there, or neither."""
    acme.invoices[1]["status"] = "Paid"
    write = pages.PassPage.objects.create
    monkeypatch.setattr(pages.PassPage.objects, "create", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        copied.run("invoices")
    assert (told(), Invoice.objects.get(remote_id=1).status) == ([], "Unpaid")
    monkeypatch.setattr(pages.PassPage.objects, "create", write)
    copied.run("invoices")
    copied.run("invoices")
    assert told() == [("changed", 1, {"status": ["Unpaid", "Paid"]})]


def test_it_tells_what_only_the_details_show_once_they_were_read_before(acme, copied):
    copied.run("details")
    assert told() == []
    acme.domains[1] |= {"donotrenew": 1, "status": "Grace"}
    copied.run("domains")
    copied.run("details")
    assert told() == [
        ("changed", 1, {"status": ["Active", "Grace"]}),
        ("changed", 1, {"auto_renew": [True, False]}),
    ]


def test_it_keeps_of_orders_quotes_and_mails_what_their_lists_tell(sandbox, acme, worker):
    acme.add_orders(1, ordernum=9178151183, amount="10.00", paymentmethod="banktransfer", status="Pending")
    acme.add_quotes(1, subject="VPS Quote", stage="On Hold", validuntil="2026-06-21", total="19.99")
    acme.add_emails(1, subject="Customer Invoice", date="2026-04-21 14:35:38")
    body = Fault.edit(lambda answer: answer | {"data": [row | {"body": "secret"} for row in answer["data"]]})
    sandbox.faults.add(body, action="get_emails")
    for noun in ("orders", "quotes", "emails"):
        assert worker.run(noun).clean_at
    order, quote, email = Order.objects.get(), Quote.objects.get(), Email.objects.get()
    assert (order.number, order.amount, order.status) == ("9178151183", 10, "Pending")
    assert (quote.subject, quote.stage, quote.total) == ("VPS Quote", "On Hold", Decimal("19.99"))
    assert (email.subject, email.date.isoformat()) == ("Customer Invoice", "2026-04-21T14:35:38+00:00")
    assert "secret" not in str(list(Email.objects.values()))


def test_it_tells_once_what_two_saw(acme, copied):
    """One that asks for a single row holds it as it was, while the list brings the same change."""
    held = Invoice.objects.get(remote_id=1)
    acme.invoices[1]["status"] = "Paid"
    copied.run("invoices")
    with transaction.atomic():
        events.write(NOUNS["invoices"], held, {"status": "Paid"})
    assert told() == [("changed", 1, {"status": ["Unpaid", "Paid"]})]
