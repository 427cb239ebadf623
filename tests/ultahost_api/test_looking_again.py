"""A person who asks to look again waits for seconds; a worker takes the time that it takes."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from ultahost_api import keys, operations
from ultahost_api.client import RateLimited, ServerError
from ultahost_api.models import ApiKey, Operation, RateWindow
from ultahost_api.operations import WriteRequest
from ultahost_api.operations.actions import action_of
from ultahost_api.operations.settling import Look, NoKey
from ultahost_api.sandbox import Fault, Sandbox

State = Operation.State


@pytest.fixture
def ask(sandbox: Sandbox, key: ApiKey, page_size: Any) -> Any:
    """Sends a write whose answer is lost, a day ago."""

    def ask(action: str, **parameters: Any) -> Operation:
        page_size(10)
        sandbox.faults.add(Fault.drop(), action=action)
        write = action_of(action).write.on_the_wire(parameters)
        lost = operations.perform(WriteRequest(key.owner, key, write, uuid4()))
        Operation.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
        return lost

    return ask


def calls(sandbox: Sandbox, action: str) -> int:
    return sum(call.action == action for call in sandbox.requests)


def test_it_leaves_many_orders_to_a_worker(
    sandbox: Sandbox, acme: Any, ask: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ultahost_api.operations.actions.orders._NEWEST", 15)
    monkeypatch.setattr("ultahost_api.operations.settling._PERSON_WAITS", 0.05)
    acme.add_orders(60)
    lost = ask("create_order", paymentmethod="stripe", pid=[1])
    oldest_first = Fault.edit(lambda told: told | {"data": told["data"][::-1]})
    sandbox.faults.add(Fault.wait(0.1), action="get_orders", times=1)
    sandbox.faults.add(oldest_first, action="get_orders", times=None)
    before = calls(sandbox, "get_orders")
    assert operations.look_again(lost).was_too_short
    assert lost.state == State.UNKNOWN
    assert calls(sandbox, "get_orders") - before == 1
    assert operations.due() == [lost.pk]
    operations.settle(lost.pk)
    assert lost.fresh().state == State.NOT_CONFIRMED
    assert calls(sandbox, "get_orders") - before == 7


def test_it_is_done_when_there_is_nothing_more_to_read(acme: Any, ask: Any) -> None:
    acme.add_orders(1)
    lost = ask("create_order", paymentmethod="stripe", pid=[1])
    assert operations.look_again(lost) == Look()
    assert lost.state == State.NOT_CONFIRMED


def test_no_worker_looks_while_the_person_waits(sandbox: Sandbox, acme: Any, ask: Any) -> None:
    lost = ask("create_order", paymentmethod="stripe", pid=[1])
    found: list[list[Any]] = []
    sandbox.faults.add(
        Fault.rows(lambda account: found.append(operations.due()), name="due"), action="get_orders"
    )
    operations.look_again(lost)
    assert found == [[]]


def test_it_reads_contacts_without_end_only_so_far(sandbox: Sandbox, acme: Any, ask: Any) -> None:
    """Before one is made: of more than that nothing is told, and a person decides."""
    acme.add_contacts(150)
    lost = ask("create_contact", firstname="Ann", lastname="Lee", email="ann@example.com")
    assert calls(sandbox, "get_contacts") == 10
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


def test_clicks_do_not_replace_the_reads_that_are_planned(acme: Any, ask: Any) -> None:
    """What was sent may take effect two minutes later."""
    acme.add_contacts(2)
    lost = ask("delete_contact", contactid=1)
    Operation.objects.update(created_at=timezone.now())
    for _click in range(4):
        operations.look_again(lost)
        assert lost.state == State.UNKNOWN
    assert lost.ended_at
    assert lost.next_read_at == lost.ended_at + timedelta(seconds=120)
    with time_machine.travel(lost.next_read_at):
        assert operations.due() == [lost.pk]
        operations.settle(lost.pk)
    assert lost.fresh().state == State.NOT_CONFIRMED


def test_it_says_that_the_rate_limit_kept_it_from_reading(acme: Any, key: ApiKey, ask: Any) -> None:
    lost = ask("create_order", paymentmethod="stripe", pid=[1])
    until = timezone.now() + timedelta(hours=1)
    RateWindow.objects.filter(key=key).update(held_until=until)
    failure = operations.look_again(lost).failure
    assert isinstance(failure, RateLimited)
    assert failure.retry_at == until
    assert (lost.state, lost.read_at, lost.read_tries) == (State.UNKNOWN, None, 0)


def test_it_says_that_no_key_can_read(acme: Any, key: ApiKey, ask: Any) -> None:
    lost = ask("create_order", paymentmethod="stripe", pid=[1])
    keys.remove(key)
    assert isinstance(operations.look_again(lost).failure, NoKey)
    assert (lost.state, lost.read_at) == (State.UNKNOWN, None)


def test_it_says_that_ultahost_answered_with_an_error(sandbox: Sandbox, acme: Any, ask: Any) -> None:
    lost = ask("create_order", paymentmethod="stripe", pid=[1])
    sandbox.faults.add(Fault.status(500), action="get_orders", times=None)
    assert isinstance(operations.look_again(lost).failure, ServerError)
    assert lost.state == State.UNKNOWN
    assert lost.read_at
