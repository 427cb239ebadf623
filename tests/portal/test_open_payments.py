"""An invoice that is being paid, or may have been, is not overdue, and no page asks for it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import ShareLink

TODAY = timezone.localdate()
YESTERDAY = TODAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "Payment being sent"),
        ("sending", "Payment being sent"),
        ("unknown", "Payment result unknown"),
    ],
)
def test_it_offers_no_second_payment_while_one_is_open(visit, alma, rows, acme, state, words):
    key = alma.api_keys.get()
    invoice = rows.invoice(acme, number="A-1", total="10", due_date=YESTERDAY)
    rows.operation(key, about=f"invoice {invoice.remote_id}", state=state)
    other = rows.invoice(acme, number="A-2", total="10", due_date=YESTERDAY)
    due = rows.invoice(acme, number="A-3", total="10", due_date=TODAY)
    rows.operation(key, about=f"invoice {due.remote_id}", state=state)
    browser = visit(alma)

    listed, home = browser.get("/invoices/?sort=number"), browser.get("/")
    detail, several = (
        browser.get(f"/invoices/{invoice.pk}/"),
        browser.get(f"/invoices/pay/?invoice={invoice.pk}"),
    )

    assert listed.texts("tbody td.state") == [words, "Overdue", words]
    assert [box["value"] for box in listed.all("tbody td.pick input:not([disabled])")] == [str(other.pk)]
    assert home.texts(".list td.date .status") == [words]
    assert detail.texts(".beneath .status") == [words]
    assert detail.all(".page-acts a.primary") == several.all("main button.primary") == []
    assert browser.get(f"/invoices/{invoice.pk}/print/").texts(".beneath .status") == [words]
    assert browser.get(f"/invoices/{other.pk}/").all(".page-acts a.primary")


@pytest.mark.parametrize("state", ["queued", "sending", "unknown"])
def test_it_asks_nobody_to_pay_what_is_being_paid(visit, alma, rows, acme, state):
    """Neither on Home nor in a search, nor in the words before the password."""
    invoice = rows.invoice(acme, number="A-1", total="10", due_date=YESTERDAY)
    other = rows.invoice(acme, number="A-2", total="7", due_date=YESTERDAY)
    rows.operation(alma.api_keys.get(), about=f"invoice {invoice.remote_id}", state=state)
    browser = visit(alma)

    needs = browser.get("/").texts(".need .what a")
    found = browser.get("/search/?q=pay+A-")
    unproven = visit(alma, proven=False)
    asked = unproven.follow(unproven.get(f"/invoices/pay/?invoice={invoice.pk}&invoice={other.pk}"))

    assert [words for words in needs if "overdue" in words] == ["Invoice A-2 is overdue"]
    assert f"/invoices/{other.pk}/pay/" in found.html
    assert f"/invoices/{invoice.pk}/pay/" not in found.html
    assert asked.one(".purpose").text == "To continue: Pay 1 invoice, €7.00"


@pytest.mark.parametrize("state", ["done", "refused", "not_sent", "confirmed", "not_confirmed"])
def test_it_offers_to_pay_once_the_last_payment_has_ended(visit, alma, rows, acme, state):
    key = alma.api_keys.get()
    invoice = rows.invoice(acme, number="A-1", total="10", due_date=YESTERDAY)
    rows.operation(key, about=f"invoice {invoice.remote_id}", state=state)
    rows.operation(key, action="accept_quote", about=f"quote {invoice.remote_id}", state="unknown")

    page = visit(alma).get(f"/invoices/{invoice.pk}/")

    assert page.texts(".beneath .status") == ["Overdue"]
    assert page.all(".page-acts a.primary")


def test_it_is_called_overdue_on_no_shared_page_either(visit, alma, rows, acme):
    for state in ("sending", "unknown"):
        invoice = rows.invoice(acme, number=state, total="5", due_date=YESTERDAY)
        rows.operation(alma.api_keys.get(), about=f"invoice {invoice.remote_id}", state=state)
    link, secret = ShareLink.objects.make(alma, days=7, name="Adviser")
    adviser = visit()

    shown = adviser.follow(adviser.get(f"/s/{link.pk}.{secret}"))
    file = adviser.get(f"/s/{link.pk}/invoices.csv")

    assert sorted(shown.texts("tbody td.state")) == ["Payment being sent", "Payment result unknown"]
    assert sorted(line[4] for line in file.csv()) == ["Payment being sent", "Payment unknown"]
