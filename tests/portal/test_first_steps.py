"""An admin's list of what a new portal needs, which ticks itself."""

import pytest
from allauth.mfa.models import Authenticator
from django.utils import timezone

from portal import audit
from portal.models import Act, Switches, User
from tests.portal.statements import all_statements
from ultahost_api.models import Noun, Refresh

STEPS = ["key", "copy", "people", "mail", "two-factor", "backup"]


@pytest.fixture(autouse=True)
def without_mail(settings):
    settings.EMAIL_URL = ""


def done(page):
    return [step["id"].removeprefix("step-") for step in page.all(".steps .done")]


def test_an_empty_portal_shows_an_admin_what_to_do(visit, dana):
    page = visit(dana).get("/")

    assert [step["id"].removeprefix("step-") for step in page.all(".steps > li")] == STEPS
    assert done(page) == []
    links = [link["href"] for link in page.all(".steps a")]
    assert links == ["/keys/add/", "/keys/", "/people/invite/", "/people/second-factor/"]
    assert page.texts(".steps code") == [
        "EMAIL_URL=smtp+tls://user:password@mail.example.com:587",
        "python manage.py backup /backups/portal",
    ]
    assert not page.all(".empty")  # which would say the first of them again


def test_it_ticks_itself(visit, people, rows, dana, settings):
    browser = visit(dana)
    account = rows.account("Acme")
    rows.key(dana, account)
    assert done(browser.get("/")) == ["key"]

    Refresh.objects.create(account=account, noun=Noun.SERVICES, completed_at=timezone.now())
    assert done(browser.get("/")) == ["key", "copy"]

    browser.post("/people/invite/", {"name": "Ben", "email": "ben@example.com", "role": "member"})
    assert done(browser.get("/")) == ["key", "copy", "people"]

    settings.EMAIL_URL = "smtp://mail.example.com"
    Switches.objects.create(second_factor=True)
    Authenticator.objects.create(user=dana, type="totp", data={})
    assert done(browser.get("/")) == STEPS[:5]
    audit.record(None, Act.BACKED_UP, "portal-monday", rows=1)
    assert done(browser.get("/")) == STEPS


def test_it_is_put_away_and_found_again(visit, dana):
    browser = visit(dana)
    assert browser.get("/first-steps/").one(".actions button").text == "Put away"

    page = browser.follow(browser.post("/first-steps/put-away/"))
    assert page.path == "/"
    assert not page.all(".steps")
    assert page.one(".empty")

    page = browser.get(page.one(".user a[href='/first-steps/']")["href"])
    assert len(page.all(".steps > li")) == len(STEPS)
    page = browser.follow(browser.post(page.one(".actions form")["action"]))
    assert len(page.all(".steps > li")) == len(STEPS)


@pytest.mark.parametrize("role", ["member", "billing"])
def test_it_is_for_admins(visit, people, role):
    browser = visit(getattr(people, role)("Ben"))

    page = browser.get("/")
    assert not page.all(".steps")
    assert not page.all("a[href='/first-steps/']")
    assert browser.get("/first-steps/").status == 404
    assert browser.post("/first-steps/put-away/").status == 404
    assert not User.objects.get(name="Ben").first_steps_away


def test_it_takes_one_statement_and_none_when_it_was_put_away(visit, dana):
    browser = visit(dana)

    def statements() -> int:
        with all_statements() as captured:
            browser.get("/")
        return len(captured)

    statements()
    shown = statements()
    browser.post("/first-steps/put-away/")
    assert statements() == shown - 1
