"""What Ultahost told and no part of a page has a place for stands under "Technical details"."""

import json

import pytest

from portal.models import Grant
from portal.wording.secret_fields import is_secret

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
    assert shown["rack"] == '{"row": 7, "root_password": "••••"}'
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


def test_it_hides_the_value_of_a_pair_whose_name_is_secret(browser, rows, acme):
    """As WHMCS writes fields that a provider adds."""
    pairs = [
        {"id": 1, "name": "Root Password", "value": "never-show"},
        {"id": 2, "fieldname": "cPanel login", "rawvalue": "never-show", "value": {"is": "never-show"}},
        {"id": 3, "label": "Region", "value": "EU"},
        {"key": "rack", "value": 7},
    ]
    row = rows.service(acme, extra={"customfields": {"customfield": pairs}})

    page = browser.get(f"/services/{row.pk}/")

    shown = told(page)["customfields"]
    assert "never-show" not in page.html
    assert '{"id": 1, "name": "Root Password", "value": "••••"}' in shown
    assert '{"id": 3, "label": "Region", "value": "EU"}' in shown
    assert '{"key": "rack", "value": 7}' in shown


@pytest.mark.parametrize(
    "text",
    [
        "user root, password: never-show",
        '{"rootpw": "never-show"}',
        's:8:"password";s:10:"never-show";',
        "https://root:never-show@db.example.com/",
        "-----BEGIN RSA PRIVATE KEY-----\nnever-show",
    ],
)
def test_it_hides_a_text_that_holds_a_secret(browser, rows, acme, text):
    row = rows.service(acme, extra={"setup": text, "more": [{"setup": text}], "place": "password-free"})

    page = browser.get(f"/services/{row.pk}/")

    assert "never-show" not in page.html
    assert told(page)["setup"] == "••••"
    assert told(page)["place"] == "password-free"


@pytest.mark.parametrize(
    "name",
    [
        *("securityqans", "credentials", "serverlogin", "login", "serverpassword", "rootpw", "dbpass"),
        *("pwresetkey", "apiKey", "APIKey", "ssh_key", "privatekey", "PIN", "cardPin", "supportpin"),
        *("eppcode", "epp_code", "authCode", "domains[1].auth_code", "auth", "smtpauth", "gatewayid"),
        *("License Key", "licence", "serialnumber", "serial-number", "twofa", "2fa", "otp", "otpauth"),
        *("hash", "signature", "cvv", "cvv2", "cccvv", "iban", "bankacct", "cardnum", "adminnotes"),
        *("Security Answer", "recovery codes", "backupcodes", "Passwort", "Şifre", "accessToken", "db_creds"),
    ],
)
def test_a_name_of_a_secret_is_known(name):
    assert is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("shipping", "monkey", "author", "authority", "turkey", "credit", "pinned", "opinion", "spinner"),
        *("keyboard", "keyword", "hotpot", "passenger", "catalogindex", "securityqid", "productid", "laptop"),
        *("datacenter", "promocode", "loyalty_level", "firstpaymentamount", "ip", "postcode", "secretary"),
    ],
)
def test_other_names_are_not_taken_for_one(name):
    assert not is_secret(name)


def test_it_shows_what_is_nested_as_ultahost_wrote_it(browser, rows, acme):
    rack = {"row": 7, "on": True, "in": [{"a": {"b": "ü"}}]}
    row = rows.service(acme, extra={"rack": rack, "up": False})

    shown = told(browser.get(f"/services/{row.pk}/"))

    assert json.loads(shown["rack"]) == rack  # PostgreSQL has an order of its own
    assert "ü" in shown["rack"]
    assert shown["up"] == "false"


def test_it_gets_along_with_what_has_no_bottom(browser, rows, acme):
    deep: dict = {}
    inner = deep
    for _ in range(400):
        inner["a"] = inner = {}
    row = rows.service(acme, extra={"deep": deep})

    assert "…" in told(browser.get(f"/services/{row.pk}/"))["deep"]


READERS = [("view", False), ("operate", True)]


@pytest.mark.parametrize(("level", "sees"), READERS)
@pytest.mark.parametrize("noun", ["service", "domain", "invoice"])
def test_those_who_may_operate_the_account_see_it(visit, people, rows, noun, level, sees):
    account, bert = rows.account("Acme"), people.member("Bert")
    Grant.objects.create(user=bert, account=account, level=level, given_by=bert)
    row = getattr(rows, noun)(account, extra=UNKNOWN)

    page = visit(bert).get(f"/{noun}s/{row.pk}/")

    assert page.status == 200
    assert ("datacenter" in told(page)) is sees


@pytest.mark.parametrize(("level", "sees"), READERS)
@pytest.mark.parametrize("noun", ["orders", "quotes", "contacts"])
def test_so_they_do_of_what_is_read_live(visit, people, theirs, acme, noun, level, sees):
    bert = people.member("Bert")
    Grant.objects.create(user=bert, account=acme, level=level, given_by=bert)
    row = theirs.add(noun, **UNKNOWN)

    page = visit(bert).htmx(f"/{noun}/{acme.pk}/{row['id']}/?live=1", noun.removesuffix("s"))

    assert page.status == 200
    assert ("datacenter" in told(page)) is sees


@pytest.mark.parametrize(("level", "sees"), READERS)
def test_so_they_do_of_accounts_and_announcements(visit, people, sandbox, theirs, acme, level, sees):
    bert = people.member("Bert")
    Grant.objects.create(user=bert, account=acme, level=level, given_by=bert)
    theirs.profile |= {"loyalty_level": "Gold"}
    [news] = sandbox.add_announcements(1, **UNKNOWN)

    account = visit(bert).htmx(f"/accounts/{acme.pk}/?live=1", "account")
    announcement = visit(bert).htmx(f"/announcements/{news['id']}/?live=1", "announcement")

    assert {account.status, announcement.status} == {200}
    assert ("loyalty_level" in told(account)) is sees
    assert ("datacenter" in told(announcement)) is sees


@pytest.mark.parametrize("level", ["view", "operate"])
def test_billing_sees_none_of_it(visit, people, rows, level):
    account, bea = rows.account("Acme"), people.billing("Bea")
    Grant.objects.create(user=bea, account=account, level=level, given_by=bea)
    row = rows.invoice(account, extra=UNKNOWN)

    page = visit(bea).get(f"/invoices/{row.pk}/")

    assert page.status == 200
    assert told(page) == {}
