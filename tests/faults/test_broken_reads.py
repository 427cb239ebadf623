"""A short form of the drill; the module that it takes from can be run, and measures times."""

import pytest

from tests.faults.broken_reads import NONE, WAYS, measure

ROWS, SHARE = 20, 10  # details that may be read in a window


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("rung")
@pytest.mark.parametrize("way", [way for way in WAYS if way != NONE])
def test_it_takes_at_most_twice_the_windows_although_every_tenth_read_is_broken(settings, way):
    """Where nothing is broken it takes one for every ten rows."""
    figures = measure(settings, way, limit=2 * SHARE, window=2.0, rows=ROWS)
    assert (figures.read, figures.back_offs) == (ROWS, 0)
    assert figures.calls <= ROWS * 1.3
    assert figures.windows <= 2 * ROWS / SHARE


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("rung")
def test_it_waits_for_slow_answers_side_by_side(settings):
    """Six of them wait three seconds each."""
    figures = measure(settings, "slow by 3 s", limit=100_000, window=60.0, rows=60)
    assert (figures.read, figures.calls, figures.back_offs) == (60, 60, 0)
    assert figures.seconds < 6 * 3
