"""Many writes of one confirmation, over several accounts: each account is a lane of its own."""

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from ultahost_api import operations, tasks
from ultahost_api.client.writes import PayInvoice, SetAutoRenew, UpdateNameservers
from ultahost_api.models import Batch, Operation, RateWindow, Reason
from ultahost_api.operations import WriteRequest
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db
State = Operation.State
SERVERS = ["ns1.example.com", "ns2.example.com"]


@pytest.fixture
def accounts(sandbox):
    """Two, with three domains and three unpaid invoices each."""
    found = [sandbox.add_account(name, "EUR") for name in ("Acme", "Umbrella")]
    for account in found:
        account.add_domains(3, status="Active")
        account.add_invoices(3, status="Unpaid", paymentmethod="stripe", total="20.00")
    return found


@pytest.fixture
def keys(accounts, alma, add_key):
    return [add_key(alma, account, f"Key {place}") for place, account in enumerate(accounts)]


@pytest.fixture
def confirm(accounts, keys):
    """Queues one write for each of three rows of each account, account by account."""

    def confirm(make, count=2):
        batch, requests = uuid4(), []
        for account, key in [*zip(accounts, keys, strict=True)][:count]:
            rows = account.invoices if make is PayInvoice else account.domains
            requests += [WriteRequest(key.owner, key, make(number), uuid4()) for number in rows]
        operations.queue(requests, batch)
        return batch

    return confirm


def nameservers(number):
    return UpdateNameservers(number, SERVERS)


def work(batch):
    """What workers do, until nothing can be sent now."""
    for _ in range(50):
        if batch not in operations.waiting_batches():
            return
        before = counted(batch)
        tasks.send_next(str(batch))
        if counted(batch) == before:
            return
    raise AssertionError("something waits for ever")


def counted(batch):
    return Operation.objects.filter(batch=batch, state=State.QUEUED).count()


def states(batch, key):
    found = Operation.objects.filter(batch=batch, account=key.account).order_by("place")
    return [operation.state for operation in found]


def hold(key):
    """As after a 429 that told of a reset in an hour."""
    RateWindow.objects.update_or_create(key=key, defaults={"held_until": timezone.now() + timedelta(hours=1)})


def test_it_stops_only_the_account_whose_payment_became_unknown(sandbox, keys, confirm):
    batch = confirm(PayInvoice)
    sandbox.faults.add(Fault.drop(after_effect=True), action="pay_invoice")

    work(batch)

    assert states(batch, keys[0]) == [State.UNKNOWN, State.NOT_SENT, State.NOT_SENT]
    assert states(batch, keys[1]) == [State.DONE] * 3
    assert {row.reason for row in Operation.objects.filter(state=State.NOT_SENT)} == {Reason.AFTER_UNKNOWN}


def test_it_sends_the_rest_of_what_is_set_after_an_unknown(sandbox, keys, confirm):
    batch = confirm(nameservers)
    sandbox.faults.add(Fault.drop(after_effect=True), action="update_nameservers")

    work(batch)

    assert states(batch, keys[0]) == [State.UNKNOWN, State.DONE, State.DONE]
    assert states(batch, keys[1]) == [State.DONE] * 3


def test_it_delays_only_the_rows_of_a_key_without_calls(sandbox, keys, confirm):
    hold(keys[0])
    batch = confirm(nameservers)
    asked = len(sandbox.requests)

    work(batch)

    assert states(batch, keys[0]) == [State.QUEUED] * 3
    assert states(batch, keys[1]) == [State.DONE] * 3
    assert len(sandbox.requests) == asked + 3


def test_it_never_takes_the_calls_kept_back_for_people(sandbox, keys, confirm):
    now = timezone.now()
    window = {"limit": 20, "remaining": 4, "reserve": 2, "resets_at": now + timedelta(minutes=1)}
    RateWindow.objects.update_or_create(key=keys[0], defaults=window)
    limit = sandbox.faults  # the sandbox itself counts on: its headers tell more than this window
    limit.add(Fault.status(400, "No."), action="update_nameservers", times=None)
    batch = confirm(nameservers, count=1)
    RateWindow.objects.filter(key=keys[0]).update(remaining=2)

    work(batch)

    assert states(batch, keys[0]) == [State.QUEUED] * 3
    RateWindow.objects.filter(key=keys[0]).update(remaining=3)
    tasks.send_next(str(batch))
    assert states(batch, keys[0]) == [State.REFUSED, State.QUEUED, State.QUEUED]


def test_it_takes_the_lanes_in_turn(keys, confirm):
    batch = confirm(nameservers)
    for _ in range(4):
        tasks.send_next(str(batch))
    assert states(batch, keys[0]) == states(batch, keys[1]) == [State.DONE, State.DONE, State.QUEUED]


def test_it_rings_once_for_each_lane(keys, confirm, rung, django_capture_on_commit_callbacks):
    rung.clear()
    with django_capture_on_commit_callbacks(execute=True):
        batch = confirm(nameservers)
    assert [argument for task, argument, _queue in rung if task.endswith("send_next")] == [str(batch)] * 2
    assert operations.waiting_batches() == [batch] * 2


def test_it_waits_for_a_payment_that_is_being_sent_and_not_for_a_setting(keys, confirm):
    """A killed worker leaves it so: what only sets a value costs a tick, a payment waits for its result."""
    paying, setting = confirm(PayInvoice), confirm(nameservers)
    Operation.objects.filter(place__in=[0, 3]).update(
        state=State.SENDING, sent_at=timezone.now() - timedelta(seconds=11)
    )

    assert set(operations.waiting_batches()) == {setting}
    work(paying)
    work(setting)

    assert states(paying, keys[0]) == [State.SENDING, State.QUEUED, State.QUEUED]
    assert states(setting, keys[0]) == [State.SENDING, State.DONE, State.DONE]


class TestPausing:
    def test_it_sends_nothing_while_paused_and_the_rest_after(self, sandbox, keys, confirm):
        batch = confirm(nameservers)
        tasks.send_next(str(batch))
        operations.pause(batch)

        assert operations.waiting_batches() == []
        tasks.send_next(str(batch))
        assert states(batch, keys[0]) == [State.DONE, State.QUEUED, State.QUEUED]

        operations.resume(batch)
        work(batch)
        assert states(batch, keys[0]) == states(batch, keys[1]) == [State.DONE] * 3

    def test_it_sends_nothing_that_was_read_for_while_it_was_paused(self, sandbox, confirm, during_call):
        batch = confirm(PayInvoice)
        during_call(lambda: operations.pause(batch))
        tasks.send_next(str(batch))
        assert {row.state for row in Operation.objects.filter(batch=batch)} == {State.QUEUED}
        assert [done for done in sandbox.ledger if done.action == "pay_invoice"] == []

    @pytest.mark.parametrize(("minutes", "state"), [(59, State.QUEUED), (61, State.NOT_SENT)])
    def test_it_is_not_sent_any_more_after_an_hour(self, confirm, minutes, state):
        batch = confirm(nameservers)
        operations.pause(batch)
        ago = timezone.now() - timedelta(minutes=minutes)
        Operation.objects.update(created_at=ago)
        Batch.objects.update(paused_at=ago)

        operations.abandon()

        assert {row.state for row in Operation.objects.all()} == {state}
        assert {row.reason for row in Operation.objects.all()} == {
            Reason.PAUSED if state == State.NOT_SENT else ""
        }

    def test_it_has_ten_minutes_again_after_it_was_resumed(self, confirm):
        batch = confirm(nameservers)
        operations.pause(batch)
        Operation.objects.update(created_at=timezone.now() - timedelta(minutes=30))
        operations.resume(batch)

        operations.abandon()

        assert {row.state for row in Operation.objects.all()} == {State.QUEUED}


class TestWaiting:
    @pytest.mark.parametrize(("minutes", "state"), [(9, State.QUEUED), (11, State.NOT_SENT)])
    def test_it_counts_ten_minutes_from_the_last_progress(self, confirm, minutes, state):
        batch = confirm(nameservers)
        Operation.objects.update(created_at=timezone.now() - timedelta(hours=2))
        Operation.objects.filter(place=0).update(
            state=State.DONE, ended_at=timezone.now() - timedelta(minutes=minutes)
        )

        operations.abandon()

        rest = Operation.objects.filter(batch=batch).exclude(place=0)
        assert {row.state for row in rest} == {state}

    def test_it_counts_no_attempt_that_met_the_limit(self, confirm):
        confirm(nameservers)
        now = timezone.now()
        Operation.objects.update(created_at=now - timedelta(minutes=11), sent_at=now, ended_at=now)
        operations.abandon()
        assert {row.reason for row in Operation.objects.all()} == {Reason.WAITED}


class TestStopping:
    def test_it_ends_what_is_queued(self, sandbox, keys, confirm):
        batch = confirm(nameservers)
        tasks.send_next(str(batch))
        operations.stop(batch)
        tasks.send_next(str(batch))

        assert states(batch, keys[0]) == [State.DONE, State.NOT_SENT, State.NOT_SENT]
        assert states(batch, keys[1]) == [State.NOT_SENT] * 3
        assert set(Operation.objects.exclude(place=0).values_list("reason", flat=True)) == {Reason.STOPPED}

    def test_it_ends_what_met_the_limit_at_the_same_moment(self, keys, confirm):
        batch = confirm(nameservers)
        operations.stop(batch)
        Operation.objects.filter(place=0).update(state=State.QUEUED)  # as its worker leaves it after a 429

        assert operations.waiting_batches() == [batch]
        tasks.send_next(str(batch))

        assert states(batch, keys[0]) == [State.NOT_SENT] * 3

    def test_it_is_not_resumed(self, confirm, keys):
        batch = confirm(nameservers)
        operations.stop(batch)
        operations.pause(batch)
        operations.resume(batch)
        assert Batch.objects.get().stopped_at is not None


def test_it_asks_for_the_right_before_each_row(sandbox, keys, confirm, alma):
    batch = confirm(lambda number: SetAutoRenew(number, False))
    tasks.send_next(str(batch))
    type(alma).objects.filter(pk=alma.pk).update(is_active=False)
    work(batch)
    assert states(batch, keys[0]) == [State.DONE, State.NOT_SENT, State.NOT_SENT]
    assert set(Operation.objects.exclude(place=0).values_list("reason", flat=True)) == {Reason.NOT_ALLOWED}


@pytest.mark.django_db(transaction=True)
def test_it_sends_of_both_accounts_at_the_same_time(sandbox, keys, confirm):
    batch = confirm(nameservers)
    held = sandbox.faults.add(Fault.hold(), action="update_nameservers")

    def worker():
        tasks.send_next(str(batch))
        connection.close()

    first = threading.Thread(target=worker)
    first.start()
    assert held.arrived.wait(10)
    for _ in range(3):
        tasks.send_next(str(batch))
    beside = states(batch, keys[1])
    held.release.set()
    first.join()

    assert beside == [State.DONE] * 3
    assert states(batch, keys[0]) == [State.DONE, State.QUEUED, State.QUEUED]
