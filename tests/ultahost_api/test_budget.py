import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ultahost_api import keys
from ultahost_api.calls import budget
from ultahost_api.calls.budget import Purpose
from ultahost_api.calls.clients import for_key
from ultahost_api.client import Forbidden, Rate, RateLimited
from ultahost_api.models import Account, ApiKey, RateWindow
from ultahost_api.sandbox import Fault, Sandbox

NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


@pytest.fixture
def make_key(people):
    """A key that was verified once, without asking anybody."""
    account = Account.objects.create(remote_uuid="1", name="Acme", currency="EUR")
    owner = people.member("Bo")

    def make(label="Main", account=account):
        key = ApiKey(owner=owner, account=account, label=label, verified_at=timezone.now())
        key.put(f"sk_test_{label}")
        key.save()
        return key

    return make


@pytest.fixture
def key(make_key):
    return make_key()


@pytest.fixture
def clock():
    with time_machine.travel(NOON, tick=False) as clock:
        yield clock


@pytest.fixture
def _impatient(monkeypatch):
    """Nobody waits for another's probe."""
    monkeypatch.setattr(budget, "_PROBE_PATIENCE", 0.04)
    monkeypatch.setattr(budget, "_PERSON_PATIENCE", 0.04)


def told(key, remaining, reset_in=60.0, status=200, **more):
    budget.record(key, Rate(remaining=remaining, reset_in=reset_in), status, **more)


def may(key, purpose=Purpose.PERSON):
    """None when a call may be sent, else until when none may."""
    try:
        budget.take(key, purpose)
    except RateLimited as error:
        return error.retry_at
    return None


def count(key, purpose):
    """How many calls this purpose gets."""
    taken = 0
    while may(key, purpose) is None:
        taken += 1
    return taken


def learn(key, limit):
    """As the first answer of a fresh window tells it."""
    assert may(key) is None
    told(key, limit - 1)


@pytest.mark.usefixtures("_impatient")
def test_it_sends_one_call_at_a_time_while_the_window_is_unknown(key):
    assert may(key) is None
    assert may(key) is not None
    told(key, 99)
    assert [may(key), may(key)] == [None, None]


@pytest.mark.usefixtures("_impatient")
def test_it_sends_one_call_at_a_time_when_no_answer_tells_the_window(key):
    assert may(key) is None
    assert may(key) is not None
    told(key, None, None)
    assert may(key) is None
    assert may(key) is not None


@pytest.mark.usefixtures("_impatient")
def test_it_probes_again_after_an_answer_that_never_came(key):
    assert may(key) is None
    budget.record(key, Rate(), None)
    assert may(key) is None


@pytest.mark.usefixtures("_impatient")
def test_it_probes_again_when_the_prober_died(key, clock):
    assert may(key) is None
    clock.shift(49)
    assert may(key) is not None
    clock.shift(2)
    assert may(key) is None


@pytest.mark.django_db(transaction=True)
def test_it_lets_only_one_of_two_threads_probe(key, at_once):
    """The second waits for the first one's answer, and then sends as well."""
    inside, most = [], []
    lock = threading.Lock()

    def call(_):
        budget.take(key, Purpose.BACKGROUND)
        with lock:
            inside.append(1)
            most.append(len(inside))
        time.sleep(0.2)
        with lock:
            inside.pop()
        budget.record(key, Rate(), 200)  # never says how much is left

    assert at_once(2, call) == [None, None]
    assert most == [1, 1]


@pytest.mark.parametrize("purpose", Purpose)
def test_it_does_not_wait_for_a_reset_when_a_probe_ends_between_two_looks(key, purpose, monkeypatch):
    """One look finds the probe under way, the next one a window with plenty left."""
    assert may(key) is None
    look = budget._taken

    def look_and_be_told(*args):
        monkeypatch.setattr(budget, "_taken", look)
        taken = look(*args)
        told(key, 99)
        return taken

    monkeypatch.setattr(budget, "_taken", look_and_be_told)
    assert may(key, purpose) is None


def test_it_spends_the_window_to_the_end_for_people(key):
    learn(key, 20)
    assert count(key, Purpose.PERSON) == 19


@pytest.mark.parametrize(
    ("limit", "background", "details"),
    [(200, 179, 99), (20, 17, 9), (12, 9, 5), (10, 7, 4), (9, 8, 4), (4, 3, 1)],
)
def test_it_keeps_a_reserve_from_the_background_and_half_from_details(key, limit, background, details):
    learn(key, limit)
    assert count(key, Purpose.DETAILS) == details
    assert count(key, Purpose.BACKGROUND) == background - details
    assert count(key, Purpose.PERSON) == limit - 1 - background


def test_it_learns_a_limit_that_is_larger_than_it_first_seemed(key, clock):
    learn(key, 10)
    clock.shift(70)
    learn(key, 100)
    window = RateWindow.objects.get(key=key)
    assert (window.limit, window.reserve) == (100, 10)


def test_it_names_the_reset_with_a_margin_to_whoever_finds_the_window_spent(key, clock):
    assert may(key) is None
    told(key, 0, reset_in=30.0)
    assert NOON + timedelta(seconds=31) <= may(key) <= NOON + timedelta(seconds=33)


def test_it_believes_the_lowest_count_when_answers_overtake_each_other(key):
    learn(key, 20)
    for _ in range(5):
        assert may(key) is None
    told(key, 14)
    told(key, 17)
    assert count(key, Purpose.PERSON) == 14


def test_it_believes_the_lowest_count_when_an_answer_was_long_on_its_way(key, clock):
    """Its reset counts from when it was given, which is before it arrived."""
    learn(key, 20)
    for _ in range(5):
        assert may(key) is None
    clock.shift(25)
    told(key, 14, reset_in=35.0)
    told(key, 18, reset_in=60.0, took=25.0)
    assert count(key, Purpose.PERSON) == 14


@pytest.mark.parametrize("rounding", [-1.0, 0.0, 1.0])
def test_it_takes_rounded_resets_for_the_same_window(key, clock, rounding):
    learn(key, 20)
    for _ in range(5):
        assert may(key) is None
    clock.shift(10)
    told(key, 10, reset_in=50.0 + rounding)
    told(key, 16, reset_in=50.0)
    assert count(key, Purpose.PERSON) == 10


@pytest.mark.usefixtures("_impatient")
def test_it_starts_a_new_window_after_the_reset_with_one_call(key, clock):
    assert may(key) is None
    told(key, 0, reset_in=30.0)
    clock.shift(34)
    assert may(key) is None
    assert may(key) is not None
    told(key, 19)
    assert count(key, Purpose.PERSON) == 19


def test_it_sees_that_the_provider_began_its_window_before_we_thought(key, clock):
    learn(key, 20)
    clock.shift(60.2)
    assert may(key) is None
    told(key, 19, reset_in=60.0)
    assert count(key, Purpose.PERSON) == 19


@pytest.mark.parametrize("remaining", [0, None])
def test_it_waits_a_minute_doubling_to_a_quarter_when_no_429_tells_a_reset(key, clock, remaining):
    waits = []
    for _ in range(6):
        assert may(key) is None
        told(key, remaining, None, status=429)
        waits.append((may(key) - timezone.now()).total_seconds())
        clock.shift(waits[-1] + 0.1)
    assert waits == [60, 120, 240, 480, 900, 900]


class Silent:
    """A provider that counts in fixed windows and tells nothing of them, at the time of ``clock``."""

    def __init__(self, clock, limit, length):
        self.clock, self.limit, self.length = clock, limit, length
        self.ends, self.used, self.refusals, self.answers = NOON, 0, [], []

    def call(self, key):
        now = timezone.now()
        if now >= self.ends:
            self.ends, self.used = now + timedelta(seconds=self.length), 0
        self.used += 1
        refused = self.used > self.limit
        (self.refusals if refused else self.answers).append(now)
        budget.record(key, Rate(), 429 if refused else 200)

    def run(self, key, purpose, until):
        """Calls whenever it may, each call taking a tenth of a second."""
        while timezone.now() < until:
            retry_at = may(key, purpose)
            if retry_at is None:
                self.call(key)
                self.clock.shift(0.1)
            else:
                self.clock.move_to(max(retry_at, timezone.now() + timedelta(seconds=0.1)))


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize(("limit", "length"), [(12, 10), (12, 60), (3, 30)])
def test_it_learns_a_window_that_no_answer_tells(key, clock, purpose, limit, length):
    """A few 429s, and then none: neither one a window, nor a minute of waiting for each."""
    silent = Silent(clock, limit, length)
    silent.run(key, purpose, NOON + timedelta(minutes=8))
    learned = len(silent.refusals)
    assert 1 <= learned <= 5
    for refusal in silent.refusals:
        assert not [at for at in silent.answers if refusal < at < refusal + timedelta(minutes=1)]

    before = len(silent.answers)
    silent.run(key, purpose, NOON + timedelta(minutes=13))
    assert len(silent.refusals) == learned
    share = {Purpose.PERSON: 1, Purpose.BACKGROUND: 0.8, Purpose.DETAILS: 0.5}[purpose]
    assert len(silent.answers) - before >= 0.55 * share * limit * 5 * 60 / length


def test_it_learns_a_silent_window_anew_after_a_day(key, clock):
    silent = Silent(clock, 6, 10)
    silent.run(key, Purpose.PERSON, NOON + timedelta(minutes=3))
    silent.limit = 12
    silent.clock.shift(timedelta(days=1, minutes=1))
    learned = len(silent.refusals)
    silent.run(key, Purpose.PERSON, timezone.now() + timedelta(minutes=2))
    assert len(silent.refusals) > learned
    assert RateWindow.objects.get().limit == 12


def test_it_believes_an_answer_that_tells_the_window_after_all(key, clock):
    Silent(clock, 4, 10).run(key, Purpose.PERSON, NOON + timedelta(minutes=5))
    clock.shift(120)
    learn(key, 100)
    assert count(key, Purpose.DETAILS) == 49


def test_it_starts_from_a_minute_again_after_a_success(key, clock):
    for _ in range(3):
        told(key, 0, None, status=429)
        clock.shift(1000)
    assert may(key) is None
    told(key, 5, None)
    told(key, 0, None, status=429)
    assert may(key) - timezone.now() == timedelta(minutes=1)


def test_it_waits_a_minute_when_a_window_is_spent_and_no_reset_is_told(key, clock):
    assert may(key) is None
    told(key, 1, None)
    clock.shift(20)
    assert may(key) is None
    told(key, 0, None)
    assert NOON + timedelta(seconds=60) <= may(key) <= NOON + timedelta(seconds=62)


def test_it_heeds_the_later_of_reset_and_retry_after(key, clock):
    budget.record(key, Rate(remaining=0, reset_in=10.0, retry_after=90.0), 429)
    assert NOON + timedelta(seconds=91) <= may(key) <= NOON + timedelta(seconds=93)


def test_it_holds_a_429_although_calls_seemed_left(key):
    learn(key, 20)
    told(key, 15, reset_in=40.0, status=429)
    assert may(key) is not None


def test_it_holds_every_key_of_the_account_after_a_429(make_key):
    first, second = make_key("First"), make_key("Second")
    stranger = make_key("Other", Account.objects.create(remote_uuid="2", name="Beta", currency="USD"))
    for key in (second, stranger):
        learn(key, 50)
    told(first, 0, reset_in=40.0, status=429)
    assert may(second) == may(first)
    assert may(stranger) is None


def test_it_holds_every_key_of_the_account_once_an_answer_tells_that_nothing_is_left(make_key):
    first, second = make_key("First"), make_key("Second")
    stranger = make_key("Other", Account.objects.create(remote_uuid="2", name="Beta", currency="USD"))
    for key in (first, second, stranger):
        learn(key, 50)
    assert may(first) is None
    told(first, 0, reset_in=40.0)
    assert may(second) == may(first)
    assert may(stranger) is None


def test_it_holds_a_key_that_is_new_to_an_account_that_has_to_wait(sandbox, rung, people):
    acme = sandbox.add_account(company="Acme")
    first = keys.add(people.member("Alma"), "Main", sandbox.add_key(acme))
    budget.record(first, Rate(retry_after=600), 429)

    second = keys.add(people.member("Bo"), "Main", sandbox.add_key(acme))

    with pytest.raises(RateLimited) as refusal:
        budget.take(second, Purpose.PERSON)
    assert refusal.value.retry_at == RateWindow.objects.get(key=first).held_until


def test_it_keeps_a_longer_hold_of_a_key_that_is_new_to_an_account(make_key, clock):
    first, second = make_key("First"), make_key("Second")
    until = {first: NOON + timedelta(seconds=60), second: NOON + timedelta(seconds=600)}
    for key, held_until in until.items():
        RateWindow.objects.create(key=key, held_until=held_until)
    budget.join(second)
    assert may(second) == until[second]


@pytest.mark.parametrize("status", [401, 403])
def test_it_remembers_when_and_how_ultahost_refused_a_key(key, clock, status):
    budget.record(key, Rate(), status, "No such key. " * 30)
    clock.shift(60)
    budget.record(key, Rate(remaining=7, reset_in=60), 200)

    window = RateWindow.objects.get()
    assert (window.refused_at, window.refused_status, window.answered_at - NOON) == (
        NOON,
        status,
        timedelta(minutes=1),
    )
    assert window.refused_words.startswith("No such key. No such key.")
    assert len(window.refused_words) == 200


@pytest.mark.parametrize("status", [200, 400, 404, 429, 500, None])
def test_it_counts_nothing_else_as_a_refusal_of_the_key(key, status):
    budget.record(key, Rate(), status, "Something else.")

    assert RateWindow.objects.get().refused_at is None


def test_it_writes_a_refusal_with_the_statements_that_it_writes_any_answer_with(key):
    def statements(status):
        with CaptureQueriesContext(connection) as written:
            budget.record(key, Rate(remaining=7, reset_in=60), status, "No.")
        return len(written)

    statements(200)
    assert statements(403) == statements(200)


def test_it_keeps_no_key_that_ultahost_repeats_in_its_refusal(sandbox, rung, people):
    secret = sandbox.add_key(sandbox.add_account(company="Acme"))
    key = keys.add(people.member("Alma"), "Main", secret)
    sandbox.faults.add(Fault.status(403, f"The key {secret} may not do this."))

    with pytest.raises(Forbidden):
        for_key(key).profile.get()

    words = RateWindow.objects.get().refused_words
    assert words.startswith("The key ")
    assert secret not in words


def test_it_does_not_shorten_a_longer_hold(make_key, clock):
    first, second = make_key("First"), make_key("Second")
    told(first, 0, reset_in=600.0, status=429)
    for key in (second, first):
        told(key, 0, reset_in=40.0, status=429)
    assert may(first) >= NOON + timedelta(seconds=601)


def test_it_does_not_shorten_it_with_a_good_answer_that_spends_the_window(make_key, clock):
    first, second = make_key("First"), make_key("Second")
    told(first, 5)
    told(second, 5)
    RateWindow.objects.filter(key=second).update(held_until=NOON + timedelta(seconds=600))
    told(first, 0, reset_in=40.0)
    assert may(second) == NOON + timedelta(seconds=600)


@pytest.mark.django_db(transaction=True)
def test_it_survives_two_keys_that_are_limited_at_the_same_moment(make_key, at_once):
    keys = [make_key("First"), make_key("Second")]

    def limited(place):
        for _ in range(20):
            told(keys[place], 0, status=429)

    assert at_once(2, limited) == [None, None]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("purpose", "most"), [(Purpose.PERSON, 39), (Purpose.BACKGROUND, 35)])
def test_it_never_gives_more_than_is_left_to_eight_threads(key, at_once, purpose, most):
    learn(key, 40)

    def take_many(_):
        return sum(may(key, purpose) is None for _ in range(10))

    assert sum(at_once(8, take_many)) == most


@pytest.mark.django_db(transaction=True)
def test_it_never_asks_too_early_with_eight_threads_over_several_windows(make_key, settings, at_once):
    with Sandbox(limit=6, window=1.0, reset_form="epoch_fraction") as sandbox:
        settings.ULTAHOST = {**settings.ULTAHOST, "API_URL": sandbox.url}
        key = make_key()
        sandbox.add_key(sandbox.add_account(uuid="1"), "sk_test_Main")
        until = time.monotonic() + 5

        def call(_):
            while time.monotonic() < until:
                try:
                    for_key(key).profile.get()
                except RateLimited as error:
                    wait = (error.retry_at - timezone.now()).total_seconds()
                    time.sleep(max(min(wait, until - time.monotonic()), 0))

        assert at_once(8, call) == [None] * 8
        assert sandbox.early_requests() == []
        assert not [seen for seen in sandbox.requests if seen.limited]
        assert len(sandbox.requests) >= 10


@pytest.mark.parametrize("form", ["missing", "mad", "past"])
@pytest.mark.django_db
def test_it_asks_nothing_after_a_429_whose_reset_makes_no_sense(make_key, settings, form):
    with Sandbox(reset_form=form) as sandbox:
        settings.ULTAHOST = {**settings.ULTAHOST, "API_URL": sandbox.url}
        key = make_key()
        sandbox.add_key(sandbox.add_account(uuid="1"), "sk_test_Main")
        sandbox.faults.add(Fault.limited(seconds=50))
        for _ in range(3):
            with pytest.raises(RateLimited):
                for_key(key).profile.get()
        assert len(sandbox.requests) == 1
    assert timedelta(seconds=59) < may(key) - timezone.now() <= timedelta(seconds=60)


def test_it_takes_a_call_with_one_statement(key, django_assert_num_queries):
    learn(key, 20)
    with django_assert_num_queries(1):
        budget.take(key, Purpose.BACKGROUND)


@pytest.mark.parametrize("told", [{"retry_after": 0.0}, {"reset_in": 0.0, "remaining": 0}, {"reset_in": 2.0}])
def test_it_waits_longer_each_time_that_what_was_told_was_too_short(key, told):
    now, waits = NOON, []
    for _ in range(8):
        with time_machine.travel(now, tick=False):
            for _beside in range(3):  # calls that were out together are one refusal
                budget.record(key, Rate(**told), 429)
        held_until = RateWindow.objects.get(key=key).held_until
        waits.append((held_until - now).total_seconds())
        now = held_until + timedelta(milliseconds=1)
    assert waits[0] < 5
    assert 60 < waits[-1] < 70
    with time_machine.travel(now, tick=False):
        budget.record(key, Rate(remaining=5, reset_in=60.0), 200)
        budget.record(key, Rate(**told), 429)
    assert (RateWindow.objects.get(key=key).held_until - now).total_seconds() < 5
