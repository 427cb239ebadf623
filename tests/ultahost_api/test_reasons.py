"""Why a write was not sent: a reason in its row, and no sentence in a language."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from ultahost_api import operations
from ultahost_api.client.writes import PayInvoice
from ultahost_api.models import Operation, RateWindow, Reason
from ultahost_api.operations import WriteRequest
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db
State = Operation.State


@pytest.fixture
def pay(acme, key):
    """Writes payments down as one batch, and sends what waits of it."""
    acme.add_invoices(3, status="Unpaid")

    def pay(*invoices, agreed=None):
        batch = uuid4()
        operations.queue(
            [
                WriteRequest(key.owner, key, PayInvoice(number), uuid4(), agreed_total=agreed)
                for number in invoices
            ],
            batch,
        )
        for _ in invoices:
            operations.send_next(batch)
        return Operation.objects.filter(batch=batch).order_by("place")

    return pay


def told(rows):
    return [(row.state, row.reason, row.message) for row in rows]


def test_it_keeps_a_reason_for_each_that_follows_an_unknown_one(sandbox, pay):
    sandbox.faults.add(Fault.drop(), action="pay_invoice")

    _unknown, *others = told(pay(1, 2, 3))

    assert others == [(State.NOT_SENT, Reason.AFTER_UNKNOWN, "")] * 2


def test_it_keeps_no_answer_beside_a_reason(pay, key):
    """A 429 was answered, and what is sent before it became unknown meanwhile."""
    RateWindow.objects.filter(key=key).update(held_until=timezone.now() + timedelta(hours=1))
    rows = pay(1, 2)
    rows.filter(place=0).update(state=State.UNKNOWN)
    rows.filter(place=1).update(status=429, message="Slow down.")

    operations.send_next(rows[0].batch)

    stopped = rows.get(place=1)
    assert (stopped.reason, stopped.status, stopped.message) == (Reason.AFTER_UNKNOWN, None, "")


def test_it_keeps_what_was_seen_with_the_reason(acme, pay):
    acme.invoices[1]["total"] = "999.00"
    acme.invoices[2]["status"] = "Cancelled"

    other_total, other_status = pay(1, 2, agreed=Decimal("10.00"))

    assert other_total.reason == Reason.OTHER_TOTAL
    assert other_total.before == {"total": "999.00", "agreed": "10.00", "over": []}
    assert other_status.reason == Reason.INVOICE_STATUS
    assert other_status.before == {"status": "Cancelled", "over": []}


def test_it_keeps_a_reason_for_what_waited_too_long(pay, key):
    RateWindow.objects.filter(key=key).update(held_until=timezone.now() + timedelta(hours=1))
    waiting = pay(1)
    waiting.update(created_at=timezone.now() - timedelta(hours=1))

    operations.abandon()

    assert told(waiting) == [(State.NOT_SENT, Reason.WAITED, "")]


def test_it_keeps_a_reason_where_the_rate_limit_stopped_it(acme, key):
    RateWindow.objects.filter(key=key).update(held_until=timezone.now() + timedelta(hours=1))

    operation = operations.perform(WriteRequest(key.owner, key, PayInvoice(1), uuid4()))

    assert told([operation]) == [(State.NOT_SENT, Reason.LIMITED, "")]


def test_it_keeps_the_providers_words_as_they_are(sandbox, pay):
    sandbox.faults.add(Fault.status(400, "The rate limit is used up."), action="pay_invoice")

    assert told(pay(1)) == [(State.REFUSED, "", "The rate limit is used up.")]


SENTENCES = {
    "The key cannot act any more.": ("key_unusable", {}),
    "Ultahost says that this invoice is Payment Pending.": ("invoice_status", {"status": "Payment Pending"}),
    "Ultahost now asks for 99.00 and not 19.99: refresh, and look again.": (
        "other_total",
        {"total": "99.00", "agreed": "19.99"},
    ),
    "Ultahost could not be reached (ConnectTimeout)": ("", {}),
    "This key cannot be opened with the portal's sealing keys.": ("key_unreadable", {}),
}


@pytest.mark.django_db(transaction=True)
def test_it_finds_the_reason_in_the_sentences_of_earlier_versions(key):
    from_start = Operation(user=key.owner, account=key.account, key=key, action="pay_invoice")
    values = {name: value for name, value in vars(from_start).items() if name.endswith("_id") and value}
    before = MigrationExecutor(connection).loader.project_state([("ultahost_api", "0012_learned_windows")])
    call_command("migrate", "ultahost_api", "0013", verbosity=0)
    try:
        OldOperation = before.apps.get_model("ultahost_api", "Operation")  # noqa: N806
        for number, sentence in enumerate(SENTENCES):
            OldOperation.objects.create(
                **values,
                form_token=uuid4(),
                action="pay_invoice",
                target=f"invoice {number}",
                state="not_sent",
                message=sentence,
            )
        before.apps.get_model("ultahost_api", "ApiKey").objects.update(
            disabled_because="This key opens another account than it did."
        )
        before.apps.get_model("ultahost_api", "Refresh").objects.filter(noun="invoices").update(
            trouble="odd", trouble_words="The workers that tried this died."
        )
    finally:
        call_command("migrate", verbosity=0)

    found = Operation.objects.order_by("target")
    assert [(row.reason, row.before) for row in found] == list(SENTENCES.values())
    assert [row.message for row in found if not row.reason] == [
        "Ultahost could not be reached (ConnectTimeout)"
    ]
    assert not found.exclude(reason="").exclude(message="").exists()
    key.refresh_from_db()
    assert key.disabled_because == "other_account"
    refresh = key.account.refreshes.get(noun="invoices")
    assert (refresh.trouble, refresh.trouble_words) == ("died", "")

    call_command("migrate", "ultahost_api", "0013", verbosity=0)
    try:
        rows = OldOperation.objects.order_by("target")
        assert [row.message for row in rows][:4] == list(SENTENCES)[:4]
    finally:
        call_command("migrate", verbosity=0)
