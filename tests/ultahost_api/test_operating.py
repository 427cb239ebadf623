"""One write, exactly once, and an honest word about what became of it."""

import threading
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from ultahost_api import operations
from ultahost_api.client import Secret
from ultahost_api.models import Domain, Event, Invoice, Operation, Quote, Refresh, Service
from ultahost_api.models.operations import OperationQuerySet
from ultahost_api.models.row_statuses import ENDED_SERVICE
from ultahost_api.operations import NeedsConfirmation, NotAllowedNow, TwinPending, WriteRequest
from ultahost_api.operations.actions import action_of
from ultahost_api.operations.actions.invoices import PayInvoice
from ultahost_api.operations.actions.services import UpgradeService
from ultahost_api.refresh import runs
from ultahost_api.sandbox import Fault, Sandbox
from ultahost_api.sandbox.replies import as_html

State = Operation.State


@pytest.fixture
def acme(sandbox: Sandbox) -> Any:
    account = sandbox.add_account(company="Acme", currency="EUR")
    account.add_invoices(3, status="Unpaid", paymentmethod="stripe")
    account.add_services(2)
    account.add_domains(2, status="Active")
    account.add_quotes(1)
    return account


@pytest.fixture
def key(acme: Any, people: Any, add_key: Any) -> Any:
    key = add_key(people.member("Alma"), acme)
    for refresh in Refresh.objects.exclude(noun="details"):
        runs.run(refresh.pk)
    return key


@pytest.fixture
def intend(key: Any) -> Any:
    def intend(action: str, token: Any = None, **parameters: Any) -> WriteRequest:
        write = action_of(action).write.on_the_wire(parameters)
        return WriteRequest(key.owner, key, write, token or uuid4())

    return intend


def effects(sandbox: Sandbox, action: str) -> int:
    return sum(done.action == action for done in sandbox.ledger)


def unpaid() -> int:
    return Invoice.objects.filter(status="Unpaid").values_list("remote_id", flat=True)[0]


@pytest.mark.django_db
class TestSending:
    def test_it_pays_once_and_shows_it_at_once(self, sandbox: Sandbox, intend: Any) -> None:
        invoice = unpaid()
        operation = operations.perform(intend("pay_invoice", invoiceid=invoice))
        assert operation.state == State.DONE
        assert "captured" in operation.message
        assert effects(sandbox, "pay_invoice") == 1
        assert Invoice.objects.get(remote_id=invoice).status == "Paid"

    def test_it_shows_an_accepted_quote_as_accepted_at_once(self, acme: Any, key: Any, intend: Any) -> None:
        (quote,) = acme.add_quotes(1, stage="Delivered")
        Refresh.objects.filter(noun="quotes").update(next_due_at=timezone.now())
        runs.run(Refresh.objects.get(noun="quotes").pk)
        operations.perform(intend("accept_quote", quoteid=quote["id"]))
        assert Quote.objects.get(remote_id=quote["id"]).stage == "Accepted"
        (event,) = Event.objects.filter(noun="quotes", kind="changed")
        assert event.changes == {"stage": ["Delivered", "Accepted"]}

    def test_it_looks_sooner_while_an_outcome_is_open(self, sandbox: Sandbox, intend: Any) -> None:
        now = timezone.now()
        refreshes = Refresh.objects.filter(noun="services")
        refreshes.update(completed_at=now - timedelta(minutes=5), next_due_at=now + timedelta(minutes=10))
        sandbox.faults.add(Fault.drop(after_effect=True), action="pay_invoice")
        operations.perform(intend("pay_invoice", invoiceid=unpaid()))
        refresh = refreshes.get()
        assert refresh.next_due_at < timezone.now() + timedelta(seconds=2)
        assert refresh.pace == Refresh.Pace.OPERATION

    def test_it_takes_a_form_sent_twice_for_one(self, sandbox: Sandbox, intend: Any) -> None:
        token, invoice = uuid4(), unpaid()
        first = operations.perform(intend("pay_invoice", token, invoiceid=invoice))
        second = operations.perform(intend("pay_invoice", token, invoiceid=invoice))
        assert first == second
        assert effects(sandbox, "pay_invoice") == 1

    def test_it_pays_no_other_sum_than_the_one_that_was_agreed_to(
        self, sandbox: Sandbox, acme: Any, intend: Any
    ) -> None:
        invoice = unpaid()
        total = Decimal(acme.invoices[invoice]["total"])
        agreed = replace(intend("pay_invoice", invoiceid=invoice), agreed_total=total)
        acme.invoices[invoice]["total"] = "999.00"
        with pytest.raises(NotAllowedNow, match=r"999\.00"):
            operations.perform(agreed)
        assert effects(sandbox, "pay_invoice") == 0

    def test_it_keeps_the_refusal_in_the_providers_words(self, sandbox: Sandbox, intend: Any) -> None:
        sandbox.faults.add(Fault.status(400, "Card declined."), action="pay_invoice")
        operation = operations.perform(intend("pay_invoice", invoiceid=unpaid()))
        assert (operation.state, operation.status) == (State.REFUSED, 400)
        assert operation.message == "Card declined."

    def test_it_sends_nothing_for_an_invoice_paid_elsewhere(
        self, sandbox: Sandbox, acme: Any, intend: Any
    ) -> None:
        invoice = unpaid()
        acme.invoices[invoice]["status"] = "Paid"
        with pytest.raises(NotAllowedNow, match="Paid"):
            operations.perform(intend("pay_invoice", invoiceid=invoice))
        assert effects(sandbox, "pay_invoice") == 0
        assert not Operation.objects.exists()

    @pytest.mark.parametrize("fault", [Fault.limited(5), Fault.status(429, "Slow down.")])
    def test_it_knows_that_a_limit_sent_nothing(self, sandbox: Sandbox, intend: Any, fault: Fault) -> None:
        sandbox.faults.add(fault, action="pay_invoice")
        operation = operations.perform(intend("pay_invoice", invoiceid=unpaid()))
        assert operation.state == State.NOT_SENT
        assert effects(sandbox, "pay_invoice") == 0

    def test_it_knows_that_a_silent_provider_got_nothing(self, sandbox: Sandbox, intend: Any) -> None:
        invoice = unpaid()
        sandbox.stop()
        operation = operations.perform(intend("pay_invoice", invoiceid=invoice))
        assert operation.state == State.NOT_SENT

    def test_it_takes_a_delete_of_what_is_gone_for_done(self, sandbox: Sandbox, intend: Any) -> None:
        operation = operations.perform(intend("delete_contact", contactid=4711))
        assert operation.state == State.DONE

    def test_it_stores_no_secret(self, intend: Any) -> None:
        canary = "canary-Passw0rd-91"
        service = Service.objects.values_list("remote_id", flat=True)[0]
        parameters = {"serviceid": service, "servicepassword": Secret(canary)}
        operation = operations.perform(intend("service_reset_password", **parameters))
        assert operation.parameters == {"serviceid": service}
        assert canary not in repr(Operation.objects.values().get(pk=operation.pk))


UNKNOWN = [
    pytest.param(Fault.drop(after_effect=True), 1, id="dropped after the effect"),
    pytest.param(Fault.drop(), 0, id="dropped before the effect"),
    pytest.param(Fault.cut(), 1, id="cut"),
    pytest.param(Fault.status(502, after_effect=True), 1, id="502 after the effect"),
    pytest.param(Fault.html(), 0, id="HTML"),
]


@pytest.mark.django_db
class TestUnknown:
    @pytest.mark.parametrize(("fault", "effect"), UNKNOWN)
    def test_it_calls_an_unclear_answer_unknown_and_settles_it_by_reading(
        self, sandbox: Sandbox, intend: Any, fault: Fault, effect: int
    ) -> None:
        sandbox.faults.add(fault, action="pay_invoice")
        operation = operations.perform(intend("pay_invoice", invoiceid=unpaid()))
        assert operation.state == State.UNKNOWN
        operations.look_again(operation)
        assert operation.state == (State.CONFIRMED if effect else State.UNKNOWN)
        assert effects(sandbox, "pay_invoice") == effect

    def test_it_refuses_a_twin_while_the_outcome_is_open(self, sandbox: Sandbox, intend: Any) -> None:
        invoice = unpaid()
        sandbox.faults.add(Fault.drop(), action="pay_invoice")
        operations.perform(intend("pay_invoice", invoiceid=invoice))
        with pytest.raises(TwinPending):
            operations.perform(intend("pay_invoice", invoiceid=invoice))

    def test_it_pays_once_when_another_form_pays_while_it_looks(
        self, sandbox: Sandbox, intend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        invoice = unpaid()
        look = PayInvoice.before

        def look_slowly(*arguments: Any) -> Any:
            seen = look(*arguments)
            monkeypatch.setattr(PayInvoice, "before", look)
            operations.perform(intend("pay_invoice", invoiceid=invoice))
            return seen

        monkeypatch.setattr(PayInvoice, "before", look_slowly)
        with pytest.raises(NotAllowedNow):
            operations.perform(intend("pay_invoice", invoiceid=invoice))
        assert Operation.objects.get().state == State.DONE
        assert sum(call.action == "pay_invoice" for call in sandbox.requests) == 1

    def test_it_takes_no_address_that_is_not_there_for_a_delete_that_is_done(
        self, sandbox: Sandbox, acme: Any, intend: Any
    ) -> None:
        acme.add_contacts(1)
        lost = Fault.instead("html", lambda: as_html(404, "Not Found"))
        sandbox.faults.add(lost, action="delete_contact")
        operation = operations.perform(intend("delete_contact", contactid=1))
        assert operation.state == State.UNKNOWN
        Operation.objects.update(ended_at=timezone.now() - timedelta(minutes=3))
        for _ in range(3):
            operations.look_again(operation)
        assert operation.state == State.NOT_CONFIRMED

    def test_it_sends_nothing_when_its_twin_ended_a_moment_ago(
        self, sandbox: Sandbox, intend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """After it was seen among the earlier ones, and before it was looked for among those pending."""
        sandbox.faults.add(Fault.drop(after_effect=True), action="service_module_custom")
        reboot = {"serviceid": 1, "func_name": "reboot"}
        twin = operations.perform(intend("service_module_custom", **reboot))
        pending = OperationQuerySet.pending

        def pending_no_more(rows: OperationQuerySet) -> OperationQuerySet:
            Operation.objects.filter(pk=twin.pk).update(state=State.DONE)
            return pending(rows)

        monkeypatch.setattr(OperationQuerySet, "pending", pending_no_more)
        with pytest.raises(NotAllowedNow):
            operations.perform(intend("service_module_custom", **reboot))
        assert effects(sandbox, "service_module_custom") == 1

    def test_it_sends_once_although_the_clock_is_put_back(
        self, sandbox: Sandbox, intend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        upgrade = {"serviceid": 1, "type": "product", "newproductid": 2, "paymentmethod": "stripe"}
        with time_machine.travel(timezone.now() + timedelta(hours=1)):
            sandbox.faults.add(Fault.drop(), action="upgrade_service")
            lost = operations.perform(intend("upgrade_service", **upgrade))
            operations.decide(lost, lost.user, took_effect=False)
        look = UpgradeService.before

        def look_slowly(*arguments: Any) -> Any:
            seen = look(*arguments)
            monkeypatch.setattr(UpgradeService, "before", look)
            operations.perform(intend("upgrade_service", **upgrade), over={lost.pk})
            return seen

        monkeypatch.setattr(UpgradeService, "before", look_slowly)
        with pytest.raises(NotAllowedNow):
            operations.perform(intend("upgrade_service", **upgrade), over={lost.pk})
        assert sum(call.action == "upgrade_service" for call in sandbox.requests) == 2

    def test_it_calls_done_what_was_answered_with_something_too_deep(
        self, sandbox: Sandbox, intend: Any
    ) -> None:
        deep: Any = "x"
        for _ in range(150):
            deep = [deep]
        answer = {"status": 200, "message": "ok", "data": {"amount": deep}}
        sandbox.faults.add(Fault.edit(lambda told: answer), action="pay_invoice")
        operation = operations.perform(intend("pay_invoice", invoiceid=unpaid()))
        assert (operation.state, operation.result) == (State.DONE, {})

    def test_it_asks_first_when_the_outcome_was_given_up_while_it_looked(
        self, sandbox: Sandbox, intend: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        invoice = unpaid()
        sandbox.faults.add(Fault.drop(), action="pay_invoice")
        operation = operations.perform(intend("pay_invoice", invoiceid=invoice))
        pending = OperationQuerySet.pending

        def pending_no_more(rows: OperationQuerySet) -> OperationQuerySet:
            operations.decide(operation, operation.user, took_effect=False)
            return pending(rows)

        monkeypatch.setattr(OperationQuerySet, "pending", pending_no_more)
        with pytest.raises(NeedsConfirmation):
            operations.perform(intend("pay_invoice", invoiceid=invoice))

    @pytest.mark.parametrize(
        ("status", "state"),
        [("Payment Pending", State.CONFIRMED), ("Cancelled", State.UNKNOWN), ("Unpaid", State.UNKNOWN)],
    )
    def test_it_tells_a_payment_under_way_from_an_invoice_that_was_withdrawn(
        self, sandbox: Sandbox, acme: Any, intend: Any, status: str, state: str
    ) -> None:
        invoice = unpaid()
        sandbox.faults.add(Fault.drop(), action="pay_invoice")
        operation = operations.perform(intend("pay_invoice", invoiceid=invoice))
        acme.invoices[invoice]["status"] = status
        operations.look_again(operation)
        assert operation.state == state
        shown = status if state == State.CONFIRMED else "Unpaid"
        assert Invoice.objects.get(remote_id=invoice).status == shown

    def test_it_gives_money_up_after_a_day_and_then_wants_a_persons_word(
        self, sandbox: Sandbox, intend: Any
    ) -> None:
        invoice = unpaid()
        sandbox.faults.add(Fault.drop(), action="pay_invoice")
        operation = operations.perform(intend("pay_invoice", invoiceid=invoice))
        operations.look_again(operation)
        assert operation.state == State.UNKNOWN
        for hours, state in ((23, State.UNKNOWN), (25, State.NOT_CONFIRMED)):
            sent_at = timezone.now() - timedelta(hours=hours)
            Operation.objects.filter(pk=operation.pk).update(created_at=sent_at)
            operations.look_again(operation)
            assert operation.state == state
        with pytest.raises(NeedsConfirmation):
            operations.perform(intend("pay_invoice", invoiceid=invoice))
        again = operations.perform(intend("pay_invoice", invoiceid=invoice), over={operation.pk})
        assert again.state == State.DONE
        assert effects(sandbox, "pay_invoice") == 1

    def test_it_finds_the_order_that_came_of_an_answer_lost(self, sandbox: Sandbox, intend: Any) -> None:
        sandbox.faults.add(Fault.drop(after_effect=True), action="create_order")
        order = {"paymentmethod": "stripe", "pid": [1], "billingcycle": ["monthly"]}
        operation = operations.perform(intend("create_order", **order))
        operations.look_again(operation)
        assert operation.state == State.CONFIRMED
        assert operation.result["orderid"]
        assert operation.result["invoiceid"]

    def test_it_calls_what_a_dead_process_left_unknown(self, sandbox: Sandbox, intend: Any) -> None:
        operation = operations.perform(intend("pay_invoice", invoiceid=unpaid()))
        for seconds, state in ((80, State.SENDING), (91, State.UNKNOWN)):
            sent_at = timezone.now() - timedelta(seconds=seconds)
            Operation.objects.filter(pk=operation.pk).update(state=State.SENDING, sent_at=sent_at)
            operations.abandon()
            assert operation.fresh().state == state
        assert operations.due() == [operation.pk]
        assert operations.due() == []
        operations.settle(operation.pk)
        assert operation.fresh().state == State.CONFIRMED

    def test_it_leaves_a_person_to_decide_where_nothing_can_be_read(
        self, sandbox: Sandbox, key: Any, intend: Any
    ) -> None:
        service = Service.objects.values_list("remote_id", flat=True)[0]
        sandbox.faults.add(Fault.drop(), action="service_module_custom")
        operation = operations.perform(intend("service_module_custom", serviceid=service, func_name="reboot"))
        operations.look_again(operation)
        assert operation.state == State.UNKNOWN
        operations.decide(operation, key.owner, took_effect=False)
        assert operation.state == State.NOT_CONFIRMED
        assert operation.settled_by == key.owner

    @pytest.mark.parametrize(
        ("action", "value"),
        [
            ("toggle_autorenew", {"autorenew": 0}),
            ("manage_domain_lock", {"lockstatus": "locked"}),
            ("update_nameservers", {"ns1": "ns1.example.net", "ns2": "ns2.example.net"}),
        ],
    )
    def test_it_ends_what_was_set_on_a_domain_that_is_gone_meanwhile(
        self, sandbox: Sandbox, intend: Any, action: str, value: dict[str, Any]
    ) -> None:
        domain = Domain.objects.first()
        assert domain
        sandbox.faults.add(Fault.drop(), action=action)
        operation = operations.perform(intend(action, domainid=domain.remote_id, **value))
        operations.look_again(operation)
        assert operation.state == State.UNKNOWN
        Domain.objects.filter(pk=domain.pk).update(gone_at=timezone.now())
        asked = len(sandbox.requests)
        operations.look_again(operation)
        assert operation.state == State.NOT_CONFIRMED
        assert operation.ended_as_gone
        assert operation.told == {}
        assert len(sandbox.requests) == asked
        assert operations.due() == []

    def test_it_ends_what_was_set_on_a_domain_that_ultahost_no_longer_knows(
        self, sandbox: Sandbox, acme: Any, intend: Any
    ) -> None:
        domain = Domain.objects.first()
        assert domain
        sandbox.faults.add(Fault.drop(), action="toggle_autorenew")
        operation = operations.perform(intend("toggle_autorenew", domainid=domain.remote_id, autorenew=0))
        del acme.domains[domain.remote_id]
        operations.look_again(operation)
        assert operation.state == State.NOT_CONFIRMED
        assert operation.ended_as_gone

    def test_it_goes_on_looking_for_money_whose_invoice_is_not_found(
        self, sandbox: Sandbox, intend: Any
    ) -> None:
        invoice = unpaid()
        sandbox.faults.add(Fault.drop(after_effect=True), action="pay_invoice")
        operation = operations.perform(intend("pay_invoice", invoiceid=invoice))
        sandbox.faults.add(Fault.status(404), action="get_invoice")
        operations.look_again(operation)
        assert operation.state == State.UNKNOWN
        operations.look_again(operation)
        assert operation.state == State.CONFIRMED


@pytest.mark.django_db
def test_it_remembers_a_cancellation_until_it_lapses_or_is_withdrawn(intend: Any) -> None:
    service = Service.objects.first()
    assert service
    due = service.next_due_date
    assert due
    parameters = {"serviceid": service.remote_id, "type": "End of Billing Period"}
    wanted = intend("request_cancellation", **parameters)
    request = operations.perform(replace(wanted, noted={"next_due_date": due.isoformat()}))
    assert operations.pending_cancellation(service) == request
    service.next_due_date = due + timedelta(days=30)
    assert operations.pending_cancellation(service) is None
    service.next_due_date = due
    for service.status in ENDED_SERVICE:
        assert operations.pending_cancellation(service) is None
    service.status = "Active"
    assert operations.pending_cancellation(service) == request
    operations.withdraw(request, request.user)
    assert operations.pending_cancellation(service) is None


@pytest.mark.django_db(transaction=True)
def test_it_requests_one_cancellation_of_however_many_that_arrive_together(
    sandbox: Sandbox, intend: Any, at_once: Any
) -> None:
    service = Service.objects.values_list("remote_id", flat=True)[0]
    kinds = ["Immediate", "End of Billing Period"]

    def request(place: int) -> Operation:
        intent = intend("request_cancellation", serviceid=service, type=kinds[place % 2])
        return operations.perform(intent)

    outcomes = at_once(10, request)
    with pytest.raises(NotAllowedNow, match="already been requested"):
        request(1)

    assert effects(sandbox, "request_cancellation") == 1
    assert [call.action for call in sandbox.requests].count("request_cancellation") == 1
    refused = [outcome for outcome in outcomes if not isinstance(outcome, Operation)]
    assert len(refused) == 9
    assert all(isinstance(outcome, NotAllowedNow | TwinPending) for outcome in refused)


@pytest.mark.django_db
def test_it_requests_a_cancellation_again_once_the_first_is_withdrawn_or_was_refused(
    sandbox: Sandbox, acme: Any, intend: Any
) -> None:
    service = Service.objects.all()[0]
    parameters = {"serviceid": service.remote_id, "type": "Immediate"}
    sandbox.faults.add(Fault.status(400, "Not today."), action="request_cancellation")
    assert operations.perform(intend("request_cancellation", **parameters)).state == State.REFUSED
    first = operations.perform(intend("request_cancellation", **parameters))
    operations.withdraw(first, first.user)
    acme.services[service.remote_id]["_cancellation"] = ""

    assert operations.perform(intend("request_cancellation", **parameters)).state == State.DONE
    with pytest.raises(NotAllowedNow, match="already been requested"):
        operations.perform(intend("request_cancellation", **parameters))


@pytest.mark.django_db
def test_it_refuses_a_second_cancellation_of_a_service_that_our_copy_does_not_have(
    sandbox: Sandbox, intend: Any
) -> None:
    service = Service.objects.all()[0]
    parameters = {"serviceid": service.remote_id, "type": "Immediate"}
    service.delete()
    operations.perform(intend("request_cancellation", **parameters))

    with pytest.raises(NotAllowedNow, match="already been requested"):
        operations.perform(intend("request_cancellation", **parameters))


@pytest.mark.django_db(transaction=True)
def test_it_sends_once_when_fifty_posts_of_a_form_arrive_together(sandbox: Sandbox, intend: Any) -> None:
    intent = intend("pay_invoice", invoiceid=unpaid())
    outcomes: list[object] = []

    def post() -> None:
        try:
            outcomes.append(operations.perform(intent).pk)
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=post) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert effects(sandbox, "pay_invoice") == 1
    assert Operation.objects.count() == 1
    # Those that came once it was paid were told so; none got an operation of its own.
    assert all(isinstance(o, NotAllowedNow) or o == Operation.objects.get().pk for o in outcomes)
