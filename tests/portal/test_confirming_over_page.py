"""The password is asked for in a dialog: a script asks first, and until then nothing is done or kept."""

import json
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.urls import get_resolver

from portal.models import ShareLink
from portal.sign_in.reauthentication import may_be_asked
from portal.urls import urlpatterns
from ultahost_api.models import ApiKey, Invoice, Operation

PASSWORD = "correct horse battery"
ASK = {"Ask-First": "yes"}
IN_DIALOG = {"HX-Request": "true", "HX-Target": "again", "HX-Boosted": "true"}


@pytest.fixture
def acme(sandbox):
    account = sandbox.add_account("Acme", "EUR")
    account.add_services(1, domain="shop.example")
    account.add_invoices(2, status="Unpaid", total="10.50")
    account.add_domains(1)
    return account


@pytest.fixture
def alma(people, acme, hold):
    alma = people.admin("Alma")
    hold(alma, acme)
    return alma


@pytest.fixture
def browser(visit, alma):
    return visit(alma, proven=False)


def ask(browser, path, data=None):
    """What the script gets, that follows the redirect with its header; None if it gets no question."""
    page = browser.post(path, data, **ASK) if data is not None else browser.get(path, **ASK)
    if page.status == 303:
        page = browser.get(page.leads_to, **ASK)
    return page if page.headers.get("Over-Page") else None


def answer(browser, question, **typed):
    form = question.one("form")
    return browser.post(form["action"], question_fields(question) | typed, **IN_DIALOG)


def question_fields(question):
    return {field["name"]: field["value"] for field in question.all("form input[type=hidden]")}


def kept_in_sessions():
    return " ".join(str(session.get_decoded()) for session in Session.objects.all())


def pay_path():
    return f"/invoices/{Invoice.objects.first().pk}/pay/"


def test_it_is_the_part_for_the_dialog_alone(browser):
    question = ask(browser, pay_path())

    assert question.all("main, link, script, style") == []
    assert "<html" not in question.html
    assert question.one("#again-title").text == "Confirm it's you"
    assert question.one(".purpose").text.startswith("To continue: Pay invoice")
    assert "autofocus" in question.one("input[name=password]").attributes
    assert question.one(".confirm")["hx-push-url"] == "false"
    assert question.all("[style], [onclick]") == []
    assert "Ask-First" in question.headers["Vary"]


def test_it_is_a_whole_page_without_a_script(browser):
    page = browser.follow(browser.get(pay_path()))

    assert page.one("main h1").text == "Confirm it's you"
    assert page.all(".confirm, #again-title") == []
    assert "Over-Page" not in page.headers


def test_nothing_is_done_when_it_only_asks(browser, sandbox):
    rows = {"invoice": [str(invoice.pk) for invoice in Invoice.objects.all()], "form_token": str(uuid4())}
    link = {"name": "Adviser", "scope": "all", "days": "30"}

    for path, data in ((pay_path(), rows), ("/invoices/pay/", rows), ("/share-links/add/", link)):
        ask(browser, path, data)
        browser.post("/sign-in/again/", {"password": PASSWORD}, **IN_DIALOG)
        assert browser.post(path, data, **ASK).status == 204

    assert not Operation.objects.exists()
    assert not ShareLink.objects.exists()
    assert {seen.method for seen in sandbox.requests} == {"GET"}


def test_no_act_that_never_asks_is_done_when_it_is_asked(visit, alma):
    browser = visit(alma)

    assert browser.post("/profile/", {"name": "Someone else", "email": "x@example.com"}, **ASK).status == 204
    assert browser.post("/needs/nothing/", {}, **ASK).status in {204, 404}
    alma.refresh_from_db()
    assert alma.name == "Alma"


@pytest.mark.parametrize("proven", [True, False])
def test_why_it_cannot_be_done_is_said_once(visit, alma, proven):
    """By the act, not by the question as well: a page from before the payment still offers it."""
    browser, invoice = visit(alma, proven=proven), Invoice.objects.first()
    Invoice.objects.update(status="Paid")

    ask(browser, pay_path())
    page = browser.follow(browser.get(pay_path()))

    assert page.path == f"/invoices/{invoice.pk}/"
    assert len(page.all(".toasts [data-toast]")) == 1


def test_it_says_at_once_when_nothing_has_to_be_confirmed(visit, alma):
    browser = visit(alma)

    assert browser.get(pay_path(), **ASK).status == 204
    assert browser.get("/keys/add/", **ASK).status == 204


def test_ultahost_is_not_asked_for_that(visit, alma, acme, sandbox):
    """The page of a quote reads it at Ultahost, which counts calls and may be slow."""
    (quote,) = acme.add_quotes(1)
    path, before = f"/quotes/{ApiKey.objects.get().account.pk}/{quote['id']}/accept/", len(sandbox.requests)
    browser = visit(alma)

    assert browser.get(path, **ASK).status == 204
    assert browser.post(path, {}, **ASK).status == 204
    assert len(sandbox.requests) == before
    assert browser.get(path).status == 200
    assert len(sandbox.requests) > before


def test_the_right_password_leads_nowhere_and_the_act_is_then_done_once(browser):
    path = "/keys/add/"
    question = ask(browser, path, {"label": "Shop"})

    right = answer(browser, question, password=PASSWORD)
    assert (right.status, right.leads_to) == (204, "")
    assert "confirmed" in json.loads(right.headers["HX-Trigger"])
    assert ask(browser, path, {"label": "Shop"}) is None
    assert ApiKey.objects.count() == 1


def test_a_wrong_password_is_said_beside_the_field(browser):
    wrong = answer(browser, ask(browser, pay_path()), password="wrong")

    assert wrong.headers["Over-Page"]
    assert wrong.one(".field .errorlist").text
    assert wrong.one("input[name=password]")["aria-invalid"] == "true"
    assert wrong.one(".purpose").text.startswith("To continue: Pay invoice")
    assert "wrong" not in [field.attributes.get("value") for field in wrong.all("input")]
    assert "<html" not in wrong.html
    assert browser.get(pay_path(), **ASK).status == 303


def test_too_many_tries_are_refused_in_the_dialog(browser):
    question = ask(browser, pay_path())
    tries = [answer(browser, question, password=f"wrong {number}") for number in range(12)]

    assert tries[-1].status == 429
    assert tries[-1].one("h1").text == "Too many attempts"
    assert "<html" not in tries[-1].html
    assert answer(browser, question, password=PASSWORD).status == 429
    assert browser.get(pay_path(), **ASK).status == 303


@pytest.mark.parametrize(
    ("path", "typed", "secret"),
    [
        ("bank", {"bank_account": "DE89370400440532013777", "bank_code": "CNRYDEBANKXX"}, "DE8937"),
        ("/keys/add/", {"label": "Shop", "secret": "sk_test_canary_0123456789"}, "canary"),
    ],
)
def test_nothing_typed_is_kept_in_the_session(browser, path, typed, secret):
    if path == "bank":
        path = f"/payment-methods/{ApiKey.objects.get().account.pk}/add/bank/"

    question = ask(browser, path, typed | {"description": "House bank"})

    assert question.one(".purpose")
    assert secret not in question.html
    for words in (secret, "House bank", "Shop"):
        assert words not in kept_in_sessions()


@pytest.mark.parametrize(
    "path", ["/people/invite/", "/share-links/add/", "/agenda/link/make/", "/people/second-factor/"]
)
def test_it_says_what_for(browser, path):
    assert ask(browser, path).one(".purpose").text.removeprefix("To continue:").strip()


def test_it_asks_in_the_same_way_for_the_pages_of_allauth(browser):
    question = ask(browser, "/sign-in/ways/app/")

    assert question.one(".purpose").text == "To continue: Set up an app"
    answer(browser, question, password=PASSWORD)
    assert browser.get("/sign-in/ways/app/", **ASK).status == 204
    assert browser.get("/sign-in/ways/app/").status == 200


def test_a_signed_out_person_gets_no_question(visit, alma):
    page = visit().post(pay_path(), {}, **ASK)

    assert page.leads_to.startswith("/sign-in/?next=")


def test_every_form_and_link_that_leads_to_such_an_act_says_so(visit, alma):
    """A link or form without the attribute leads to the page of its own."""
    browser = visit(alma)
    account, invoice = ApiKey.objects.get().account, Invoice.objects.first()
    service, domain = account.services.get(), account.domains.get()
    pages = [
        "/invoices/",
        "/domains/",
        "/services/",
        "/keys/",
        "/people/",
        "/share-links/",
        "/payment-methods/",
    ]
    pages += [f"/services/{service.pk}/", f"/domains/{domain.pk}/", f"/invoices/{invoice.pk}/"]
    pages += [f"/keys/{ApiKey.objects.get().pk}/", f"/accounts/{account.pk}/", f"/people/{alma.pk}/"]
    pages += [pay_path(), "/keys/add/", "/people/invite/", "/share-links/add/", "/sign-in/ways/"]
    resolver, found = get_resolver(), 0

    for page in map(browser.get, pages):
        assert page.status == 200
        for element in page.all("main a[href^='/'], main form[method=post]"):
            address = element.attributes.get("href") or element.attributes.get("action") or page.path
            path = address.partition("?")[0]
            if path in {"/orders/new/service/", "/domains/selected/lock/"} or "orders/new" in path:
                continue
            if may_be_asked(resolver.resolve(path).func) and not path.endswith(("locked/", "on/")):
                found += 1
                assert "data-asks" in element.attributes, f"{path} on {page.path}"
    assert found > 20
    assert urlpatterns
