"""One status of a row everywhere: in the list, its chips and file, on its page and behind a share link."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from ultahost_api.models import Invoice, Quote

TODAY = timezone.localdate()
DAYS = [None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)]
STATUSES = ["Unpaid", "Paid", "Payment Pending", "Collections", "Overdue", "Credit", ""]
STAGES = ["Delivered", "On Hold", "Accepted", "Expired", "Draft", ""]


@pytest.fixture
def every_invoice(rows, alma, acme):
    """In every status, due before and after today, asking for something or not, being paid or not."""
    key = alma.api_keys.get()
    for status, due, total in product(STATUSES, DAYS, ["10", "0", "-10", None]):
        rows.invoice(acme, status=status, due_date=due, total=total)
    for state in ("queued", "sending", "unknown", "done", "refused"):
        for due, total in product(DAYS, ["10", "-10"]):
            invoice = rows.invoice(acme, due_date=due, total=total)
            rows.operation(key, about=f"invoice {invoice.remote_id}", state=state)


def shown_by(rows, status):
    return {row.pk for row in rows if row.shown_status == status}


def test_it_derives_one_status_in_the_database_and_in_the_row(every_invoice):
    invoices = list(Invoice.objects.with_payments().with_derived_status())

    assert {one.shown_status for one in invoices} > {"Overdue", "Credit", "Payment unknown"}
    assert [one.derived_status for one in invoices] == [one.shown_status for one in invoices]
    for status in {one.shown_status for one in invoices}:
        assert set(Invoice.objects.in_status(status).values_list("pk", flat=True)) == shown_by(
            invoices, status
        )


def test_it_shows_in_the_list_the_chip_and_the_file_what_the_status_says(browser, every_invoice):
    """Each row is counted by exactly one chip but for Open, also one without a status."""
    page = browser.get("/invoices/?size=250")
    chips = {words.rpartition(" ")[0]: int(words.rpartition(" ")[2]) for words in page.texts(".chips a")[1:]}

    assert list(chips)[:2] == ["Open", "Overdue"]
    assert sum(chips.values()) - chips["Open"] == Invoice.objects.count()
    for link in page.all(".chips a")[2:]:
        words, _, count = link.text.rpartition(" ")
        listed = browser.get(f"/invoices/{link['href']}")
        assert set(listed.texts("td.state")) == {words}
        assert len(listed.texts("td.state")) == int(count)
        assert len({line[5] for line in browser.get(f"/invoices.csv{link['href']}").csv()}) == 1


def test_it_opens_a_list_of_what_is_open_whatever_its_status(browser, rows, acme):
    rows.invoice(acme, number="late", total="1", due_date=DAYS[1])
    rows.invoice(acme, number="due", total="1", due_date=DAYS[3])
    rows.invoice(acme, number="collected", total="1", status="Collections")
    rows.invoice(acme, number="paid", total="1", status="Paid")
    rows.invoice(acme, number="credit", total="-1")

    page = browser.get("/invoices/?status=Open&sort=number")

    assert page.texts("td.name a") == ["collected", "due", "late"]
    assert page.texts(".chips a")[:3] == ["All", "Open 3", "Overdue 1"]
    assert page.one(".chips a[aria-current=true]").text == "Open 3"
    assert page.texts(".pills li")[0] == "Status: Open"


def test_it_highlights_the_chosen_status_although_no_row_has_it(browser, rows, acme):
    rows.invoice(acme, status="Paid")

    page = browser.get("/invoices/?status=Refunded")

    assert page.texts(".chips a") == ["All", "Paid 1", "Refunded 0"]
    assert page.one(".chips a[aria-current=true]").text == "Refunded 0"


def test_it_keeps_the_statuses_of_what_is_gone(browser, rows, acme):
    rows.invoice(acme, number="late", total="1", due_date=DAYS[1], gone_at=timezone.now())

    page = browser.get("/invoices/?gone=1&status=Overdue")

    assert page.texts("td.name a") == ["late"]
    assert page.texts(".chips a") == ["All", "Open 1", "Overdue 1"]


def test_it_counts_the_statuses_of_invoices_with_one_more_statement_while_payments_are_open(
    browser, rows, alma, acme, django_assert_max_num_queries
):
    key = alma.api_keys.get()
    for _ in range(5):
        invoice = rows.invoice(acme)
        rows.operation(key, about=f"invoice {invoice.remote_id}", state="unknown")
    browser.get("/invoices/")

    with django_assert_max_num_queries(12):
        browser.get("/invoices/?status=Unpaid")


def test_it_calls_an_expired_quote_expired_everywhere(browser, rows, acme):
    for stage, until in product(STAGES, DAYS):
        rows.quote(acme, stage=stage, valid_until=until)
    quotes = list(Quote.objects.with_derived_status())

    assert [one.derived_status for one in quotes] == [one.shown_stage for one in quotes]
    for stage in {one.shown_stage for one in quotes}:
        found = set(Quote.objects.in_status(stage).values_list("pk", flat=True))
        assert found == {one.pk for one in quotes if one.shown_stage == stage}
    page = browser.get("/quotes/?stage=&size=250")
    expired = [one for one in quotes if one.shown_stage == "Expired"]
    assert f"Expired {len(expired)}" in page.texts(".chips a")
    assert browser.get("/quotes/?status=Expired").texts("td.state") == ["Expired"] * len(expired)
    assert {line[2] for line in browser.get("/quotes.csv?status=Expired").csv()} == {"Expired"}
    delivered = browser.get("/quotes/?status=Delivered").texts("td.state")
    assert set(delivered) == {"Delivered"}


def test_it_calls_a_gone_expired_quote_expired_on_its_page(browser, rows, acme):
    quote = rows.quote(acme, valid_until=DAYS[1], gone_at=timezone.now())

    page = browser.get(f"/quotes/{acme.pk}/{quote.remote_id}/")

    assert page.texts(".beneath .status") == ["Expired"]


@pytest.mark.parametrize("noun", ["services", "domains", "orders", "quotes"])
def test_it_leads_to_the_rows_without_a_status(browser, rows, acme, noun):
    make = getattr(rows, noun.removesuffix("s"))
    column = "stage" if noun == "quotes" else "status"
    make(acme, **{column: ""})
    make(acme)

    page = browser.get(f"/{noun}/")
    [chip] = [one for one in page.all(".chips a") if one.text == "Unknown 1"]
    listed = browser.get(f"/{noun}/{chip['href']}")

    assert [one.startswith("Unknown") for one in listed.texts("td.state")] == [True]
    assert listed.texts(".pills li")[0] == "Status: Unknown"
    assert listed.one(".chips a[aria-current=true]").text == "Unknown 1"
    assert len(browser.get(f"/{noun}.csv{chip['href']}").csv()) == 1
