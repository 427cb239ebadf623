"""A window that turns out smaller or shorter than the ones before it."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from ultahost_api.calls import budget
from ultahost_api.calls.budget import Purpose
from ultahost_api.client import Rate, RateLimited
from ultahost_api.models import RateWindow
from ultahost_api.refresh import pacing


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        yield clock


@pytest.fixture
def begin(key, clock):
    """The first answer in a window, after the last one is over."""

    def begin(remaining, reset_in=60):
        clock.shift(timedelta(days=3))
        budget.take(key, Purpose.PERSON)
        budget.record(key, Rate(remaining=remaining, reset_in=reset_in), 200)
        return RateWindow.objects.get(key=key)

    RateWindow.objects.filter(key=key).delete()
    return begin


def count(key, purpose):
    """How many calls this purpose gets."""
    taken = 0
    while True:
        try:
            budget.take(key, purpose)
        except RateLimited:
            return taken
        taken += 1


def test_a_limit_that_was_lowered_starves_no_background_work(key, begin):
    begin(999)
    for _ in range(5):
        begin(59)
    assert count(key, Purpose.DETAILS) == 29
    assert count(key, Purpose.BACKGROUND) == 24
    assert count(key, Purpose.PERSON) == 6


def test_background_work_gets_something_at_once(key, begin):
    begin(999)
    begin(59)
    assert count(key, Purpose.BACKGROUND) > 0


def test_another_program_that_spends_a_window_leaves_people_their_reserve(key, begin):
    begin(999)
    window = begin(40)
    assert window.reserve == 50
    assert count(key, Purpose.BACKGROUND) == 0
    assert count(key, Purpose.PERSON) == 40


def test_of_an_odd_length_half_counts_with_each_window(key, begin):
    assert begin(59, reset_in=80_000).length == 80_000
    assert begin(59).length == 40_000
    assert [begin(59).length for _ in range(10)][-1] == 60


def test_an_odd_reset_slows_refreshing_for_some_windows_only(begin, worker):
    begin(59, reset_in=80_000)
    for _ in range(11):
        begin(59)
    refresh = worker.refresh("invoices")
    refresh.calls = 2
    due, pace = pacing.plan(refresh)
    assert due - timezone.now() < timedelta(minutes=15)
    assert pace == refresh.Pace.USUAL


@pytest.mark.parametrize("reset_in", [None, -5, 3])
def test_a_limit_without_a_window_keeps_its_reserve(key, begin, clock, reset_in):
    """Where no reset is told, or one that has passed or moves on with each answer, no window is ever over."""
    begin(999, reset_in)
    for remaining in range(990, 800, -10):
        clock.shift(120)
        budget.record(key, Rate(remaining=remaining, reset_in=reset_in), 200)
    window = RateWindow.objects.get(key=key)
    assert (window.limit, window.reserve) == (1000, 100)


def test_a_window_that_moves_with_each_answer_keeps_its_limit(key, begin, clock):
    """Where the reset is always a minute away, none is ever over while it is used."""
    begin(99)
    for remaining in (60, 30, 12):
        clock.shift(10)
        budget.record(key, Rate(remaining=remaining, reset_in=60), 200)
    window = RateWindow.objects.get(key=key)
    assert (window.limit, window.reserve) == (100, 10)
