"""How long a session lives, and what ends it."""

from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from tests.portal.stored import places_of

PASSWORD = "correct horse battery"
NEW = "a staple of batteries"


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def sign_in(visit, alma):
    def by_password(browser="Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"):
        visitor = visit()
        visitor.client.defaults["HTTP_USER_AGENT"] = browser
        visitor.post("/sign-in/", {"login": alma.email, "password": PASSWORD})
        return visitor

    return by_password


@pytest.fixture
def after():
    """``after(hours=7)``: what o'clock it is then, counted from the beginning."""
    began = timezone.now()
    with time_machine.travel(began, tick=False) as traveller:
        yield lambda **ago: traveller.move_to(began + timedelta(**ago))


def is_in(browser):
    return browser.get("/").status == 200


def test_it_ends_after_eight_hours_without_a_click(after, sign_in):
    browser = sign_in()
    assert is_in(browser)

    after(hours=7.9)
    assert is_in(browser)
    after(hours=15.8)
    assert is_in(browser)
    after(hours=23.9)
    assert not is_in(browser)


def test_it_does_not_live_on_a_page_that_asks_by_itself(after, sign_in):
    browser = sign_in()
    for hour in range(8):
        after(hours=hour)
        assert browser.htmx("/freshness/services/", "freshness").status == 200

    after(hours=8.1)

    page = browser.htmx(
        "/freshness/services/", "freshness", **{"HX-Current-URL": "http://testserver/services/"}
    )
    assert page.headers["HX-Redirect"] == "/sign-in/?next=%2Fservices%2F"


def test_it_ends_after_seven_days_however_busy(after, sign_in):
    browser = sign_in()
    for hours in range(0, 7 * 24, 7):
        after(hours=hours)
        assert is_in(browser)

    after(days=7.01)

    assert not is_in(browser)


def test_it_ends_with_a_clock_that_was_ahead_and_is_put_right(after, sign_in):
    after(days=1)
    browser = sign_in()
    assert is_in(browser)

    after(days=0)

    assert not is_in(browser)


def test_it_ends_where_it_was_confirmed_by_a_clock_that_was_ahead(after, sign_in, alma):
    browser = sign_in()
    after(hours=2)
    browser.post("/sign-in/again/", {"password": PASSWORD})
    assert is_in(browser)

    after(hours=1)

    assert not is_in(browser)


def test_it_does_not_write_at_every_click(after, sign_in, django_assert_num_queries):
    browser = sign_in()
    is_in(browser)
    expires = browser.client.session.get_expiry_date()
    after(minutes=4)
    assert is_in(browser)

    row = Session.objects.get()
    assert row.expire_date == expires


def test_it_lists_where_one_is_signed_in_and_ends_one(sign_in, alma):
    here, there = sign_in(), sign_in("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0) Safari/605")
    page = here.get("/sign-in/sessions/")
    assert page.texts("td.name") == ["Firefox, Linux", "Safari, iPhone"]
    assert page.texts("td.acts-cell")[0] == "This one"

    (form,) = page.all("td form")
    here.post(form["action"])

    assert (is_in(here), is_in(there)) == (True, False)
    assert here.get("/sign-in/sessions/").texts("td.name") == ["Firefox, Linux"]


def test_it_ends_all_others(sign_in):
    here, there, elsewhere = sign_in(), sign_in(), sign_in()

    here.post("/sign-in/sessions/")

    assert [is_in(browser) for browser in (here, there, elsewhere)] == [True, False, False]


def test_it_ends_nobody_else_s(sign_in, visit, people):
    theirs = sign_in()
    (form,) = sign_in().get("/sign-in/sessions/").all("td form")

    assert visit(people.admin("Dana")).post(form["action"]).status == 404
    assert is_in(theirs)


def test_it_ends_the_others_when_the_password_changes_and_keeps_the_days_that_passed(after, sign_in):
    here, there = sign_in(), sign_in()
    after(days=0.3)
    here.post("/sign-in/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    assert (is_in(here), is_in(there)) == (True, False)

    for hours in range(12, 7 * 24, 7):
        after(hours=hours)
        is_in(here)
    after(days=7.01)
    assert not is_in(here)


def test_it_stays_dead_when_the_person_comes_back(sign_in, alma):
    browser = sign_in()
    alma.deactivate()
    assert not is_in(browser)

    alma.reactivate()

    assert not is_in(browser)


def test_it_ends_all_of_a_person_for_an_admin(sign_in, visit, people, alma):
    theirs, dana = [sign_in(), sign_in()], visit(people.admin("Dana"))

    dana.post(f"/people/{alma.pk}/sessions/end/")

    assert [is_in(browser) for browser in (*theirs, dana)] == [False, False, True]


def test_it_sends_the_whole_window_to_the_sign_in(visit):
    page = visit().htmx("/keys/", "keys", **{"HX-Current-URL": "http://testserver/keys/?a=1"})

    assert page.headers["HX-Redirect"] == "/sign-in/?next=%2Fkeys%2F%3Fa%3D1"
    assert page.html == ""


def test_it_shows_a_reader_of_the_database_no_cookie_that_signs_in(sign_in, visit):
    browser = sign_in()
    is_in(browser)
    (session,), (listed,) = Session.objects.all(), UserSession.objects.all()

    assert session.pk == listed.session_key
    for stolen in {session.pk, session.pk[:32]}:
        thief = visit()
        thief.client.cookies[settings.SESSION_COOKIE_NAME] = stolen
        assert not is_in(thief)
    cookie = browser.client.cookies[settings.SESSION_COOKIE_NAME].value
    assert places_of(cookie) == set()
    assert is_in(browser)


def test_it_lists_a_session_once_when_it_gets_another_key(sign_in):
    browser = sign_in()
    browser.post("/sign-in/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert browser.get("/sign-in/sessions/").texts("td.acts-cell") == ["This one"]
