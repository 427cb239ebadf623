"""Passes that read only what may have changed, and what makes them read everything after all."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ultahost_api.models import Email, Invoice, Order, PassPage, Refresh
from ultahost_api.refresh import schedule
from ultahost_api.sandbox import Fault


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


@pytest.fixture
def big(acme, worker, page_size):
    """40 open invoices below 260 newer ones that are paid, copied whole; a page holds fifty."""
    page_size(50)
    acme.add_invoices(40, status="Unpaid", total="10.00")
    acme.add_invoices(260, status="Paid")
    worker.run("invoices")
    return worker


def calls(sandbox, since=0):
    """(action, status filter, offset) of each request after the first ``since``."""
    return [
        (s.action, s.parameters.get("status", ""), s.parameters.get("offset", ""))
        for s in sandbox.requests[since:]
    ]


def copied():
    return {row.remote_id: (row.status, row.total) for row in Invoice.objects.present()}


def there(acme):
    return {row["id"]: (row["status"], Decimal(row["total"])) for row in acme.invoices.values()}


def test_it_reads_two_pages_where_nothing_happened(sandbox, big):
    before = len(sandbox.requests)
    with CaptureQueriesContext(connection) as queries:
        refresh = big.run("invoices")
    assert calls(sandbox, before) == [("get_invoices", "Unpaid", "0"), ("get_invoices", "", "0")]
    assert refresh.clean_at == refresh.completed_at
    assert refresh.calls == 2
    changed = [q for q in queries if q["sql"].startswith(('UPDATE "ultahost_api_invoice"', "INSERT"))]
    assert [q for q in changed if "passpage" not in q["sql"]] == []


CHANGES = {
    "paid": {"status": "Paid"},
    "cancelled": {"status": "Cancelled"},
    "under way": {"status": "Payment Pending"},
    "dearer": {"total": "99.00"},
    "due later": {"duedate": "2030-01-01"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_it_sees_a_change_of_any_open_invoice_with_five_calls(sandbox, acme, big, change):
    acme.invoices[7] |= CHANGES[change]
    before = len(sandbox.requests)
    big.run("invoices")
    assert copied() == there(acme)
    assert len(sandbox.requests) - before <= 5


def test_it_sees_an_open_invoice_that_is_gone(sandbox, acme, big):
    del acme.invoices[7]
    before = len(sandbox.requests)
    big.run("invoices")
    assert copied() == there(acme)
    assert [action for action, *_ in calls(sandbox, before)] == ["get_invoices"] * 2 + ["get_invoice"]


def test_it_walks_the_newest_until_it_knows_a_whole_page(sandbox, acme, big):
    acme.add_invoices(75, status="Paid")
    before = len(sandbox.requests)
    big.run("invoices")
    assert copied() == there(acme)
    assert [offset for _, status, offset in calls(sandbox, before) if not status] == ["0", "50", "100"]


def test_it_goes_on_looking_for_a_status_that_this_account_has_seen(sandbox, acme, big):
    acme.invoices[77]["status"] = "Collections"
    big.run("invoices", full=True)
    before = len(sandbox.requests)
    acme.invoices[77]["status"] = "Paid"
    big.run("invoices")
    assert copied() == there(acme)
    assert calls(sandbox, before)[:2] == [
        ("get_invoices", "Unpaid", "0"),
        ("get_invoices", "Collections", "0"),
    ]


def test_it_reads_everything_once_more_than_ten_have_left_the_open_ones(sandbox, acme, big):
    for row in acme.invoices.values():
        row["status"] = "Paid"
    big.run("invoices")
    assert copied() == there(acme)


@pytest.mark.parametrize("seconds", [0, 60])
def test_it_reads_everything_when_the_counts_differ(acme, big, seconds):
    """In the same pass, however young the last full one is, and however often its worker's turn is over."""
    del acme.invoices[55]  # paid long ago: no cheap pass looks there
    while big.run("invoices", seconds=seconds).pass_started_at:
        pass
    assert copied() == there(acme)


def test_it_reads_everything_once_a_day(acme, big):
    acme.invoices[55]["status"] = "Refunded"
    assert big.run("invoices").full_due_at > timezone.now() + timedelta(hours=23)
    Refresh.objects.filter(noun="invoices").update(full_due_at=timezone.now())
    refresh = big.run("invoices")
    assert copied() == there(acme)
    assert refresh.full_due_at > timezone.now() + timedelta(hours=23)


def test_it_reads_everything_for_whoever_asks(acme, big):
    acme.invoices[55]["status"] = "Refunded"
    schedule.ask([big.account], ["invoices"], full=True)
    big.run("invoices")
    assert copied() == there(acme)


def test_it_does_not_count_what_it_could_never_hold(sandbox, acme, big):
    acme.add_invoices(1, status="Paid")
    acme.invoices[301]["id"] = "?"
    assert big.run("invoices", full=True).set_aside
    before = len(sandbox.requests)
    refresh = big.run("invoices")
    assert calls(sandbox, before) == [("get_invoices", "Unpaid", "0"), ("get_invoices", "", "0")]
    assert refresh.next_due_at > timezone.now() + timedelta(minutes=5)


UNFIT = {
    "the filter is refused": lambda answer: {"status": 400, "message": "Invalid status"},
    "the filter lets one row through": lambda answer: (
        answer | {"data": [*answer["data"][:-1], answer["data"][-1] | {"status": "Paid"}]}
    ),
}


@pytest.mark.parametrize("how", UNFIT)
def test_it_reads_everything_where_the_provider_does_not_filter(sandbox, acme, big, how):
    acme.invoices[55]["status"] = "Refunded"
    sandbox.faults.add(Fault.edit(UNFIT[how]), action="get_invoices", times=2)  # with and without a sort
    refresh = big.run("invoices")
    assert (refresh.trouble, copied()) == ("", there(acme))


def test_it_reads_everything_where_the_provider_does_not_sort(sandbox, acme, big):
    acme.invoices[55]["status"] = "Refunded"
    backwards = Fault.edit(lambda answer: answer | {"data": answer["data"][::-1]})
    sandbox.faults.add(backwards, action="get_invoices", after=1)
    assert big.run("invoices").trouble == ""
    assert copied() == there(acme)


MOVED = {
    "another total": Fault.total(1),
    "a row that slipped by": Fault.edit(lambda answer: answer | {"data": answer["data"][1:]}),
}


@pytest.mark.parametrize("how", MOVED)
def test_it_trusts_no_walk_during_which_rows_moved(sandbox, acme, big, page_size, how):
    page_size(10)
    sandbox.faults.add(MOVED[how], action="get_invoices", after=1)
    first = big.run("invoices")
    assert first.clean_at < first.completed_at
    assert first.next_due_at <= timezone.now()
    assert "get_invoice" not in [s.action for s in sandbox.requests]


def test_it_goes_on_from_its_walk_and_place_after_its_turn(sandbox, acme, big, page_size):
    page_size(10)
    before = len(sandbox.requests)
    acme.add_invoices(15, status="Paid")
    while not big.run("invoices", seconds=0).completed_at or big.refresh("invoices").pass_started_at:
        pass
    offsets = [(status, offset) for _, status, offset in calls(sandbox, before)]
    assert offsets == [("Unpaid", str(n)) for n in (0, 10, 20, 30)] + [("", str(n)) for n in (0, 10, 20)]
    assert copied() == there(acme)
    assert not PassPage.objects.exists()


def test_it_reads_everything_after_it_gave_up_on_a_cheap_pass(sandbox, acme, big):
    """Its first page was written: the next cheap pass would know it and look no further."""
    acme.add_invoices(75, status="Paid")
    sandbox.faults.add(Fault.html(), action="get_invoices", after=2, times=9)
    for _ in range(4):
        big.run("invoices")
    sandbox.faults.clear()
    while big.run("invoices").trouble:
        pass
    assert copied() == there(acme)


def test_it_shows_progress_in_rows_of_rows(acme, big, page_size):
    page_size(10)
    refresh = big.run("invoices", seconds=0)
    assert (refresh.rows_done, refresh.rows_total) == (10, 40)


def test_it_reads_orders_and_mails_cheaply_too(sandbox, acme, worker, page_size):
    page_size(10)
    acme.add_orders(35, status="Active")
    acme.add_orders(2, status="Pending")
    acme.add_emails(35)
    for noun in ("orders", "emails"):
        worker.run(noun)
    before = len(sandbox.requests)
    acme.orders[36]["status"] = "Active"
    acme.add_emails(1)
    for noun in ("orders", "emails"):
        worker.run(noun)
    assert calls(sandbox, before) == [
        ("get_orders", "Pending", "0"),
        ("get_orders", "", "0"),
        ("get_orders", "", "10"),  # the one that changed stood on the page before
        ("get_emails", "", "0"),
        ("get_emails", "", "10"),
    ]
    assert Order.objects.get(remote_id=36).status == "Active"
    assert Email.objects.count() == 36


@pytest.fixture
def small(acme, worker, page_size):
    """All on one page, copied whole: 30 paid invoices below 20 open ones."""
    page_size(50)
    acme.add_invoices(30, status="Paid")
    acme.add_invoices(20, status="Unpaid")
    worker.run("invoices")
    return worker


def test_it_reads_a_list_of_one_page_whole_for_one_call(sandbox, acme, small):
    before, last_full_at = len(sandbox.requests), small.refresh("invoices").full_at
    acme.invoices[7]["status"] = "Refunded"  # one that no cheap pass looks at
    refresh = small.run("invoices")
    assert copied() == there(acme)
    assert calls(sandbox, before) == [("get_invoices", "", "0")]
    assert (refresh.calls, refresh.clean_at) == (1, refresh.completed_at)
    assert refresh.full_at > last_full_at


def test_it_reads_cheaply_what_has_outgrown_its_page(sandbox, acme, small):
    acme.add_invoices(60, status="Paid")
    small.run("invoices")
    before = len(sandbox.requests)
    small.run("invoices")
    assert calls(sandbox, before) == [("get_invoices", "Unpaid", "0"), ("get_invoices", "", "0")]


def nameless(answer):
    return answer | {"data": [row | {"id": "?" if row["id"] == 7 else row["id"]} for row in answer["data"]]}


def listed_twice(answer):
    """In the place of another."""
    seventh = next((row for row in answer["data"] if row["id"] == 7), None)
    return answer | {"data": [seventh if row["id"] == 8 else row for row in answer["data"]]}


@pytest.mark.parametrize("odd", [nameless, listed_twice])
def test_it_sees_what_left_the_open_ones_of_a_page_that_is_never_clear(sandbox, acme, small, odd):
    sandbox.faults.add(Fault.edit(odd), action="get_invoices", times=None)
    for _ in range(3):
        small.run("invoices")
    del acme.invoices[45]
    for _ in range(4):
        small.run("invoices")
    assert 45 not in copied()


def test_it_forgets_what_it_could_not_read_once_that_is_no_longer_listed(acme, worker):
    acme.add_invoices(3, status="Paid")
    acme.invoices[2]["id"] = "two"
    assert [row["id"] for row in worker.run("invoices").set_aside] == ["two"]
    del acme.invoices[2]
    assert worker.run("invoices").set_aside == []


def test_it_keeps_mails_of_which_a_few_answers_say_nothing(sandbox, acme, worker):
    """They cannot be asked for one by one, so no list that is empty for a moment counts."""
    acme.add_emails(35)
    worker.run("emails")
    empty = Fault.edit(lambda answer: answer | {"data": [], "meta": {"total_records": 0}})
    sandbox.faults.add(empty, action="get_emails", times=2)
    for _ in range(2):
        worker.run("emails")
    assert Email.objects.present().count() == 35
