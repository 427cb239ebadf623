"""What a clock that was ahead has left behind. tests/backends/test_clock.py has real processes."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from ultahost_api import tasks
from ultahost_api.calls import budget
from ultahost_api.calls.budget import Purpose
from ultahost_api.models import Account, ApiKey, Event, Invoice, Noun, Operation, RateWindow, Refresh
from ultahost_api.refresh import clocks

DAY = timedelta(days=1)


@pytest.fixture
def done(acme, account, worker, rung):
    """Everything was read, and nothing is due."""
    acme.add_invoices(1)
    for noun in Noun:
        worker.run(noun)
    rung.clear()
    return worker


def later(**fields):
    """Each of these is as a clock left it that was a day ahead."""
    now = timezone.now().replace(microsecond=0)
    return {name: now + DAY + timedelta(seconds=seconds) for name, seconds in fields.items()}


@pytest.mark.parametrize("noun", ["profile", "services", "invoices", "domains", "emails", "details"])
def test_it_reads_again_what_was_read_in_the_future(done, rung, noun):
    refresh = done.refresh(noun)
    wrong = later(completed_at=0, clean_at=0, next_due_at=600, full_at=0, full_due_at=24 * 3600)
    Refresh.objects.filter(pk=refresh.pk).update(**wrong)

    tasks.tick()

    assert [argument for _, argument, _ in rung] == [refresh.pk]
    now, refresh = timezone.now(), done.refresh(noun)
    assert refresh.completed_at == refresh.clean_at < now
    assert max(refresh.full_at, refresh.full_due_at, refresh.next_due_at) <= now


@pytest.mark.parametrize(
    "fields",
    [{"lease_until": 90}, {"rung_until": 60}, {"asked_at": 0}, {"pass_started_at": 0}, {"next_due_at": 600}],
    ids=lambda fields: next(iter(fields)),
)
def test_it_waits_for_nothing_that_is_impossible(done, rung, fields):
    refresh = done.refresh("invoices")
    Refresh.objects.filter(pk=refresh.pk).update(next_due_at=timezone.now())
    Refresh.objects.filter(pk=refresh.pk).update(**later(**fields))

    tasks.tick()

    assert [argument for _, argument, _ in rung] == [refresh.pk]


@pytest.mark.parametrize("trouble", ["", Refresh.Trouble.UNREACHABLE])
def test_it_leaves_a_pause_without_keys(done, rung, trouble):
    Refresh.objects.update(next_due_at=None, trouble=trouble, **later(completed_at=0))

    tasks.tick()

    assert not Refresh.objects.exclude(next_due_at=None).exists()
    assert rung == []


def test_it_leaves_alone_whatever_is_possible(done, rung, django_assert_num_queries):
    soon = timezone.now()
    Refresh.objects.update(next_due_at=soon + timedelta(minutes=20), lease_until=soon + timedelta(seconds=90))
    budgeted = Refresh.objects.filter(noun="emails")
    budgeted.update(pace=Refresh.Pace.BUDGET, next_due_at=soon + timedelta(days=3))
    limited = Refresh.objects.filter(noun="quotes")
    limited.update(trouble=Refresh.Trouble.LIMITED, next_due_at=soon + timedelta(hours=23))
    RateWindow.objects.update(answered_at=soon, held_until=soon + timedelta(hours=23))
    before = list(Refresh.objects.order_by("pk").values()), list(RateWindow.objects.values())

    with django_assert_num_queries(8):
        clocks.put_right()

    assert (list(Refresh.objects.order_by("pk").values()), list(RateWindow.objects.values())) == before


def test_it_believes_no_window_that_was_told_in_the_future(done, rung):
    RateWindow.objects.update(remaining=3, **later(answered_at=0, resets_at=60))
    Refresh.objects.filter(noun="invoices").update(trouble=Refresh.Trouble.LIMITED, **later(next_due_at=60))

    tasks.tick()

    window = RateWindow.objects.get()
    assert (window.remaining, window.resets_at, window.held_until) == (None, None, None)
    assert [argument for _, argument, _ in rung] == [done.refresh("invoices").pk]


@pytest.mark.parametrize(
    "wrong", [{"held_until": 60, "resets_at": 60}, {"resets_at": 60}], ids=["429", "spent"]
)
def test_it_holds_a_spent_key_for_a_quarter_of_an_hour_and_no_day(done, rung, wrong):
    """Its reset is not known any more, and nothing may be sent before it."""
    RateWindow.objects.update(remaining=0, **later(answered_at=0, **wrong))

    clocks.put_right()

    held = RateWindow.objects.get().held_until - timezone.now()
    assert timedelta(minutes=14) < held <= timedelta(minutes=15)


@pytest.fixture
def operation(alma, account, key):
    def make(state, **fields):
        return Operation.objects.create(
            user=alma, account=account, key=key, action="pay_invoice", state=state,
            idempotency_key=fields.pop("token"), **({"noun": "invoice", "subject": "7"} | fields),
        )  # fmt: skip

    return make


def test_it_gives_up_what_was_being_sent_in_the_future(operation, rung):
    sent = operation("sending", token="1" * 32, **later(created_at=0, sent_at=1))

    clocks.put_right()

    sent.refresh_from_db()
    assert sent.sent_at <= timezone.now()
    assert sent.created_at <= timezone.now()


def test_it_looks_again_for_what_is_unknown(operation, rung):
    unknown = operation("unknown", token="1" * 32, **later(created_at=0, ended_at=5, next_read_at=30))

    tasks.tick()

    assert (str(unknown.pk), "people") in [(argument, queue) for _, argument, queue in rung]


def test_it_keeps_operations_in_their_order(operation, rung):
    first = operation("done", token="1" * 32, noun="invoice", subject="1", **later(created_at=0))
    second = operation("done", token="2" * 32, noun="invoice", subject="2", **later(created_at=10))

    clocks.put_right()

    first.refresh_from_db()
    second.refresh_from_db()
    assert second.created_at - first.created_at >= timedelta(seconds=10)
    assert second.created_at <= timezone.now()


def test_it_misses_a_row_that_changed_in_the_future(done, acme, rung):
    Invoice.objects.update(**later(changed_at=0))
    Event.objects.update(**later(at=0))
    Refresh.objects.filter(noun="invoices").update(**later(completed_at=0))

    clocks.put_right()

    assert Invoice.objects.get().changed_at <= timezone.now()
    assert not Event.objects.filter(at__gt=timezone.now()).exists()


def test_it_forgets_who_watched_and_what_was_to_be_tried_in_the_future(done, key, rung):
    Account.objects.update(**later(watched_until=300))
    ApiKey.objects.update(**later(next_try_at=30))

    clocks.put_right()

    assert Account.objects.get().watched_until is None
    assert ApiKey.objects.get().next_try_at <= timezone.now()


@pytest.fixture
def fresh_process(monkeypatch):
    monkeypatch.setattr(clocks, "_heard", {})
    monkeypatch.setattr(clocks, "_warned_at", float("-inf"))


def test_it_does_one_of_the_ticks_that_a_queue_held_back(done, rung, fresh_process):
    now = timezone.now().timestamp()

    assert [clocks.heard("tick", now + second) for second in range(50)] == [True] + 49 * [False]
    assert clocks.heard("notify", now)
    assert clocks.heard("tick", None)


@pytest.mark.parametrize(("ahead", "words"), [(60, "60 s ahead"), (-60, "60 s ago"), (2, "")])
def test_it_names_the_skew_once(fresh_process, caplog, ahead, words):
    caplog.set_level(logging.WARNING)

    for _ in range(3):
        clocks.heard("tick", timezone.now().timestamp() + ahead, pause=0)

    assert len(caplog.records) == bool(words)
    assert words in caplog.text


def test_a_probe_that_died_in_the_future_holds_no_key(key):
    RateWindow.objects.all().delete()
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        budget.take(key, Purpose.PERSON)

    tasks.tick()

    budget.take(key, Purpose.BACKGROUND)
