"""Forms whose token is out of date: from before a sign-in, from another tab, from after a sign-out."""

import pkgutil
from importlib import import_module
from urllib.parse import urlencode

import pytest
from django import forms
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client

import portal.forms
from portal.models import Remark, ServiceCommand, User
from portal.sign_in.stale_forms import SECRETS
from ultahost_api.crypto.digests import keyed_digest
from ultahost_api.models import Operation

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
STALE = {"csrfmiddlewaretoken": "x" * 64}


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def browser(visit, alma):
    """Its forms are checked as in earnest, and it is signed in."""
    return known(strict(visit(alma)), alma)


def known(browser, person):
    """The person has signed in with this browser before."""
    person.devices.create(hash=keyed_digest("device", person.name))
    browser.client.cookies[settings.DEVICE_COOKIE_NAME] = signing.dumps(person.name, salt="portal.device")
    return browser


@pytest.fixture
def stranger(visit):
    return strict(visit())


def strict(visitor):
    cookies, visitor.client = visitor.client.cookies, Client(enforce_csrf_checks=True)
    visitor.client.cookies = cookies
    return visitor


def test_it_leads_home_who_signs_in_once_more(browser):
    assert browser.post("/sign-in/", STALE | {"login": "a@b.example", "password": "x"}).leads_to == "/"
    assert browser.post("/sign-in/", STALE | {"next": "/invoices/"}).leads_to == "/invoices/"
    assert browser.post("/sign-in/", STALE | {"next": "https://evil.example/"}).leads_to == "/"


def test_it_leads_to_the_sign_in_who_has_signed_out_already(stranger):
    assert stranger.post("/sign-in/out/", STALE).leads_to == "/sign-in/"


def test_it_signs_out_with_one_more_click(browser):
    page = browser.post("/sign-in/out/", STALE)
    assert (page.status, page.texts("h1")) == (403, ["This page is out of date"])

    browser.post("/sign-in/out/", page.hidden)

    assert browser.get("/").status == 302


def test_it_keeps_what_was_typed_and_sends_it_at_a_click(browser, alma):
    typed = {
        "name": 'Alma "B" <b>',
        "theme": "dark",
        "page_size": "",
        "time_zone": "Europe/Berlin",
        "language": "",
    }
    page = browser.post("/profile/", STALE | typed)
    assert User.objects.get(pk=alma.pk).name == "Alma"
    assert page.one("main form")["action"] == "/profile/"

    answer = browser.post("/profile/", page.hidden)

    assert answer.status in (302, 303)
    assert User.objects.get(pk=alma.pk).name == 'Alma "B" <b>'


def test_it_keeps_several_values_of_a_name_and_the_query(browser):
    page = browser.post("/invoices/pay/?next=1", STALE | {"invoice": ["a", "b"]})

    assert [field["value"] for field in page.all("main form input[name=invoice]")] == ["a", "b"]
    assert page.one("main form")["action"] == "/invoices/pay/?next=1"


def test_it_keeps_no_secret(browser):
    secrets = dict.fromkeys(SECRETS, "sk_test_a-secret-that-nobody-may-see")
    page = browser.post("/keys/add/", STALE | {"label": "Main"} | secrets)

    assert page.hidden.keys() == {"csrfmiddlewaretoken", "label"}
    assert "nobody-may-see" not in page.html


def test_it_keeps_the_address_of_who_signs_in(stranger):
    page = stranger.post("/sign-in/", STALE | {"login": "alma@example.com", "password": "hunter2-hunter2"})
    assert "hunter2" not in page.html

    again = stranger.post("/sign-in/", page.hidden)

    assert again.one("input[name=login]")["value"] == "alma@example.com"
    assert "csrfmiddlewaretoken" in again.hidden


def test_it_leads_through_the_sign_in_back_to_what_was_typed(stranger, alma, rows):
    acme = rows.account("Acme")
    rows.key(alma, acme)
    form = f"/domains/{rows.domain(acme, name='shop.example').pk}/nameservers/"
    page = known(stranger, alma).post(form, STALE | {"ns1": "ns1.example.net", "code": "123456"})
    assert page.leads_to.startswith("/sign-in/?next=")
    waiting = str(dict(stranger.client.session))
    assert ("ns1.example.net" in waiting, "123456" in waiting) == (True, False)

    entrance = stranger.follow(page)
    sent = {"login": alma.email, "password": PASSWORD, "next": entrance.hidden["next"]}
    back = stranger.post("/sign-in/", {"csrfmiddlewaretoken": entrance.hidden["csrfmiddlewaretoken"]} | sent)

    assert back.leads_to == form
    again = stranger.follow(stranger.follow(back))  # who they are, as for every such form
    confirmed = stranger.post("/sign-in/again/", again.hidden | {"password": PASSWORD})
    assert stranger.follow(confirmed).one("input[name=ns1]")["value"] == "ns1.example.net"


def signed_out(browser):
    """Their session has ended elsewhere; the page with its token is still open."""
    Session.objects.all().delete()
    return browser


def sign_in(browser, answer, alma):
    entrance = browser.get(answer.headers.get("HX-Redirect") or answer.leads_to)
    sent = entrance.hidden | {"login": alma.email, "password": PASSWORD}
    return entrance, browser.follow(browser.post("/sign-in/", sent))


@pytest.mark.parametrize("inside", [{}, {"HX-Request": "true"}])
def test_it_keeps_what_was_typed_when_the_session_has_ended(browser, alma, rows, inside):
    acme = rows.account("Acme")
    rows.key(alma, acme)
    service = rows.service(acme, domain="shop.example")
    form = f"/services/{service.pk}/label/"
    page = browser.get(form)
    inside = inside and inside | {"HX-Current-URL": f"http://testserver{form}"}

    typed = {"label": "North", "note": "yearly\nby card", "password": "hunter2-hunter2"}
    answer = signed_out(browser).post(form, page.hidden | typed, **inside)
    entrance, again = sign_in(browser, answer, alma)

    assert entrance.texts(".toast[data-hue] .words") == [
        "You were signed out, so nothing was done. Sign in to continue; what you typed is kept."
    ]
    assert (again.texts("h1"), again.one("main form")["action"]) == (["This page is out of date"], form)
    assert "hunter2" not in again.html
    assert browser.post(form, again.hidden).leads_to == f"/services/{service.pk}/"
    assert Remark.objects.get(service=service).label.name == "North"
    assert browser.get(form).texts("h1") == ["Label and note of shop.example"]  # it is asked once


def test_it_shows_a_question_again_when_the_session_has_ended(browser, alma, rows):
    """One that asks before a write: it is read again before it is answered."""
    acme = rows.account("Acme")
    rows.key(alma, acme)
    service = rows.service(acme, domain="shop.example")
    command = ServiceCommand.objects.create(name="reboot", words="Reboot")
    form = f"/services/{service.pk}/run/{command.pk}/"
    page = browser.get(form)

    answer = signed_out(browser).post(form, page.hidden)
    entrance, again = sign_in(browser, answer, alma)

    assert "You were signed out" in entrance.one(".toast[data-hue] .words").text
    assert again.texts("h1") == page.texts("h1") == ["Reboot shop.example?"]
    assert not Operation.objects.exists()


@pytest.mark.parametrize(
    ("page", "field"), [("/services/{}/label/", "label"), ("/domains/{}/nameservers/", "ns1")]
)
def test_it_shows_it_to_no_other_person(browser, alma, people, rows, page, field):
    acme, ben = rows.account("Acme"), people.member("Ben")
    rows.key(alma, acme)
    rows.key(ben, acme, "Ben's")
    form = page.format((rows.service if "services" in page else rows.domain)(acme).pk)
    typed = browser.get(form).hidden | {field: "North"}

    _entrance, again = sign_in(browser, signed_out(browser).post(form, typed), ben)

    assert "North" not in str(dict(browser.client.session))
    assert "North" not in again.html


def test_it_keeps_nothing_of_a_browser_that_no_person_has_signed_in_with(stranger, rows):
    page = stranger.post(f"/services/{rows.service(rows.account()).pk}/label/", STALE | {"label": "North"})

    assert page.leads_to.startswith("/sign-in/?next=")
    assert "North" not in str(dict(stranger.client.session))


@pytest.mark.parametrize(
    ("sent", "before", "there"),
    [
        ({}, "http://testserver/services/?q=x", "/services/?q=x"),
        ({"next": "/domains/"}, "http://testserver/services/", "/domains/"),
        ({"next": "https://evil.example/"}, "https://evil.example/x", "/refresh/services/"),
        ({}, "", "/refresh/services/"),
    ],
)
def test_a_button_without_anything_typed_leads_back_to_its_page(browser, sent, before, there):
    token = browser.get("/profile/").hidden["csrfmiddlewaretoken"]

    answer = signed_out(browser).post(
        "/refresh/services/", {"csrfmiddlewaretoken": token} | sent, Referer=before
    )

    assert answer.leads_to == f"/sign-in/?{urlencode({'next': there}, safe='/')}"


def test_a_part_of_the_page_that_asks_by_itself_does_not_use_it_up(browser, alma, rows):
    acme = rows.account("Acme")
    rows.key(alma, acme)
    form = f"/services/{rows.service(acme).pk}/label/"
    page, inside = (
        browser.get(form),
        {"HX-Request": "true", "HX-Current-URL": f"http://testserver{form}#main"},
    )
    answer = signed_out(browser).post(form, page.hidden | {"label": "North"}, **inside)
    entrance = browser.get(answer.headers["HX-Redirect"])
    browser.post("/sign-in/", entrance.hidden | {"login": alma.email, "password": PASSWORD})

    browser.get(form, **{"HX-Request": "true"})

    assert browser.get(form).hidden["label"] == "North"


def test_a_click_without_anything_typed_leads_back_to_the_page(browser, alma):
    inside = {"HX-Request": "true", "HX-Current-URL": "http://testserver/services/?q=x"}

    answer = signed_out(browser).post("/refresh/services/", browser.get("/services/").hidden, **inside)

    assert answer.headers["HX-Redirect"] == "/sign-in/?next=/services/%3Fq%3Dx"


def test_it_offers_nothing_of_a_form_that_another_site_sent(browser, alma):
    page = browser.post("/profile/", STALE | {"name": "Eve"}, Origin="https://evil.example")

    assert (page.status, page.texts("h1")) == (403, ["Not sent"])
    assert page.all("main form") == []
    assert "Eve" not in page.html


def test_it_loads_the_page_anew_for_a_click_within_it(browser):
    inside = {"HX-Request": "true", "HX-Current-URL": "http://testserver/services/?q=x"}
    page = browser.post("/refresh/services/", STALE, **inside)

    assert page.headers["HX-Redirect"] == "/services/?q=x"
    assert browser.get("/services/").texts(".toast[data-hue] .words") == [
        "This page was out of date. Nothing was done; try again."
    ]


def test_it_keeps_what_was_typed_within_a_page(browser):
    page = browser.post("/profile/", STALE | {"name": "Alma B"}, **{"HX-Request": "true"})

    assert page.status == 409  # as the pages swap it
    assert page.headers["HX-Retarget"] == page.headers["HX-Reselect"] == "#main"
    assert page.hidden["name"] == "Alma B"


def test_it_knows_every_field_that_holds_a_secret():
    """Of each form: what is typed unseen, what is used once, and what the form itself calls a secret."""
    for module in pkgutil.iter_modules(portal.forms.__path__):
        import_module(f"portal.forms.{module.name}")
    for name in ("account.forms", "mfa.totp.forms", "mfa.webauthn.forms", "mfa.base.forms"):
        import_module(f"allauth.{name}")
    held = {
        name
        for form in subclasses(forms.BaseForm)
        if not form.__module__.startswith("django.")
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field.widget, forms.PasswordInput)
        or field.widget.attrs.get("autocomplete") == "one-time-code"
        or name in getattr(form, "secrets", ())
    }

    assert len(held) > 10
    assert held <= SECRETS


def subclasses(cls):
    for one in cls.__subclasses__():
        yield one
        yield from subclasses(one)
