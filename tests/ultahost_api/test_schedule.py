import time
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.utils import timezone
from kombu.exceptions import OperationalError

from ultahost_api import keys, tasks, wakeup
from ultahost_api.models import Account, Heartbeat, Noun, Refresh
from ultahost_api.refresh import runs, schedule
from ultahost_api.refresh.time_slices import TimeSlice


@pytest.fixture
def done(worker, rung):
    """Everything was read just now."""
    for noun in Noun:
        worker.run(noun)
    Refresh.objects.update(rung_until=None)
    rung.clear()
    return worker


def set_due(refresh, seconds):
    Refresh.objects.filter(pk=refresh.pk).update(next_due_at=timezone.now() + timedelta(seconds=seconds))


def rung_nouns(rung):
    return sorted(Refresh.objects.get(pk=argument).noun for _, argument, _ in rung)


def test_it_starts_everything_for_the_first_key(
    acme, alma, add_key, rung, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        add_key(alma, acme)
    assert rung_nouns(rung) == sorted(Noun)
    assert {queue for *_, queue in rung} == {"people"}


def test_it_rings_once_for_what_is_due(done, rung):
    set_due(done.refresh("services"), -1)
    set_due(done.refresh("domains"), 60)
    for _ in range(3):
        tasks.tick()
    assert rung_nouns(rung) == ["services"]


def test_it_rings_again_when_nobody_came_within_a_minute(done, rung):
    refresh = done.refresh("services")
    set_due(refresh, -1)
    tasks.tick()
    Refresh.objects.filter(pk=refresh.pk).update(rung_until=timezone.now() - timedelta(seconds=1))
    tasks.tick()
    assert rung_nouns(rung) == ["services", "services"]


def test_it_rings_for_nobody_who_is_at_it(done, rung):
    refresh = done.refresh("services")
    set_due(refresh, -1)
    Refresh.objects.filter(pk=refresh.pk).update(lease_until=timezone.now() + timedelta(seconds=60))
    tasks.tick()
    assert rung == []


def test_it_rings_when_a_lease_runs_out_although_somebody_clicked_meanwhile(done, rung):
    """The click's message came while the lease of a worker that had died still held."""
    refresh = done.refresh("services")
    Refresh.objects.filter(pk=refresh.pk).update(lease_until=timezone.now() + timedelta(seconds=60))
    schedule.ask([refresh.account], ["services"])
    wakeup.publish([refresh.pk], queue="people")
    runs.run(refresh.pk)
    tasks.tick()
    assert len(rung) == 1
    Refresh.objects.filter(pk=refresh.pk).update(lease_until=timezone.now())
    tasks.tick()
    assert rung_nouns(rung) == ["services", "services"]


def test_it_rings_once_although_two_beats_saw_the_same(done):
    refresh = done.refresh("services")
    assert [wakeup.publish([refresh.pk]), wakeup.publish([refresh.pk])] == [1, 0]


@pytest.mark.django_db(transaction=True)
def test_it_rings_once_with_four_beats(done, rung, at_once):
    for noun in Noun:
        set_due(done.refresh(noun), -1)
    at_once(4, lambda _: schedule.tick())
    assert rung_nouns(rung) == sorted(Noun)


def test_it_rings_for_many_with_the_statements_of_one(done, rung, django_assert_num_queries):
    ids = [done.refresh(noun).pk for noun in Noun]
    for some in (ids[:1], ids[1:]):
        with django_assert_num_queries(4):  # with the savepoint around them
            wakeup.publish(some)
    assert [argument for _, argument, _ in rung] == ids


def look_after_a_while():
    time_slice = TimeSlice(60)
    time_slice._looks = 0.0
    time_slice.is_over()


@pytest.mark.parametrize(
    "work",
    [
        tasks.tick,
        lambda: tasks.refresh(0),
        lambda: tasks.send_next(str(uuid4())),
        lambda: tasks.verify_key(str(uuid4())),
        look_after_a_while,
    ],
    ids=["tick", "refresh", "send", "verify", "a long run"],
)
def test_it_leaves_a_heartbeat(done, work):
    work()
    assert timezone.now() - Heartbeat.objects.get(name="worker").beat_at < timedelta(seconds=5)


@pytest.mark.parametrize("error", [OperationalError("gone"), TimeoutError(), AttributeError("client")])
@pytest.mark.django_db
def test_it_needs_no_queue_to_ask_and_finds_what_was_asked_later(
    acme, people, sandbox, monkeypatch, settings, error
):
    """Without ``rung``: the real bell, at a broker that does not answer."""

    def refuse(*args, **kwargs):
        raise error

    monkeypatch.setattr(wakeup.current_app, "send_task", refuse)
    monkeypatch.setattr(wakeup, "_silent_until", 0.0)
    key = keys.add(people.member("Alma"), "Main", sandbox.add_key(acme))
    assert schedule.tick() == 0
    schedule.ask([key.account])
    monkeypatch.undo()
    published = []
    monkeypatch.setattr(wakeup.current_app, "send_task", lambda name, args, queue: published.append(args))
    assert schedule.tick() == len(Noun) == len(published)


@pytest.mark.django_db
def test_it_waits_once_for_a_queue_that_does_not_answer(
    acme, people, sandbox, monkeypatch, django_capture_on_commit_callbacks
):
    tried = []

    def refuse(name, args, queue):
        tried.append(args)
        raise OperationalError("hung")

    monkeypatch.setattr(wakeup.current_app, "send_task", refuse)
    monkeypatch.setattr(wakeup, "_silent_until", 0.0)
    with django_capture_on_commit_callbacks(execute=True):
        key = keys.add(people.member("Alma"), "Main", sandbox.add_key(acme))
        for noun in Noun:
            schedule.ask([key.account], [noun])
    schedule.tick()
    assert len(tried) == 1

    monkeypatch.setattr(wakeup, "_silent_until", time.monotonic())
    schedule.tick()
    assert len(tried) == 2


def test_it_publishes_ids_and_nothing_else(done, monkeypatch):
    sent = []
    monkeypatch.undo()  # the real bell again
    monkeypatch.setattr(wakeup.current_app, "send_task", lambda *args, **kwargs: sent.append((args, kwargs)))
    refresh = done.refresh("services")
    set_due(refresh, -1)
    schedule.tick()
    assert sent == [((wakeup.REFRESH,), {"args": [refresh.pk], "queue": "refresh"})]


def test_it_makes_due_what_a_person_asks_for(done, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        schedule.ask([done.account], ["invoices"])
    refresh = done.refresh("invoices")
    assert refresh.asked_at
    assert refresh.next_due_at <= timezone.now()
    assert [(argument, queue) for _, argument, queue in rung] == [(refresh.pk, "people")]


def test_it_asks_for_no_other_account(done, rung):
    other = Account.objects.create(remote_uuid="other", name="Other", currency="EUR")
    schedule.ask([other])
    assert not Refresh.objects.exclude(asked_at=None).exists()


def test_it_is_fresh_within_two_minutes_while_somebody_watches(done, acme):
    refresh = done.refresh("invoices")
    Refresh.objects.filter(pk=refresh.pk).update(completed_at=timezone.now() - timedelta(minutes=3))
    schedule.watch(Account.objects.all())
    assert done.refresh("invoices").next_due_at < timezone.now() + timedelta(seconds=2)
    assert done.refresh("services").next_due_at > timezone.now() + timedelta(minutes=5)
    assert done.run("invoices").next_due_at < timezone.now() + timedelta(minutes=2, seconds=15)


def test_it_is_as_fresh_as_usual_again_once_the_page_is_hidden_or_left(done, acme):
    schedule.watch(Account.objects.all())
    watched = done.run("invoices").next_due_at
    assert watched < timezone.now() + timedelta(minutes=2, seconds=15)

    with time_machine.travel(timezone.now() + timedelta(minutes=2, seconds=1)):
        left = done.run("invoices").next_due_at
        assert left > timezone.now() + timedelta(minutes=3)


def test_it_writes_little_while_somebody_watches(done, django_assert_num_queries):
    schedule.watch(Account.objects.all())
    with django_assert_num_queries(1):
        schedule.watch(Account.objects.all())


def test_it_leaves_its_wait_for_the_limit_to_a_watched_refresh(done):
    in_an_hour = timezone.now() + timedelta(hours=1)
    Refresh.objects.update(
        trouble=Refresh.Trouble.LIMITED,
        next_due_at=in_an_hour,
        completed_at=timezone.now() - timedelta(hours=1),
    )
    schedule.watch(Account.objects.all())
    assert done.refresh("invoices").next_due_at == in_an_hour
