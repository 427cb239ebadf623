"""What every answer of the portal carries, whichever view gave it."""

import io
import logging

import pytest
from django.core import mail
from django.urls import reverse

from portal.acts import keys
from ultahost_api.models import ApiKey

SECRET = "sk_test_canary_0123456789abcdef"


@pytest.fixture
def paths(rows, people, dana):
    """A page of every kind, those in trouble among them."""
    account = rows.account("Acme")
    key = rows.key(dana, account)
    person = people.member("Alma")
    names = ["home", "keys", "add_key", "people", "invite", "account_change_password", "livez", "readyz"]
    names += [f"{noun}{form}" for noun in ("services", "invoices", "domains") for form in ("", "_csv")]
    return [
        *map(reverse, names),
        reverse("freshness", args=["services"]),
        reverse("service", args=[rows.service(account).pk]),
        reverse("invoice", args=[rows.invoice(account).pk]),
        reverse("domain", args=[rows.domain(account).pk]),
        *(reverse(name, args=[key.pk]) for name in ("key", "replace_key", "remove_key", "disable_key")),
        reverse("person", args=[person.pk]),
        "/nothing/",
    ]


def directives(page):
    parts = (part.split() for part in page.headers["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in parts}


def assert_guarded(page):
    policy = directives(page)
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == ["'self'"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert "camera=()" in page.headers["Permissions-Policy"]
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"


def test_it_guards_every_page(visit, dana, paths):
    for browser in (visit(dana), visit()):
        for path in paths:
            assert_guarded(browser.get(path))


def test_it_guards_the_pages_of_strangers(visit, db):
    for name in ("account_login", "account_reset_password", "account_signup", "account_inactive"):
        assert_guarded(visit().get(reverse(name)))


def test_it_has_no_page_with_anything_inline(visit, dana, paths):
    browser = visit(dana)
    for page in map(browser.get, paths):
        if not page.headers["Content-Type"].startswith("text/html"):
            continue
        assert page.all("style") == page.all("[style]") == []
        assert all("src" in script.attributes for script in page.all("script"))
        for element in page.all("[class]") + page.all("form") + page.all("body"):
            assert not [name for name in element.attributes if name.startswith("on")]


def test_it_protects_every_form_that_changes_something(visit, dana, paths):
    browser = visit(dana)
    for page in map(browser.get, paths):
        if page.headers["Content-Type"].startswith("text/html"):
            forms = page.all("form[method=post]")
            assert len(page.all("form[method=post] input[name=csrfmiddlewaretoken]")) == len(forms)


def test_it_keeps_cookies_from_scripts_and_other_sites(visit, people):
    people.member("Alma")
    browser = visit()
    browser.get("/sign-in/")
    browser.post("/sign-in/", {"login": "alma@example.com", "password": "correct horse battery"})

    cookies = browser.client.cookies
    assert {"portal_session", "portal_csrf"} <= set(cookies)
    for name in ("portal_session", "portal_csrf"):
        cookie = cookies[name]
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
        assert (cookie["path"], cookie["domain"]) == ("/", "")


def test_it_answers_to_its_own_names_alone(client, db):
    assert client.get("/sign-in/", headers={"host": "localhost"}).status_code == 200
    assert client.get("/sign-in/", headers={"host": "evil.example"}).status_code == 400


# When something breaks


@pytest.fixture
def fail(visit, dana, monkeypatch):
    """Saving a key raises, with the key in a local and in the words of the error."""

    def add(by, owner, label, text):
        raise RuntimeError(f"could not save {text}")

    def post():
        client = visit(dana).client
        client.raise_request_exception = False
        return client.post("/keys/add/", {"label": "Shop", "secret": SECRET})

    monkeypatch.setattr(keys, "add", add)
    return post


def test_it_says_that_something_went_wrong_and_not_what(fail):
    answer = fail()

    assert answer.status_code == 500
    html = answer.content.decode()
    assert "Something went wrong in the portal" in html
    assert SECRET not in html
    assert "RuntimeError" not in html
    assert mail.outbox == []
    assert not ApiKey.objects.exists()


def test_it_logs_the_error_without_the_key(fail, monkeypatch):
    (console,) = (handler for handler in logging.getLogger().handlers if handler.name == "console")
    monkeypatch.setattr(console, "stream", logged := io.StringIO())

    fail()

    assert "RuntimeError: could not save sk_…" in logged.getvalue()
    assert SECRET not in logged.getvalue()


def test_it_logs_no_local_of_an_error(fail, monkeypatch, caplog):
    def add(by, owner, label, text):
        raise RuntimeError(f"could not save {len(text)} characters")

    monkeypatch.setattr(keys, "add", add)

    fail()

    assert "could not save 31 characters" in caplog.text
    assert SECRET not in caplog.text


def test_it_leads_a_region_back_that_does_not_say_what_page_it_is_on(visit):
    page = visit().htmx("/services/?status=Active", "services")

    assert page.headers["HX-Redirect"] == "/sign-in/?next=%2Fservices%2F%3Fstatus%3DActive"
