from datetime import timedelta

import pytest
from django.utils import timezone

from ultahost_api import keys, tasks
from ultahost_api.calls.budget import KeyStopped
from ultahost_api.calls.clients import KeyMeter, KeyUnreadable, for_key
from ultahost_api.client import RateLimited, Unauthorized
from ultahost_api.keys import lifecycle
from ultahost_api.models import Account, ApiKey, Invoice, Noun, RateWindow, Refresh
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.usefixtures("rung")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


@pytest.fixture
def down(sandbox):
    """Ultahost does not answer, until the test clears its faults."""
    sandbox.faults.add(Fault.status(503), times=None)


@pytest.fixture
def waiting(sandbox, acme, alma, down):
    """A key that was saved unverified; Ultahost answers again, and its next try has come."""
    key = keys.add(alma, "Main", sandbox.add_key(acme))
    sandbox.faults.clear()
    ApiKey.objects.update(next_try_at=timezone.now() - timedelta(seconds=1))
    return key


def saved(key):
    return ApiKey.objects.get(pk=key.pk)


# Adding


def test_it_saves_a_good_key_sealed_with_its_account(sandbox, acme, alma):
    secret = sandbox.add_key(acme)
    key = saved(keys.add(alma, "  Main ", f"\n {secret} "))
    assert (key.state, key.label, key.account.remote_uuid) == (ApiKey.State.ACTIVE, "Main", acme.uuid)
    assert (key.last_four, key.owner) == (secret[-4:], alma)
    assert secret not in str(ApiKey.objects.values())
    assert for_key(key).profile.get().company_name == "Acme"


def test_it_finds_the_account_that_is_known_already(sandbox, acme, people):
    keys_ = [keys.add(people.member(name), "Main", sandbox.add_key(acme)) for name in ("Alma", "Bo")]
    assert keys_[0].account == keys_[1].account
    assert Account.objects.count() == 1
    assert Refresh.objects.count() == len(Noun)


@pytest.mark.parametrize("status", [401, 403, 404, 400])
def test_it_refuses_a_key_that_ultahost_does_not_know(sandbox, acme, alma, status):
    sandbox.faults.add(Fault.status(status), times=None)
    with pytest.raises(keys.UnknownKey):
        keys.add(alma, "Main", sandbox.add_key(acme))
    assert (ApiKey.objects.count(), Account.objects.count(), Refresh.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    "text", ["", "   ", "sk_test", "sk_test with spaces", "sk_test_ünïcode", "sk_test\nsecond", "s" * 513]
)
def test_it_refuses_what_is_no_key_without_asking(sandbox, alma, text):
    with pytest.raises(keys.NotAKey):
        keys.add(alma, "Main", text)
    assert sandbox.requests == []


def test_it_refuses_the_same_key_twice_whoever_pastes_it(sandbox, acme, people):
    secret = sandbox.add_key(acme)
    keys.add(people.member("Alma"), "Main", secret)
    before = len(sandbox.requests)
    with pytest.raises(keys.KeyIsHere):
        keys.add(people.member("Bo"), "Other", secret)
    assert len(sandbox.requests) == before


def test_it_refuses_a_second_key_with_the_same_label_of_the_same_owner(sandbox, acme, people):
    alma, bo = people.member("Alma"), people.member("Bo")
    keys.add(alma, "Main", sandbox.add_key(acme))
    with pytest.raises(keys.LabelTaken):
        keys.add(alma, "Main", sandbox.add_key(acme))
    assert keys.add(bo, "Main", sandbox.add_key(acme))


@pytest.mark.parametrize(("label", "problem"), [("Main", keys.KeyIsHere), ("Other", keys.KeyIsHere)])
def test_it_names_the_cause_when_somebody_was_quicker(sandbox, acme, alma, during_ask, label, problem):
    """The same key was saved while Ultahost was asked about it."""
    secret = sandbox.add_key(acme)
    during_ask(lambda: keys.add(alma, label, secret))
    with pytest.raises(problem):
        keys.add(alma, "Main", secret)
    assert ApiKey.objects.count() == 1


def test_it_names_the_label_when_somebody_was_quicker_with_that(sandbox, acme, alma, during_ask):
    during_ask(lambda: keys.add(alma, "Main", sandbox.add_key(acme)))
    with pytest.raises(keys.LabelTaken):
        keys.add(alma, "Main", sandbox.add_key(acme))


@pytest.fixture
def during_ask(monkeypatch):
    """Does something once, while Ultahost is asked about a pasted key."""

    def arrange(act):
        real = lifecycle._profile_behind

        def ask(secret):
            monkeypatch.setattr(lifecycle, "_profile_behind", real)
            act()
            return real(secret)

        monkeypatch.setattr(lifecycle, "_profile_behind", ask)

    return arrange


def test_it_may_be_pasted_again_after_it_was_removed(sandbox, acme, alma):
    secret = sandbox.add_key(acme)
    keys.remove(keys.add(alma, "Main", secret))
    assert keys.add(alma, "Main", secret).account == Account.objects.get()


def test_it_knows_the_window_from_the_answer_that_validated_the_key(sandbox, acme, alma):
    key = keys.add(alma, "Main", sandbox.add_key(acme))
    assert RateWindow.objects.get(key=key).remaining == 99_999


# Unverified keys


@pytest.mark.usefixtures("down")
def test_it_saves_a_key_unverified_when_ultahost_cannot_be_asked(sandbox, acme, alma):
    key = saved(keys.add(alma, "Main", sandbox.add_key(acme)))
    assert (key.state, key.account) == (ApiKey.State.UNVERIFIED, None)
    assert key not in ApiKey.objects.active()
    assert (Account.objects.count(), Refresh.objects.count()) == (0, 0)


def test_it_asks_nothing_of_a_limited_key_before_its_reset(sandbox, acme, alma):
    sandbox.faults.add(Fault.limited(seconds=120))
    key = keys.add(alma, "Main", sandbox.add_key(acme))
    keys.verify(key)
    assert saved(key).state == ApiKey.State.UNVERIFIED
    assert len(sandbox.requests) == 1
    with pytest.raises(RateLimited):
        for_key(key).profile.get()


def test_it_verifies_an_unverified_key_by_itself(waiting, rung, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        tasks.tick()
        tasks.tick()
    (ring,) = [(task, argument) for task, argument, _ in rung if "verify" in task]
    assert ring == ("ultahost_api.tasks.verify_key", str(waiting.pk))

    tasks.verify_key(str(waiting.pk))

    assert saved(waiting).state == ApiKey.State.ACTIVE
    assert saved(waiting).account.name == "Acme"
    assert Refresh.objects.count() == len(Noun)


def test_it_tries_an_unverified_key_less_and_less_often(sandbox, waiting):
    sandbox.faults.add(Fault.status(503), times=None)
    waits = []
    for _ in range(9):
        keys.verify(saved(waiting))
        waits.append(round((saved(waiting).next_try_at - timezone.now()).total_seconds()))
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_it_refuses_an_unverified_key_that_turns_out_wrong(sandbox, waiting):
    sandbox.state.keys.clear()
    keys.verify(saved(waiting))
    assert saved(waiting).state == ApiKey.State.REFUSED
    assert keys.due_for_verification() == []


def test_it_takes_a_refused_key_again_when_a_person_asks(sandbox, acme, key, worker):
    acme.add_invoices(1)
    sandbox.faults.add(Fault.status(401), times=3)
    worker.run("invoices")
    assert worker.run("invoices").trouble == Refresh.Trouble.NO_KEY
    sandbox.faults.clear()

    tasks.verify_key(str(key.pk))

    assert saved(key).state == ApiKey.State.ACTIVE
    worker.run("invoices")
    assert Invoice.objects.count() == 1


def test_it_stops_a_key_that_turns_out_to_open_another_account(sandbox, key):
    beta = sandbox.add_account(company="Beta")
    for secret in sandbox.state.keys:
        sandbox.state.keys[secret] = beta.uuid
    keys.verify(saved(key))
    assert saved(key).state == ApiKey.State.DISABLED
    assert saved(key).account.name == "Acme"


def test_it_does_not_try_a_removed_key(sandbox, waiting):
    keys.remove(waiting)
    before = len(sandbox.requests)
    tasks.verify_key(str(waiting.pk))
    assert keys.due_for_verification() == []
    assert len(sandbox.requests) == before


# Replacing


def test_it_replaces_a_key_by_one_to_the_same_account(sandbox, acme, key):
    before = saved(key)
    secret = sandbox.add_key(acme)
    keys.replace(saved(key), secret)
    after = saved(key)
    assert (after.last_four, after.account, after.state) == (secret[-4:], before.account, ApiKey.State.ACTIVE)
    assert after.secret_since > before.secret_since
    assert after.fingerprint != before.fingerprint
    for_key(after).profile.get()
    assert sandbox.requests[-1].key == secret[-4:]


def test_it_mends_a_refused_key_by_replacing_it(sandbox, acme, key, worker):
    sandbox.state.keys.clear()
    for _ in range(2):
        worker.run("services")
    keys.replace(saved(key), sandbox.add_key(acme))
    assert saved(key).state == ApiKey.State.ACTIVE
    assert worker.run("services").completed_at


def test_it_refuses_to_replace_a_key_by_one_to_another_account(sandbox, key):
    beta = sandbox.add_account(company="Beta")
    with pytest.raises(keys.OpensAnother) as refusal:
        keys.replace(saved(key), sandbox.add_key(beta))
    assert refusal.value.account_name == "Beta"
    assert saved(key).fingerprint == key.fingerprint
    assert Account.objects.count() == 1


def test_it_refuses_to_replace_a_key_unasked(sandbox, acme, key):
    sandbox.faults.add(Fault.status(503), times=None)
    with pytest.raises(keys.CannotCheck):
        keys.replace(saved(key), sandbox.add_key(acme))
    assert saved(key).fingerprint == key.fingerprint


def test_it_refuses_to_replace_a_key_by_another_one_that_is_here(sandbox, acme, alma, key):
    secret = sandbox.add_key(acme)
    keys.add(alma, "Second", secret)
    with pytest.raises(keys.KeyIsHere):
        keys.replace(saved(key), secret)


def test_it_says_that_the_key_is_here_when_somebody_was_quicker(sandbox, acme, alma, key, during_ask):
    secret = sandbox.add_key(acme)
    during_ask(lambda: keys.add(alma, "Second", secret))
    with pytest.raises(keys.KeyIsHere):
        keys.replace(saved(key), secret)
    assert saved(key).fingerprint == key.fingerprint


def test_it_gives_no_new_secret_to_a_key_that_was_removed_meanwhile(sandbox, acme, key, during_ask):
    during_ask(lambda: keys.remove(saved(key)))
    with pytest.raises(keys.KeyIsRemoved):
        keys.replace(saved(key), sandbox.add_key(acme))
    assert saved(key).sealed == ""


def test_it_leaves_a_key_disabled_that_was_disabled_meanwhile(sandbox, acme, key, during_ask):
    during_ask(lambda: keys.disable(saved(key)))
    keys.replace(saved(key), sandbox.add_key(acme))
    assert saved(key).state == ApiKey.State.DISABLED


def test_it_sends_nothing_more_with_a_secret_that_was_replaced(sandbox, acme, key):
    old = for_key(saved(key))
    keys.replace(saved(key), sandbox.add_key(acme))
    before = len(sandbox.requests)
    with pytest.raises(KeyStopped):
        old.profile.get()
    assert len(sandbox.requests) == before
    assert saved(key).state == ApiKey.State.ACTIVE


def test_it_does_not_blame_the_new_secret_for_an_answer_to_the_old_one(sandbox, acme, key, monkeypatch):
    old, note = for_key(saved(key)), KeyMeter.after

    def replace_first(meter, *told):
        monkeypatch.setattr(KeyMeter, "after", note)
        keys.replace(saved(key), sandbox.add_key(acme))
        note(meter, *told)

    monkeypatch.setattr(KeyMeter, "after", replace_first)
    sandbox.faults.add(Fault.status(401))
    with pytest.raises(Unauthorized):
        old.profile.get()
    assert saved(key).state == ApiKey.State.ACTIVE


def test_it_does_not_blame_the_new_secret_when_the_old_one_cannot_be_unsealed(sandbox, acme, key, settings):
    old = saved(key)
    settings.ULTAHOST = {**settings.ULTAHOST, "SEALING_KEYS": [b"2" * 32]}
    keys.replace(saved(key), sandbox.add_key(acme))
    with pytest.raises(KeyUnreadable):
        for_key(old)
    assert saved(key).state == ApiKey.State.ACTIVE


# Disabling, removing, unsealing


def test_it_wipes_the_secret_of_a_removed_key_and_keeps_its_label(key):
    keys.remove(key)
    gone = saved(key)
    assert (gone.sealed, gone.fingerprint, gone.state) == ("", "", ApiKey.State.REMOVED)
    assert (gone.label, gone.last_four) == ("Main", key.last_four)
    with pytest.raises(KeyUnreadable):
        for_key(gone)


def test_it_may_remove_several_keys(sandbox, acme, alma):
    for number in range(3):
        keys.remove(keys.add(alma, f"Key {number}", sandbox.add_key(acme)))
    assert ApiKey.objects.exclude(removed_at=None).count() == 3


def test_it_pauses_only_with_the_last_key(sandbox, acme, alma, key):
    second = keys.add(alma, "Second", sandbox.add_key(acme))
    keys.disable(key)
    assert not Refresh.objects.filter(next_due_at=None).exists()
    keys.remove(second)
    assert not Refresh.objects.exclude(next_due_at=None).exists()


def test_it_says_which_key_cannot_be_unsealed_and_breaks_nothing_else(
    sandbox, acme, alma, key, settings, worker
):
    settings.ULTAHOST = {**settings.ULTAHOST, "SEALING_KEYS": [b"2" * 32]}
    second = keys.add(alma, "Second", sandbox.add_key(acme))
    acme.add_invoices(1)
    worker.run("invoices")
    assert worker.run("invoices").completed_at
    assert (saved(key).state, saved(second).state) == (ApiKey.State.UNREADABLE, ApiKey.State.ACTIVE)
    assert key in ApiKey.objects.active()
    assert key not in ApiKey.objects.usable()
    keys.replace(saved(key), sandbox.add_key(acme))
    assert saved(key).state == ApiKey.State.ACTIVE


def test_it_takes_an_unreadable_key_again_once_its_sealing_key_is_back(key, settings, worker):
    good = settings.ULTAHOST
    settings.ULTAHOST = {**good, "SEALING_KEYS": [b"2" * 32]}
    worker.run("invoices")
    settings.ULTAHOST = good
    tasks.verify_key(str(key.pk))
    assert saved(key).state == ApiKey.State.ACTIVE


def test_it_shows_no_secret_anywhere(sandbox, acme, alma):
    secret = sandbox.add_key(acme)
    key = keys.add(alma, "Main", secret)
    shown = f"{key} {key!r} {for_key(key)!r} {vars(key)} {keys.UnknownKey()!r}"
    assert secret not in shown


def test_it_forgets_the_hold_of_the_secret_that_was_replaced(sandbox, acme, key):
    """The new one has a window of its own, as the answer that validated it tells."""
    held_until = timezone.now() + timedelta(minutes=10)
    RateWindow.objects.filter(key=key).update(held_until=held_until, remaining=0, unclear_resets=3)
    keys.replace(key, sandbox.add_key(acme))
    window = RateWindow.objects.get(key=key)
    assert (window.held_until, window.unclear_resets) == (None, 0)
    assert window.remaining


@pytest.mark.parametrize("trouble", ["unreachable", "odd", "refused"])
def test_it_ends_a_back_off_with_a_new_key(key, acme, people, add_key, trouble):
    later = timezone.now() + timedelta(minutes=15)
    Refresh.objects.update(trouble=trouble, attempts=7, next_due_at=later, completed_at=timezone.now())
    add_key(people.member("Bo"), acme)
    for refresh in Refresh.objects.filter(account=key.account):
        assert (refresh.next_due_at <= timezone.now(), refresh.attempts) == (True, 0)


def test_it_ends_no_wait_for_the_limit_with_a_new_key(key, acme, people, add_key):
    """The limit may be the account's: the other key would meet it too."""
    later = timezone.now() + timedelta(minutes=15)
    Refresh.objects.update(trouble="limited", next_due_at=later, completed_at=timezone.now())
    add_key(people.member("Bo"), acme)
    assert set(Refresh.objects.values_list("trouble", "next_due_at")) == {("limited", later)}
