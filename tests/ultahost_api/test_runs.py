"""Runs that are killed, late, limited, or lose their key."""

import logging
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from ultahost_api.calls.clients import KeyMeter
from ultahost_api.models import ApiKey, Invoice, PassPage, Refresh, Service
from ultahost_api.refresh import missing, pages, passes, runs, schedule
from ultahost_api.refresh.leases import LEASE, Lease
from ultahost_api.sandbox import Fault


@pytest.fixture(autouse=True)
def _ten_rows_a_page(page_size, monkeypatch):
    page_size(10)
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


def offsets(sandbox, action="get_invoices"):
    return [int(seen.parameters["offset"]) for seen in sandbox.requests if seen.action == action]


def expire_lease(refresh):
    Refresh.objects.filter(pk=refresh.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


class Killed(BaseException):
    pass


@contextmanager
def killed(where, name, after=0):
    """The process dies where ``name`` would be called, and cleans nothing up."""
    real, calls = getattr(where, name), []

    def die(*args, **options):
        calls.append(args)
        if len(calls) > after:
            raise Killed
        return real(*args, **options)

    with pytest.MonkeyPatch.context() as patch, suppress(Killed):
        patch.setattr(where, name, die)
        yield
    assert len(calls) > after


def test_it_goes_on_from_its_place_after_it_was_killed(sandbox, acme, worker):
    acme.add_invoices(50)
    with killed(pages, "write", after=2):
        worker.run("invoices")
    refresh = worker.refresh("invoices")
    assert (refresh.offset, Invoice.objects.count()) == (20, 20)

    worker.run("invoices")
    assert Invoice.objects.count() == 20  # the dead worker's lease still holds
    expire_lease(refresh)
    refresh = worker.run("invoices")

    assert offsets(sandbox) == [0, 10, 20, 20, 30, 40]
    assert refresh.clean_at == refresh.completed_at is not None
    assert Invoice.objects.count() == 50


def test_it_knows_what_is_gone_although_it_was_killed_half_way(acme, worker):
    acme.add_invoices(50)
    worker.run("invoices")
    del acme.invoices[45], acme.invoices[5]
    with killed(pages, "write", after=2):
        worker.run("invoices")
    expire_lease(worker.refresh("invoices"))
    worker.run("invoices")
    assert set(Invoice.objects.gone().values_list("remote_id", flat=True)) == {5, 45}


@pytest.mark.parametrize(
    "moment", [(passes, "_finish"), (missing.Missing, "settle"), (missing.Missing, "_mark")]
)
def test_it_completes_after_it_was_killed_at_the_end_of_a_pass(acme, worker, moment):
    acme.add_invoices(25)
    worker.run("invoices")
    del acme.invoices[5]
    with killed(*moment):
        worker.run("invoices", full=True)
    expire_lease(worker.refresh("invoices"))
    refresh = worker.run("invoices")
    assert refresh.clean_at == refresh.completed_at
    assert set(Invoice.objects.gone().values_list("remote_id", flat=True)) == {5}


def test_it_takes_no_pass_for_the_second_because_it_was_killed_at_the_end(sandbox, acme, worker):
    """A row that cannot be asked for is gone once two passes miss it: the list may hide it once."""
    acme.add_services(12)
    worker.run("services")
    hidden = acme.services.pop(5)
    sandbox.faults.add(Fault.status(403, "Not yours"), action="get_service", times=None)
    with killed(passes, "Outcome"):
        worker.run("services")
    assert worker.refresh("services").missed == [5]
    acme.services[5] = hidden
    expire_lease(worker.refresh("services"))
    worker.run("services")
    assert not Service.objects.gone().exists()


def test_it_stops_after_its_time_and_is_due_again_at_its_place(sandbox, acme, worker, rung):
    acme.add_invoices(50)
    refresh = worker.run("invoices", seconds=0)
    assert (refresh.offset, refresh.is_running, refresh.completed_at) == (10, False, None)
    rung.clear()
    schedule.tick()
    assert refresh.pk in [argument for _, argument, _ in rung]
    while worker.refresh("invoices").pass_started_at:
        worker.run("invoices", seconds=0)
    assert offsets(sandbox) == [0, 10, 20, 30, 40]
    assert Invoice.objects.count() == 50


@pytest.mark.parametrize(("seconds", "rings"), [(7, True), (59, True), (90, False)])
def test_it_has_itself_called_when_the_limit_ends(sandbox, acme, worker, rung, monkeypatch, seconds, rings):
    """A tick would come up to five seconds later; what is further away waits for it."""
    published = []

    def publish(task, argument, queue, wait=0.0):
        published.append((argument, wait))
        return True

    monkeypatch.setattr("ultahost_api.wakeup._send", publish)
    sandbox.faults.add(Fault.limited(seconds - 2), action="get_invoices")
    refresh = worker.run("invoices")
    left = (refresh.next_due_at - timezone.now()).total_seconds()
    assert refresh.trouble == "limited"
    assert published == [(refresh.pk, pytest.approx(left, abs=2))] * rings
    schedule.tick()
    assert [argument for argument, _ in published].count(refresh.pk) == rings
    if rings:
        assert refresh.rung_until > refresh.next_due_at


def test_it_lets_nobody_else_in_while_the_lease_holds(sandbox, acme, worker):
    acme.add_invoices(5)
    refresh = worker.refresh("invoices")
    assert Lease.take(refresh.pk)
    worker.run("invoices")
    assert offsets(sandbox) == []


@pytest.fixture
def calls_that_take_a_minute(worker, monkeypatch):
    """And how much of the lease was left before each of them."""
    left = []
    with time_machine.travel(timezone.now()) as clock:
        take, note = KeyMeter.before, KeyMeter.after

        def before(meter, *told):
            holder = Refresh.objects.exclude(lease_until=None).get()
            left.append(holder.lease_until - timezone.now())
            take(meter, *told)

        def after(meter, *told):
            note(meter, *told)
            clock.shift(60)

        monkeypatch.setattr(KeyMeter, "before", before)
        monkeypatch.setattr(KeyMeter, "after", after)
        yield left


def without_answers(sandbox, acme, worker):
    """Nothing is written of a detail that cannot be read."""
    acme.add_services(4)
    worker.run("services")
    sandbox.faults.add(Fault.wrong_types(), action="get_service", times=None)
    return "details"


def with_missing_rows(sandbox, acme, worker):
    acme.add_services(4)
    worker.run("services")
    acme.services.clear()
    sandbox.faults.add(Fault.status(403), action="get_service", times=None)
    return "services"


def with_pages(sandbox, acme, worker):
    acme.add_invoices(40)
    return "invoices"


@pytest.fixture
def two_keys(acme, alma, add_key):
    add_key(alma, acme, "Second")
    add_key(alma, acme, "Third")


@pytest.mark.parametrize("arrange", [without_answers, with_missing_rows, with_pages, lambda *_: "profile"])
def test_it_prolongs_its_lease_before_each_call(
    sandbox, acme, worker, two_keys, calls_that_take_a_minute, arrange
):
    noun = arrange(sandbox, acme, worker)
    calls_that_take_a_minute.clear()
    worker.run(noun)
    assert len(calls_that_take_a_minute) >= 3
    assert min(calls_that_take_a_minute) > LEASE - timedelta(seconds=6)


@pytest.mark.django_db(transaction=True)
def test_it_gives_a_lease_to_one_of_eight(worker, at_once):
    refresh = worker.refresh("invoices")
    for _ in range(10):
        Refresh.objects.filter(pk=refresh.pk).update(lease_until=None, next_due_at=timezone.now())
        leases = at_once(8, lambda _: Lease.take(refresh.pk))
        assert sum(isinstance(lease, Lease) for lease in leases) == 1


@pytest.mark.django_db(transaction=True)
def test_it_does_not_overwrite_newer_data_when_it_wakes_late(sandbox, acme, worker):
    """Its page was read, then it slept until another worker had done the whole pass."""
    acme.add_invoices(15)
    worker.run("invoices")
    acme.invoices[15]["status"] = "Cancelled"
    hold = sandbox.faults.add(Fault.hold(after_effect=True), action="get_invoices")
    sleeper = threading.Thread(target=lambda: (worker.run("invoices"), connection.close()))
    sleeper.start()
    assert hold.arrived.wait(10)

    acme.invoices[15]["status"] = "Paid"
    acme.add_invoices(1)
    expire_lease(worker.refresh("invoices"))
    newer = worker.run("invoices")
    hold.release.set()
    sleeper.join(10)

    assert Invoice.objects.get(remote_id=15).status == "Paid"
    assert Invoice.objects.present().count() == 16
    after = worker.refresh("invoices")
    assert (after.completed_at, after.pass_number, after.offset) == (newer.completed_at, newer.pass_number, 0)


@pytest.mark.parametrize("noun", ["services", "details", "profile"])
def test_it_writes_nothing_with_a_lost_lease(acme, worker, during_call, noun):
    acme.add_services(1)
    worker.run("services")
    acme.services[1]["status"] = "Suspended"
    acme.profile["companyname"] = "Acme & Sons"

    during_call(lambda: Refresh.objects.filter(noun=noun).update(lease_token="0" * 32))
    worker.run(noun)

    service = Service.objects.get()
    assert (service.status, service.detailed_at) == ("Active", None)
    worker.account.refresh_from_db()
    assert worker.account.name == "Acme"


def test_it_tells_an_unexpected_fault_and_comes_again(acme, worker, monkeypatch):
    acme.add_invoices(5)
    monkeypatch.setattr(pages, "_write_rows", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        worker.run("invoices")
    refresh = worker.refresh("invoices")
    assert (refresh.trouble, refresh.attempts, refresh.is_running) == (Refresh.Trouble.ODD, 1, False)
    assert timezone.now() < refresh.next_due_at < timezone.now() + timedelta(minutes=16)


def test_it_starts_over_when_its_place_cannot_be_served(sandbox, acme, worker):
    acme.add_invoices(30)
    broken = Fault.edit(lambda answer: answer if answer["meta"]["current_offset"] != 20 else {"status": 200})
    sandbox.faults.add(broken, action="get_invoices", times=None)
    for _ in range(4):
        worker.run("invoices")
    assert offsets(sandbox) == [0, 10, 20, 20, 20, 0, 10, 20]


def test_it_comes_again_after_five_seconds_at_the_soonest(acme, worker, monkeypatch):
    acme.add_invoices(5)
    monkeypatch.setattr("random.uniform", lambda low, high: low)
    monkeypatch.setattr(pages, "_write_rows", lambda *_: 1 / 0)
    before = timezone.now()
    with pytest.raises(ZeroDivisionError):
        worker.run("invoices")
    assert worker.refresh("invoices").next_due_at >= before + timedelta(seconds=5)


def test_it_forgets_the_faults_of_a_place_with_the_first_page(sandbox, acme, worker):
    acme.add_invoices(30)
    sandbox.faults.add(Fault.status(500), action="get_invoices", times=6)
    for attempt in (1, 2):
        assert worker.run("invoices").attempts == attempt
    refresh = worker.run("invoices", seconds=0)
    assert (refresh.offset, refresh.attempts, refresh.trouble, refresh.trouble_words) == (10, 0, "", "")


def test_it_leaves_no_page_of_a_pass_behind(acme, worker):
    acme.add_invoices(30)
    worker.run("invoices")
    assert not PassPage.objects.exists()


def test_it_runs_any_number_of_times_without_harm(sandbox, acme, worker):
    acme.add_invoices(5)
    refresh = worker.run("invoices")
    for _ in range(5):
        runs.run(refresh.pk)
    assert offsets(sandbox) == [0]


def test_it_says_nothing_secret_in_its_log(sandbox, acme, worker, caplog):
    caplog.set_level(logging.DEBUG)
    secret = next(iter(sandbox.state.keys))
    for fault in (Fault.status(500), Fault.status(401, f"Key {secret} is not known"), Fault.html()):
        sandbox.faults.add(fault, action="get_invoices", times=3)
        worker.run("invoices")
        ApiKey.objects.update(refused_at=None)
        sandbox.faults.clear()
    assert caplog.text
    assert secret not in caplog.text
    assert secret not in str(list(Refresh.objects.values()))
