"""Details of one key are read side by side, and keep every promise that holds for one after the other."""

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.ultahost_api.test_details import asked, spend
from ultahost_api.calls.budget import Purpose
from ultahost_api.models import Invoice, RateWindow, Refresh
from ultahost_api.refresh import side_by_side
from ultahost_api.refresh.side_by_side import AT_ONCE, Reads
from ultahost_api.sandbox import Fault
from ultahost_api.sandbox.replies import as_error, as_html

ROWS = 20


@pytest.fixture
def listed(acme, worker):
    acme.add_invoices(ROWS)
    worker.run("invoices")
    return worker


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


@pytest.fixture(autouse=True)
def _none_takes_long(monkeypatch):
    monkeypatch.setattr(side_by_side, "_LONG", 3600.0)


@dataclass
class Provider:
    """Answers the first read at once; the next ones when so many are ``out`` together, or patience ends."""

    out: int
    patience: float = 5.0
    first: int = 2
    answers: dict = field(default_factory=dict)  # by the read's number, instead of the good one
    met: bool = False
    most: int = 0
    _number: int = 0
    _now: int = 0

    def __post_init__(self):
        self._lock, self._all = threading.Lock(), threading.Barrier(self.out, action=self._meet)

    def _meet(self):
        self.met = True

    def before(self, visit):
        with self._lock:
            self._number += 1
            number = self._number
            self._now += 1
            self.most = max(self.most, self._now)
        if self.first <= number < self.first + self.out:
            with suppress(threading.BrokenBarrierError):
                self._all.wait(self.patience)
        return self.answers.get(number)

    def after(self, visit, reply):
        with self._lock:
            self._now -= 1
        return reply


@pytest.fixture
def provider(sandbox):
    def arrange(out, **options):
        provider = Provider(out, **options)
        fault = Fault("together", before=provider.before, after=provider.after)
        sandbox.faults.add(fault, action="get_invoice", times=None)
        return provider

    return arrange


def read():
    return Invoice.objects.exclude(detailed_at=None).count()


def test_it_has_a_few_reads_out_together_and_no_more(listed, provider):
    together = provider(AT_ONCE)

    refresh = listed.run("details")

    assert together.met
    assert together.most == AT_ONCE
    assert (read(), refresh.trouble, bool(refresh.completed_at)) == (ROWS, "", True)


def test_it_reads_each_row_once(listed, sandbox, monkeypatch):
    monkeypatch.setattr("ultahost_api.refresh.details._BATCH", 3)  # rows are looked for while some are out

    listed.run("details")

    assert sorted(number for _, number in asked(sandbox)) == [*range(1, ROWS + 1)]


def test_it_leaves_half_of_the_window_though_no_answer_has_come(listed, provider, sandbox, key):
    sandbox.limits.reset_form = "missing"
    spend(key, 54)
    together = provider(3)

    refresh = listed.run("details")

    assert together.met
    assert (len(asked(sandbox)), read()) == (4, 4)
    assert RateWindow.objects.get(key=key).remaining == 50
    assert refresh.trouble == Refresh.Trouble.LIMITED


def test_it_keeps_what_was_out_when_the_limit_came(listed, provider, sandbox):
    together = provider(AT_ONCE, answers={3: as_error(429)})

    refresh = listed.run("details")

    assert together.met
    assert (len(asked(sandbox)), read()) == (1 + AT_ONCE, AT_ONCE)
    assert refresh.trouble == Refresh.Trouble.LIMITED


def test_it_sends_nothing_more_with_a_key_that_was_refused(listed, provider, sandbox, key):
    together = provider(AT_ONCE, answers={3: as_error(401)})

    listed.run("details")

    key.refresh_from_db()
    assert together.met
    assert key.refused_at
    assert (len(asked(sandbox)), read()) == (1 + AT_ONCE, AT_ONCE)


def test_it_writes_and_sends_nothing_more_without_its_lease(listed, provider, sandbox, key, during_call):
    together = provider(AT_ONCE)
    during_call(lambda: Refresh.objects.filter(noun="details").update(lease_token="0" * 32), nth=2)
    before = len(sandbox.requests)

    listed.run("details")

    assert together.met
    assert (len(asked(sandbox)), read()) == (1 + AT_ONCE, 1)
    assert (
        RateWindow.objects.get(key=key).remaining == sandbox.limits.limit - before - 1 - AT_ONCE
    )  # all told
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("reads")]


def test_it_reads_one_at_a_time_where_no_answer_is_good(listed, provider):
    bad = dict.fromkeys(range(1, 99), as_html(503, ""))
    together = provider(2, answers=bad, first=1, patience=0.3)

    refresh = listed.run("details")

    assert (together.met, together.most) == (False, 1)
    assert (read(), refresh.trouble) == (0, Refresh.Trouble.UNREACHABLE)


def test_it_reads_one_at_a_time_in_a_window_that_was_learned(listed, provider, sandbox, key):
    sandbox.limits.reset_form = "missing"
    now = timezone.now()
    learned = {"learned_at": now, "limit": 900, "remaining": 900, "length": 60, "counted": 1}
    RateWindow.objects.filter(key=key).update(resets_at=now + timedelta(seconds=60), **learned)
    together = provider(2, patience=0.3)

    listed.run("details")

    assert (together.met, together.most, read()) == (False, 1, ROWS)


def test_it_waits_for_its_own_probe_of_the_window(listed, provider, key):
    """One that would ask for another call meanwhile would wait for an answer that it keeps from coming in."""
    RateWindow.objects.filter(key=key).update(remaining=None, resets_at=None)
    together = provider(2, first=1, patience=0.3)

    refresh = listed.run("details")

    assert (together.met, read(), refresh.trouble) == (False, ROWS, "")


@pytest.fixture
def answers():
    """What reads wait for, one each."""
    made = [threading.Event() for _ in range(side_by_side._MOST + 1)]
    yield made
    for answer in made:
        answer.set()


def start(reads, answers):
    """As many as there is place for; how many are out then."""
    while reads.have_place:
        answer = answers[len(reads._running)]
        reads.start(lambda _client, answer=answer: answer.wait(60), Purpose.DETAILS)
    return len(reads._running)


def end(answers):
    for answer in answers:
        answer.set()


def test_one_that_takes_long_keeps_no_place(key, answers, monkeypatch):
    with Reads(key, 1) as reads:
        assert start(reads, answers) == AT_ONCE
        monkeypatch.setattr(side_by_side, "_LONG", 0.05)
        assert reads.next() is None  # no answer came, and a place is free
        assert start(reads, answers) > AT_ONCE
        while reads._place_in() is not None:
            reads.next()
            start(reads, answers)
        assert len(reads._running) == side_by_side._MOST
        end(answers)


def test_where_answers_take_long_no_more_are_asked_for_together(key, answers, monkeypatch):
    with Reads(key, 1) as reads:
        assert start(reads, answers) == AT_ONCE
        monkeypatch.setattr(side_by_side, "_LONG", 0.0)
        answers[0].set()
        assert reads.next()
        reads.start(lambda _client: answers[-1].wait(60), Purpose.DETAILS)
        assert (reads.have_place, reads._place_in()) == (False, None)
        end(answers)
