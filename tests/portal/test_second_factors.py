import pytest
from allauth.mfa.models import Authenticator
from django.core import mail

from portal.models import Switches
from ultahost_api.crypto import sealing

NOBODY = "00000000-0000-4000-8000-000000000000"
SWITCH = "/people/second-factor/"


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def browser(visit, dana):
    return visit(dana)


def give_app(person):
    data = {"secret": sealing.seal_text("A" * 32, "second factor seed")}
    Authenticator.objects.create(user=person, type="totp", data=data)
    codes = {"seed": sealing.seal_text("a", "second factor seed"), "used_mask": 0}
    Authenticator.objects.create(user=person, type="recovery_codes", data=codes)


def said(page):
    return page.texts(".toast[data-hue] .words")


def remove(person):
    return f"/people/{person.pk}/second-factor/remove/"


def test_it_shows_who_has_one(browser, alma):
    give_app(alma)

    assert browser.get("/people/").texts("tbody td.extra") == ["Set up", "None"]
    page = browser.get(f"/people/{alma.pk}/")
    assert "app" in page.texts("dl.facts dd")
    assert page.one(f"aside a[href={remove(alma)}]")


def test_it_removes_a_lost_one_and_tells_the_person(browser, visit, alma, settings):
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    give_app(alma)
    theirs = visit(alma)
    assert "Remove the two-factor sign-in of Alma?" in browser.get(remove(alma)).one("h1").text
    assert Authenticator.objects.exists()

    page = browser.follow(browser.post(remove(alma)))

    assert said(page) == ["The two-factor sign-in of Alma was removed."]
    assert not Authenticator.objects.exists()
    assert theirs.get("/").status == 302
    (message,) = mail.outbox
    assert (message.to, "Dana removed your two-factor sign-in" in message.body) == (
        ["alma@example.com"],
        True,
    )
    (again := visit()).post("/sign-in/", {"login": alma.email, "password": "correct horse battery"})
    assert again.get("/").status == 200


def test_it_keeps_the_session_in_which_an_admin_removes_their_own(browser, visit, dana):
    give_app(dana)
    elsewhere = visit(dana)

    browser.post(remove(dana))

    assert (browser.get("/").status, elsewhere.get("/").status) == (200, 302)


def test_it_requires_one_of_everybody_and_leaves_it_to_them_again(browser, visit, dana, alma):
    give_app(dana)
    theirs = visit(alma)
    form = browser.get(SWITCH)
    assert form.one("input[name=second_factor]")["value"] == "on"
    assert "Not set up: Alma." in form.one("main").text

    assert browser.post(SWITCH, {"second_factor": "on"}).leads_to == "/people/"
    assert theirs.get("/").leads_to == "/sign-in/ways/"
    assert browser.get("/").status == 200

    browser.post(SWITCH, {"second_factor": "off"})
    assert theirs.get("/").status == 200


@pytest.mark.parametrize("path", [SWITCH, "remove"])
def test_it_wants_to_know_who_the_admin_is(visit, dana, alma, path):
    give_app(alma)
    browser = visit(dana, proven=False)
    path = remove(alma) if path == "remove" else path

    for page in (browser.get(path), browser.post(path, {"second_factor": "on"})):
        assert page.leads_to.startswith("/sign-in/again/?next=")
    assert Authenticator.objects.filter(type="totp").exists()
    assert not Switches.current().second_factor


@pytest.mark.parametrize("role", ["member", "billing"])
def test_it_is_not_there_for_anybody_but_admins(visit, people, dana, role):
    give_app(dana)
    other = visit(getattr(people, role)("Other"))

    for path in (SWITCH, remove(dana)):
        assert (other.get(path).status, other.post(path).status) == (404, 404)
    assert Authenticator.objects.filter(user=dana).exists()


def test_it_has_no_page_for_who_does_not_exist(browser):
    assert browser.get(f"/people/{NOBODY}/second-factor/remove/").status == 404


@pytest.mark.parametrize("path", [SWITCH, f"/people/{NOBODY}/second-factor/remove/"])
def test_it_refuses_a_wrong_method_and_sends_a_stranger_to_sign_in(browser, visit, path):
    assert browser.client.put(path).status_code == 405
    assert visit().get(path).leads_to == f"/sign-in/?next={path}"
