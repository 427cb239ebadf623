"""What an operation did is said in words, with the names of what it is about."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.models import Product, ServiceCommand
from portal.queries.deeds import Deeds
from portal.wording import deeds
from portal.wording.operations import WRITES
from ultahost_api.models import Operation


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def key(alma, rows):
    return rows.key(alma, rows.account("Acme"))


@pytest.fixture
def domain(key, rows):
    return rows.domain(key.account, name="example.com")


@pytest.fixture
def service(key, rows):
    return rows.service(key.account, domain="vps-3", product_name="Linux VPS Basic")


def counted(browser, path):
    with CaptureQueriesContext(connection) as captured:
        browser.get(path)
    return len(captured)


def about(row, action, parameters=None, **fields):
    noun = row._meta.model_name
    return {"action": action, "about": f"{noun} {row.remote_id}", "parameters": parameters or {}} | fields


NAMESERVERS = {"ns1": "ns1.example.net", "ns2": "ns2.example.net"}
OF_DOMAINS = {
    "update_nameservers": (
        NAMESERVERS,
        "Nameservers of example.com set to ns1.example.net, ns2.example.net",
        "Nameservers set to ns1.example.net, ns2.example.net",
    ),
    "manage_domain_lock": ({"lockstatus": "locked"}, "Locked example.com", "Locked"),
    "toggle_autorenew": (
        {"autorenew": False},
        "Turned auto-renew of example.com off",
        "Turned auto-renew off",
    ),
}
OF_SERVICES = {
    "reboot": ("Rebooted vps-3", "Rebooted"),
    "boot": ("Started vps-3", "Started"),
    "rebuild_dns": ("Ran “Rebuild DNS” on vps-3", "Ran “Rebuild DNS”"),
    "unheard_of": ("Ran “unheard_of” on vps-3", "Ran “unheard_of”"),
}


@pytest.mark.parametrize("action", OF_DOMAINS)
def test_it_says_what_was_done_to_a_domain(alma, key, rows, domain, visit, action):
    parameters, words, here = OF_DOMAINS[action]
    operation = rows.operation(key, **about(domain, action, parameters))

    browser = visit(alma)
    assert browser.get("/activity/").texts("tbody .name a") == [words]
    assert browser.get("/activity.csv").csv()[0][3] == words
    assert browser.get(reverse("operation", args=[operation.pk])).one("h1").text == words
    history = browser.get(reverse("domain", args=[domain.pk])).one(".history li").text
    assert here in history
    assert words == here or words not in history


@pytest.mark.parametrize("command", OF_SERVICES)
def test_it_says_which_command_was_run(alma, key, rows, service, visit, command):
    ServiceCommand.objects.create(name="rebuild_dns", words="Rebuild DNS")
    words, here = OF_SERVICES[command]
    rows.operation(key, **about(service, "service_module_custom", {"func_name": command}))

    assert visit(alma).get("/activity/").texts("tbody .name a") == [words]
    assert here in visit(alma).get(reverse("service", args=[service.pk])).one(".history li").text


@pytest.mark.parametrize("state", ["refused", "unknown", "not_sent", "queued", "not_confirmed"])
def test_it_does_not_say_that_it_happened_before_that_is_known(alma, key, rows, service, visit, state):
    ServiceCommand.objects.create(name="reboot", words="Reboot")
    told = about(service, "service_module_custom", {"func_name": "reboot"}, state=state)
    rows.operation(key, **told)

    assert visit(alma).get("/activity/").texts("tbody .name a") == ["Reboot: vps-3"]
    assert "Rebooted" not in visit(alma).get(reverse("service", args=[service.pk])).one(".history").text


@pytest.mark.parametrize(
    ("action", "parameters", "words"),
    [
        ("manage_domain_lock", {"lockstatus": "locked"}, "Lock: example.com"),
        ("toggle_autorenew", {"autorenew": True}, "Turn auto-renew on: example.com"),
        ("toggle_autorenew", {}, "Switch auto-renew: example.com"),
        ("update_nameservers", NAMESERVERS, "Set nameservers: example.com"),
    ],
)
def test_it_says_which_of_two_was_asked_for(alma, key, rows, domain, action, parameters, words):
    operation = rows.operation(key, **about(domain, action, parameters, state="refused"))
    assert Deeds(alma, [operation]).words(operation) == words


def test_it_names_the_row_where_it_is_not_known_what_was_set(alma, key, rows, domain):
    operation = rows.operation(key, **about(domain, "update_nameservers", {}))
    assert Deeds(alma, [operation]).words(operation) == "Set nameservers: example.com"


def test_it_says_what_was_ordered(alma, key, rows, visit):
    Product.objects.create(remote_id=1, name="Linux VPS Basic")
    sent = {"paymentmethod": "stripe", "pid": [1], "billingcycle": ["monthly"], "domain": ["shop.example"]}
    result = {"invoiceid": 347, "serviceids": "102"}
    order = {"action": "create_order", "about": "order 1", "remote_id": None, "subject": "digest"}
    operation = rows.operation(key, **order, parameters=sent, result=result)

    page = visit(alma).get(reverse("operation", args=[operation.pk]))
    assert page.one("h1").text == "Ordered Linux VPS Basic, monthly"
    outside = [fact.text for fact in page.all(".section dt")]
    assert {"pid", "billingcycle", "paymentmethod"} & set(outside) == set()
    assert "['monthly']" in page.one("details.technical").text
    assert "open" not in page.one("details.technical").attributes


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"pid": [9], "billingcycle": ["annually"]}, "Ordered product 9, annually"),
        (
            {"domain": ["a.com"], "domaintype": ["register"], "regperiod": [2]},
            "Ordered the registration of a.com, 2 years",
        ),
        (
            {"domain": ["a.com"], "domaintype": ["transfer"], "regperiod": [1]},
            "Ordered the transfer of a.com, 1 year",
        ),
        (
            {"domainrenewals": {"a.com": 1, "b.com": 3}},
            "Ordered the renewal of a.com, 1 year; the renewal of b.com, 3 years",
        ),
        ({"servicerenewals": [7, 8]}, "Ordered the renewal of 2 services"),
        ({}, "Place an order"),
    ],
)
def test_it_names_each_thing_of_an_order(alma, key, rows, sent, words):
    order = {"action": "create_order", "about": "order 1", "remote_id": None}
    operation = rows.operation(key, **order, parameters=sent)
    assert Deeds(alma, [operation]).words(operation) == words


def test_it_says_what_was_paid(alma, key, rows, visit):
    invoice = rows.invoice(key.account, number="347", total=Decimal("0"))
    paid = about(invoice, "pay_invoice", agreed_total=Decimal("19.99"))
    operation = rows.operation(key, **paid)
    assert Deeds(alma, [operation]).words(operation) == "Paid invoice 347, €19.99"
    page = visit(alma).get(reverse("operation", args=[operation.pk]))
    assert page.one("main dd a")["href"] == reverse("invoice", args=[invoice.pk])


def test_it_offers_to_pay_the_invoice_of_an_order(alma, key, rows, visit):
    invoice = rows.invoice(key.account, number="347", total=Decimal("19.99"))
    order = {"action": "create_order", "about": "order 1", "remote_id": None}
    operation = rows.operation(key, **order, result={"invoiceid": invoice.remote_id})
    page = visit(alma).get(reverse("operation", args=[operation.pk]))
    assert page.one(".actions a.primary")["href"] == reverse("pay_invoice", args=[invoice.pk])
    assert page.one(".actions a.primary").text == "Pay €19.99"

    type(invoice).objects.update(status="Paid")
    assert visit(alma).get(reverse("operation", args=[operation.pk])).all(".actions a") == []


def test_it_names_no_row_that_the_person_may_no_longer_see(alma, key, people, rows, domain):
    operation = rows.operation(key, **about(domain, "manage_domain_lock", {"lockstatus": "locked"}))
    ben = people.member("Ben")
    assert Deeds(ben, [operation]).words(operation) == f"Locked domain #{domain.remote_id}"
    assert Deeds(ben, [operation]).subject(operation) is None
    assert Deeds(people.admin("Dana"), [operation]).words(operation) == "Locked example.com"


def test_it_asks_as_many_statements_for_many_operations(alma, key, rows, visit, domain, service):
    def add(some):
        for _ in range(some):
            rows.operation(key, **about(domain, "update_nameservers", NAMESERVERS))
            rows.operation(key, **about(service, "service_module_custom", {"func_name": "reboot"}))
            rows.operation(key)
            rows.operation(key, action="accept_quote", about="quote 9")

    add(1)
    few = counted(visit(alma), "/activity/")
    add(9)
    assert counted(visit(alma), "/activity/") == few <= 12


@pytest.mark.parametrize("action", WRITES)
def test_it_says_of_each_write_what_was_done(action):
    """Another one would be called by what was asked for, without the name of what it is about."""
    assert [said for said in deeds._DONE if said.split()[0] == action]


def test_it_has_words_for_an_operation_of_which_nothing_else_is_known(alma, key, rows):
    """Such as one of an earlier version."""
    for action in WRITES:
        operation = rows.operation(key, action=action, about="service 7", state="not_sent")
        for operation.state in Operation.State.values:
            deeds = Deeds(alma, [operation])
            assert deeds.words(operation)
            assert deeds.words_here(operation, key.account)
            assert "%(" not in deeds.words(operation) + deeds.words_here(operation, key.account)
