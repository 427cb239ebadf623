"""A provider that writes its statuses in another case: they count and are acted on like others."""

import pytest

from ultahost_api.models import Domain, Invoice, Order, Quote, Service
from ultahost_api.sandbox import rows as made

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    for status in ("active", "ACTIVE", "Active"):
        acme.add_services(1, status=status, amount="10.00", billingcycle="Monthly")
    acme.add_domains(1, status="transferred_away", nextduedate=made.day(-5), expirydate=made.day(-5))
    acme.add_domains(1, status="canceled", nextduedate=made.day(-5), expirydate=made.day(-5))
    acme.add_invoices(1, status="unpaid", total="13.00", date=made.day(-20), duedate=made.day(-9))
    acme.add_invoices(1, status=" payment  pending ", total="5.00", duedate=made.day(5))
    acme.add_invoices(1, status="PAID", total="14.00", date=made.day(0))
    acme.add_orders(1, status="active")
    acme.add_orders(1, status="On Review")
    acme.add_quotes(1, stage="on hold")
    return acme


def test_it_keeps_each_status_in_one_spelling(alma):
    def kept(model, name="status"):
        return [*model.objects.order_by("remote_id").values_list(name, flat=True)]

    assert kept(Service) == ["Active"] * 3
    assert kept(Domain) == ["Transferred Away", "Cancelled"]
    assert kept(Invoice) == ["Unpaid", "Payment Pending", "Paid"]
    assert kept(Order) == ["Active", "On Review"]
    assert kept(Quote, "stage") == ["On Hold"]


def test_it_counts_what_is_owed_and_what_recurs(browser):
    figures = browser.get("/invoices/").texts(".figures dd")
    assert figures[:2] == ["€18.00", "€13.00 overdue in 1 invoice"]
    assert "€30.00" in browser.get("/spend/").one("main").text
    assert len(browser.get("/services/?status=Active").all("tbody tr")) == 3
    assert not browser.get("/domains/?view=at-risk").all("tbody tr")


def test_it_offers_to_pay_what_is_unpaid(browser):
    invoice = Invoice.objects.get(total=13)
    assert browser.get(f"/invoices/{invoice.pk}/pay/").status == 200
    assert browser.get("/invoices/?status=Overdue").texts("td.name a") == [str(invoice)]
