"""A full pass over one list: what it writes, what it leaves alone, and what it holds to be gone."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ultahost_api.models import Domain, Invoice, PassPage, Service
from ultahost_api.refresh.inserting import insert
from ultahost_api.sandbox import Fault


@pytest.fixture
def walk(worker, page_size):
    """Reads all invoices, ten a page."""
    page_size(10)
    return lambda **options: worker.run("invoices", full=True, **options)


def copied():
    """What the portal holds of the invoices that are there."""
    return {row.remote_id: (row.status, row.total) for row in Invoice.objects.present()}


def there(acme):
    return {row["id"]: (row["status"], Decimal(row["total"])) for row in acme.invoices.values()}


def writes(queries, table):
    starts = (f'UPDATE "{table}"', f'INSERT INTO "{table}"', f'DELETE FROM "{table}"')
    return [query["sql"] for query in queries if query["sql"].startswith(starts)]


def test_it_copies_everything(acme, walk, worker):
    acme.add_invoices(35)
    acme.add_services(3)
    acme.add_domains(2)

    for noun in ("invoices", "services", "domains"):
        refresh = worker.run(noun)
        assert (refresh.trouble, refresh.offset, refresh.pass_started_at) == ("", 0, None)
        assert refresh.completed_at == refresh.clean_at is not None

    assert copied() == there(acme)
    assert (Service.objects.count(), Domain.objects.count(), PassPage.objects.count()) == (3, 2, 0)


def test_it_copies_every_field_as_it_is(acme, walk):
    acme.add_invoices(
        invoicenum="A-7", date="2026-01-02", duedate="0000-00-00", total="12.50", paymentmethod="stripe"
    )
    walk()
    row = Invoice.objects.get()
    assert (row.number, row.date, row.due_date) == ("A-7", date(2026, 1, 2), None)
    assert (row.total, row.currency, row.payment_method) == (Decimal("12.50"), "EUR", "stripe")


def test_it_copies_an_empty_list(walk):
    refresh = walk()
    assert refresh.clean_at
    assert Invoice.objects.count() == 0


def test_it_is_due_again_after_its_interval(walk):
    wait = (walk().next_due_at - timezone.now()).total_seconds()
    assert 9 * 60 - 5 < wait < 11 * 60


def test_it_writes_no_row_that_did_not_change(acme, walk):
    acme.add_invoices(25)
    walk()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        walk()
    assert writes(queries, "ultahost_api_invoice") == []


def test_it_writes_the_row_that_changed_and_no_other(acme, walk):
    acme.add_invoices(25)
    walk()
    before = dict(Invoice.objects.values_list("remote_id", "changed_at"))
    acme.invoices[7]["status"] = "Paid"
    acme.invoices[20]["total"] = "1.00"

    walk()

    assert copied() == there(acme)
    after = dict(Invoice.objects.values_list("remote_id", "changed_at"))
    assert {number for number in after if after[number] != before[number]} == {7, 20}


def test_it_needs_few_statements_for_a_page(acme, walk, page_size):
    page_size(100)
    acme.add_invoices(100)
    with CaptureQueriesContext(connection) as queries:
        walk()
    assert len(writes(queries, "ultahost_api_invoice")) <= 20
    assert len(queries) <= 60


def test_it_says_as_django_does_that_a_row_is_there_already(acme, walk, account):
    acme.add_invoices(1)
    walk()
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(Invoice(account=account, currency="EUR"), [{"remote_id": 1}])


def test_it_marks_what_is_gone_after_a_clean_pass(acme, walk):
    acme.add_invoices(25)
    walk()
    del acme.invoices[3], acme.invoices[25]

    walk()

    assert copied() == there(acme)
    assert set(Invoice.objects.gone().values_list("remote_id", flat=True)) == {3, 25}


def test_it_marks_everything_gone_that_left_an_emptied_account(acme, walk):
    acme.add_invoices(3)
    walk()
    acme.invoices.clear()
    walk()
    assert Invoice.objects.gone().count() == 3


def test_it_revives_the_same_row(acme, walk):
    acme.add_invoices(3)
    walk()
    first = Invoice.objects.get(remote_id=2)
    row = acme.invoices.pop(2)
    walk()
    acme.invoices[2] = row
    walk()
    revived = Invoice.objects.get(remote_id=2)
    assert (revived.pk, revived.is_gone) == (first.pk, False)
    assert revived.changed_at > first.changed_at


MOVES = {
    "a row is inserted": lambda: Fault.insert_row("invoices"),
    "a row is deleted": lambda: Fault.delete_row("invoices"),
    "the total grows": lambda: Fault.total(1),
    "the total shrinks": lambda: Fault.total(-1),
}


@pytest.mark.parametrize("move", MOVES)
def test_it_marks_nothing_gone_when_rows_move_while_it_walks(sandbox, acme, walk, move):
    acme.add_invoices(30)
    walk()
    del acme.invoices[5]
    sandbox.faults.add(MOVES[move](), action="get_invoices", after=1)

    refresh = walk()

    assert Invoice.objects.gone().count() == 0
    assert refresh.clean_at < refresh.completed_at


def test_it_finds_what_is_gone_when_the_repeated_pass_is_clean(sandbox, acme, walk):
    acme.add_invoices(30)
    walk()
    del acme.invoices[5]
    sandbox.faults.add(Fault.insert_row("invoices"), action="get_invoices", after=1)
    walk()
    refresh = walk()
    assert copied() == there(acme)
    assert refresh.clean_at == refresh.completed_at


def test_it_walks_without_sorting_where_that_is_refused(sandbox, acme, walk, settings):
    acme.add_invoices(15)
    refusal = Fault.status(400, "Invalid sort")
    sandbox.faults.add(refusal, action="get_invoices")
    refresh = walk()
    assert (refresh.trouble, copied()) == ("", there(acme))
    assert [seen.parameters.get("sort") for seen in sandbox.requests[-3:]] == ["DESC_id", None, None]


def test_it_gives_a_new_invoice_the_currency_of_now_and_leaves_the_old_ones(acme, walk, worker):
    acme.add_invoices(2)
    walk()
    acme.profile["currency_code"] = "USD"
    worker.run("profile")
    acme.add_invoices(1)
    walk()
    assert dict(Invoice.objects.values_list("remote_id", "currency")) == {1: "EUR", 2: "EUR", 3: "USD"}


def test_it_never_blanks_what_only_the_details_told(acme, worker):
    acme.add_domains(1)
    acme.add_services(1)
    for noun in ("domains", "services", "details"):
        worker.run(noun)
    acme.domains[1]["status"] = "Expired"
    acme.services[1]["status"] = "Suspended"
    for noun in ("domains", "services"):
        worker.run(noun)
    domain, service = Domain.objects.get(), Service.objects.get()
    assert (domain.status, domain.auto_renew, domain.payment_method) == ("Expired", True, "stripe")
    assert (service.status, service.nameservers) == ("Suspended", ["ns1.example.com", "ns2.example.com"])


def test_it_keeps_every_row_ready_for_a_search(acme, worker):
    """As it came, as it changed, and with what its details told."""
    acme.add_services(domain="münchen.de", product_name="Größe S", dedicatedip="2001:DB8::1")
    worker.run("services")
    assert Service.objects.get().folded == "munchen.de\ngrosse s\n\n\n1\n19.99"

    worker.run("details")
    assert Service.objects.get().folded == "munchen.de\ngrosse s\n2001:db8::1\n\n1\n19.99"

    next(iter(acme.services.values()))["domain"] = "xn--mnchen-3ya.com"
    worker.run("services", full=True)
    row = Service.objects.get()
    assert row.folded == row.fold({})
    assert "munchen.com" in row.folded
    assert "2001:db8::1" in row.folded


def test_it_keeps_the_account_ready_for_a_search(acme, worker, account):
    acme.profile["companyname"] = "Ärzte İzmir"
    worker.run("profile")
    account.refresh_from_db()
    assert (account.name, account.folded) == ("Ärzte İzmir", "arzte izmir")


def test_it_keeps_the_lines_of_an_invoice_ready_for_a_search(acme, worker):
    acme.add_invoices(1)
    for noun in ("invoices", "details"):
        worker.run(noun)
    invoice = Invoice.objects.get()
    lines = [str(item) for item in invoice.items.all()]
    assert invoice.lines.split("\n") == lines != []
    assert all(line.lower() in invoice.folded for line in lines)

    acme.invoices[next(iter(acme.invoices))]["status"] = "Cancelled"
    worker.run("invoices", full=True)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.folded) == ("Cancelled", invoice.fold({}))
    assert lines[0].lower() in invoice.folded
