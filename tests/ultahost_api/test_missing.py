"""Rows that a clean pass did not list: asked for one by one, and gone only when that is certain."""

import pytest
from django.db import DataError

from ultahost_api.models import Email, Event, Invoice, InvoiceItem, Service
from ultahost_api.refresh import details
from ultahost_api.sandbox import Fault
from ultahost_api.sandbox.replies import as_html


@pytest.fixture(autouse=True)
def _ten_rows_a_page(page_size, monkeypatch):
    page_size(10)
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


@pytest.fixture
def services(acme, worker):
    acme.add_services(30)
    worker.run("services")
    return worker


def hide(*numbers):
    """Lists that leave rows out, and count as if they were not there."""

    def without(answer):
        rows = [row for row in answer["data"] if row["id"] not in numbers]
        missing = len(numbers)
        return answer | {
            "data": rows,
            "meta": answer["meta"] | {"total_records": answer["meta"]["total_records"] - missing},
        }

    return Fault.edit(without)


def asked(sandbox, action="get_service"):
    return [s for s in sandbox.requests if s.action == action]


def gone(model=Service):
    return set(model.objects.gone().values_list("remote_id", flat=True))


def test_it_keeps_a_row_that_a_clean_looking_list_left_out(sandbox, acme, services):
    """One was deleted and another inserted while it walked: the totals agree, and a row was skipped."""
    sandbox.faults.add(hide(7), action="get_services", times=None)
    acme.services[7]["amount"] = "99.00"
    refresh = services.run("services")
    assert gone() == set()
    assert Service.objects.get(remote_id=7).amount == 99
    assert refresh.clean_at < refresh.completed_at


def test_it_marks_what_the_provider_no_longer_knows(sandbox, acme, services):
    del acme.services[7], acme.services[8]
    refresh = services.run("services")
    assert gone() == {7, 8}
    assert len(asked(sandbox)) == 2
    assert refresh.clean_at == refresh.completed_at


def test_it_trusts_no_list_of_which_one_missing_row_is_there(sandbox, acme, services):
    """Fifteen are missing, and among the ten that it asks for is one that is not gone at all."""
    sandbox.faults.add(hide(*range(6, 21)), action="get_services", times=3)
    for number in range(7, 21):
        del acme.services[number]
    services.run("services")
    assert 6 not in gone()
    assert services.refresh("services").missed == []


def test_it_wants_to_miss_many_rows_twice(sandbox, acme, services):
    for number in range(1, 26):
        del acme.services[number]
    before = len(asked(sandbox, "get_services"))
    refresh = services.run("services")
    assert (len(gone()), refresh.missed) == (25, [])
    assert len(asked(sandbox, "get_services")) - before == 2  # one page is left, read twice
    assert len(asked(sandbox)) == 20


def test_it_keeps_many_rows_that_the_next_pass_lists_again(sandbox, acme, services):
    sandbox.faults.add(hide(*range(1, 26)), action="get_services", times=3)
    sandbox.faults.add(Fault.status(404), action="get_service", times=10)
    services.run("services")
    services.run("services")
    assert gone() == set()
    assert Service.objects.present().count() == 30


@pytest.mark.parametrize("fault", [Fault.status(403, "Not yours"), Fault.html(), Fault.status(400, "No")])
def test_it_wants_to_miss_twice_what_it_cannot_ask_for(sandbox, acme, services, fault):
    del acme.services[7]
    sandbox.faults.add(fault, action="get_service", times=None)
    while services.run("services", seconds=0).missed != [7]:
        assert gone() == set()
    while services.run("services", seconds=0).pass_started_at:
        pass
    assert gone() == {7}


def test_it_asks_again_for_nothing_after_a_limit_struck_between(sandbox, acme, services):
    del acme.services[7], acme.services[8], acme.services[9]
    sandbox.faults.add(Fault.limited(0.01), action="get_service", after=2)
    refresh = services.run("services")
    assert (refresh.trouble, gone()) == ("limited", {7, 8})
    services.account.keys.get().rate_window.delete()
    services.run("services")
    assert gone() == {7, 8, 9}
    assert [s.parameters["serviceid"] for s in asked(sandbox)] == ["7", "8", "9", "9"]


def test_it_never_asks_for_a_mail(sandbox, acme, worker):
    """Bodies may hold passwords: they are read when a person opens one, and only then."""
    acme.add_emails(12)
    worker.run("emails")
    del acme.emails[3]
    worker.run("emails", full=True)
    assert gone(Email) == {3}
    assert asked(sandbox, "get_email") == []


def test_it_keeps_the_lines_of_an_invoice_that_it_asked_for(acme, worker):
    acme.add_invoices(2, status="Unpaid")
    acme.add_invoices(12, status="Paid")  # above them, so that the newest page does not hold it
    worker.run("invoices")
    acme.invoices[1] |= {
        "status": "Paid",
        "items": [{"id": 1, "description": "A line", "amount": "10.00", "taxed": 1}],
    }
    worker.run("invoices")
    invoice = Invoice.objects.get(remote_id=1)
    assert (invoice.status, invoice.is_detailed) == ("Paid", True)
    assert [item.description for item in invoice.items.all()] == ["A line"]


def test_it_assigns_lines_by_the_new_name_of_a_service_that_no_list_shows(sandbox, acme, services):
    (bill,) = acme.add_invoices(1)
    bill["items"][0]["description"] = "Linux VPS Huge - only.example.com"
    acme.services[7]["domain"] = "only.example.com"
    for noun in ("services", "invoices", "details"):
        services.run(noun)
    assert InvoiceItem.objects.get().service is None
    sandbox.faults.add(hide(7), action="get_services", times=None)
    acme.services[7]["product_name"] = "Linux VPS Huge"
    services.run("services")
    assert InvoiceItem.objects.get().service == Service.objects.get(remote_id=7)


@pytest.mark.parametrize("hidden", [{7}, {*range(3, 30)} - {10, 20}], ids=["one", "many"])
def test_it_comes_to_rest_with_rows_that_no_list_shows(sandbox, acme, services, hidden):
    """What was found so is asked for in each pass, and is no sign of rows that move."""
    sandbox.faults.add(hide(*hidden), action="get_services", times=None)
    passes = 0
    while (refresh := services.run("services")).repeats:
        passes += 1
        assert passes <= 3  # each finds ten of them
    assert refresh.clean_at == refresh.completed_at
    assert services.run("services").repeats == 0
    assert gone() == set()


def test_it_keeps_what_no_list_shows_up_to_date(sandbox, acme, services):
    sandbox.faults.add(hide(7), action="get_services", times=None)
    services.run("services")
    acme.services[7]["amount"] = "99.00"
    services.run("services")
    assert Service.objects.get(remote_id=7).amount == 99
    sandbox.faults.clear()
    del acme.services[7]
    services.run("services")
    assert gone() == {7}


@pytest.mark.parametrize("fault", [Fault.status(403, "Not yours"), Fault.html(), Fault.status(400, "No")])
def test_it_calls_nothing_gone_that_no_list_shows_and_cannot_be_asked_for(sandbox, services, fault):
    sandbox.faults.add(hide(7), action="get_services", times=None)
    services.run("services")
    sandbox.faults.add(fault, action="get_service", times=None)
    for _ in range(3):
        services.run("services")
    assert gone() == set()


def test_it_holds_a_row_that_is_listed_again_to_be_as_the_others(sandbox, acme, services):
    sandbox.faults.add(hide(7), action="get_services", times=3)
    services.run("services")
    services.run("services")
    before = len(asked(sandbox))
    sandbox.faults.add(hide(7), action="get_services", times=3)
    assert services.run("services").repeats == 1
    assert len(asked(sandbox)) == before + 1


def test_it_reads_what_is_open_again_and_not_everything_for_a_row_that_no_list_shows(sandbox, acme, worker):
    acme.add_invoices(15, status="Unpaid")
    acme.add_invoices(30, status="Paid")
    worker.run("invoices")
    sandbox.faults.add(hide(3), action="get_invoices", times=None)
    for _ in range(2):
        refresh = worker.run("invoices")
    assert refresh.repeats == 0
    acme.invoices[3]["total"] = "99.00"
    before = len(sandbox.requests)
    assert not worker.run("invoices").is_full
    assert Invoice.objects.get(remote_id=3).total == 99
    assert len(sandbox.requests) - before == 4  # two pages of what is open, the newest, and the row itself


@pytest.mark.parametrize("error", [DataError, RecursionError])
def test_it_goes_on_after_a_row_that_the_database_does_not_take(sandbox, acme, services, monkeypatch, error):
    real = details.values_of

    def values_of(record, *how):
        if record.id == 7:
            raise error
        return real(record, *how)

    monkeypatch.setattr(details, "values_of", values_of)
    sandbox.faults.add(hide(7, 8), action="get_services", times=None)
    acme.services[8]["amount"] = "99.00"
    assert services.run("services").completed_at
    assert Service.objects.get(remote_id=8).amount == 99
    assert gone() == set()


def test_it_calls_nothing_gone_for_an_address_that_is_not_there(sandbox, acme, worker):
    """As when a proxy in front of the provider has lost its way."""
    acme.add_invoices(30, status="Unpaid")
    worker.run("invoices")
    acme.invoices[7]["status"] = "Paid"
    lost = Fault.instead("html", lambda: as_html(404, "Not Found"))
    sandbox.faults.add(lost, action="get_invoice", times=None)
    worker.run("invoices")
    assert len(asked(sandbox, "get_invoice")) == 1
    assert not Event.objects.filter(kind__in=["gone", "returned"]).exists()
