"""Lines of invoices and what they name, from the sandbox's answers to the rows."""

import pytest

from ultahost_api.models import Domain, Event, Invoice, InvoiceItem, Service, links

PERIOD = "(01/11/2026 - 30/11/2026)"


@pytest.fixture
def read(worker):
    """Reads these nouns and then the details of all rows."""

    def run(*nouns):
        for noun in nouns:
            worker.run(noun)
        worker.run("details")

    return run


def line(text):
    return {"id": 1, "description": text, "amount": "10.00", "taxed": 0}


def invoice(acme, *texts, **fields):
    (made,) = acme.add_invoices(1, **fields)
    made["items"] = [line(text) for text in texts]
    return made


def told():
    return [
        str(item.service or item.domain or "")
        for item in InvoiceItem.objects.order_by("invoice__remote_id", "position")
    ]


def test_it_assigns_lines_when_details_are_read(acme, read):
    acme.add_services(1, product_name="Linux VPS Basic", domain="shop.example.com")
    acme.add_domains(1, domain="bücher.de")
    invoice(
        acme,
        f"Linux VPS Basic - shop.example.com {PERIOD}",
        f"Domain Renewal - xn--bcher-kva.de - 1 Year/s {PERIOD}",
        "Late Fee (Added 05/11/2026)",
    )
    read("services", "domains", "invoices")
    assert told() == ["shop.example.com", "bücher.de", ""]
    assert [item.is_renewal for item in InvoiceItem.objects.order_by("position")] == [False, True, False]


def test_it_assigns_lines_of_things_that_appear_later(acme, read):
    invoice(
        acme, f"Linux VPS Basic - shop.example.com {PERIOD}", f"Domain Renewal - a.com - 1 Year/s {PERIOD}"
    )
    read("services", "domains", "invoices")
    assert told() == ["", ""]
    acme.add_services(1, product_name="Linux VPS Basic", domain="shop.example.com")
    read("services")
    assert told() == ["shop.example.com", ""]
    acme.add_domains(1, domain="a.com")
    read("domains")
    assert told() == ["shop.example.com", "a.com"]


def test_it_takes_back_what_has_become_ambiguous(acme, read):
    acme.add_services(1, product_name="Linux VPS Basic", domain="shop.example.com")
    invoice(acme, f"Linux VPS Basic - shop.example.com {PERIOD}")
    read("services", "invoices")
    assert told() == ["shop.example.com"]
    acme.add_services(1, product_name="Linux VPS Basic", domain="shop.example.com")
    read("services")
    assert told() == [""]


def test_it_knows_former_names_of_a_product(acme, read):
    acme.add_services(1, product_name="Linux VPS Basic", domain="shop.example.com")
    invoice(acme, f"Linux VPS Basic - shop.example.com {PERIOD}")
    read("services", "invoices")
    acme.services[1]["product_name"] = "Linux VPS Plus"
    invoice(acme, f"Linux VPS Plus - shop.example.com {PERIOD}")
    read("services", "invoices")
    assert Event.objects.filter(changes__has_key="product_name").exists()
    InvoiceItem.objects.update(service=None)
    links.assign_again(Service.objects.get().account_id)
    assert told() == ["shop.example.com", "shop.example.com"]


def test_it_assigns_nothing_of_another_account(sandbox, acme, read, people, add_key):
    other = sandbox.add_account(company="Other", currency="EUR")
    other.add_domains(1, domain="a.com")
    key = add_key(people.member("Ben"), other)
    Domain.objects.create(account=key.account, remote_id=1, name="a.com")
    invoice(acme, f"Domain Renewal - a.com - 1 Year/s {PERIOD}")
    read("domains", "invoices")
    assert told() == [""]


def test_it_keeps_a_line_whose_thing_is_deleted(account):
    service = Service.objects.create(account=account, remote_id=1)
    bill = Invoice.objects.create(account=account, remote_id=1, currency="EUR")
    InvoiceItem.objects.create(invoice=bill, position=0, service=service)
    service.delete()
    assert InvoiceItem.objects.get().service is None


@pytest.mark.parametrize("rows", [10, 1000])
def test_it_reads_with_the_same_number_of_statements_however_many_lines(
    account, rows, django_assert_num_queries
):
    """What differs is written in batches."""
    fill(account, rows)
    assert links.assign_again(account.pk) == rows
    assert InvoiceItem.objects.exclude(domain=None).count() == rows
    with django_assert_num_queries(7):
        assert links.assign_again(account.pk) == 0


def fill(account, rows):
    """A domain, an unpaid invoice and its line for each."""
    Domain.objects.bulk_create(Domain(account=account, remote_id=n, name=f"d{n}.com") for n in range(rows))
    bills = Invoice.objects.bulk_create(
        Invoice(account=account, remote_id=n, currency="EUR", status="Unpaid", total="10", date="2026-11-01")
        for n in range(rows)
    )
    InvoiceItem.objects.bulk_create(
        InvoiceItem(invoice=bill, position=0, description=f"Domain Renewal - d{n}.com - 1 Year/s {PERIOD}")
        for n, bill in enumerate(bills)
    )


def test_it_names_the_newest_open_renewal_invoice_of_a_domain(account, django_assert_num_queries):
    fill(account, 3)
    links.assign_again(account.pk)
    bills = list(Invoice.objects.order_by("remote_id"))
    newer = Invoice.objects.create(
        account=account, remote_id=9, currency="EUR", status="Unpaid", total="10", date="2026-11-20"
    )
    InvoiceItem.objects.create(
        invoice=newer, position=0, domain=Domain.objects.get(remote_id=0), is_renewal=True
    )
    Invoice.objects.filter(pk=bills[1].pk).update(status="Paid")
    InvoiceItem.objects.filter(invoice=bills[2]).update(is_renewal=False)
    with django_assert_num_queries(1):
        found = list(Domain.objects.with_renewal_invoice().order_by("remote_id"))
    assert [domain.renewal_invoice for domain in found] == [newer.pk, None, None]
