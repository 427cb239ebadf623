"""Every documented write has its two classes, and knows its twin over the change of how twins are told."""

from importlib import import_module
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from ultahost_api import operations
from ultahost_api.client import ACTIONS, Effect, Secret, writes
from ultahost_api.client.writes import PayInvoice
from ultahost_api.models import Operation
from ultahost_api.operations import TwinPending, WriteRequest
from ultahost_api.operations.actions import action_of
from ultahost_api.sandbox import Fault

WRITES = [
    name for name, action in ACTIONS.items() if action.effect in {Effect.SET, Effect.DELETE, Effect.ONCE}
]
DIGEST = "f" * 64


@pytest.mark.parametrize("name", WRITES)
def test_it_has_two_classes_for_every_write(name):
    action = action_of(name)

    assert action.write.action == name
    assert action.write in {getattr(writes, each) for each in writes.__all__}
    assert action.can_be_seen == bool(ACTIONS[name].settled_by)
    ids = [p.name for p in ACTIONS[name].parameters if p.required and p.name == action.id_parameter]
    assert ids == ([action.id_parameter] if action.id_parameter else [])


@pytest.mark.parametrize("name", WRITES)
def test_it_stores_no_secret_of_a_write(name):
    secret = ACTIONS[name].secret_parameters
    write = action_of(name).write.on_the_wire({p.name: "7" for p in ACTIONS[name].parameters})

    assert all(isinstance(write.parameters[told], Secret) for told in secret)
    assert secret & set(write.plain) == set()
    assert set(write.plain) == {p.name for p in ACTIONS[name].parameters} - secret


def test_it_tells_creates_apart_by_what_is_not_secret_in_them():
    method = action_of("add_payment_method")

    def subject(**fields):
        return method.subject(writes.AddPaymentMethod("BankAccount", **fields))

    assert subject(bank_name="Blue", bank_account="1") == subject(bank_name="Blue", bank_account="2")
    assert subject(bank_name="Blue") != subject(bank_name="Red")


def test_it_tells_commands_on_one_service_apart():
    run = action_of("service_module_custom")

    assert run.subject(writes.RunCommand(5, "reboot")) == "5 reboot"
    assert run.subject(writes.RunCommand(5, "reboot")) != run.subject(writes.RunCommand(5, "shutdown"))


@pytest.fixture
def key(sandbox, acme, alma, add_key):
    return add_key(alma, acme)


@pytest.fixture
def before(key):
    """A row as the version before wrote it, which knew nothing of nouns and subjects."""

    def write(action, target, remote_id=None, state="unknown"):
        row = Operation.objects.create(
            idempotency_key=uuid4(), user=key.owner, account=key.account, key=key, action=action, state=state
        )
        told = {"noun": "", "subject": "", "target": target, "remote_id": remote_id}
        Operation.objects.filter(pk=row.pk).update(**told)
        return row.fresh()

    return write


@pytest.mark.parametrize(
    ("action", "target", "remote_id", "noun", "subject"),
    [
        ("pay_invoice", "invoice 12", 12, "invoice", "12"),
        ("service_module_custom", "service 5 reboot", 5, "service", "5 reboot"),
        ("delete_payment_method", "payment method 3", 3, "payment method", "3"),
        ("update_account", "account", None, "account", ""),
        ("create_order", DIGEST, None, "order", DIGEST),
        ("create_contact", DIGEST, None, "contact", DIGEST),
        ("add_payment_method", DIGEST, None, "payment method", DIGEST),
    ],
)
def test_it_fills_the_noun_and_the_subject_of_older_operations(
    before, action, target, remote_id, noun, subject
):
    row = before(action, target, remote_id)

    import_module("ultahost_api.migrations.0015_noun_and_subject").fill(apps, None)

    row = row.fresh()
    assert (row.noun, row.subject) == (noun, subject)
    row._state.adding = True  # as this version writes it, for the one before that may still run
    row.pk, row.idempotency_key, row.state = uuid4(), uuid4(), "done"
    row.save()
    assert row.target == target


def test_it_refuses_the_twin_of_an_operation_that_was_open_over_the_migration(sandbox, acme, key, before):
    acme.add_invoices(1, status="Unpaid")
    (number,) = acme.invoices
    before("pay_invoice", f"invoice {number}", number)
    import_module("ultahost_api.migrations.0015_noun_and_subject").fill(apps, None)

    with pytest.raises(TwinPending):
        operations.perform(WriteRequest(key.owner, key, PayInvoice(number), uuid4()))

    assert [seen.action for seen in sandbox.requests if seen.action == "pay_invoice"] == []


def test_it_sends_no_twin_of_what_a_process_of_the_version_before_has_begun(sandbox, acme, key, before):
    acme.add_invoices(1, status="Unpaid")
    (number,) = acme.invoices
    before("pay_invoice", f"invoice {number}", number, state="sending")

    with pytest.raises(operations.NotAllowedNow):
        operations.perform(WriteRequest(key.owner, key, PayInvoice(number), uuid4()))

    assert [seen.action for seen in sandbox.requests if seen.action == "pay_invoice"] == []


def test_it_keeps_processes_of_the_version_before_from_sending_a_twin(sandbox, acme, key, before):
    acme.add_invoices(1, status="Unpaid")
    (number,) = acme.invoices
    sandbox.faults.add(Fault.drop(), action="pay_invoice")
    operations.perform(WriteRequest(key.owner, key, PayInvoice(number), uuid4()))

    with pytest.raises(IntegrityError), transaction.atomic():
        before("pay_invoice", f"invoice {number}", number)
