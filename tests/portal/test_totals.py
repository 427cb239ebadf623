"""The totals of what is shown: exactly of the filtered rows, each currency for itself."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.models import AccountPolicy
from portal.pages.invoice_filters import InvoiceFilter
from tests.portal.conftest import Rows
from ultahost_api.models import Account, Invoice
from ultahost_api.models.invoice_totals import FilteredTotals

TODAY = timezone.localdate()
SUMS = ("count", "net", "tax", "total", "paid", "open", "unread", "undetailed", "details_unread", "moved")


@pytest.fixture
def browser(visit, people, rows, acme):
    alma = people.member("Alma")
    rows.key(alma, acme)
    return visit(alma)


def detailed(net="10.00", tax="2.00", tax2="0.50", **fields):
    now = timezone.now()
    return {"detailed_at": now, "subtotal": net, "tax": tax, "tax2": tax2, "total": "12.50"} | fields


def sums(page):
    return page.texts(".sums dl > div")


def test_it_totals_exactly_what_is_filtered_on_all_pages(browser, rows, acme):
    for n in range(30):
        rows.invoice(acme, **detailed(number=f"in-{n}", date=date(2026, 3, 1)))
    rows.invoice(acme, **detailed(number="out", date=date(2026, 2, 28), total="1000"))
    rows.invoice(acme, **detailed(number="gone", gone_at=timezone.now()))
    rows.invoice(acme, **detailed(date=date(2026, 3, 2), status="Paid"))

    page = browser.get("/invoices/?since=2026-03-01")

    assert sums(page) == [
        "EUR 31 invoices", "Net €310.00", "Tax €77.50", "Credit used €0.00", "Total €387.50",
        "Paid €12.50", "Open €375.00",
    ]  # fmt: skip


def test_it_names_no_net_and_no_tax_before_any_details_are_read(browser, rows, acme):
    rows.invoice(acme, total="12.50")

    assert sums(browser.get("/invoices/"))[1:5] == ["Net –", "Tax –", "Credit used –", "Total €12.50"]


def test_the_sums_add_up_where_credit_was_used(browser, rows, acme):
    rows.invoice(acme, **detailed(credit="7.00", total="5.50"))
    rows.invoice(acme, **detailed(), status="Paid")

    assert sums(browser.get("/invoices/?status=Unpaid"))[1:5] == [
        "Net €10.00", "Tax €2.50", "Credit used €7.00", "Total €5.50",
    ]  # fmt: skip
    assert sums(browser.get("/invoices/?status=Paid"))[1:5] == [
        "Net €10.00",
        "Tax €2.50",
        "Credit used €0.00",
        "Total €12.50",
    ]


def test_it_never_adds_two_currencies(browser, rows, acme):
    rows.invoice(acme, **detailed())
    rows.invoice(rows.account("Harbour", "USD"), **detailed(status="Paid"))

    assert sums(browser.get("/invoices/")) == [
        "EUR 1 invoice", "Net €10.00", "Tax €2.50", "Credit used €0.00", "Total €12.50",
        "Paid €0.00", "Open €12.50",
        "USD 1 invoice", "Net $10.00", "Tax $2.50", "Credit used $0.00", "Total $12.50",
        "Paid $12.50", "Open $0.00",
    ]  # fmt: skip


def test_it_says_what_is_not_read_yet_and_what_could_not_be_read(browser, rows, acme):
    rows.invoice(acme, total="1")
    rows.invoice(acme, total="2")
    rows.invoice(acme, **detailed(net=None, unreadable={"subtotal": "ten"}))
    rows.invoice(acme, **detailed(tax2=None, unreadable={"tax2": "two"}))
    rows.invoice(acme, **detailed(tax2=None))
    rows.invoice(acme, **detailed(total=None, unreadable={"total": "x"}))

    assert sums(browser.get("/invoices/"))[1:] == [
        "Net €30.00", "Tax €9.00", "Credit used €0.00", "Total €40.50", "Paid €0.00", "Open €40.50",
        "Note Details of 2 not read yet, so their net and tax are missing.",
        "Note Net or tax of 2 could not be read, not included.",
        "Note 1 total could not be read, not included.",
    ]  # fmt: skip


def test_it_keeps_credits_out_of_what_is_open(browser, rows, acme):
    rows.invoice(acme, total="10")
    rows.invoice(acme, total="-4")

    assert sums(browser.get("/invoices/"))[4:7] == ["Total €6.00", "Paid €0.00", "Open €10.00"]


def test_it_counts_no_payment_of_other_invoices_and_no_deposit(browser, rows, acme):
    rows.invoice(acme, **detailed())
    rows.invoice(acme, **detailed(number="MASS", only_moves_money=True))
    rows.invoice(acme, **detailed(number="FUNDS", only_moves_money=True, total=None))

    page = browser.get("/invoices/")

    assert len(page.all("tbody tr")) == 3
    assert sums(page) == [
        "EUR 1 invoice", "Net €10.00", "Tax €2.50", "Credit used €0.00", "Total €12.50",
        "Paid €0.00", "Open €12.50",
        "Note 2 deposits or payments of other invoices, not included.",
    ]  # fmt: skip


def test_it_totals_nothing_of_an_account_that_one_may_not_see(visit, people, rows, acme):
    hidden = rows.account("Hidden", "GBP")
    AccountPolicy.objects.create(account=hidden, private=True)
    rows.invoice(hidden, **detailed())
    rows.invoice(acme, **detailed())
    browser = visit(people.member("Ben"))

    for query in ("", f"?account={hidden.pk}", "?status=Open"):
        page = browser.get(f"/invoices/{query}")
        assert "£" not in page.html
        assert not any("GBP" in words or "2 invoices" in words for words in sums(page))


def test_it_says_what_the_amounts_above_the_list_cover(browser, rows, acme):
    rows.account("Other")
    rows.invoice(acme)

    assert "every invoice that you can see" in browser.get("/invoices/").one(".covers").text
    assert "every invoice of Acme" in browser.get(f"/invoices/?account={acme.pk}").one(".covers").text


amounts = st.one_of(st.none(), st.decimals(-10_000_000, 10_000_000, places=4))
invoices = st.lists(
    st.fixed_dictionaries(
        {
            "account": st.integers(0, 2),
            "status": st.sampled_from(["Unpaid", "Paid", "Collections", "Refunded", "Draft"]),
            "date": st.one_of(st.none(), st.integers(0, 4)),
            "due": st.integers(-2, 2),
            "total": amounts,
            "subtotal": amounts,
            "tax": amounts,
            "is_detailed": st.booleans(),
            "only_moves_money": st.booleans(),
        }
    ),
    max_size=12,
)


def made(drawn) -> None:
    rows = Rows()
    accounts = [rows.account(f"Account {n}", "USD" if n == 2 else "EUR") for n in range(3)]
    for one in drawn:
        details = {"subtotal": one["subtotal"], "tax": one["tax"], "detailed_at": timezone.now()}
        unread = {name: "?" for name in ("total", "tax") if one[name] is None}
        rows.invoice(
            accounts[one["account"]],
            status=one["status"],
            date=None if one["date"] is None else date(2026, 1, 1) + timedelta(days=one["date"]),
            due_date=TODAY + timedelta(days=one["due"]),
            total=one["total"],
            unreadable=unread,
            only_moves_money=one["only_moves_money"],
            **details if one["is_detailed"] else {},
        )


def totals(query: str) -> dict[str, FilteredTotals]:
    filter = InvoiceFilter(QueryDict(query), Invoice.objects.present(), accounts=Account.objects.all())
    assert filter.is_valid()
    return {one.currency: one for one in filter.qs.totalled()}


def added(parts) -> dict[str, dict[str, Decimal]]:
    whole: dict[str, dict[str, Decimal]] = {}
    for part in parts:
        for currency, one in part.items():
            sums = whole.setdefault(currency, dict.fromkeys(SUMS, Decimal(0)))
            for name in SUMS:
                sums[name] += getattr(one, name)
    return whole


@pytest.mark.django_db
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=invoices, since=st.sampled_from(["", "&since=2026-01-02"]))
def test_it_adds_up_over_any_partition_of_what_is_filtered(db, drawn, since):
    with transaction.atomic():
        made(drawn)
        whole = added([totals(since)])
        shown = Invoice.objects.with_payments()
        if since:
            shown = shown.filter(date__gte=date(2026, 1, 2))
        statuses = {one.shown_status for one in shown}
        days = {one.date for one in shown if one.date}

        assert added(totals(f"account={one.pk}{since}") for one in Account.objects.all()) == whole
        assert added(totals(f"status={one}{since}") for one in statuses) == whole
        if since:  # a row without a day is on none
            by_day = (totals(f"since={day}&until={day}") for day in days)
            assert added(by_day) == whole
        costing = [one for one in shown if not one.only_moves_money]
        by_hand = sum((one.total or Decimal(0) for one in costing), Decimal(0))
        assert sum((one["total"] for one in whole.values()), Decimal(0)) == by_hand
        transaction.set_rollback(True)
