"""Every form in which a reset has been seen somewhere, measured against the answer's own clock."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from ultahost_api.client import Rate
from ultahost_api.client.core.rate import read_rate

DAY = 24 * 60 * 60
NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)  # the server's; ours is another
EPOCH = int(NOW.timestamp())


def rate(reset=None, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    reset_header = {} if reset is None else {"x-ratelimit-reset": reset}
    return read_rate(
        CaseInsensitiveDict({"date": format_datetime(NOW, usegmt=True), **reset_header, **named})
    )


@pytest.mark.parametrize(
    "reset",
    [
        pytest.param(f"{EPOCH + 90}", id="epoch"),
        pytest.param(f"{EPOCH + 90}.0", id="epoch with a fraction"),
        pytest.param(f"{(EPOCH + 90) * 1000}", id="epoch in milliseconds"),
        pytest.param("90", id="seconds left"),
        pytest.param("90.0", id="seconds left with a fraction"),
        pytest.param(" 90 ", id="with spaces"),
        pytest.param("2026-11-23T10:01:30Z", id="ISO"),
        pytest.param("2026-11-23T10:01:30.000+00:00", id="ISO with a fraction"),
        pytest.param("2026-11-23T02:01:30-08:00", id="ISO elsewhere"),
        pytest.param("2026-11-23 10:01:30", id="SQL"),
        pytest.param("2026-11-23 03:01:30 -0700", id="SQL with an offset"),
        pytest.param("Mon, 23 Nov 2026 10:01:30 GMT", id="HTTP date"),
        pytest.param("Mon, 23 Nov 2026 12:01:30 +0200", id="mail date"),
    ],
)
def test_it_reads_every_form_of_a_reset(reset):
    assert rate(reset).reset_in == 90
    assert rate(reset).raw_reset == reset.strip()


def test_it_keeps_a_fraction_of_a_second():
    assert rate(f"{EPOCH + 1}.75").reset_in == 1.75
    assert rate("1.75").reset_in == 1.75


@pytest.mark.parametrize(
    "skew", [timedelta(0), timedelta(minutes=10), timedelta(minutes=-10), timedelta(days=400)]
)
def test_it_does_not_care_what_our_own_clock_says(skew):
    theirs = datetime.now(UTC).replace(microsecond=0) + skew
    headers = CaseInsensitiveDict(
        {"Date": format_datetime(theirs, usegmt=True), "X-RateLimit-Reset": str(int(theirs.timestamp()) + 30)}
    )

    assert read_rate(headers).reset_in == 30


def test_it_takes_our_own_clock_when_there_is_no_other():
    reset = str(datetime.now(UTC).timestamp() + 30)

    assert 28 < rate(reset, date="yesterday, I think").reset_in <= 30


def test_it_takes_a_reset_within_this_second():
    assert rate(f"{EPOCH}").reset_in == 0
    assert rate("0").reset_in == 0


@pytest.mark.parametrize(
    "reset",
    [
        *(None, "", "soon", "-5", "12ms", "1e3", "nan", "inf", "٣٠", "1_000", "0x10", "-1484742195"),
        *(f"{EPOCH - 1}", "2026-11-23T09:59:59Z", "2026-13-45 99:99:99", "Mon, 99 Foo 2026", "0000-00-00"),
        *(f"{EPOCH + DAY + 1}", f"{DAY + 1}", "9999-12-31T23:59:59+14:00", "0001-01-01T00:00:00-14:00"),
        *("9" * 20, "9" * 4000, '"default";r=50;t=30'),
    ],
)
def test_it_takes_nothing_missing_past_mad_or_far(reset):
    assert rate(reset).reset_in is None
    assert rate(reset).wait is None


def test_it_obeys_a_whole_day():
    assert rate(f"{EPOCH + DAY}").reset_in == DAY


@pytest.mark.parametrize(
    ("told", "remaining"),
    [
        ("0", 0),
        ("59", 59),
        (" 59 ", 59),
        ("", None),
        ("-1", None),
        ("many", None),
        ("5.5", None),
        ("9" * 5000, None),
    ],
)
def test_it_reads_what_remains(told, remaining):
    assert rate(X_RateLimit_Remaining=told).remaining == remaining


@pytest.mark.parametrize(
    ("reset", "retry_after", "wait"),
    [
        ("30", "90", 90),
        ("90", "30", 90),
        (None, "30", 30),
        ("30", "-1484742195", 30),
        ("soon", "Mon, 23 Nov 2026 10:00:20 GMT", 20),
        ("soon", "never", None),
    ],
)
def test_it_waits_for_the_later_of_two_words(reset, retry_after, wait):
    assert rate(reset, Retry_After=retry_after).wait == wait


def test_it_keeps_little_of_a_long_word():
    assert len(rate("x" * 10_000).raw_reset) <= 64


@given(st.text(), st.text(), st.text(), st.text())
def test_it_never_raises(reset, remaining, retry_after, date):
    read = read_rate(
        CaseInsensitiveDict(
            {
                "X-RateLimit-Reset": reset,
                "X-RateLimit-Remaining": remaining,
                "Retry-After": retry_after,
                "Date": date,
            }
        )
    )

    assert isinstance(read, Rate)
    assert all(
        seconds is None or 0 <= seconds <= DAY for seconds in (read.reset_in, read.retry_after, read.wait)
    )


@given(st.from_regex(r"\A[-+0-9:.,TZ /a-zA-Z]{1,40}\Z"))
def test_it_never_raises_for_what_looks_like_a_date(reset):
    assert isinstance(rate(reset, Date=reset), Rate)


@given(st.datetimes(timezones=st.timezones()))
def test_it_never_raises_for_a_real_date(moment):
    assert isinstance(rate(moment.isoformat(), Date=moment.isoformat(" ")), Rate)


@given(st.floats(allow_nan=True, allow_infinity=True) | st.integers())
def test_it_never_raises_for_a_number(number):
    assert isinstance(rate(str(number)), Rate)
