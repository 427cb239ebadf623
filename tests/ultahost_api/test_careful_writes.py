"""What a small change of the sending and settling of writes would break without a word."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from ultahost_api import operations
from ultahost_api.client import Secret
from ultahost_api.models import Operation, Service
from ultahost_api.operations import NeedsConfirmation, NotAllowedNow, WriteRequest, batches
from ultahost_api.operations.actions import action_of
from ultahost_api.sandbox import Fault

State = Operation.State


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


@pytest.fixture
def intend(acme, key):
    acme.add_invoices(2, status="Unpaid", paymentmethod="stripe", total="20.00")
    acme.add_domains(1, status="Active")
    acme.add_services(1)

    def intend(action, **parameters):
        write = action_of(action).write.on_the_wire(parameters)
        return WriteRequest(key.owner, key, write, uuid4())

    return intend


def effects(sandbox, action):
    return sum(done.action == action for done in sandbox.ledger)


@pytest.mark.parametrize("total", ["19.99", "0.00", "20.01"])
def test_it_pays_no_total_but_the_one_agreed_to(sandbox, acme, intend, total):
    """Nor a lower one: it may be another invoice by now."""
    agreed = replace(intend("pay_invoice", invoiceid=1), agreed_total=Decimal("20.00"))
    acme.invoices[1]["total"] = total
    with pytest.raises(NotAllowedNow):
        operations.perform(agreed)
    assert effects(sandbox, "pay_invoice") == 0


@pytest.mark.parametrize(
    ("fault", "state"),
    [(Fault.status(400, "Declined"), State.REFUSED), (Fault.limited(0.01), State.NOT_SENT)],
)
def test_it_asks_a_person_although_a_repetition_was_refused_meanwhile(sandbox, intend, fault, state):
    """That one surely did nothing: it says nothing of the one before."""
    sandbox.faults.add(Fault.drop(), action="pay_invoice")
    first = operations.perform(intend("pay_invoice", invoiceid=1))
    operations.decide(first, first.user, took_effect=False)
    sandbox.faults.add(fault, action="pay_invoice")
    assert operations.perform(intend("pay_invoice", invoiceid=1), over={first.pk}).state == state
    with pytest.raises(NeedsConfirmation):
        operations.perform(intend("pay_invoice", invoiceid=1))


def test_it_takes_an_answer_that_comes_after_it_was_called_unknown(sandbox, intend, during_call):
    def called_unknown():
        Operation.objects.update(sent_at="2026-01-01T00:00Z")
        operations.abandon()
        assert Operation.objects.get().state == State.UNKNOWN

    during_call(called_unknown, nth=2)  # the look is the first
    operation = operations.perform(intend("pay_invoice", invoiceid=1))
    assert operation.fresh().state == State.DONE
    assert "captured" in operation.message
    assert operations.due() == []


def test_it_leaves_what_a_person_decided_before_the_answer_came(sandbox, intend, during_call, alma):
    def decided():
        Operation.objects.update(sent_at="2026-01-01T00:00Z")
        operations.abandon()
        assert operations.decide(Operation.objects.get(), alma, took_effect=False)

    during_call(decided, nth=2)
    operation = operations.perform(intend("pay_invoice", invoiceid=1)).fresh()
    assert effects(sandbox, "pay_invoice") == 1
    assert (operation.state, operation.settled_by, operation.message) == (State.NOT_CONFIRMED, alma, "")


def test_it_stores_no_field_of_an_answer_that_it_does_not_know(sandbox, intend):
    more = {
        "invoiceid": 1,
        "password": "canary",
        "token": "canary",
        "card": {"number": "canary"},
        "note": "canary",
    }
    told = Fault.edit(lambda answer: answer | {"data": {**(answer.get("data") or {}), **more}})
    sandbox.faults.add(told, action="pay_invoice")
    operation = operations.perform(intend("pay_invoice", invoiceid=1))
    assert set(operation.fresh().result) <= {"invoiceid", "result", "amount", "currency", "type"}
    assert "canary" not in repr(Operation.objects.values().get())


def test_it_stores_no_secret_of_an_answer_whatever_its_field():
    """No write of today has one among the fields that are stored."""
    told = {"invoiceid": 1, "result": Secret("canary")}
    assert action_of("pay_invoice").kept_of(told) == {"invoiceid": 1}


def test_it_counts_no_read_that_failed(sandbox, acme, intend):
    """After three that saw nothing it gives up: two that were not answered are none of them."""
    acme.domains[1]["donotrenew"] = 0
    sandbox.faults.add(Fault.drop(), action="toggle_autorenew")
    operation = operations.perform(intend("toggle_autorenew", domainid=1, autorenew=0))
    sandbox.faults.add(Fault.status(503), action="get_domain", times=6)  # each is sent three times
    for _ in range(3):
        operations.look_again(operation)
    assert (operation.state, operation.read_tries) == (State.UNKNOWN, 1)


def test_it_gives_up_after_three_reads_that_saw_nothing_and_not_before(sandbox, acme, intend):
    acme.domains[1]["donotrenew"] = 0
    sandbox.faults.add(Fault.drop(), action="toggle_autorenew")
    operation = operations.perform(intend("toggle_autorenew", domainid=1, autorenew=0))
    Operation.objects.update(ended_at=timezone.now() - timedelta(minutes=3))
    for state in (State.UNKNOWN, State.UNKNOWN, State.NOT_CONFIRMED):
        operations.look_again(operation)
        assert operation.state == state


def test_it_takes_no_order_of_another_operation_for_its_own(sandbox, intend):
    order = {"paymentmethod": "stripe", "domain": ["a.example"], "pid": [1]}
    sandbox.faults.add(Fault.drop(), action="create_order")
    lost = operations.perform(intend("create_order", billingcycle=["monthly"], **order))
    made = operations.perform(intend("create_order", billingcycle=["annually"], **order))
    assert made.result["orderid"]
    operations.look_again(lost)
    assert (lost.state, lost.result) == (State.UNKNOWN, {})


@pytest.mark.parametrize(
    ("there", "new"),
    [([], ["stripe", "stripe"]), (["stripe"], []), ([], ["paypal"])],
    ids=["two that may be", "one from before", "one paid otherwise"],
)
def test_it_takes_no_order_for_its_own_that_may_be_another(sandbox, acme, intend, there, new):
    for method in there:
        acme.add_orders(1, paymentmethod=method)
    order = {"paymentmethod": "stripe", "domain": ["a.example"], "pid": [1], "billingcycle": ["monthly"]}
    sandbox.faults.add(Fault.drop(), action="create_order")
    lost = operations.perform(intend("create_order", **order))
    for method in new:
        acme.add_orders(1, paymentmethod=method)
    operations.look_again(lost)
    assert (lost.state, lost.result) == (State.UNKNOWN, {})


@pytest.mark.parametrize(
    ("ordered", "state"),
    [
        ({"domains": "b.example"}, "unknown"),
        ({"services": "b.example"}, "unknown"),
        ({"services": "a.example"}, "confirmed"),
    ],
)
def test_it_takes_an_order_for_its_own_by_the_domains_in_it(sandbox, acme, intend, ordered, state):
    order = {"paymentmethod": "stripe", "domain": ["a.example"], "pid": [1], "billingcycle": ["monthly"]}
    sandbox.faults.add(Fault.drop(), action="create_order")
    lost = operations.perform(intend("create_order", **order))
    ids = {f"_{noun[:-1]}ids": [acme.add(noun, domain=name)["id"]] for noun, name in ordered.items()}
    acme.add_orders(1, paymentmethod="stripe", **ids)
    operations.look_again(lost)
    assert lost.state == state


@pytest.mark.parametrize(
    ("there", "added"),
    [([], ["BankAccount"]), ([], ["CreditCard", "CreditCard"]), (["CreditCard"], [])],
    ids=["of another type", "two that may be", "one from before"],
)
def test_it_takes_no_payment_method_for_its_own_that_may_be_another(sandbox, acme, intend, there, added):
    for kind in there:
        acme.add_payment_methods(1, type=kind)
    sandbox.faults.add(Fault.drop(), action="add_payment_method")
    card = {"card_number": Secret("4111111111111111"), "card_expiry": Secret("1230")}
    lost = operations.perform(intend("add_payment_method", type="CreditCard", **card))
    assert lost.state == State.UNKNOWN
    for kind in added:
        acme.add_payment_methods(1, type=kind)
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


@pytest.mark.parametrize(("before", "now"), [("odd", "40.00"), ("20.00", "odd"), ("20.00", "20.00")])
def test_it_takes_an_amount_that_could_not_be_read_for_no_upgrade(sandbox, acme, intend, before, now):
    acme.services[1]["amount"] = before
    sandbox.faults.add(Fault.drop(), action="upgrade_service")
    upgrade = {"serviceid": 1, "type": "product", "newproductid": 2, "paymentmethod": "stripe"}
    lost = operations.perform(intend("upgrade_service", **upgrade))
    acme.services[1]["amount"] = now
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


def test_it_knows_no_twin_in_another_account(sandbox, acme, intend, add_key, alma):
    other = sandbox.add_account(company="Other", currency="EUR")
    (invoice,) = other.add_invoices(1, status="Unpaid", paymentmethod="stripe", total="20.00")
    other.invoices[1] = other.invoices.pop(invoice["id"]) | {"id": 1}  # as an invoice of Acme's
    second = add_key(alma, other, "Second")
    sandbox.faults.add(Fault.drop(), action="pay_invoice")
    first = operations.perform(intend("pay_invoice", invoiceid=1))
    assert first.state == State.UNKNOWN
    there = WriteRequest(alma, second, intend("pay_invoice", invoiceid=1).write, uuid4())
    assert operations.perform(there).state == State.DONE
    assert other.invoices[1]["status"] == "Paid"


def test_it_gives_nobody_the_operation_of_another_person_s_form(sandbox, intend, people):
    first = intend("pay_invoice", invoiceid=1)
    operations.perform(first)
    copied = replace(intend("pay_invoice", invoiceid=2), idempotency_key=first.idempotency_key)
    with pytest.raises(NotAllowedNow):
        operations.perform(replace(copied, user=people.member("Ben")))
    assert effects(sandbox, "pay_invoice") == 1


@pytest.fixture
def batch(intend):
    batch = uuid4()
    operations.queue([intend("pay_invoice", invoiceid=number) for number in (1, 2)], batch)
    return batch


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_it_pays_nothing_beside_one_that_another_process_sent_while_it_looked(
    sandbox, batch, during_call, monkeypatch, state
):
    """This one had found the lane free a moment before the other began."""
    first, second = Operation.objects.order_by("place")
    lanes = batches._free_lanes(Operation.objects.filter(batch=batch))
    monkeypatch.setattr(batches, "_free_lanes", lambda _: lanes)
    Operation.objects.filter(pk=first.pk).update(state=State.SENDING)
    during_call(lambda: Operation.objects.filter(pk=first.pk).update(state=state))
    asked = len(sandbox.requests)
    operations.send_next(batch)
    assert [seen.action for seen in sandbox.requests[asked:]] == ["get_invoice"]
    assert second.fresh().state == State.QUEUED
    assert effects(sandbox, "pay_invoice") == 0


@pytest.mark.parametrize(("seconds", "state"), [(-1, State.DONE), (30, State.QUEUED)])
def test_it_takes_over_from_a_process_that_died_while_it_looked(sandbox, batch, seconds, state):
    """Once its claim has ended, and not before."""
    first = Operation.objects.order_by("place")[0]
    claimed = timezone.now() + timedelta(seconds=seconds)
    Operation.objects.filter(pk=first.pk).update(next_read_at=claimed)
    operations.send_next(batch)
    assert first.fresh().state == state


def test_it_pays_nothing_for_a_sender_who_lost_the_right_while_it_looked(sandbox, batch, alma, during_call):
    during_call(lambda: type(alma).objects.filter(pk=alma.pk).update(is_active=False))
    operations.send_next(batch)
    assert Operation.objects.order_by("place")[0].state == State.NOT_SENT
    assert effects(sandbox, "pay_invoice") == 0


def test_it_keeps_a_cancellation_whose_due_date_moved_back(acme, worker, intend):
    """It lapses when the period that it ends has passed, and not because Ultahost corrected a date."""
    worker.run("services")
    service = Service.objects.get()
    due = date(2026, 12, 24)
    wanted = intend("request_cancellation", serviceid=1, type="End of Billing Period")
    operation = operations.perform(replace(wanted, noted={"next_due_date": due.isoformat()}))
    for moved, stands in [(-10, True), (0, True), (10, False)]:
        service.next_due_date = due + timedelta(days=moved)
        assert operations.pending_cancellation(service) == (operation if stands else None)
    service.next_due_date = due
    for ended in ({"status": "Cancelled"}, {"gone_at": timezone.now()}):
        assert operations.pending_cancellation(service) == operation
        for name, value in ended.items():
            setattr(service, name, value)
        assert operations.pending_cancellation(service) is None
        service.refresh_from_db()
        service.next_due_date = due


@pytest.mark.parametrize("is_copied", [True, False])
def test_it_lets_a_cancellation_lapse_that_came_by_no_page(acme, worker, intend, is_copied):
    """By the date of our copy; where there is none, a person withdraws it."""
    worker.run("services")
    if not is_copied:
        Service.objects.all().delete()
    parameters = {"serviceid": 1, "type": "End of Billing Period"}
    operation = operations.perform(intend("request_cancellation", **parameters))
    worker.run("services")
    service = Service.objects.get()
    assert operations.pending_cancellation(service) == operation
    service.next_due_date += timedelta(days=30)
    assert operations.pending_cancellation(service) == (None if is_copied else operation)


def test_it_keeps_an_immediate_cancellation_whatever_the_due_date(acme, worker, intend):
    """It ends no period, so it does not lapse with one."""
    worker.run("services")
    service = Service.objects.get()
    wanted = intend("request_cancellation", serviceid=1, type="Immediate")
    operation = operations.perform(replace(wanted, noted={"next_due_date": "2026-12-24"}))
    service.next_due_date = date(2027, 12, 24)
    assert operations.pending_cancellation(service) == operation


def test_it_keeps_who_withdrew_a_cancellation_first(people, worker, intend, alma):
    worker.run("services")
    operation = operations.perform(intend("request_cancellation", serviceid=1, type="Immediate"))
    assert operations.withdraw(operation, alma)
    at = operation.fresh().withdrawn_at
    assert not operations.withdraw(operation, people.member("Ben"))
    assert (operation.fresh().withdrawn_by, operation.withdrawn_at) == (alma, at)
