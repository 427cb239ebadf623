from datetime import timedelta
from threading import Barrier, Thread
from urllib.parse import urlsplit

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core import mail
from django.db import connection
from django.utils import timezone

from portal.acts import invitations
from portal.models import Invitation, Role, User
from tests.portal.stored import places_of

NOBODY = "00000000-0000-4000-8000-000000000000"
PASSWORD = "a staple of batteries"
NILS = {"name": "Nils", "email": "Nils@Example.com", "role": "billing"}


@pytest.fixture
def browser(visit, dana):
    return visit(dana)


@pytest.fixture
def link(browser):
    return link_on(browser.post("/people/invite/", NILS))


def link_on(page):
    return urlsplit(page.one(".made-link input")["value"]).path


def accept(visitor, link, **fields):
    """Open the link as a browser does, and send the form it leads to."""
    return visitor.post(visitor.get(link).leads_to, {"name": "Nils", "password": PASSWORD} | fields)


def act(browser, name):
    (link,) = [link for link in browser.get("/people/").all("td a") if name in link["href"]]
    return browser.post(browser.get(link["href"]).one("main form")["action"])


def test_it_invites_and_the_person_joins_with_the_role_that_was_given(browser, visit, link):
    theirs = visit()
    form = theirs.follow(theirs.get(link))
    assert form.one("h1").text == "Dana invites you"
    assert form.one("input[name=email]")["value"] == "nils@example.com"

    page = accept(theirs, link, name="Nils Holm", email="other@example.com", role="admin")

    assert page.leads_to == "/"
    nils = User.objects.get(email="nils@example.com")
    assert (nils.name, nils.role, nils.check_password(PASSWORD)) == ("Nils Holm", Role.BILLING, True)
    assert theirs.get("/").one(".menu.user summary").text == "Nils Holm"
    assert theirs.get("/sign-in/sessions/").texts("td.acts-cell") == ["This one"]
    assert theirs.get("/sign-in/ways/app/").status == 200  # the password was typed this moment
    assert browser.get("/people/").all("#invitations") == []


def test_it_keeps_what_was_typed_while_it_asks_who_it_is(visit, dana):
    browser = visit(dana, proven=False)
    assert browser.post("/people/invite/", NILS).leads_to == "/sign-in/again/?next=%2Fpeople%2Finvite%2F"
    assert not Invitation.objects.exists()

    browser.post("/sign-in/again/", {"password": "correct horse battery"})

    page = browser.get("/people/invite/")
    assert {name: page.filled[name] for name in NILS} == NILS
    assert browser.post("/people/invite/", page.filled).all(".copyable")


def test_it_keeps_no_secret_but_its_keyed_hash(browser, visit, link):
    secret = link.strip("/").rpartition("/")[2]
    theirs = visit()

    page = theirs.follow(theirs.get(link))

    assert len(secret) >= 43
    assert secret not in page.html + browser.get("/people/").html
    assert Session.objects.count() == 2
    assert places_of(secret) == set()


def test_it_works_once(visit, link):
    accept(visit(), link)

    page = accept(visit(), link)

    assert (page.status, page.one("h1").text) == (404, "This link no longer works")
    assert User.objects.count() == 2


def test_it_is_not_used_up_by_being_opened(visit, link):
    for _ in range(3):
        visit().get(link)

    assert accept(visit(), link).leads_to == "/"


@pytest.mark.parametrize("hours", [47.9, 48.1])
def test_it_works_for_48_hours(visit, link, hours):
    with time_machine.travel(timezone.now() + timedelta(hours=hours)):
        accept(visit(), link)

    assert User.objects.filter(email="nils@example.com").exists() == (hours < 48)


def test_it_dies_with_the_link_that_is_sent_after_it_also_where_it_is_open(browser, visit, link):
    theirs = visit()
    theirs.get(link)

    again = link_on(act(browser, "resend"))

    assert theirs.post("/invitation/", {"name": "Nils", "password": PASSWORD}).status == 404
    assert accept(visit(), link).status == 404
    assert accept(visit(), again).leads_to == "/"


def test_it_sends_again_what_has_become_too_old(browser, visit, link):
    Invitation.objects.update(expires_at=timezone.now())
    assert "expired" in browser.get("/people/").one("#invitations").parent.parent.text

    again = link_on(act(browser, "resend"))

    assert accept(visit(), again).leads_to == "/"


@pytest.mark.parametrize(
    ("url", "words"), [("", "Make a new link"), ("smtp://mail.example.com", "Send again")]
)
def test_it_offers_to_send_only_where_the_portal_sends_e_mails(browser, link, settings, url, words):
    settings.EMAIL_URL = url

    row = browser.get("/people/").one("section[aria-labelledby=invitations] tbody tr").text
    assert words in row
    path = f"/people/invitations/{Invitation.objects.get().pk}/resend/"
    verb = browser.get(path).one("main form button").text
    assert verb == ("Send again" if url else "Make the link")


def test_it_is_revoked(browser, visit, link):
    theirs = visit()
    theirs.get(link)

    assert act(browser, "revoke").leads_to == "/people/"

    assert accept(visit(), link).status == 404
    assert theirs.post("/invitation/", {"name": "Nils", "password": PASSWORD}).status == 404
    (invitation,) = Invitation.objects.all()
    for path in ("resend", "revoke"):
        assert browser.post(f"/people/invitations/{invitation.pk}/{path}/").status == 404
    assert browser.post("/people/invite/", NILS).all(".copyable")


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ({"email": "no-address"}, "Enter an e-mail address"),
        ({"name": ""}, "Fill in this field"),
        ({"role": "owner"}, "Choose one of the options"),
        ({"email": " DANA@example.com"}, "already exists"),
        ({"email": "Eva@example.com"}, "already invited"),
    ],
)
def test_it_invites_nobody_by_a_bad_form(browser, bad, words):
    browser.post("/people/invite/", NILS | {"email": "eva@example.com"})

    page = browser.post("/people/invite/", NILS | bad)

    assert page.status == 422
    assert words in page.one(".errorlist li").text
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("bad", [{"password": "short"}, {"password": "nils@example.com"}, {"name": ""}])
def test_it_takes_nobody_in_by_a_bad_form_and_the_link_still_works(visit, link, bad):
    page = accept(visit(), link, **bad)

    assert page.status == 422
    assert page.all(".errorlist li")
    assert not User.objects.filter(email="nils@example.com").exists()
    assert accept(visit(), link).leads_to == "/"


def test_it_makes_no_second_person_of_who_is_here_meanwhile(visit, people, link):
    people.member("Nils")

    page = accept(visit(), link)

    assert page.status == 422
    assert "no longer works" in page.one(".errorlist li").text


def test_it_makes_one_person_of_two_who_accept_at_once(transactional_db, people):
    invitation = Invitation(email="nils@example.com", name="Nils", invited_by=people.admin("Dana"))
    invitations.send(invitation, invitation.invited_by)
    barrier, refused = Barrier(2), []

    def join():
        barrier.wait()
        try:
            invitations.accept(invitation, name="Nils", password=PASSWORD)
        except invitations.NoLongerValid:
            refused.append(True)
        finally:
            connection.close()

    threads = [Thread(target=join) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (User.objects.count(), refused) == (2, [True])


def test_it_mails_the_link_where_mail_is_set_up(browser, visit, settings):
    settings.EMAIL_URL = "smtp://mail.example.com"

    page = browser.follow(browser.post("/people/invite/", NILS))

    (message,) = mail.outbox
    (link,) = [line for line in message.body.splitlines() if line.startswith("http")]
    assert message.to == ["nils@example.com"]
    assert link not in page.html
    assert accept(visit(), urlsplit(link).path).leads_to == "/"


def test_it_shows_the_link_when_the_mail_cannot_be_sent(browser, visit, settings):
    settings.EMAIL_URL = "smtp://127.0.0.1:9"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    link = link_on(browser.post("/people/invite/", NILS))

    assert accept(visit(), link).leads_to == "/"


@pytest.mark.parametrize("role", ["member", "billing"])
def test_it_is_not_there_for_anybody_but_admins(visit, people, link, role):
    other = visit(getattr(people, role)("Other"))
    (invitation,) = Invitation.objects.all()

    assert (other.get("/people/invite/").status, other.post("/people/invite/", NILS).status) == (404, 404)
    for act_ in ("resend", "revoke"):
        assert other.post(f"/people/invitations/{invitation.pk}/{act_}/").status == 404
    assert Invitation.objects.valid().count() == 1


def test_it_knows_no_other_link(visit, browser):
    opened = visit().get("/invitation/guessed/")
    assert opened.leads_to == "/invitation/"  # no error, which would be logged with the address
    assert (visit().get("/invitation/").status, visit().post("/invitation/").status) == (404, 404)
    assert browser.post(f"/people/invitations/{NOBODY}/resend/").status == 404


def test_it_makes_no_session_for_a_guess(visit, db):
    for number in range(30):
        visit().get(f"/invitation/guess{number}/")

    assert Session.objects.count() == 0


def test_it_forgets_the_invitation_before_when_another_link_is_no_good(visit, link):
    theirs = visit()
    theirs.get(link)

    theirs.get("/invitation/guessed/")

    assert theirs.get("/invitation/").status == 404


def test_it_refuses_a_wrong_method(browser, visit):
    assert browser.client.put("/people/invite/").status_code == 405
    for act_ in ("resend", "revoke"):
        assert browser.client.put(f"/people/invitations/{NOBODY}/{act_}/").status_code == 405
    assert visit().post("/invitation/guessed/").status == 405
    assert visit().client.put("/invitation/").status_code == 405


@pytest.mark.parametrize("path", ["/people/invite/", f"/people/invitations/{NOBODY}/revoke/"])
def test_it_sends_a_stranger_to_sign_in(visit, path):
    assert visit().post(path).leads_to == f"/sign-in/?next={path}"
