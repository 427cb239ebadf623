"""What Ultahost told and no part of a page has a place for stands under "Technical details"."""

import pytest

pytestmark = pytest.mark.django_db

UNKNOWN = {
    "datacenter": "Frankfurt <1>",
    "rack": {"row": 7, "root_password": "never-show"},
    "apikey": "never-show",
}


@pytest.fixture
def theirs(sandbox):
    return sandbox.add_account("Acme", "EUR")


@pytest.fixture
def alma(people, add_key, theirs):
    alma = people.member("Alma")
    add_key(alma, theirs)
    return alma


@pytest.fixture
def browser(visit, alma):
    return visit(alma)


@pytest.fixture
def acme(alma):
    return alma.api_keys.get().account


def told(page):
    names, values = page.texts("#technical dt"), page.texts("#technical dd")
    return dict(zip(names, values, strict=True))


@pytest.mark.parametrize("noun", ["service", "domain", "invoice"])
def test_it_shows_the_unknown_fields_of_a_row(browser, rows, acme, noun):
    row = getattr(rows, noun)(acme, extra=UNKNOWN)

    page = browser.get(f"/{noun}s/{row.pk}/")

    shown = told(page)
    assert shown["datacenter"] == "Frankfurt <1>"
    assert '"row": "7"' in shown["rack"]
    assert shown["apikey"] == "••••"
    assert "never-show" not in page.html


def test_it_is_silent_where_there_is_nothing_to_tell(browser, rows, acme):
    row = rows.service(acme, extra={"empty": "", "none": None, "day": "0000-00-00"})

    assert browser.get(f"/services/{row.pk}/").all("#technical") == []


@pytest.mark.parametrize("noun", ["orders", "quotes", "contacts"])
def test_it_shows_the_unknown_fields_of_what_is_read_live(browser, theirs, acme, noun):
    row = theirs.add(noun, promocode="WELCOME50", **UNKNOWN)
    target = noun.removesuffix("s")

    shown = told(browser.htmx(f"/{noun}/{acme.pk}/{row['id']}/?live=1", target))

    assert shown["promocode"] == "WELCOME50"
    assert shown["apikey"] == "••••"


def test_it_shows_what_an_order_tells_of_its_domains(browser, theirs, acme):
    domain = theirs.add("domains", domain="shop.example", firstpaymentamount="7.77")
    service = theirs.add("services")
    order = theirs.add("orders", _domainids=[domain["id"]], _serviceids=[service["id"]])

    shown = told(browser.htmx(f"/orders/{acme.pk}/{order['id']}/?live=1", "order"))

    assert shown["domains[1].firstpaymentamount"] == "7.77"


def test_it_shows_the_account_s_unknown_fields_and_its_uuid(browser, theirs, acme):
    theirs.profile |= {"taxexempt": 1, "securityqans": "", "loyalty_level": "Gold"}

    shown = told(browser.htmx(f"/accounts/{acme.pk}/?live=1", "account"))

    assert shown["uuid"] == theirs.uuid
    assert shown["loyalty_level"] == "Gold"


def test_it_shows_the_gateway_of_a_payment_method(browser, theirs, acme):
    theirs.add_payment_methods(1, gateway_name="adyen_unknown", last_updated="03/11/2026 10:00")

    page = browser.htmx("/payment-methods/?live=1", "payment-methods")

    assert page.texts("td.extra") == ["adyen_unknown", "3 Nov 2026"]
