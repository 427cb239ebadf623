"""When a refresh comes again, and what it says of the reason."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from ultahost_api.models import Account, Event, Operation, RateWindow, Refresh
from ultahost_api.refresh import schedule, time_slices
from ultahost_api.sandbox import Fault

Pace = Refresh.Pace


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


@pytest.fixture
def minutes(worker):
    """Minutes until the invoices are due again, and why then."""

    def after(**options):
        refresh = worker.run("invoices", **options)
        return (refresh.next_due_at - timezone.now()).total_seconds() / 60, refresh.pace

    return after


@pytest.fixture
def tighten(sandbox, key):
    """From now on Ultahost allows twelve calls an hour."""

    def tighten():
        sandbox.limits.limit, sandbox.limits.window = 12, 3600
        sandbox.limits._windows.clear()
        RateWindow.objects.filter(key=key).delete()

    return tighten


def test_it_comes_as_usual_at_first(minutes):
    wait, pace = minutes()
    assert 8.9 < wait < 11.1
    assert pace == Pace.USUAL


def test_it_comes_less_often_where_nothing_changes_and_as_usual_once_something_does(acme, minutes, worker):
    waits = [minutes()[0] for _ in range(18)]
    assert 26 < waits[-1] < 33.1  # three times the usual, and no more
    assert worker.refresh("invoices").pace == Pace.QUIET
    acme.add_invoices(1)
    wait, pace = minutes()
    assert 8.9 < wait < 11.1
    assert pace == Pace.USUAL


def test_it_comes_sooner_while_an_outcome_is_open(minutes, key):
    Operation.objects.create(
        idempotency_key=uuid4(), user=key.owner, account=key.account, key=key, action="pay_invoice",
        noun="invoice", subject="1",
        state=Operation.State.UNKNOWN, next_read_at=timezone.now(),
    )  # fmt: skip
    wait, pace = minutes()
    assert 1.7 < wait < 2.3
    assert pace == Pace.OPERATION


def test_it_comes_no_oftener_than_the_limit_allows(acme, minutes, tighten, page_size):
    """Twelve calls an hour, half of them for six lists: each list may take one, and a pass takes two."""
    page_size(10)
    acme.add_invoices(15, status="Paid")
    schedule.watch(Account.objects.all())
    assert minutes()[1] == Pace.WATCHED
    tighten()
    wait, pace = minutes()
    assert pace == Pace.BUDGET
    assert 107 < wait < 133


def test_it_is_not_hastened_beyond_the_limit(minutes, tighten, worker):
    minutes()
    tighten()
    minutes()
    long_ago = timezone.now() - timedelta(hours=1)
    Refresh.objects.filter(noun="invoices").update(completed_at=long_ago)
    schedule.watch(Account.objects.all())
    assert worker.refresh("invoices").next_due_at > timezone.now() + timedelta(minutes=30)


def test_it_tells_once_that_it_stopped_and_once_that_it_goes_on(sandbox, worker):
    sandbox.faults.add(Fault.html(), action="get_invoices", times=None)
    for _ in range(9):
        worker.run("invoices")
    assert worker.refresh("invoices").broken_at
    assert worker.refresh("invoices").pace == Pace.BACK_OFF
    sandbox.faults.clear()
    worker.run("invoices")
    worker.run("invoices")
    assert worker.refresh("invoices").broken_at is None
    told = Event.objects.filter(noun="invoices").order_by("pk").values_list("kind", flat=True)
    assert list(told) == ["stopped", "recovered"]


def test_it_tries_with_a_single_call_once_it_is_broken(sandbox, worker):
    sandbox.faults.add(Fault.status(503), times=None)
    for _ in range(5):
        worker.run("invoices")
    before = len(sandbox.requests)
    worker.run("invoices")
    assert len(sandbox.requests) == before + 1


def test_it_breaks_one_noun_and_leaves_the_others(sandbox, acme, worker):
    acme.add_services(1)
    sandbox.faults.add(Fault.html(), action="get_invoices", times=None)
    for _ in range(6):
        worker.run("invoices")
    assert worker.run("services").clean_at
    assert worker.refresh("services").broken_at is None


def test_it_gives_up_a_place_at_which_five_workers_died(sandbox, acme, worker):
    acme.add_invoices(1)
    refresh = worker.refresh("invoices")
    Refresh.objects.filter(pk=refresh.pk).update(starts=5)
    refresh = worker.run("invoices")
    assert (refresh.trouble, refresh.attempts, refresh.starts) == ("died", 1, 0)
    assert refresh.next_due_at > timezone.now()
    assert [s.action for s in sandbox.requests] == ["get_profile"]
    assert worker.run("invoices").clean_at


def test_it_counts_deaths_and_forgets_them_with_the_first_page(sandbox, acme, worker, monkeypatch):
    acme.add_invoices(1)
    refresh = worker.refresh("invoices")

    def die(*_, **__):
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr("ultahost_api.refresh.runs._read", die)
        with pytest.raises(SystemExit):
            worker.run("invoices")
    assert worker.refresh("invoices").starts == 1
    Refresh.objects.filter(pk=refresh.pk).update(lease_until=None)
    assert worker.run("invoices").starts == 0


@pytest.mark.parametrize(("waiting", "pages"), [(True, 1), (False, 3)])
def test_it_lets_others_have_their_turn(sandbox, acme, worker, page_size, monkeypatch, waiting, pages):
    """An account with many pages works in slices while others wait for a worker."""
    page_size(10)
    acme.add_invoices(30)
    monkeypatch.setattr(time_slices, "_SLICE", 0.0)
    Refresh.objects.exclude(noun="invoices").update(
        next_due_at=timezone.now(), rung_until=timezone.now() + timedelta(seconds=60) if waiting else None
    )
    worker.run("invoices")
    assert len([s for s in sandbox.requests if s.action == "get_invoices"]) == pages


def test_it_keeps_the_queue_short(worker, rung, monkeypatch):
    monkeypatch.setattr("ultahost_api.refresh.schedule._QUEUED", 3)
    Refresh.objects.update(next_due_at=timezone.now(), rung_until=None)
    assert [schedule.tick(), schedule.tick()] == [3, 0]
    Refresh.objects.exclude(rung_until=None).update(next_due_at=timezone.now() + timedelta(hours=1))
    assert schedule.tick() == 3


def test_it_stops_however_much_the_provider_says(sandbox, worker):
    sandbox.faults.add(Fault.status(400, "word " * 58), action="get_invoices", times=None)
    for _ in range(5):
        refresh = worker.run("invoices")
    assert refresh.broken_at
    told = Event.objects.get(kind="stopped").name
    assert "word word" in told
    assert len(told) <= Event._meta.get_field("name").max_length
