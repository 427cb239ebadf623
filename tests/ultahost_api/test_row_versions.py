"""The number of an account changes with each change of its rows, so that what is kept is never too old."""

import threading
from datetime import date
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from portal.models import Label, Remark
from ultahost_api.models import (
    Account,
    ApiKey,
    AssignedLine,
    Domain,
    Email,
    Event,
    Invoice,
    InvoiceItem,
    Operation,
    Order,
    Quote,
    RowVersion,
    Service,
    row_versions,
)

NOUNS = (Service, Invoice, Domain, Order, Quote, Email)


@pytest.fixture
def acme(db):
    return Account.objects.create(remote_uuid="1", name="Acme", currency="EUR")


@pytest.fixture
def beta(db):
    return Account.objects.create(remote_uuid="2", name="Beta", currency="EUR")


def number(account):
    return Account.objects.annotate(version=row_versions.of_account()).get(pk=account.pk).version


def line(account):
    invoice = Invoice.objects.create(account=account, remote_id=99, currency="EUR")
    return InvoiceItem.objects.create(invoice=invoice, position=0, description="VPS")


def remark(account):
    service = Service.objects.create(account=account, remote_id=99)
    return Remark.objects.create(service=service, label=Label.objects.create(name="Shop"))


def remark_on_a_line(account):
    assigned = AssignedLine.objects.create(account=account, key="x")
    return Remark.objects.create(line=assigned, label=Label.objects.create(name="Shop"))


MADE = {
    **{
        noun.__name__: lambda account, noun=noun: noun.objects.create(account=account, remote_id=1)
        for noun in NOUNS
    },
    "Event": lambda account: Event.objects.create(account=account, noun="services", kind="gone", name="x"),
    "AssignedLine": lambda account: AssignedLine.objects.create(account=account, key="x"),
    "InvoiceItem": line,
    "Remark": remark,
    "Remark on a line": remark_on_a_line,
}


@pytest.mark.parametrize("name", MADE)
def test_it_changes_with_each_row_that_comes_changes_or_goes(acme, beta, name):
    others, seen = number(beta), [number(acme)]
    row = MADE[name](acme)
    seen.append(number(acme))
    row.save()
    seen.append(number(acme))
    rows = type(row).objects.filter(pk=row.pk)
    column = next(field.name for field in row._meta.fields if not field.primary_key)
    rows.update(**{column: getattr(row, column)})
    seen.append(number(acme))
    rows.delete()
    seen.append(number(acme))
    assert None not in seen
    assert len({*seen}) == 5
    assert number(beta) == others


def test_each_table_that_belongs_to_accounts_is_tried_here():
    tried = {noun._meta.db_table for noun in (*NOUNS, Event, AssignedLine, InvoiceItem, Remark)}
    beside = {model._meta.db_table for model in (Account, Operation, Label)}
    assert row_versions.tables() - tried == beside


@pytest.mark.parametrize("made", [remark, remark_on_a_line])
def test_it_changes_with_the_name_of_a_label_that_a_row_has(acme, beta, made):
    label = made(acme).label
    before, others = number(acme), number(beta)
    label.name = "Renamed"
    label.save()
    assert number(acme) != before
    assert number(beta) == others


def test_it_changes_with_an_operation(acme, people):
    alma, before = people.member("Alma"), number(acme)
    key = ApiKey.objects.create(owner=alma, account=acme, label="Main")
    sent = Operation.objects.create(user=alma, key=key, account=acme, action="renew", idempotency_key=uuid4())
    between = number(acme)
    Operation.objects.filter(pk=sent.pk).update(state="done")
    assert len({before, between, number(acme)}) == 3


def test_it_changes_when_many_rows_are_written_at_once(acme, beta):
    invoices = [
        Invoice(account=account, remote_id=n, currency="EUR") for n in range(50) for account in (acme, beta)
    ]
    before = number(acme), number(beta)
    Invoice.objects.bulk_create(invoices)
    between = number(acme), number(beta)
    for invoice in invoices:
        invoice.date = date(2026, 1, 1)
    Invoice.objects.bulk_update(invoices[::2], ["date"])  # those of Acme
    assert before[0] != between[0] != number(acme)
    assert before[1] != between[1] == number(beta)
    assert RowVersion.objects.filter(account_id=acme.pk).count() == 1


def test_it_changes_with_a_statement_that_does_not_come_from_django(acme):
    Service.objects.create(account=acme, remote_id=1)
    before = number(acme)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE ultahost_api_service SET status = 'Suspended'")
    assert number(acme) != before


def test_it_is_what_it_was_after_a_transaction_that_failed(acme):
    Service.objects.create(account=acme, remote_id=1)
    before = number(acme)
    with transaction.atomic():
        Service.objects.update(status="Suspended")
        assert number(acme) != before
        transaction.set_rollback(True)
    assert number(acme) == before


@pytest.mark.django_db(transaction=True)
def test_two_transactions_at_the_same_time_each_change_it():
    """On SQLite the second waits for the first, as all writers do."""
    acme = Account.objects.create(remote_uuid="1", name="Acme", currency="EUR")
    Service.objects.create(account=acme, remote_id=1)
    Domain.objects.create(account=acme, remote_id=1)
    seen = [number(acme)]

    def second():
        try:
            Domain.objects.update(status="Expired")
            if connection.vendor == "postgresql":
                seen.append(number(acme))
        finally:
            connection.close()

    other = threading.Thread(target=second)
    with transaction.atomic():
        Service.objects.update(status="Suspended")
        other.start()
        if connection.vendor == "postgresql":
            other.join(10)  # it does not wait for this one
            assert not other.is_alive()
    other.join(10)
    seen.append(number(acme))
    assert len({*seen}) == len(seen)


@pytest.mark.django_db(transaction=True)
def test_it_is_not_known_while_triggers_are_missing():
    acme = Account.objects.create(remote_uuid="1", name="Acme", currency="EUR")
    row_versions.give_way(plan=[(None, True)])
    assert number(acme) is None
    Service.objects.create(account=acme, remote_id=1)
    assert number(acme) is None
    row_versions.prepare()
    before = number(acme)
    assert before is not None
    Service.objects.update(status="Suspended")
    assert number(acme) != before


@pytest.mark.django_db(transaction=True)
def test_it_gives_way_to_migrations_and_is_there_again_after_them():
    call_command("migrate", "ultahost_api", "0019", verbosity=0)  # before there were numbers
    with connection.cursor() as cursor:  # an older release writes
        cursor.execute("DELETE FROM ultahost_api_service")
    call_command("migrate", verbosity=0)
    acme = Account.objects.create(remote_uuid="1", name="Acme", currency="EUR")
    before = number(acme)
    Service.objects.create(account=acme, remote_id=1)
    assert None not in (before, number(acme))
    assert before != number(acme)


def test_it_is_another_one_after_triggers_were_missing(acme):
    """Rows may have changed meanwhile."""
    before = number(acme)
    with connection.cursor() as cursor:
        on = " ON ultahost_api_service" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER ultahost_api_service_version_update{on}")
    row_versions.prepare()
    assert number(acme) not in (None, before)
