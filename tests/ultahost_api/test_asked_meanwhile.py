"""What is asked for while a refresh runs comes after the run, and no older answer undoes a write."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from ultahost_api import operations
from ultahost_api.models import Domain, Event, Invoice, Refresh, Service
from ultahost_api.operations.actions import action_of
from ultahost_api.refresh import runs, schedule
from ultahost_api.sandbox import Fault


@pytest.fixture
def send(key):
    """Sends a write and has it done."""

    def send(action, **parameters):
        write = action_of(action).write.on_the_wire(parameters)
        operation = operations.perform(operations.WriteRequest(key.owner, key, write, uuid4()))
        assert operation.state == "done"

    return send


def is_due(refresh):
    return refresh.next_due_at <= timezone.now()


def ask(worker, noun, **how):
    schedule.ask([worker.account], [noun], **how)


@pytest.mark.parametrize("noun", ["invoices", "services", "domains", "quotes"])
@pytest.mark.parametrize("page", [1, 2])
def test_a_list_that_is_asked_for_while_it_is_read_is_read_again(
    acme, worker, page_size, during_call, noun, page
):
    page_size(10)
    getattr(acme, f"add_{noun}")(15)
    worker.run(noun)
    during_call(lambda: ask(worker, noun), nth=page)
    assert is_due(worker.run(noun, full=True))

    refresh = worker.run(noun)
    assert (is_due(refresh), refresh.asked_at) == (False, None)


def test_a_list_that_is_asked_for_between_two_turns_of_a_pass_is_read_again(acme, worker, page_size):
    """Its first pages may be older than the wish."""
    page_size(10)
    acme.add_invoices(25)
    worker.run("invoices")
    worker.run("invoices", full=True, seconds=0)
    acme.invoices[25]["status"] = "Paid"
    ask(worker, "invoices")
    runs.run(worker.refresh("invoices").pk)
    assert is_due(worker.refresh("invoices"))
    worker.run("invoices")
    assert Invoice.objects.get(remote_id=25).status == "Paid"


def test_a_row_that_was_changed_by_a_clock_that_is_ahead_is_asked_for_twice_in_a_run(sandbox, acme, worker):
    """It is newer than every answer, until the clock here has come so far."""
    acme.add_services(2)
    worker.run("services")
    ahead = Service.objects.get(remote_id=1)
    Service.objects.filter(pk=ahead.pk).update(changed_at=timezone.now() + timedelta(seconds=30))
    asked = len(sandbox.requests)

    worker.run("details")

    assert len(sandbox.requests) - asked == 3
    assert [row.is_detailed for row in Service.objects.order_by("remote_id")] == [False, True]


def test_a_wish_before_the_pass_is_granted_by_it(acme, worker, page_size):
    page_size(10)
    acme.add_invoices(15)
    worker.run("invoices")
    ask(worker, "invoices")
    runs.run(worker.refresh("invoices").pk, seconds=0)
    assert worker.refresh("invoices").asked_at is None
    assert not is_due(worker.run("invoices"))


@pytest.mark.parametrize("noun", ["profile", "details"])
def test_what_is_no_list_is_read_again_too(acme, worker, during_call, noun):
    acme.add_services(1)
    worker.run("services")
    during_call(lambda: ask(worker, noun))
    assert is_due(worker.run(noun))
    assert not is_due(worker.run(noun))


def test_details_that_a_list_calls_for_at_their_end_are_read(acme, worker, monkeypatch):
    """The run found nothing more to read, and the list changed before the run was noted as done."""
    acme.add_services(1)
    worker.run("services")
    worker.run("details")
    acme.services[1]["status"] = "Suspended"
    real = runs.pacing.plan

    def plan(refresh):
        if refresh.noun == "details":
            monkeypatch.setattr(runs.pacing, "plan", real)
            worker.run("services")
        return real(refresh)

    monkeypatch.setattr(runs.pacing, "plan", plan)
    assert is_due(worker.run("details"))


def test_a_wish_while_a_refresh_fails_is_tried_once_more(sandbox, acme, worker, during_call):
    acme.add_invoices(1)
    sandbox.faults.add(Fault.status(403), action="get_invoices", times=None)
    during_call(lambda: ask(worker, "invoices"))
    assert is_due(worker.run("invoices"))
    assert not is_due(worker.run("invoices"))


@pytest.mark.parametrize("noun", ["invoices", "profile", "details"])
def test_a_wish_by_a_clock_that_is_ahead_is_one_wish(sandbox, acme, worker, noun):
    acme.add_services(1)
    worker.run("services")
    Refresh.objects.filter(noun=noun).ask()
    Refresh.objects.filter(noun=noun).update(asked_at=timezone.now() + timedelta(seconds=50))
    assert not is_due(worker.run(noun))
    assert worker.refresh(noun).asked_at is None

    sandbox.faults.add(Fault.status(403), times=None)
    Refresh.objects.filter(noun="quotes").update(asked_at=timezone.now() + timedelta(seconds=50))
    assert not is_due(worker.run("quotes"))


def test_a_whole_pass_that_is_wanted_while_one_runs_is_not_put_off(acme, worker, page_size, during_call):
    page_size(10)
    acme.add_invoices(15)
    worker.run("invoices")
    during_call(lambda: ask(worker, "invoices", full=True))
    refresh = worker.run("invoices", full=True)
    assert refresh.full_due_at <= timezone.now()
    assert is_due(refresh)

    refresh = worker.run("invoices")
    assert refresh.full_due_at > timezone.now() + timedelta(hours=1)


def test_a_currency_that_changes_while_the_invoices_are_read_has_them_read_again(
    acme, worker, page_size, during_call
):
    page_size(10)
    acme.add_invoices(15)
    worker.run("invoices")
    acme.profile["currency_code"] = "USD"
    during_call(lambda: worker.run("profile"))
    refresh = worker.run("invoices", full=True)
    assert refresh.full_due_at <= timezone.now()
    assert is_due(refresh)


@pytest.mark.parametrize("number", [1, 15])
def test_a_payment_is_not_undone_by_a_page_that_was_read_before_it(acme, worker, during_call, send, number):
    acme.add_invoices(number, status="Unpaid", paymentmethod="stripe")
    worker.run("invoices")
    acme.invoices[number]["duedate"] = "2031-01-01"  # so that the page brings something new
    during_call(lambda: send("pay_invoice", invoiceid=number))
    refresh = worker.run("invoices", full=True)
    assert Invoice.objects.get(remote_id=number).status == "Paid"
    assert is_due(refresh)

    worker.run("invoices")
    assert Invoice.objects.get(remote_id=number).due_date.isoformat() == "2031-01-01"
    told = [event.changes for event in Event.objects.filter(noun="invoices", changes__has_key="status")]
    assert told == [{"status": ["Unpaid", "Paid"]}]


def test_a_payment_is_not_undone_by_an_invoice_that_a_pass_asked_for(
    sandbox, acme, worker, during_call, send
):
    """It is in no list, so it is asked for by itself."""
    acme.add_invoices(3, status="Unpaid", paymentmethod="stripe")
    worker.run("invoices")
    hide = Fault.edit(
        lambda answer: {
            **answer,
            "data": [row for row in answer["data"] if row["id"] != 2],
            "meta": {**answer["meta"], "total_records": 2},
        }
    )
    sandbox.faults.add(hide, action="get_invoices", times=None)
    during_call(lambda: send("pay_invoice", invoiceid=2), nth=2)  # the first is the list
    worker.run("invoices", full=True)
    assert Invoice.objects.get(remote_id=2).status == "Paid"
    told = [event.changes for event in Event.objects.filter(changes__has_key="status")]
    assert told == [{"status": ["Unpaid", "Paid"]}]


def test_a_switch_is_not_undone_by_details_that_were_read_before_it(acme, worker, during_call, send):
    acme.add_domains(1, status="Active", donotrenew=1)
    worker.run("domains")
    worker.run("details")
    Domain.objects.update(detailed_at=timezone.now() - timedelta(days=2))
    during_call(lambda: send("toggle_autorenew", domainid=1, autorenew=1))
    worker.run("details")
    domain = Domain.objects.get()
    assert domain.auto_renew is True
    assert domain.detailed_at > domain.changed_at
    told = [event.changes for event in Event.objects.filter(changes__has_key="auto_renew")]
    assert told == [{"auto_renew": [False, True]}]


def test_a_switch_has_the_details_of_before_it_read_again(acme, worker, send):
    acme.add_domains(1, status="Active", donotrenew=1)
    worker.run("domains")
    worker.run("details")
    read = Domain.objects.get().detailed_at
    send("toggle_autorenew", domainid=1, autorenew=1)
    worker.run("details")
    assert Domain.objects.get().detailed_at > read


def test_a_key_that_is_added_while_the_first_copy_is_read_reads_it_once(
    sandbox, acme, worker, alma, add_key, during_call
):
    acme.add_services(3)
    during_call(lambda: add_key(alma, acme, "Second"))
    assert not is_due(worker.run("services"))
    assert Service.objects.count() == 3
    assert Refresh.objects.get(noun="services").completed_at
