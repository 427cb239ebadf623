"""How long a key will take, told before a person confirms."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ultahost_api.calls.estimates import seconds_for_all
from ultahost_api.models import RateWindow

pytestmark = pytest.mark.django_db


@pytest.fixture
def window(key):
    """Twenty calls in ten seconds, of which two are kept back."""

    def window(**fields):
        RateWindow.objects.filter(key=key).delete()
        RateWindow.objects.create(key=key, limit=20, length=10, reserve=2, took=0.5, **fields)
        return key

    return window


def seconds_for(key, calls):
    return seconds_for_all([(key, calls)])


def in_seconds(seconds):
    return timezone.now() + timedelta(seconds=seconds)


def test_it_takes_as_long_as_the_answers_where_the_window_has_room(window):
    assert seconds_for(window(), 18) == 9
    assert seconds_for(window(remaining=7, resets_at=in_seconds(10)), 5) == 2.5


def test_it_waits_for_each_further_window(window):
    """Five now, eighteen after the reset, and one in the window after that."""
    key = window(remaining=7, resets_at=in_seconds(4))
    assert seconds_for(key, 24) == pytest.approx(4 + 12.5 + 2.5 + 0.5, abs=0.2)


def test_it_leaves_the_reserve(window):
    key = window(remaining=2, resets_at=in_seconds(6))
    assert seconds_for(key, 1) == pytest.approx(6 + 2.5 + 0.5, abs=0.2)


def test_it_waits_as_long_as_a_key_is_held(window):
    assert seconds_for(window(held_until=in_seconds(60)), 1) == pytest.approx(63, abs=0.2)


def test_it_knows_no_window_of_a_new_key(key):
    RateWindow.objects.all().delete()
    assert seconds_for(key, 10) == 3


def test_it_takes_as_long_as_the_slowest_key_or_as_the_processes(window, add_key, people, sandbox):
    key = window()
    others = [add_key(people.member(name), sandbox.add_account(name)) for name in ("Ben", "Carla")]
    RateWindow.objects.exclude(key=key).update(remaining=100, reserve=0, took=0.5, resets_at=in_seconds(60))
    assert seconds_for_all([(key, 18), (others[0], 2)]) == 9
    assert seconds_for_all([(key, 10), (others[0], 10), (others[1], 10)]) == 7.5
    assert seconds_for_all([]) == 0


def test_it_asks_one_statement_for_all_keys(window, add_key, people, sandbox, django_assert_num_queries):
    keys = [window(), add_key(people.member("Ben"), sandbox.add_account("Ben"))]
    with django_assert_num_queries(1):
        seconds_for_all((key, 3) for key in keys)
