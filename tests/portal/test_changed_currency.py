"""An account that changed its currency: what was told before is named in the one that it had then."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.models import AccountPolicy
from tests.portal.statements import all_statements
from tests.portal.test_spend import WHOLE, figures, table
from tests.portal.test_spend_sums import bill
from ultahost_api.models import Operation

NOW = timezone.now()


@pytest.fixture
def key(alma):
    return alma.api_keys.get()


@pytest.fixture
def old(rows, acme):
    """An invoice of 347 in euros, whose account has dollars since."""
    invoice = rows.invoice(acme, number="347", total=Decimal(10))
    leave_euros(acme)
    return invoice


def leave_euros(account, ago=timedelta(days=30)):
    account.currency, account.former_currency = "USD", "EUR"
    account.currency_changed_at = NOW - ago
    account.save()


def paid(rows, key, invoice, **fields):
    return rows.operation(key, f"invoice {invoice.remote_id}", agreed_total=Decimal(10), **fields)


def test_the_question_for_the_password_names_what_the_button_does(visit, alma, old):
    path = f"/invoices/{old.pk}/pay/"

    assert visit(alma).get(path).one("main button.primary").text == "Pay €10.00"
    browser = visit(alma, proven=False)
    assert browser.follow(browser.get(path)).one(".purpose").text == "To continue: Pay invoice 347, €10.00"


def test_a_payment_is_told_in_the_currency_of_its_invoice(browser, rows, key, old):
    operation = paid(rows, key, old)

    assert browser.get("/activity/").texts("tbody .name a") == ["Paid invoice 347, €10.00"]
    assert browser.get("/activity.csv").csv()[0][3] == "Paid invoice 347, €10.00"
    assert browser.get(f"/activity/{operation.pk}/").one("h1").text == "Paid invoice 347, €10.00"
    assert "Paid, €10.00" in browser.get(f"/invoices/{old.pk}/").one("ol.history li").text


def test_a_payment_among_several_is_told_in_the_currency_of_its_invoice(browser, rows, key, old):
    batch = uuid4()
    paid(rows, key, old, batch=batch)

    assert browser.get(reverse("batch", args=[batch])).texts("tbody .money") == ["€10.00"]


def test_no_currency_is_named_of_an_invoice_that_the_person_may_not_see(visit, people, rows, key, acme, old):
    carla, batch = people.member("Carla"), uuid4()
    paid(rows, key, old, batch=batch)
    Operation.objects.update(user=carla)
    AccountPolicy.objects.create(account=acme, private=True)
    browser = visit(carla)

    assert browser.get("/activity/").texts("tbody .name a") == [f"Paid invoice #{old.remote_id}, 10.00"]
    assert browser.get(reverse("batch", args=[batch])).texts("tbody .money") == ["10.00"]


def test_the_acceptance_of_a_quote_is_told_in_the_currency_of_the_quote(browser, rows, key, acme):
    quote = rows.quote(acme, subject="Offer", total=Decimal(40))
    leave_euros(acme)
    about = {"about": f"quote {quote.remote_id}", "action": "accept_quote", "agreed_total": Decimal(40)}
    operation = rows.operation(key, **about)

    assert browser.get("/activity/").texts("tbody .name a") == ["Accepted the quote Offer, €40.00"]
    assert browser.get("/activity.csv").csv()[0][3] == "Accepted the quote Offer, €40.00"
    assert browser.get(f"/activity/{operation.pk}/").one("h1").text == "Accepted the quote Offer, €40.00"
    history = browser.get(f"/quotes/{acme.pk}/{quote.remote_id}/").one("ol.history li").text
    assert "Accepted the quote, €40.00" in history


def test_no_currency_is_named_of_a_quote_that_is_not_there(browser, rows, key, old):
    rows.operation(key, about="quote 9", action="accept_quote", agreed_total=Decimal(5))

    assert browser.get("/activity/").texts("tbody .name a") == ["Accepted the quote #9, 5.00"]


def test_other_writes_are_told_in_the_currency_of_their_time(browser, rows, key, old):
    upgrade = {"about": "service 9", "action": "upgrade_service", "agreed_total": Decimal(5)}
    rows.operation(key, **upgrade, created_at=NOW - timedelta(days=40))
    rows.operation(key, **upgrade | {"about": "service 8"}, created_at=NOW - timedelta(days=1))

    assert browser.get("/activity/").texts("tbody .name a") == [
        "Ordered the upgrade of service #8, $5.00",
        "Ordered the upgrade of service #9, €5.00",
    ]


@pytest.mark.parametrize("kind", ["changed", "unreadable", "readable"])
def test_a_change_of_an_invoice_is_told_in_its_currency(browser, rows, old, kind):
    changes = {
        "changed": ["20.00", "10.00"],
        "unreadable": ["20.00", "lots"],
        "readable": ["lots", "20.00"],
    }
    rows.event(old, kind, changes={"total": changes[kind]})

    told = [
        *browser.get("/changes/").texts("ol.history li"),
        *browser.get("/changes/?size=250").texts("ol.history li"),
        browser.get("/changes.csv").csv()[0][-1],
        *browser.get("/").texts("ol.history li"),
        *browser.get(f"/invoices/{old.pk}/").texts("ol.history li"),
    ]

    assert len(told) == 5
    assert all("€20.00" in words and "$" not in words for words in told)


@pytest.mark.parametrize(("ago", "shown"), [(31, "€5.00 → €6.00"), (29, "$5.00 → $6.00")])
def test_a_change_of_a_service_is_told_in_the_currency_of_its_time(browser, rows, acme, old, ago, shown):
    service = rows.service(acme)
    rows.event(service, changes={"amount": ["5.00", "6.00"]}, at=NOW - timedelta(days=ago))

    assert browser.get("/changes/").one("ol.history li").text.endswith(shown)
    assert browser.get(f"/services/{service.pk}/").one("ol.history li").text.endswith(shown)


@pytest.mark.parametrize("path", ["/changes/", "/changes/?size=250", "/changes.csv", "/"])
def test_it_asks_for_currencies_once_and_only_where_an_account_had_another(browser, rows, acme, path):
    def statements():
        with all_statements() as captured:
            browser.get(path)
        return len(captured)

    invoices = [rows.invoice(acme, total=Decimal(10)) for _ in range(9)]
    for invoice in invoices:
        rows.event(invoice, changes={"total": ["20.00", "10.00"]})
    statements()  # notes that a person watches the accounts
    before = statements()
    leave_euros(acme)
    statements()
    few = statements()
    for invoice in invoices:
        rows.event(invoice, changes={"total": ["30.00", "20.00"]})

    assert few - before <= 1
    assert statements() == few


@pytest.fixture
def longest(acme):
    acme.created_at = NOW - timedelta(days=400)
    acme.save()


def test_a_renewal_is_dearer_only_than_one_in_its_currency(browser, rows, acme):
    due = {"next_due_date": timezone.localdate() + timedelta(days=9)}
    service = rows.service(acme, domain="a.com", amount="12", billing_cycle="Monthly", **due)
    bill(rows, acme, (service, "10")).items.update(description=WHOLE)
    domain = rows.domain(acme, name="b.com", recurring_amount="12", **due)
    bill(rows, acme, (domain, "10")).items.update(is_renewal=True)
    assert len(table(browser.get("/spend/"), "dearer")) == 2

    leave_euros(acme)

    page = browser.get("/spend/?currency=USD")
    assert "$" in figures(page)[0]
    assert table(page, "dearer") == []


@pytest.mark.parametrize("ago", [400, 0])
def test_a_run_rate_is_compared_only_with_one_in_its_currency(browser, rows, acme, longest, ago):
    service = rows.service(acme, domain="a.com", amount="12", billing_cycle="Monthly")
    leave_euros(acme, timedelta(days=ago))
    rows.event(service, changes={"amount": ["10.00", "12.00"]})

    page = browser.get("/spend/")

    if ago:
        assert figures(page)[1].startswith("+$2.00 since")
        assert table(page, "changes") == ["a.com Dearer $10.00 $12.00 $2.00"]
    else:
        assert figures(page)[1].endswith("not known")
        assert table(page, "changes") == []


def test_the_other_accounts_changes_of_the_run_rate_are_still_told(browser, rows, alma, acme, longest):
    harbour = rows.account("Harbour", "USD")
    rows.key(alma, harbour, "Second")
    type(harbour).objects.update(created_at=NOW - timedelta(days=400))
    for account in (acme, harbour):
        service = rows.service(account, domain=f"{account}.com", amount="12", billing_cycle="Monthly")
        rows.event(service, changes={"amount": ["10.00", "12.00"]})
    acme.refresh_from_db()
    leave_euros(acme, timedelta())

    page = browser.get("/spend/")

    assert figures(page)[1].startswith("+$2.00 since")
    assert table(page, "changes") == ["Harbour.com Dearer $10.00 $12.00 $2.00"]


def test_an_amount_of_a_service_changes_from_the_one_currency_to_the_other(browser, rows, acme, old):
    service = rows.service(acme)
    rows.event(service, changes={"amount": ["5.00", "6.00"], "currency": ["EUR", "USD"]})
    rows.event(service, "unreadable", changes={"amount": ["5.00", "lots"], "currency": ["EUR", "USD"]})

    told = browser.get("/changes/").texts("ol.history li")

    assert len(told) == 2
    assert told[0].endswith("Amount cannot be read: €5.00 → “lots”")
    assert told[1].endswith("Amount: €5.00 → $6.00")


def test_orders_and_quotes_keep_the_currency_that_they_were_written_in(browser, rows, acme):
    order = rows.order(acme, number="123", amount=Decimal(7))
    quote = rows.quote(acme, subject="Offer", total=Decimal(8))
    leave_euros(acme)

    assert browser.get("/orders/").texts("tbody .money") == ["€7.00"]
    assert browser.get("/quotes/").texts("tbody .money") == ["€8.00"]
    assert "EUR" in browser.get("/orders.csv").csv()[0]
    assert "EUR" in browser.get("/quotes.csv").csv()[0]
    for row in (order, quote):
        type(row).objects.update(gone_at=NOW)  # so that the page shows our copy
    assert "€7.00" in browser.get(f"/orders/{acme.pk}/{order.remote_id}/").one("dl.facts").text
    assert "€8.00" in browser.get(f"/quotes/{acme.pk}/{quote.remote_id}/").one("dl.facts").text
