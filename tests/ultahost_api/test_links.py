"""Lines of invoices and what they name, from the sandbox's answers to the rows."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ultahost_api.calls.clients import for_key
from ultahost_api.models import (
    Account,
    Domain,
    Event,
    Invoice,
    InvoiceItem,
    Order,
    OrderItem,
    Service,
    links,
    search_index,
)
from ultahost_api.models.folding import wanted
from ultahost_api.sandbox import Fault

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
    with django_assert_num_queries(8):
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


def ordered():
    return [
        (item.order.remote_id, item.kind, item.remote_id, item.text)
        for item in OrderItem.objects.order_by("order__remote_id", "position")
    ]


@pytest.fixture
def bought(acme):
    """An order of a service and a domain, with its invoice."""
    acme.add_services(1, product_name="Linux VPS Basic", domain="shop.example.com")
    acme.add_domains(1, domain="bücher.de")
    acme.add_invoices(1)
    acme.add_orders(2, invoiceid=1, _serviceids=[1], _domainids=[1])
    return acme.orders


def test_it_reads_what_was_ordered_and_its_invoice(bought, worker, read):
    read("orders")
    order = Order.objects.get(remote_id=1)
    assert (order.invoice_id, order.is_detailed, order.details_tries) == (1, True, 0)
    assert ordered() == [
        (number, *item)
        for number in (1, 2)
        for item in (("service", 1, "Linux VPS Basic – shop.example.com"), ("domain", 1, "bücher.de"))
    ]


def found_by(word):
    found = Order.objects.filter(search_index.holding(Order, wanted(word)))
    return sorted(found.values_list("remote_id", flat=True))


def test_it_finds_an_order_by_what_was_ordered(acme, bought, worker, read):
    """Also when its row changed before its details are read again."""
    assert found_by("vps") == []
    read("orders")
    assert found_by("vps") == found_by("BUCHER.de") == [1, 2]
    bought[2].update(status="Cancelled", _domainids=[])
    worker.run("orders")
    assert found_by("vps") == found_by("bücher.de") == [1, 2]
    read("orders")
    assert (found_by("vps"), found_by("bücher.de")) == ([1, 2], [1])


def test_it_asks_as_many_statements_for_many_changed_orders_as_for_one(acme, bought, worker, read):
    acme.add_orders(8, _serviceids=[1])
    read("orders")

    def statements(*changed):
        for number in changed:
            bought[number]["amount"] = f"{number}.01"
        with CaptureQueriesContext(connection) as asked:
            worker.run("orders")
        return sum("orderitem" in one["sql"] for one in asked.captured_queries)

    assert statements(3) == statements(4, 5, 6, 7, 8, 9) == 1


def orders_asked_for(sandbox):
    return [int(s.parameters["orderid"]) for s in sandbox.requests if s.action == "get_order"]


def test_it_reads_an_order_once_and_again_when_its_row_changes(sandbox, bought, read):
    read("orders")
    assert sorted(orders_asked_for(sandbox)) == [1, 2]
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=False):
        read("orders")
        assert sorted(orders_asked_for(sandbox)) == [1, 2]
        bought[2].update(status="Cancelled", _domainids=[])
        read("orders")
    assert sorted(orders_asked_for(sandbox)) == [1, 2, 2]
    assert [item[1:3] for item in ordered() if item[0] == 2] == [("service", 1)]


@pytest.mark.parametrize(
    "change", [{"id": "12x"}, {"id": 2**70}, {"domain": "a\x00b"}, {"domain": "x" * 30_000}]
)
def test_it_lets_no_odd_thing_keep_other_orders_waiting(sandbox, bought, read, change):
    def with_odd_thing(answer):
        if "services" not in answer["data"]:
            return answer
        services = [service | change for service in answer["data"]["services"]]
        return answer | {"data": answer["data"] | {"services": services}}

    sandbox.faults.add(Fault.edit(with_odd_thing), action="get_order", times=None)
    read("orders")
    assert not Order.objects.filter(detailed_at=None).exists()
    assert len(ordered()) == 4


def test_it_leaves_what_the_list_tells_of_an_order_to_the_list(bought, worker, read):
    worker.run("orders")
    bought[1]["status"] = "Fraud"
    read()
    assert Order.objects.get(remote_id=1).status == "Active"


def test_it_assigns_the_lines_of_orders_renewals_and_upgrades(acme, key, read):
    """As the sandbox writes them."""
    acme.add_services(1, product_name="Linux VPS Basic", domain="shop.example.com")
    acme.add_domains(1, domain="bücher.de")
    read("services")
    client = for_key(key)
    client.orders.create("stripe", pid=[7], billingcycle=["monthly"], domain=["new.example.com"])
    client.orders.create("stripe", domain=["bought.com"], domaintype=["register"], regperiod=[2])
    client.orders.create("stripe", servicerenewals=[1], domainrenewals={"bücher.de": 1})
    client.services.upgrade(1, type="product", payment_method="stripe", newproductid=2)
    read("services", "domains", "invoices", "orders")
    assert told() == ["new.example.com", "bought.com", "shop.example.com", "bücher.de", "shop.example.com"]
    renewals = InvoiceItem.objects.filter(is_renewal=True)
    assert [str(item.domain) for item in renewals] == ["bücher.de"]
    assert [item[1:3] for item in ordered()] == [("service", 2), ("domain", 2)]


@pytest.mark.django_db(transaction=True)
def test_it_assigns_the_lines_that_an_earlier_version_has_read(account):
    domain = Domain.objects.create(account=account, remote_id=1, name="a.com")
    bill = Invoice.objects.create(account=account, remote_id=1, currency="EUR")
    before = MigrationExecutor(connection).loader.project_state([("ultahost_api", "0019_list_indexes")])
    call_command("migrate", "ultahost_api", "0019", verbosity=0)
    try:
        OldItem = before.apps.get_model("ultahost_api", "InvoiceItem")  # noqa: N806
        text = f"Domain Renewal - a.com - 1 Year/s {PERIOD}"
        OldItem.objects.create(invoice_id=bill.pk, position=0, description=text)
    finally:
        call_command("migrate", verbosity=0)
    (item,) = InvoiceItem.objects.all()
    assert (item.domain, item.is_renewal) == (domain, True)


def test_it_marks_what_only_moves_money_when_details_are_read(acme, read):
    invoice(acme, "Invoice #198", "Invoice #199")
    invoice(acme, f"Linux VPS Basic - shop.example.com {PERIOD}")
    read("invoices")
    marked = Invoice.objects.order_by("remote_id").values_list("only_moves_money", flat=True)
    assert [*marked] == [True, False]


@pytest.mark.django_db(transaction=True)
def test_it_marks_those_that_an_earlier_version_has_read(account):
    moves = Invoice.objects.create(account=account, remote_id=1, currency="EUR")
    bill = Invoice.objects.create(account=account, remote_id=2, currency="EUR")
    for position, text in enumerate(("Invoice #1", "Invoice #2")):
        InvoiceItem.objects.create(invoice=moves, position=position, description=text)
        InvoiceItem.objects.create(invoice=bill, position=position, description=f"Server {text}")
    call_command("migrate", "ultahost_api", "0022", verbosity=0)
    call_command("migrate", verbosity=0)
    assert [*Invoice.objects.filter(only_moves_money=True)] == [moves]


# What a person said


FEE = "Managed support for the shop"


def test_it_keeps_over_re_reading_what_a_person_said(acme, read, account):
    acme.add_services(1, product_name="Linux VPS Basic", domain="shop.example.com")
    bill = invoice(acme, FEE, "Late fee")
    read("services", "invoices")
    links.assign_by_hand(account.pk, FEE, Service.objects.get())
    assert told() == ["shop.example.com", ""]
    first = set(InvoiceItem.objects.values_list("pk", flat=True))
    bill["items"] = [line("Late fee"), line(FEE)]
    Invoice.objects.update(detailed_at=None)
    read()
    assert told() == ["", "shop.example.com"]
    assert not first & set(InvoiceItem.objects.values_list("pk", flat=True))


def test_it_knows_the_line_of_another_month_and_no_other_text(acme, read, account):
    acme.add_services(1, domain="shop.example.com")
    invoice(acme, f"{FEE} (01/10/2026 - 31/10/2026)")
    read("services", "invoices")
    links.assign_by_hand(account.pk, f"{FEE} (01/10/2026 - 31/10/2026)", Service.objects.get())
    invoice(acme, f"{FEE.upper()}  {PERIOD}", f"{FEE} and the mail", f"{FEE}\nfor October")
    read("invoices")
    assert told() == ["shop.example.com", "shop.example.com", "", ""]


def test_it_takes_what_a_person_said_before_what_the_text_names(acme, read, account):
    acme.add_services(1, product_name="Linux VPS Basic", domain="shop.example.com")
    invoice(acme, f"Domain Renewal - later.com - 1 Year/s {PERIOD}")
    read("services", "invoices")
    links.assign_by_hand(account.pk, f"Domain Renewal - later.com - 1 Year/s {PERIOD}", Service.objects.get())
    acme.add_domains(1, domain="later.com")
    read("domains")
    assert told() == ["shop.example.com"]
    links.forget_by_hand(account.pk, f"Domain Renewal - later.com - 1 Year/s {PERIOD}")
    assert told() == ["later.com"]


def test_it_assigns_lines_of_no_other_account(account):
    other = Account.objects.create(remote_uuid="other", name="Other", currency="EUR")
    for one in (account, other):
        bill = Invoice.objects.create(account=one, remote_id=1, currency="EUR")
        InvoiceItem.objects.create(invoice=bill, position=0, description=FEE)
    domain = Domain.objects.create(account=account, remote_id=1, name="a.com")
    links.assign_by_hand(account.pk, FEE, domain)
    assigned = InvoiceItem.objects.exclude(domain=None)
    assert [item.invoice.account for item in assigned] == [account]


@pytest.mark.parametrize(
    ("text", "is_renewal"),
    [
        ("Erneuerung a.com (Kunde 7)", True),
        ("Renewal of our name", True),
        ("a.com: renewal certificate", False),
        ("SSL certificate renewal for a.com", False),
        ("Whois-Schutz, Verlängerung: a.com", False),
        ("Domain transfer with renewal: a.com", False),
        ("Consulting", False),
    ],
)
def test_it_takes_an_assigned_line_for_a_renewal_by_its_words(account, text, is_renewal):
    bill = Invoice.objects.create(account=account, remote_id=1, currency="EUR")
    InvoiceItem.objects.create(invoice=bill, position=0, description=text)
    links.assign_by_hand(account.pk, text, Domain.objects.create(account=account, remote_id=1, name="a.com"))
    assert InvoiceItem.objects.get().is_renewal == is_renewal


def test_it_takes_no_renewal_that_is_given_back_for_one(acme, read):
    acme.add_domains(1, domain="bücher.de")
    bill = invoice(acme, "Domain Renewal - bücher.de - 1 Year/s")
    bill["items"][0]["amount"] = "-12.00"
    read("domains", "invoices")
    assert InvoiceItem.objects.get().domain
    assert not InvoiceItem.objects.get().is_renewal


def test_it_assigns_lines_to_a_domain_whose_name_could_not_be_read(account):
    bill = Invoice.objects.create(account=account, remote_id=1, currency="EUR")
    InvoiceItem.objects.create(invoice=bill, position=0, description="Renewal")
    domain = Domain.objects.create(account=account, remote_id=1)
    links.assign_by_hand(account.pk, "Renewal", domain)
    item = InvoiceItem.objects.get()
    assert (item.domain, item.is_renewal) == (domain, True)


# Things of one name, of which one has taken the place of the other


def renewal_on(acme, date, name="twice.com", **fields):
    return invoice(acme, f"Domain Renewal - {name} - 1 Year/s", date=date, **fields)


def assigned(noun):
    """By date, the remote id of what the line is of."""
    lines = InvoiceItem.objects.order_by("invoice__date").values_list("invoice__date", f"{noun}__remote_id")
    return {day.isoformat(): remote_id for day, remote_id in lines}


@pytest.mark.parametrize("status", ["Cancelled", "Transferred Away"])
@pytest.mark.parametrize("until", ["2024-06-01", "2030-06-01", "0000-00-00"])
def test_it_knows_which_registration_of_a_name_was_billed(acme, read, status, until):
    acme.add_domains(1, domain="twice.com", status=status, registrationdate="2020-06-01", nextduedate=until)
    acme.add_domains(1, domain="Twice.com", registrationdate="2025-03-01", nextduedate="2027-03-01")
    renewal_on(acme, "2023-05-20")
    renewal_on(acme, "2026-02-20")

    read("domains", "invoices")

    assert assigned("domain") == {"2023-05-20": 1, "2026-02-20": 2}


def test_it_does_not_guess_between_two_registrations_that_both_are_there(acme, read):
    for _ in range(2):
        acme.add_domains(1, domain="twice.com", registrationdate="2020-06-01")
    renewal_on(acme, "2026-02-20")

    read("domains", "invoices")

    assert told() == [""]


def test_it_knows_which_service_of_one_name_was_billed(acme, read):
    same = {"product_name": "VPS", "domain": "shop.example.com"}
    acme.add_services(1, **same, status="Terminated", regdate="2020-01-01", nextduedate="2024-01-01")
    acme.add_services(1, **same, regdate="2024-05-01")
    for date in ("2023-01-01", "2024-03-01", "2026-01-01"):
        invoice(acme, f"VPS - shop.example.com {PERIOD}", date=date)

    read("services", "invoices")

    assert assigned("service") == {"2023-01-01": 1, "2024-03-01": None, "2026-01-01": 2}


def test_it_does_not_guess_while_the_older_service_may_still_be_billed(acme, read):
    same = {"product_name": "VPS", "domain": "shop.example.com"}
    acme.add_services(1, **same, status="Cancelled", regdate="2020-01-01", nextduedate="2026-02-01")
    acme.add_services(1, **same, regdate="2025-12-01")
    invoice(acme, f"VPS - shop.example.com {PERIOD}", date="2026-01-01")

    read("services", "invoices")

    assert told() == [""]


def test_it_assigns_to_the_newer_one_when_the_older_one_ends(acme, read):
    older, _ = (
        acme.add("domains", domain="twice.com", registrationdate=day) for day in ("2020-01-01", "2025-01-01")
    )
    renewal_on(acme, "2026-02-20")
    read("domains", "invoices")
    assert told() == [""]

    older["status"] = "Cancelled"
    read("domains")

    assert assigned("domain") == {"2026-02-20": 2}


def test_it_reads_what_lines_may_be_of_once_for_many_invoices(acme, worker):
    acme.add_services(3, product_name="Linux VPS Basic")
    acme.add_domains(3)
    for number in range(9):
        invoice(acme, f"Domain Renewal - {number}.com - 1 Year/s {PERIOD}")
    for noun in ("services", "domains", "invoices"):
        worker.run(noun)
    with CaptureQueriesContext(connection) as captured:
        worker.run("details")
    assert InvoiceItem.objects.count() == 9
    assert sum("product_name" in one["sql"] and "row_id" in one["sql"] for one in captured) == 1


def test_it_assigns_what_is_read_while_a_list_changes_by_the_new_list(acme, worker, during_call):
    """Its things were read before; the list that brings the domain ends between two invoices."""
    for _ in range(3):
        invoice(acme, f"Domain Renewal - a.com - 1 Year/s {PERIOD}")
    for noun in ("services", "domains", "invoices"):
        worker.run(noun)

    def change():
        acme.add_domains(1, domain="a.com")
        worker.run("domains")

    during_call(change, nth=2)
    worker.run("details")
    assert told() == ["a.com"] * 3


# Several services of one product, of which a line names none


def products():
    return [item.product for item in InvoiceItem.objects.order_by("invoice__remote_id", "position")]


def test_it_keeps_the_product_of_a_line_that_may_be_of_several_services(acme, read):
    """As the documentation of the API shows them: without domains."""
    acme.add_services(3, product_name="VPS Basic", domain="")
    invoice(acme, f"VPS Basic {PERIOD}", "Late Fee (Added 05/11/2026)", f"VPS Plus {PERIOD}")

    read("services", "invoices")

    assert (told(), products()) == (["", "", ""], ["VPS Basic", "", ""])


def test_it_keeps_the_product_of_stored_lines_when_services_change(acme, read, account):
    service = acme.add("services", product_name="VPS Basic", domain="")
    invoice(acme, f"VPS Basic {PERIOD}")
    read("services", "invoices")
    assert (told(), products()) == (["VPS Basic"], [""])

    other = acme.add("services", product_name="VPS Basic", domain="")
    read("services")
    assert (told(), products()) == ([""], ["VPS Basic"])
    assert links.assign_again(account.pk) == 0

    service["product_name"] = "VPS Plus"  # the line of before is still of VPS Basic
    read("services")
    assert (told(), products()) == ([""], ["VPS Basic"])

    other["product_name"] = "VPS Max"
    InvoiceItem.objects.update(amount=-10)
    read("services")
    assert (told(), products()) == ([""], ["VPS Basic"])


def test_it_keeps_no_product_beside_what_a_person_said(acme, read, account):
    acme.add_services(2, product_name="VPS Basic", domain="")
    invoice(acme, f"VPS Basic {PERIOD}")
    read("services", "invoices")

    links.assign_by_hand(account.pk, f"VPS Basic {PERIOD}", Service.objects.first())
    assert (told(), products()) == (["VPS Basic"], [""])
    links.forget_by_hand(account.pk, f"VPS Basic {PERIOD}")
    assert (told(), products()) == ([""], ["VPS Basic"])


@pytest.mark.django_db(transaction=True)
def test_it_keeps_the_product_of_lines_that_an_earlier_version_has_read(account):
    for number in range(2):
        Service.objects.create(account=account, remote_id=number, product_name="VPS Basic")
    bill = Invoice.objects.create(account=account, remote_id=1, currency="EUR")
    InvoiceItem.objects.create(invoice=bill, position=0, description=f"VPS Basic {PERIOD}")
    call_command("migrate", "ultahost_api", "0037", verbosity=0)
    call_command("migrate", verbosity=0)
    assert products() == ["VPS Basic"]
