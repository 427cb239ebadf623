"""A write that was lost is sent again only if a person confirms it, whatever the clock said meanwhile."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone

from ultahost_api import operations
from ultahost_api.models import ApiKey, Operation
from ultahost_api.operations import NeedsConfirmation, WriteRequest, batches
from ultahost_api.operations.actions import action_of
from ultahost_api.sandbox import Fault, Sandbox

State = Operation.State

ACTION = "service_module_custom"
MOVES = pytest.mark.parametrize("hours", [-1, 1], ids=["put back", "put forward"])


@pytest.fixture
def reboot(acme: Any, key: ApiKey) -> Any:
    """A request to reboot; each comes from another form."""
    acme.add_services(1)

    def request() -> WriteRequest:
        write = action_of(ACTION).write.on_the_wire({"serviceid": 1, "func_name": "reboot"})
        return WriteRequest(key.owner, key, write, uuid4())

    return request


@pytest.fixture
def lose(sandbox: Sandbox, reboot: Any) -> Any:
    """Sends one whose answer is lost, and which a person then says had no effect."""

    def send(**options: Any) -> Operation:
        sandbox.faults.add(Fault.drop(), action=ACTION)
        lost = operations.perform(reboot(), **options)
        operations.decide(lost, lost.user, took_effect=False)
        return lost

    return send


def effects(sandbox: Sandbox) -> int:
    return sum(done.action == ACTION for done in sandbox.ledger)


@MOVES
def test_it_asks_about_the_last_one(reboot: Any, lose: Any, hours: int) -> None:
    assert operations.perform(reboot()).took_effect
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        lost = lose()
        with pytest.raises(NeedsConfirmation) as asked:
            operations.perform(reboot())
        assert asked.value.operations == [lost]


@MOVES
def test_it_does_not_ask_about_one_that_was_sent_again(reboot: Any, lose: Any, hours: int) -> None:
    lost = lose()
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        assert operations.perform(reboot(), over={lost.pk}).took_effect
        assert operations.perform(reboot()).took_effect


@MOVES
def test_it_asks_about_the_repetition_that_was_lost_as_well(reboot: Any, lose: Any, hours: int) -> None:
    lost = lose()
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        second = lose(over={lost.pk})
        with pytest.raises(NeedsConfirmation) as asked:
            operations.perform(reboot())
        assert asked.value.operations == [second]


def test_it_asks_once_more_if_the_repetition_was_refused(sandbox: Sandbox, reboot: Any, lose: Any) -> None:
    lost = lose()
    sandbox.faults.add(Fault.status(400, "No."), action=ACTION)
    assert operations.perform(reboot(), over={lost.pk}).state == State.REFUSED
    with pytest.raises(NeedsConfirmation) as asked:
        operations.perform(reboot())
    assert asked.value.operations == [lost]


def test_a_word_about_one_is_none_about_another_that_was_lost_meanwhile(
    sandbox: Sandbox, reboot: Any, lose: Any
) -> None:
    first = lose()
    second = lose(over={first.pk})  # by another person
    with pytest.raises(NeedsConfirmation) as asked:
        operations.perform(reboot(), over={first.pk})
    assert asked.value.operations == [second]
    assert effects(sandbox) == 0
    assert operations.perform(reboot(), over={first.pk, second.pk}).took_effect


def test_several_are_asked_about_together(reboot: Any, lose: Any) -> None:
    """Such as after a backup was restored: asked about one by one, each word would be too few."""
    first = lose()
    second = lose(over={first.pk})
    Operation.objects.filter(pk=second.pk).update(before={"over": []})
    for word in (first, second):
        with pytest.raises(NeedsConfirmation) as asked:
            operations.perform(reboot(), over={word.pk})
        assert asked.value.operations == [second, first]
    assert operations.perform(reboot(), over={first.pk, second.pk}).took_effect


def of_an_earlier_version(*written: Operation) -> None:
    """It did not keep what was sent over what."""
    for operation in written:
        del operation.before["over"]
        operation.save()


def test_what_an_earlier_version_sent_again_is_asked_about_no_more(reboot: Any, lose: Any) -> None:
    lost = lose()
    of_an_earlier_version(lost, operations.perform(reboot(), over={lost.pk}))
    assert operations.perform(reboot()).took_effect
    batches.queue([reboot()], batch := uuid4())
    assert Operation.objects.get(batch=batch).state == State.QUEUED


def test_what_an_earlier_version_sent_again_and_lost_is_asked_about(reboot: Any, lose: Any) -> None:
    first = lose()
    second = lose(over={first.pk})
    of_an_earlier_version(first, second)
    with pytest.raises(NeedsConfirmation) as asked:
        operations.perform(reboot())
    assert asked.value.operations == [second]


@MOVES
def test_one_of_a_batch_is_sent_over_nothing(sandbox: Sandbox, reboot: Any, lose: Any, hours: int) -> None:
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        batches.queue([reboot()], batch := uuid4())
        batches.send_next(batch)
        assert Operation.objects.get(batch=batch).before["over"] == []
    lost = lose()
    with pytest.raises(NeedsConfirmation) as asked:
        operations.perform(reboot())
    assert asked.value.operations == [lost]
