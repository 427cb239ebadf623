"""Calls that hang hold up their own key and nobody else."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from ultahost_api.models import RateWindow, Refresh
from ultahost_api.refresh import runs, slowness, waiting
from ultahost_api.sandbox import Fault
from ultahost_api.sandbox.replies import Reply


@pytest.fixture
def keys_of_two(sandbox, alma, add_key, key):
    """The key of Acme, and one of another account."""
    return key, add_key(alma, sandbox.add_account("Beta", "USD"), "Second")


def due(key, noun):
    refresh = Refresh.objects.get(account=key.account, noun=noun)
    Refresh.objects.filter(pk=refresh.pk).update(next_due_at=timezone.now())
    return refresh


def run(key, noun="services"):
    """Whether the refresh got through."""
    refresh = due(key, noun)
    runs.run(refresh.pk)
    return Refresh.objects.get(pk=refresh.pk).completed_at is not None


def hangs(key, noun="invoices"):
    """A worker waits for an answer to this refresh."""
    until = timezone.now() + timedelta(seconds=60)
    Refresh.objects.filter(account=key.account, noun=noun).update(lease_until=until)


def slow(key, seconds=30.0):
    RateWindow.objects.filter(key=key).update(took=seconds)


def test_it_lets_a_second_slow_key_wait(sandbox, keys_of_two):
    first, second = keys_of_two
    slow(first)
    slow(second)
    hangs(first)
    seen = len(sandbox.requests)
    assert not run(second)
    refresh = Refresh.objects.get(account=second.account, noun="services")
    assert timezone.now() < refresh.next_due_at < timezone.now() + timedelta(seconds=16)
    assert (refresh.is_running, refresh.trouble, refresh.attempts) == (False, "", 0)
    assert len(sandbox.requests) == seen


def test_it_lets_a_slow_key_hold_one_place_with_all_its_lists(keys_of_two):
    slow(keys_of_two[0])
    hangs(keys_of_two[0])
    assert not run(keys_of_two[0])


def test_it_holds_up_no_key_that_answers(keys_of_two):
    first, second = keys_of_two
    slow(first)
    hangs(first)
    assert run(second)


def test_it_runs_a_slow_key_while_the_others_are_quick(keys_of_two):
    first, second = keys_of_two
    slow(first)
    hangs(second)
    assert run(first)


def test_it_runs_a_slow_key_once_the_other_is_done(keys_of_two):
    first, second = keys_of_two
    slow(first)
    slow(second)
    hangs(first)
    assert not run(second)
    Refresh.objects.update(lease_until=None)
    assert run(second)


@pytest.mark.parametrize("answer", [None, Reply(0, b"", dropped=True)])
def test_it_knows_a_slow_key_by_its_last_call(sandbox, keys_of_two, monkeypatch, answer):
    """One that answered late, or did not answer at all."""
    monkeypatch.setattr(slowness, "_SLOW", 0.25)
    first, second = keys_of_two
    late = Fault("late", before=lambda visit: visit.stopped.wait(0.3) or answer)
    sandbox.faults.add(late, action="get_services", times=3)
    run(first)
    slow(second)
    hangs(second)
    assert not run(first, "domains")
    slow(first, 0.01)
    assert run(first, "domains")


def test_a_command_that_waits_for_it_sleeps_meanwhile(key, monkeypatch):
    gave_way, slept = [], []
    monkeypatch.setattr(slowness, "gives_way", lambda *_: not slept and gave_way.append(1) is None)
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: slept.append(seconds) or arrive(seconds))
    with time_machine.travel(timezone.now(), tick=False) as clock:
        arrive = clock.shift
        refresh = Refresh.objects.get(account=key.account, noun="services")
        assert waiting.until_fresh(refresh, lambda _: None) == ""
    assert len(gave_way) == 1
    assert 5 <= sum(slept) <= 15
