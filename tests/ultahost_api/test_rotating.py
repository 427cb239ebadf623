"""A new key beside the old one, then instead of it, with work in flight all the while."""

import threading
from uuid import uuid4

import pytest
from django.db import connection

from ultahost_api import keys, operations, signals
from ultahost_api.calls.clients import for_key
from ultahost_api.client import RateLimited, Unauthorized
from ultahost_api.client.writes import PayInvoice
from ultahost_api.keys import rotation
from ultahost_api.models import ApiKey, Invoice, Operation, RateWindow, Refresh
from ultahost_api.operations import WriteRequest
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.usefixtures("rung")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


@pytest.fixture
def begin(sandbox, acme, key):
    def begin(old=key, secret=None):
        old = saved(old)
        return rotation.begin(old, keys.checked_for(old, secret or sandbox.add_key(acme)))

    return begin


def saved(key):
    return ApiKey.objects.get(pk=key.pk)


def used(sandbox):
    return [seen.key for seen in sandbox.requests]


# Beginning


def test_it_puts_the_new_key_beside_the_old_one_and_uses_it(sandbox, acme, worker, key, begin):
    secret = sandbox.add_key(acme)
    new = begin(secret=secret)

    assert {saved(key).state, saved(new).state} == {ApiKey.State.ACTIVE}
    assert (new.owner, new.label, new.account, new.last_four) == (key.owner, "Main", key.account, secret[-4:])
    assert new.secret_since > key.secret_since
    assert RateWindow.objects.get(key=new).remaining
    for noun in ("services", "invoices", "domains"):
        worker.run(noun)
        assert used(sandbox)[-1] == new.last_four


def test_it_keeps_the_place_that_the_old_key_had_among_the_account_s_others(
    sandbox, acme, people, worker, add_key, key, begin
):
    others = add_key(people.member("Bo"), acme)
    new = begin()
    assert list(ApiKey.objects.usable()) == [new, key, others]

    rotation.finish(new)

    assert list(ApiKey.objects.usable()) == [new, others]


def test_it_uses_the_old_key_while_ultahost_refuses_the_new_one(sandbox, acme, worker, key, begin):
    secret = sandbox.add_key(acme)
    new = begin(secret=secret)
    sandbox.revoke(secret)

    for _ in range(2):
        worker.run("services")

    assert saved(new).state == ApiKey.State.REFUSED
    assert used(sandbox)[-1] == key.last_four
    with pytest.raises(rotation.NewKeyStopped):
        rotation.finish(new)
    assert saved(key).state == ApiKey.State.ACTIVE


def test_it_refuses_a_key_to_another_account(sandbox, key, begin):
    with pytest.raises(keys.OpensAnother) as refusal:
        begin(secret=sandbox.add_key(sandbox.add_account(company="Beta")))
    assert refusal.value.account_name == "Beta"
    assert ApiKey.objects.get() == key


def test_it_refuses_the_old_key_itself(sandbox, key, begin):
    (secret,) = sandbox.state.keys
    asked = len(sandbox.requests)
    with pytest.raises(keys.KeyIsHere):
        begin(secret=secret)
    assert len(sandbox.requests) == asked


@pytest.mark.parametrize(
    ("status", "problem"), [(401, keys.UnknownKey), (503, keys.CannotCheck), (429, keys.CannotCheck)]
)
def test_it_begins_nothing_unasked(sandbox, key, begin, status, problem):
    sandbox.faults.add(Fault.status(status), times=None)
    with pytest.raises(problem):
        begin()
    assert ApiKey.objects.get() == key


def test_it_rotates_a_key_once_at_a_time(key, begin):
    new = begin()
    for key_ in (key, new):
        with pytest.raises(rotation.RotatesAlready):
            begin(key_)
    assert ApiKey.objects.count() == 2


@pytest.mark.parametrize(
    ("stop", "problem"), [(keys.remove, keys.KeyIsRemoved), (keys.disable, rotation.KeyIsDisabled)]
)
def test_it_puts_nothing_beside_a_key_that_was_stopped_while_ultahost_was_asked(
    sandbox, acme, key, stop, problem
):
    checked = keys.checked_for(key, sandbox.add_key(acme))
    stop(saved(key))
    with pytest.raises(problem):
        rotation.begin(key, checked)
    assert ApiKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_begins_once_for_two_people_at_the_same_moment(sandbox, acme, key, at_once):
    checked = [keys.checked_for(key, sandbox.add_key(acme)) for _ in range(2)]
    begun = at_once(2, lambda place: rotation.begin(key, checked[place]))
    assert {type(outcome) for outcome in begun} == {ApiKey, rotation.RotatesAlready}
    assert ApiKey.objects.count() == 2


def test_it_waits_with_the_account_for_the_limit(sandbox, acme, key, begin):
    """A new key is no way around a 429."""
    sandbox.faults.add(Fault.limited(600))
    with pytest.raises(RateLimited):
        for_key(key).profile.get()
    new = begin()
    asked = len(sandbox.requests)
    with pytest.raises(RateLimited):
        for_key(new).profile.get()
    assert len(sandbox.requests) == asked


def test_it_holds_the_label_for_both(sandbox, acme, alma, key, begin):
    new = begin()
    for end in (lambda: None, lambda: rotation.finish(new)):
        end()
        with pytest.raises(keys.LabelTaken):
            keys.add(alma, "Main", sandbox.add_key(acme))


# Ending


def test_it_forgets_the_old_key_and_makes_the_new_one_a_key_like_any_other(key, begin):
    new = begin()
    assert rotation.finish(new) == key
    assert (saved(key).sealed, saved(key).fingerprint, saved(key).state) == ("", "", ApiKey.State.REMOVED)
    assert (saved(new).state, saved(new).replaces) == (ApiKey.State.ACTIVE, None)
    assert begin(new)


def test_it_undoes_what_was_begun(sandbox, worker, key, begin):
    new = begin()
    assert rotation.undo(new) == new
    assert (saved(new).sealed, saved(new).state) == ("", ApiKey.State.REMOVED)
    assert saved(key).state == ApiKey.State.ACTIVE
    worker.run("services")
    assert used(sandbox)[-1] == key.last_four
    assert begin()


@pytest.mark.parametrize("gone", ["old", "new"])
def test_it_is_over_when_either_key_is_removed_by_itself(key, begin, gone):
    new = begin()
    stays = new if gone == "old" else key
    keys.remove(saved(key if gone == "old" else new))
    for end in (rotation.finish, rotation.undo):
        with pytest.raises(rotation.RotationIsOver):
            end(new)
    assert (saved(stays).state, saved(stays).replaces) == (ApiKey.State.ACTIVE, None)


@pytest.mark.django_db(transaction=True)
def test_it_leaves_one_key_when_one_finishes_and_another_undoes(sandbox, acme, key, begin, at_once):
    old = key
    for _ in range(5):
        new = begin(old)
        ends = [rotation.finish, rotation.undo]
        ended = at_once(2, lambda place, new=new, ends=ends: ends[place](new))
        assert sorted(isinstance(outcome, rotation.RotationIsOver) for outcome in ended) == [False, True]
        (old,) = ApiKey.objects.usable()


@pytest.mark.parametrize("step", ["begin", "finish", "undo"])
def test_it_leaves_nothing_half_when_it_dies_before_the_end(sandbox, acme, key, begin, monkeypatch, step):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    new = None if step == "begin" else begin()
    before = list(ApiKey.objects.order_by("pk").values())
    where = (
        "ultahost_api.keys.rotation.schedule.start"
        if step == "begin"
        else "ultahost_api.keys.lifecycle._pause"
    )
    monkeypatch.setattr(where, die)

    with pytest.raises(Killed):
        begin() if step == "begin" else getattr(rotation, step)(new)

    assert list(ApiKey.objects.order_by("pk").values()) == before


def test_it_tells_nobody_that_the_old_key_is_refused_once_the_new_one_works(sandbox, key, begin):
    told = []

    def hear(key, **_):
        told.append(key)

    signals.key_refused.connect(hear)
    (secret,) = sandbox.state.keys
    begin()
    sandbox.revoke(secret)
    with pytest.raises(Unauthorized):
        for_key(key).profile.get()
    signals.key_refused.disconnect(hear)

    assert saved(key).state == ApiKey.State.REFUSED
    assert told == []
    assert not ApiKey.objects.needing_attention().exists()


# In flight


def test_it_lets_a_pass_end_with_the_old_key_or_go_on_from_its_place_with_the_new_one(
    sandbox, acme, worker, key, begin, during_call, page_size
):
    page_size(10)
    acme.add_invoices(40)
    made = []
    during_call(lambda: made.append(begin()), nth=2)
    during_call(lambda: rotation.finish(made[0]), nth=3)

    worker.run("invoices")
    worker.run("invoices")

    asked = [
        (seen.key, seen.parameters["offset"]) for seen in sandbox.requests if seen.action == "get_invoices"
    ]
    old, new = key.last_four, made[0].last_four
    assert asked == [(old, "0"), (old, "10"), (old, "20"), (new, "30")]
    assert Invoice.objects.count() == 40
    assert Refresh.objects.get(noun="invoices").clean_at


@pytest.fixture
def invoice(acme, worker, key):
    acme.add_invoices(1, status="Unpaid")
    worker.run("invoices")
    return Invoice.objects.get()


def pay(key, invoice):
    return operations.perform(WriteRequest(key.owner, key, PayInvoice(invoice.remote_id), uuid4()))


@pytest.mark.django_db(transaction=True)
def test_it_lets_a_write_end_with_the_old_key_and_removes_that_only_afterwards(sandbox, key, begin, invoice):
    hold = sandbox.faults.add(Fault.hold(), action="pay_invoice")
    sending = threading.Thread(target=lambda: (pay(key, invoice), connection.close()))
    sending.start()
    assert hold.arrived.wait(10)

    new = begin()
    with pytest.raises(rotation.StillSending):
        rotation.finish(new)
    hold.release.set()
    sending.join(10)

    operation = Operation.objects.get()
    assert (operation.state, operation.key_last_four) == (Operation.State.DONE, key.last_four)
    rotation.finish(new)
    assert [seen.key for seen in sandbox.requests if seen.action == "pay_invoice"] == [key.last_four]


def test_it_sends_nothing_with_a_key_that_was_removed_since_the_write_looked(
    sandbox, key, begin, invoice, during_call
):
    new = begin()
    during_call(lambda: rotation.finish(new))  # after the look at the invoice

    assert pay(saved(key), invoice).state == Operation.State.NOT_SENT
    assert pay(saved(new), invoice).state == Operation.State.DONE
    assert sum(done.action == "pay_invoice" for done in sandbox.ledger) == 1
    assert [seen.key for seen in sandbox.requests if seen.action == "pay_invoice"] == [new.last_four]


def test_it_settles_with_the_new_key_what_the_old_one_left_open(sandbox, key, begin, invoice):
    sandbox.faults.add(Fault.drop(after_effect=True), action="pay_invoice")
    operation = pay(key, invoice)
    rotation.finish(begin())

    operations.look_again(operation)

    assert operation.state == Operation.State.CONFIRMED
    assert sum(seen.action == "pay_invoice" for seen in sandbox.requests) == 1
