"""A database that is put back after some time says what was so then."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from ultahost_api import operations
from ultahost_api.models import Account, Heartbeat, Operation, RateWindow, Refresh
from ultahost_api.refresh.after_restore import revive

State = Operation.State


@pytest.fixture
def past():
    return timezone.now() - timedelta(days=3)


@pytest.fixture
def written(alma, account, key, past):
    """An operation in a state, of the day when the copy was taken."""

    def write(state, **fields):
        about = {"action": "pay_invoice", "noun": "invoice"}
        fields = about | {"key_last_four": key.last_four, "created_at": past} | fields
        return Operation.objects.create(
            idempotency_key=uuid.uuid4(), user=alma, account=account, key=key, state=state, **fields
        )

    return write


@pytest.mark.parametrize("state", [State.QUEUED, State.SENDING])
def test_it_knows_of_nothing_under_way_what_became_of_it(written, state):
    operation = written(state, subject="1")
    revive()
    assert operation.fresh().state == State.UNKNOWN
    operations.abandon()
    assert operation.fresh().state == State.UNKNOWN
    assert operations.due() == [operation.pk]


def test_it_reads_what_became_of_a_payment_and_sends_none(written, acme, sandbox):
    acme.add_invoices(1, status="Unpaid")
    invoice = max(acme.invoices)
    operation = written(State.QUEUED, subject=str(invoice), remote_id=invoice)
    acme.invoices[invoice]["status"] = "Paid"  # by the portal that the copy was taken from
    revive()
    for pk in operations.due():
        operations.settle(pk)
    assert operation.fresh().state == State.CONFIRMED
    assert "pay_invoice" not in {seen.action for seen in sandbox.requests}


def test_it_sends_nothing_of_a_batch_that_waited(written, sandbox):
    batch = uuid.uuid4()
    for number in range(3):
        written(State.QUEUED, subject=str(number), batch=batch, place=number, created_at=timezone.now())
    revive()
    assert operations.waiting_batches() == []
    operations.send_next(batch)
    assert "pay_invoice" not in {seen.action for seen in sandbox.requests}


@pytest.mark.parametrize("state", [State.DONE, State.REFUSED, State.NOT_SENT, State.CONFIRMED])
def test_it_leaves_what_was_over(written, state):
    operation = written(state, subject="1")
    revive()
    assert (operation.fresh().state, operation.next_read_at) == (state, None)


def test_it_reads_every_list_whole_whoever_was_at_it(account, past):
    later = timezone.now() + timedelta(days=1)
    Refresh.objects.filter(account=account).update(
        next_due_at=later, rung_until=later, lease_until=later, lease_token=uuid.uuid4(), full_due_at=later
    )
    Refresh.objects.filter(account=account, noun="invoices").update(pass_started_at=past, offset=40)
    revive()
    now = timezone.now()
    refreshes = Refresh.objects.filter(account=account)
    assert refreshes.due(now).unleased(now).unpublished(now).count() == refreshes.count() > 0
    assert not refreshes.exclude(pass_started_at=None).exists()
    assert not refreshes.filter(full_due_at__gt=now).exists()


def test_it_starts_nothing_that_was_paused(account):
    Refresh.objects.filter(account=account).update(next_due_at=None)
    revive()
    assert not Refresh.objects.exclude(next_due_at=None).exists()


def test_it_knows_no_limit_but_keeps_to_a_hold(key):
    later = timezone.now() + timedelta(hours=1)
    now = {"remaining": 500, "resets_at": later, "probing_until": later, "held_until": later, "limit": 600}
    RateWindow.objects.update_or_create(key=key, defaults=now)
    revive()
    window = RateWindow.objects.get(key=key)
    assert (window.remaining, window.resets_at, window.probing_until) == (None, None, None)
    assert (window.held_until, window.limit) == (later, 600)


def test_it_hears_no_worker_and_nobody_watching(account):
    Heartbeat.objects.create(name="worker", beat_at=timezone.now())
    Account.objects.update(watched_until=timezone.now() + timedelta(minutes=5))
    revive()
    assert not Heartbeat.objects.exists()
    assert not Account.objects.get().is_watched
