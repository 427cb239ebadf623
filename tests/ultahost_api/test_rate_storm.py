"""Never before the reset, never more calls than pages, and always something left for a person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.faults.storm import storm
from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import for_key
from ultahost_api.client import RateLimited
from ultahost_api.models import Refresh
from ultahost_api.refresh import runs, schedule
from ultahost_api.sandbox import Fault, Sandbox

# On their way when a colleague's answer told that nothing was left: two rows cannot know it at once.
ON_THEIR_WAY = {"key": 0, "account": 3}


@pytest.mark.slow
@pytest.mark.parametrize("per", ON_THEIR_WAY)
def test_it_never_asks_too_early_in_a_storm(per, capsys):
    figures = storm(seconds=28, per=per)

    with capsys.disabled():
        print(f"\n{figures}, where Ultahost counts by {per}")
    assert figures.early <= ON_THEIR_WAY[per]
    assert figures.limited <= ON_THEIR_WAY[per]
    assert figures.limited_untold <= 2 * 2  # a minute's pause after each, of two accounts
    # One where the machine is so busy that another call's probe takes longer than anybody waits.
    assert figures.clicks_refused <= figures.clicks // 20
    assert figures.calls > 300
    assert figures.spent > 10
    assert figures.clicks > 10


@pytest.fixture
def sandbox(settings):
    """An Ultahost with a window that is soon spent."""
    with Sandbox(limit=20, window=60) as sandbox:
        settings.ULTAHOST = {**settings.ULTAHOST, "API_URL": sandbox.url, "PAGE_SIZE": 5}
        yield sandbox


@pytest.mark.parametrize("noun", ["services", "invoices", "domains"])
@pytest.mark.parametrize("rows", [0, 1, 5, 6, 40])
def test_it_needs_no_more_calls_than_pages_for_a_clean_pass(sandbox, acme, worker, noun, rows):
    for _ in range(rows):
        acme.add(noun)
    before = len(sandbox.requests)

    assert worker.run(noun).clean_at

    pages = max(1, -(-rows // 5))
    assert pages <= len(sandbox.requests) - before <= pages + 1


def test_it_leaves_a_click_its_page_when_the_background_has_used_the_rest(sandbox, acme, account, worker):
    acme.add_invoices(200)
    limited = worker.run("invoices")
    assert limited.trouble == "limited"
    seen = len(sandbox.requests)

    schedule.ask([account], ["invoices"])
    runs.run(limited.pk)

    assert len(sandbox.requests) == seen + 1
    assert Refresh.objects.get(pk=limited.pk).offset == limited.offset + 5
    assert [request for request in sandbox.requests if request.limited] == []


def test_it_leaves_two_calls_to_people_whatever_all_refreshes_of_an_account_do(acme, account, key, worker):
    """Lists and details together, again and again."""
    for noun in ("services", "invoices", "domains"):
        for _ in range(30):
            acme.add(noun)
    for _ in range(2):
        for noun in ("services", "domains", "invoices", "details", "profile"):
            worker.run(noun)

    client = for_key(key, Purpose.PERSON)
    assert [client.profile.get().uuid, client.profile.get().uuid] == [acme.uuid] * 2


def test_it_spreads_keys_that_reset_together_over_a_second(sandbox, alma, add_key):
    keys = [add_key(alma, sandbox.add_account(), f"Key {place}") for place in range(20)]
    sandbox.faults.add(Fault.limited(seconds=30), times=20)
    waits = [_told_to_wait_until(key) for key in keys]

    again = [_told_to_wait_until(key) for key in keys]

    # Of twenty by chance within a second, all fall into the same half once in 25,000 times.
    assert (max(again) - min(again)).total_seconds() > 0.5
    assert all(ours > theirs for ours, theirs in zip(again, waits, strict=True))


def test_it_comes_within_two_seconds_of_the_reset_and_its_margin(sandbox, alma, add_key):
    """Of twenty, so that none is early or late by chance."""
    keys = [add_key(alma, sandbox.add_account(), f"Key {place}") for place in range(20)]
    sandbox.faults.add(Fault.limited(seconds=30), times=20)
    late = []
    for key in keys:
        before = timezone.now()
        _told_to_wait_until(key)
        after = timezone.now()
        until = _told_to_wait_until(key)
        assert until >= before + timedelta(seconds=30)
        late.append((until - after).total_seconds() - 30)
    assert max(late) <= 1 + 2


def _told_to_wait_until(key):
    with pytest.raises(RateLimited) as limited:
        for_key(key).profile.get()
    return limited.value.retry_at
