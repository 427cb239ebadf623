"""Runs whose key is refused or stopped, or may send nothing more for now."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from ultahost_api import keys
from ultahost_api.calls import budget, clients
from ultahost_api.calls.budget import Purpose
from ultahost_api.client import Rate
from ultahost_api.models import ApiKey, Invoice, RateWindow, Refresh
from ultahost_api.models.api_keys import ApiKeyQuerySet
from ultahost_api.refresh import pages, runs, schedule
from ultahost_api.sandbox import Fault


@pytest.fixture(autouse=True)
def _ten_rows_a_page(page_size, monkeypatch):
    page_size(10)
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


def offsets(sandbox):
    return [int(seen.parameters["offset"]) for seen in sandbox.requests if seen.action == "get_invoices"]


def test_it_takes_the_next_key_when_ultahost_refuses_the_first(sandbox, acme, worker, add_key, alma, key):
    second = add_key(alma, acme, "Second")
    acme.add_invoices(5)
    sandbox.faults.add(Fault.status(401), action="get_invoices")
    refresh = worker.run("invoices")
    key.refresh_from_db()
    assert key.state == ApiKey.State.REFUSED
    assert refresh.next_due_at <= timezone.now()

    assert worker.run("invoices").completed_at
    assert [seen.key for seen in sandbox.requests[-2:]] == [key.last_four, second.last_four]


def test_it_goes_on_from_its_place_with_the_next_key(sandbox, acme, worker, add_key, alma, key):
    add_key(alma, acme, "Second")
    acme.add_invoices(30)
    sandbox.faults.add(Fault.status(401), action="get_invoices", after=2)
    worker.run("invoices")
    worker.run("invoices")
    assert offsets(sandbox) == [0, 10, 20, 20]
    assert Invoice.objects.count() == 30


@pytest.mark.parametrize("end", ["refused", "disabled", "removed", "unreadable"])
def test_it_pauses_when_the_last_key_goes_and_keeps_what_it_has(sandbox, acme, worker, key, settings, end):
    acme.add_invoices(5)
    worker.run("invoices")
    if end == "refused":
        sandbox.revoke(next(iter(sandbox.state.keys)))
    elif end == "unreadable":
        settings.ULTAHOST = {**settings.ULTAHOST, "SEALING_KEYS": [b"2" * 32]}
    else:
        {"disabled": keys.disable, "removed": keys.remove}[end](key)
    worker.run("invoices")
    before = len(sandbox.requests)

    refresh = worker.run("invoices")

    key.refresh_from_db()
    assert key.state == end
    assert (refresh.next_due_at, refresh.trouble) == (None, Refresh.Trouble.NO_KEY)
    assert len(sandbox.requests) == before
    assert Invoice.objects.present().count() == 5


@pytest.mark.parametrize("end", [keys.disable, keys.remove])
def test_it_sends_nothing_more_once_its_key_was_stopped(sandbox, acme, worker, key, during_call, end):
    acme.add_invoices(50)
    during_call(lambda: end(ApiKey.objects.get(pk=key.pk)), nth=2)
    worker.run("invoices")
    assert offsets(sandbox) == [0, 10]
    assert worker.run("invoices").trouble == Refresh.Trouble.NO_KEY


def test_it_starts_again_when_the_key_is_enabled(acme, worker, key):
    acme.add_invoices(5)
    worker.run("invoices")
    keys.disable(key)
    acme.add_invoices(1)
    assert worker.run("invoices").trouble == Refresh.Trouble.NO_KEY
    keys.enable(key)
    refresh = worker.refresh("invoices")
    assert (refresh.trouble, refresh.next_due_at <= timezone.now()) == ("", True)
    worker.run("invoices")
    assert Invoice.objects.count() == 6


def test_it_does_not_take_another_key_to_dodge_a_limit(sandbox, acme, worker, add_key, alma, key):
    add_key(alma, acme, "Second")
    sandbox.faults.add(Fault.limited(seconds=30), action="get_invoices")
    before = len(sandbox.requests)
    for _ in range(3):
        refresh = worker.run("invoices")
    assert len(sandbox.requests) == before + 1
    assert refresh.trouble == Refresh.Trouble.LIMITED
    assert timedelta(seconds=28) < refresh.next_due_at - timezone.now() < timedelta(seconds=35)


def spend(key, remaining):
    """The window as if ``remaining`` of its 100 calls were left."""
    RateWindow.objects.filter(key=key).delete()
    budget.take(key, Purpose.PERSON)
    budget.record(key, Rate(remaining=99, reset_in=60), 200)
    budget.record(key, Rate(remaining=remaining, reset_in=60), 200)


@pytest.fixture
def _no_limit_told(sandbox):
    """The sandbox keeps its own large limit to itself."""
    sandbox.limits.reset_form = "missing"


@pytest.mark.usefixtures("_no_limit_told")
def test_it_leaves_the_reserve_to_people(sandbox, acme, worker, key):
    acme.add_invoices(50)
    spend(key, 12)
    refresh = worker.run("invoices")
    assert offsets(sandbox) == [0, 10]
    assert (refresh.trouble, refresh.offset) == (Refresh.Trouble.LIMITED, 20)
    assert refresh.waits_until > timezone.now() + timedelta(seconds=55)


@pytest.mark.usefixtures("_no_limit_told")
def test_it_takes_only_the_first_page_of_a_clicked_refresh_from_the_reserve(sandbox, acme, worker, key):
    acme.add_invoices(50)
    spend(key, 5)
    assert worker.run("invoices").trouble == Refresh.Trouble.LIMITED
    assert offsets(sandbox) == []

    schedule.ask([worker.account], ["invoices"])
    refresh = worker.run("invoices")

    assert offsets(sandbox) == [0]
    assert (refresh.trouble, refresh.asked_at) == (Refresh.Trouble.LIMITED, None)
    worker.run("invoices")
    assert offsets(sandbox) == [0]


@pytest.mark.usefixtures("_no_limit_told")
def test_it_takes_a_click_that_came_just_before_the_limit_from_the_reserve(
    sandbox, acme, worker, key, monkeypatch
):
    acme.add_invoices(50)
    spend(key, 12)
    real = pages.write

    def write(*args, **options):
        real(*args, **options)
        if len(offsets(sandbox)) == 2:
            schedule.ask([worker.account], ["invoices"])

    monkeypatch.setattr(pages, "write", write)
    refresh = worker.run("invoices")
    assert offsets(sandbox) == [0, 10]
    assert refresh.next_due_at <= timezone.now()
    assert refresh.asked_at
    worker.run("invoices")
    assert offsets(sandbox) == [0, 10, 20]


@pytest.mark.usefixtures("_no_limit_told")
def test_it_sends_nothing_for_a_click_while_a_429_holds(sandbox, acme, worker, key):
    budget.record(key, Rate(remaining=0, reset_in=60), 429)
    before = len(sandbox.requests)
    schedule.ask([worker.account], ["invoices"])
    refresh = worker.run("invoices")
    assert len(sandbox.requests) == before
    assert refresh.waits_until
    assert refresh.asked_at  # the person's turn is still to come


def test_it_gives_a_clicked_refresh_the_patience_of_a_worker(worker, acme, monkeypatch):
    """Nobody waits in front of it: a slow answer is as good as a quick one."""
    deadlines = []
    real = clients.Client
    monkeypatch.setattr(clients, "Client", lambda *a, **k: deadlines.append(k["deadline"]) or real(*a, **k))
    schedule.ask([worker.account], ["invoices"])
    worker.run("invoices")
    assert deadlines == [clients.BACKGROUND_SECONDS]


def test_it_counts_an_account_with_two_keys_once(sandbox, acme, people, add_key, alma, worker):
    bo = people.member("Bo")
    second = add_key(bo, acme, "Mine")
    acme.add_invoices(15, total="10.00")

    for _ in range(2):
        worker.run("invoices")

    assert second.account == worker.account
    assert Refresh.objects.filter(noun="invoices").count() == 1
    assert Invoice.objects.count() == 15
    (totals,) = Invoice.objects.of([worker.account]).by_currency()
    assert str(totals.open) == "150.00"


# A key comes back at the moment at which a run finds none


@pytest.fixture
def without_key(acme, worker, key):
    """A refresh that was good and is due, of an account whose only key is out of use for the moment."""
    acme.add_invoices(1)
    worker.run("invoices")
    worker.run("invoices")
    ApiKey.objects.update(disabled_at=timezone.now())
    Refresh.objects.filter(noun="invoices").update(next_due_at=timezone.now())
    return worker.refresh("invoices")


def test_it_does_not_pause_when_a_key_came_back_after_it_looked(worker, key, without_key, monkeypatch):
    look = ApiKeyQuerySet.first

    def look_too_early(usable):
        found = look(usable)
        monkeypatch.setattr(ApiKeyQuerySet, "first", look)
        keys.enable(key)
        return found

    monkeypatch.setattr(ApiKeyQuerySet, "first", look_too_early)
    runs.run(without_key.pk)

    assert worker.refresh("invoices").next_due_at <= timezone.now()
    assert worker.run("invoices").clean_at > without_key.clean_at


@pytest.mark.django_db(transaction=True)
def test_it_does_not_pause_beside_a_key_whose_return_is_not_committed_yet(worker, key, without_key, at_once):
    returned = threading.Event()

    def act(place):
        if place:
            returned.wait(10)
            runs.run(without_key.pk)
        else:
            with transaction.atomic():
                keys.enable(key)
                returned.set()
                time.sleep(0.5)  # for as long the other one may see no key

    assert at_once(2, act) == [None, None]
    assert worker.refresh("invoices").next_due_at
    assert not Refresh.objects.filter(next_due_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_it_leaves_nothing_paused_whichever_of_two_keys_comes_and_goes_first(
    acme, alma, add_key, worker, key, at_once
):
    second = add_key(alma, acme, "Second")
    for _ in range(10):
        keys.enable(key)
        keys.disable(second)
        assert at_once(2, lambda place: keys.enable(second) if place else keys.disable(key)) == [None, None]
        assert not Refresh.objects.filter(next_due_at=None).exists()
