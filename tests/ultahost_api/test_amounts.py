"""Amounts from Ultahost's answer to our columns and sums: nothing is rounded on the way."""

from decimal import Decimal

import pytest

from ultahost_api.models import Account, Domain, Event, Invoice, Order, Quote, Service
from ultahost_api.models.invoice_totals import added
from ultahost_api.sandbox import Fault

EXACT = ["12.345", "2.125", "1980.50", "12938.7001", "-120.00", "99999999999.9999"]


@pytest.mark.parametrize("told", EXACT)
def test_it_stores_what_was_told_in_every_noun(acme, worker, told):
    acme.add_services(1, amount=told)
    acme.add_domains(1, recurringamount=told, firstpaymentamount=told)
    acme.add_invoices(1, total=told)
    acme.add_orders(1, amount=told)
    acme.add_quotes(1, total=told)
    for noun in ("services", "domains", "invoices", "orders", "quotes"):
        worker.run(noun)
    domain = Domain.objects.get()
    stored = [Service.objects.get().amount, domain.recurring_amount, domain.first_payment_amount]
    stored += [Invoice.objects.get().total, Order.objects.get().amount, Quote.objects.get().total]
    assert stored == [Decimal(told)] * 6


def test_it_stores_what_the_details_tell(acme, worker):
    lines = [{"id": 1, "description": "VPS", "amount": "12.345", "taxed": 0}]
    acme.add_invoices(
        1, subtotal="12.345", tax="0.125", tax2="0.0001", credit="2.125", total="10.3451", items=lines
    )
    worker.run("invoices")
    worker.run("details")
    invoice = Invoice.objects.get()
    told = [invoice.subtotal, invoice.tax, invoice.tax2, invoice.credit, invoice.items.get().amount]
    assert told == [Decimal(n) for n in ("12.345", "0.125", "0.0001", "2.125", "12.345")]


def test_it_stores_what_the_profile_tells(acme, worker):
    acme.profile["credit"] = "12.3451"
    worker.run("profile")
    assert Account.objects.get(remote_uuid=acme.uuid).credit == Decimal("12.3451")


def test_it_reads_a_number_in_json_to_its_last_decimal(sandbox, acme, worker):
    """A float would make 99999999999.9998 of it."""
    acme.add_invoices(1)

    def as_number(answer):
        return answer | {"data": [row | {"total": 99999999999.1235} for row in answer["data"]]}

    sandbox.faults.add(Fault.edit(as_number), action="get_invoices")
    worker.run("invoices")
    assert Invoice.objects.get().total == Decimal("99999999999.1235")


def test_it_keeps_unknown_numbers_where_json_is_stored(sandbox, acme, worker):
    acme.add_invoices(1)
    news = {"rate": 1.5, "parts": [0.1, {"deep": 2.25}]}

    def with_news(answer):
        return answer | {"data": [row | news for row in answer["data"]]}

    sandbox.faults.add(Fault.edit(with_news), action="get_invoices", times=None)
    assert worker.run("invoices").trouble == ""
    invoice = Invoice.objects.get()
    assert invoice.extra == news
    worker.run("invoices", full=True)
    assert Invoice.objects.get().changed_at == invoice.changed_at


def test_it_finds_a_row_with_decimals_unchanged(acme, worker):
    acme.add_invoices(1, total="12.345")
    worker.run("invoices")
    worker.run("invoices", full=True)
    assert not Event.objects.exists()


def test_it_adds_before_it_brings_a_sum_to_four_decimals(account, db):
    for place, total in enumerate(["0.0001", "0.0002", "12.345", "0.1", "0.2"] * 20):
        Invoice.objects.create(
            account=account, remote_id=place, currency="KWD", status="Unpaid", total=Decimal(total)
        )
    [sums] = Invoice.objects.all().by_currency()
    assert sums.open == Decimal("252.906")
    [owed] = Invoice.objects.all().owed()[account.pk]
    assert owed.total == Decimal("252.906")


def test_it_takes_from_a_sum_what_a_database_of_floats_added():
    """Not every SQLite does: the newer ones add exactly."""
    assert str(added(Decimal("99.9999999999986"))) == "100.00"
    assert str(added(Decimal("0.00029999999999999997"))) == "0.0003"


@pytest.mark.parametrize(("total", "is_owed"), [("-120.00", False), ("0.00", False), ("0.001", True)])
def test_it_counts_nothing_at_or_below_zero_as_owed_or_overdue(account, total, is_owed):
    past = Invoice.objects.create(
        account=account,
        remote_id=1,
        currency="EUR",
        status="Unpaid",
        total=Decimal(total),
        due_date="2020-01-01",
    )
    past.refresh_from_db()
    assert Invoice.objects.open().exists() is is_owed
    assert Invoice.objects.overdue().exists() is is_owed
    assert Invoice.objects.payable().exists() is is_owed
    assert (past.is_overdue, past.is_payable) == (is_owed, is_owed)
    [sums] = Invoice.objects.all().by_currency()
    assert (bool(sums.open), sums.overdue_count) == (is_owed, int(is_owed))
    assert bool(Invoice.objects.all().owed()) is is_owed


def test_it_calls_a_negative_open_total_a_credit(account):
    for remote_id, total in enumerate(["-120.00", "-0.50", "30.00"]):
        Invoice.objects.create(
            account=account, remote_id=remote_id, currency="EUR", status="Unpaid", total=Decimal(total)
        )
    [sums] = Invoice.objects.all().by_currency()
    assert (sums.open, sums.credits, sums.credits_count) == (Decimal(30), Decimal("120.50"), 2)
    assert [i.shown_status for i in Invoice.objects.order_by("remote_id")] == ["Credit", "Credit", "Unpaid"]


def test_it_sums_no_invoice_that_only_pays_others(account):
    """The invoices that it pays are open as well."""
    usual = {"account": account, "currency": "EUR", "status": "Unpaid", "total": "50"}
    Invoice.objects.create(remote_id=1, **usual)
    Invoice.objects.create(remote_id=2, only_moves_money=True, **usual)

    [sums] = Invoice.objects.that_cost().by_currency()
    [owed] = Invoice.objects.owed()[account.pk]

    assert sums.open == owed.total == Decimal(50)
