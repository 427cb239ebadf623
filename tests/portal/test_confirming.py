"""Acts that want to know once more who it is: nothing is sent, nothing is lost, nothing is sent twice."""

from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.utils import timezone

from portal.models import Switches
from ultahost_api.models import ApiKey, Invoice, Operation, Refresh, Service

PASSWORD = "correct horse battery"


@pytest.fixture
def acme(sandbox):
    account = sandbox.add_account("Acme", "EUR")
    account.add_services(1, domain="shop.example")
    account.add_invoices(2, status="Unpaid")
    account.add_domains(1)
    return account


@pytest.fixture
def browser(visit, alma):
    return visit(alma, proven=False)


def confirm(browser, page):
    """Type the password on the page that was led to; where that leads."""
    asked = browser.follow(page)
    wanted = asked.one("main form input[name=next]")["value"]
    return browser.post("/sign-in/again/", {"password": PASSWORD, "next": wanted})


def kept_in_sessions():
    return " ".join(str(session.get_decoded()) for session in Session.objects.all())


def paths(account):
    service, invoice, domain = account.services.get(), account.invoices.first(), account.domains.get()
    return {
        "cancel": f"/services/{service.pk}/cancel/",
        "upgrade": f"/services/{service.pk}/upgrade/",
        "service password": f"/services/{service.pk}/password/",
        "nameservers": f"/domains/{domain.pk}/nameservers/",
        "auto-renew off": f"/domains/{domain.pk}/auto-renew/off/",
        "pay": f"/invoices/{invoice.pk}/pay/",
        "pay several": f"/invoices/pay/?invoice={invoice.pk}",
        "quote": f"/quotes/{account.pk}/1/accept/",
        "bank": f"/payment-methods/{account.pk}/add/bank/",
        "card": f"/payment-methods/{account.pk}/add/card/",
        "account password": f"/accounts/{account.pk}/password/",
        "transfer": f"/orders/new/transfer/?account={account.pk}&domain=a.example.com&years=2&review=1"
        "&payment_method=stripe",
        "order": f"/orders/new/service/?account={account.pk}&product_id=1&cycle=monthly&review=1"
        "&payment_method=stripe",
    }


ACTS = ["cancel", "upgrade", "pay", "pay several", "quote", "bank", "order"]
ACTS += ["service password", "nameservers", "auto-renew off"]


@pytest.mark.parametrize("act", ACTS)
def test_it_asks_before_money_domains_and_services_and_sends_nothing(browser, alma, sandbox, act):
    path = paths(ApiKey.objects.get().account)[act]
    for page in (browser.get(path), browser.post(path, {"form_token": str(uuid4())})):
        assert (page.status, page.leads_to.startswith("/sign-in/again/?next=")) == (303, True)

    assert {seen.method for seen in sandbox.requests} == {"GET"}
    assert not Operation.objects.exists()


def test_it_keeps_what_was_typed_and_the_same_operation(browser, alma, sandbox):
    path = paths(ApiKey.objects.get().account)["cancel"]
    token = str(uuid4())
    typed = {"form_token": token, "type": "End of Billing Period", "reason": "Moved <elsewhere>"}

    page = confirm(browser, browser.post(path, typed))
    form = browser.follow(page)

    assert form.one("textarea[name=reason]").text == "Moved <elsewhere>"
    assert form.one("input[name=form_token]")["value"] == token
    assert not Operation.objects.exists()
    carried = {
        field["name"]: field.attributes.get("value", "")
        for field in form.all("main .confirm input[type=hidden]")
    }
    for _ in range(2):
        browser.post(path, typed | carried)
    assert Operation.objects.count() == 1
    assert browser.get(path).status in {200, 303}
    assert "Moved" not in kept_in_sessions()


def test_it_fills_no_other_form_with_what_was_typed(browser, alma, acme, read_everything):
    acme.add_services(1, domain="blog.example")
    Refresh.objects.update(next_due_at=timezone.now())
    read_everything()
    shop, blog = (f"/services/{service.pk}/cancel/" for service in Service.objects.order_by("remote_id"))

    page = confirm(browser, browser.post(shop, {"form_token": str(uuid4()), "reason": "Shop has moved"}))

    assert "Shop has moved" not in browser.get(blog).html
    assert browser.follow(page).one("textarea[name=reason]").text == "Shop has moved"


def test_it_names_sum_and_key_anew_and_keeps_no_word_to_send_again(browser, alma):
    key = ApiKey.objects.get()
    path = paths(key.account)["pay"]
    old = {"form_token": str(uuid4()), "agreed": "1.00", "key": str(uuid4()), "again": "on"}

    form = browser.follow(confirm(browser, browser.post(path, old)))

    assert form.hidden["form_token"] == old["form_token"]
    assert (form.hidden["agreed"], form.hidden["key"]) == ("19.9900", str(key.pk))
    assert not form.hidden.get("again")


def test_it_keeps_the_nameservers_that_were_typed(browser, alma):
    path = paths(ApiKey.objects.get().account)["nameservers"]
    token = str(uuid4())

    page = confirm(browser, browser.post(path, {"form_token": token, "ns1": "ns1.example.com", "ns2": "x"}))
    form = browser.follow(page)

    assert form.one("input[name=ns1]")["value"] == "ns1.example.com"
    assert form.one("input[name=form_token]")["value"] == token


def test_it_asks_nothing_before_a_domain_is_kept(browser, alma):
    domain = ApiKey.objects.get().account.domains.get()

    for path in ("auto-renew/on/", "lock/locked/"):
        assert browser.get(f"/domains/{domain.pk}/{path}").status == 200


def test_it_keeps_the_invoices_that_were_picked(browser, alma):
    account = ApiKey.objects.get().account
    ids = [str(invoice.pk) for invoice in account.invoices.all()]

    page = confirm(browser, browser.post("/invoices/pay/", {"invoice": ids, "form_token": str(uuid4())}))

    shown = [field["value"] for field in browser.follow(page).all("main input[name=row]")]
    assert sorted(shown) == sorted(ids)


@pytest.mark.parametrize(
    ("act", "typed", "secret"),
    [
        ("bank", {"bank_account": "DE89370400440532013777", "bank_code": "CNRYDEBANKXX"}, "DE8937"),
        ("service password", {"password": "canary of the mine"}, "canary"),
        ("key", {"label": "Shop", "secret": "sk_test_canary_0123456789"}, "canary"),
        ("order", {"root_password": "canary of the server"}, "canary"),
        ("transfer", {"epp_code": "canary-EPP"}, "canary"),
        ("card", {"card_number": "4111111111111111", "card_expiry": "1230"}, "41111111"),
        ("account password", {"existing": "canary of old", "new": "canary of new"}, "canary"),
    ],
)
def test_it_keeps_no_secret(browser, alma, act, typed, secret):
    Switches.objects.update_or_create(defaults={"cards": True})
    path = "/keys/add/" if act == "key" else paths(ApiKey.objects.get().account)[act]

    interrupted = browser.post(path, typed)
    assert secret not in kept_in_sessions()  # while the rest of the form waits there
    form = browser.follow(confirm(browser, interrupted))

    assert secret not in form.html
    assert secret not in kept_in_sessions()


def test_it_keeps_the_label_of_a_key(browser, alma):
    page = confirm(browser, browser.post("/keys/add/", {"label": "Shop", "secret": "sk_test_0123456789"}))

    assert browser.follow(page).one("input[name=label]")["value"] == "Shop"


@pytest.mark.parametrize("act", ["add", "replace", "rotate", "rotate/undo", "disable", "enable", "remove"])
def test_it_asks_before_keys_change(browser, alma, act):
    key = ApiKey.objects.get()
    path = "/keys/add/" if act == "add" else f"/keys/{key.pk}/{act}/"

    for page in (browser.get(path), browser.post(path)):
        assert page.leads_to.startswith("/sign-in/again/")

    assert ApiKey.objects.active().get().fingerprint == key.fingerprint


def test_it_asks_before_a_key_that_was_disabled_acts_again(browser, alma):
    key = ApiKey.objects.get()
    ApiKey.objects.update(disabled_at=timezone.now())

    page = browser.post(f"/keys/{key.pk}/enable/")

    assert page.leads_to == f"/sign-in/again/?next=%2Fkeys%2F{key.pk}%2Fenable%2F"
    assert ApiKey.objects.get().disabled_at
    form = browser.follow(confirm(browser, page)).one("main form")
    browser.post(form["action"])
    assert not ApiKey.objects.get().disabled_at


def test_it_asks_again_after_five_minutes(browser, alma):
    began = timezone.now()
    confirm(browser, browser.get("/keys/add/"))

    with time_machine.travel(began + timedelta(minutes=4.5)):
        assert browser.get("/keys/add/").status == 200
    with time_machine.travel(began + timedelta(minutes=6)):
        assert browser.get("/keys/add/").status == 303


# What for


def test_it_says_what_a_person_confirms_for(browser, alma):
    path = paths(ApiKey.objects.get().account)["pay"]
    invoice = Invoice.objects.get(pk=path.split("/")[2])
    page = browser.follow(browser.get(path))
    assert page.one(".purpose").text == f"To continue: Pay invoice {invoice}, €{invoice.total:.2f}"

    wrong = browser.post(page.path, {"password": "wrong", "next": path})
    assert "Pay invoice" in wrong.one(".purpose").text


def test_it_says_how_many_invoices_and_how_much_is_paid(browser, alma):
    path = paths(ApiKey.objects.get().account)["pay several"]
    page = browser.follow(browser.get(path))
    invoice = Invoice.objects.get(pk=path.partition("=")[2])
    assert page.one(".purpose").text == f"To continue: Pay 1 invoice, €{invoice.total:.2f}"


def test_it_says_nothing_of_another_page_s_act(browser, alma):
    browser.get(paths(ApiKey.objects.get().account)["pay"])
    assert browser.get("/sign-in/again/?next=/").all(".purpose") == []


def test_it_begins_in_the_field_of_the_password(browser, visit, alma):
    page = browser.follow(browser.get(paths(ApiKey.objects.get().account)["pay"]))
    assert "autofocus" in page.one("input[name=password]").attributes
    assert "autofocus" in visit().get("/sign-in/").one("input[name=login]").attributes


def test_it_begins_in_the_field_that_is_wrong(visit, people):
    browser = visit(people.admin("Dana"))
    page = browser.get("/people/invite/")
    assert [field["name"] for field in page.all("main [autofocus]")] == ["name"]
    page = browser.post("/people/invite/", {"email": "no address", "name": "New", "role": "member"})
    assert [field["name"] for field in page.all("main [autofocus]")] == ["email"]
