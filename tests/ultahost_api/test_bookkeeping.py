"""An answer that arrived is never lost because the database does not take what we note about it."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.db import OperationalError, connection

from ultahost_api import operations
from ultahost_api.client.writes import PayInvoice
from ultahost_api.models import Invoice, Operation
from ultahost_api.operations import WriteRequest, sending
from ultahost_api.refresh import schedule
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db(transaction=True)  # an error ends the transaction that a test would be in

State = Operation.State


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(sending, "_NOTED_AGAIN_AFTER", (0.0, 0.0, 0.0))


@pytest.fixture
def pay(acme, key, worker):
    """Pays the one invoice."""
    acme.add_invoices(1, status="Unpaid", paymentmethod="stripe")
    worker.run("invoices")
    return lambda: operations.perform(WriteRequest(key.owner, key, PayInvoice(1), uuid4()))


@contextmanager
def locked(table, verb="UPDATE", times=1000, after=0):
    """The database refuses to write to ``table``, ``times`` times."""
    seen = []

    def refuse(execute, sql, params, many, context):
        if sql.startswith((f'{verb} "{table}"', f'{verb} INTO "{table}"')):
            seen.append(sql)
            if after < len(seen) <= after + times:
                raise OperationalError("database is locked")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse):
        yield
    assert len(seen) > after


def paid(sandbox):
    return [done for done in sandbox.ledger if done.action == "pay_invoice"]


def test_it_keeps_the_answer_when_the_budget_cannot_be_noted(sandbox, pay):
    with locked("ultahost_api_ratewindow", after=3):  # the look takes one and notes it, the payment takes one
        operation = pay()
    assert operation.fresh().state == State.DONE
    assert "captured" in operation.message
    assert len(paid(sandbox)) == 1


def test_it_keeps_the_answers_of_a_refresh_too(acme, worker):
    acme.add_services(2)
    with locked("ultahost_api_ratewindow", after=1):
        refresh = worker.run("services")
    assert (refresh.trouble, refresh.completed_at is not None) == ("", True)


def test_it_sends_nothing_when_the_budget_cannot_be_asked(sandbox, pay):
    """And says so, instead of leaving it at "sending", which later is called unknown."""
    with locked("ultahost_api_ratewindow", after=2):
        operation = pay()
    assert operation.fresh().state == State.NOT_SENT
    assert paid(sandbox) == []


def test_it_notes_the_outcome_once_the_database_takes_it(sandbox, pay):
    with locked("ultahost_api_operation", times=2):
        operation = pay()
    assert operation.fresh().state == State.DONE
    assert len(paid(sandbox)) == 1


def test_it_says_how_it_ended_although_our_copy_cannot_be_changed(sandbox, pay):
    with locked("ultahost_api_invoice"):
        operation = pay()
    assert operation.fresh().state == State.DONE
    assert Invoice.objects.get().status == "Unpaid"  # until the refresh that reads it


def test_it_says_that_an_outcome_is_unknown_although_no_refresh_can_be_hastened(sandbox, pay, monkeypatch):
    sandbox.faults.add(Fault.drop(after_effect=True), action="pay_invoice")
    asked = []
    monkeypatch.setattr(schedule, "hasten", lambda *_: asked.append(1) or refuse())

    def refuse():
        raise OperationalError("database is locked")

    assert pay().fresh().state == State.UNKNOWN
    assert asked
