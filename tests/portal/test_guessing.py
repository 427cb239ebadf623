"""What guessing comes to: counted at the password and at the code themselves, with the limits that are set.

No broker runs in these tests: the limits live in the database.
"""

import os
import time
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import connection
from django.utils import timezone

from portal.acts import password_links
from portal.models import User
from tests.portal.test_second_factor import PASSWORD, add_passkey, is_in, set_up_app, sign_in_by_passkey
from ultahost_api.sandbox import totp

NEW = "a staple of batteries"
ADDRESSES = [f"203.0.113.{number}" for number in range(50)]
MINUTES = int(os.environ.get("MINUTES_OF_GUESSING", "12"))  # 200 make ten thousand guesses
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("nothing_counted")]


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def tested(monkeypatch):
    """Every password that was really compared."""
    compared, real = [], User.check_password

    def compare(user, password):
        compared.append(password)
        return real(user, password)

    monkeypatch.setattr(User, "check_password", compare)
    return compared


def guess(visitor, address, password="a guess"):
    form = {"login": "alma@example.com", "password": password}
    return visitor.client.post("/sign-in/", form, REMOTE_ADDR=address)


def test_it_tests_one_password_a_minute_from_fifty_addresses_and_the_passkey_works(visit, alma, tested):
    mine = visit(alma)
    mine.client.defaults["HTTP_HOST"] = "localhost"
    passkey, _ = add_passkey(mine)
    guesser, began = visit(), timezone.now()

    for minute in range(MINUTES):
        with time_machine.travel(began + timedelta(minutes=minute), tick=False):
            for address in ADDRESSES:
                guess(guesser, address)

    assert 5 <= len(tested) <= MINUTES + 5
    with time_machine.travel(began + timedelta(minutes=MINUTES), tick=False):
        for address in ADDRESSES:
            guess(guesser, address)
        assert not is_in(guesser)
        owner = visit()
        owner.client.defaults["HTTP_HOST"] = "localhost"
        sign_in_by_passkey(owner, passkey)
        assert is_in(owner)


def test_it_tests_no_more_when_guesses_come_at_once(visit, alma, tested):
    barrier = Barrier(6)

    def try_some(address):
        guesser = visit()
        barrier.wait()
        for _ in range(4):
            guess(guesser, address)
        connection.close()

    threads = [Thread(target=try_some, args=[address]) for address in ADDRESSES[:6]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 1 <= len(tested) <= 5


def test_it_stops_one_address_that_goes_through_many_people(visit, people, tested):
    for number in range(15):
        people.member(f"Person{number}")
    guesser = visit()

    for number in range(15):
        form = {"login": f"person{number}@example.com", "password": "Spring 2026"}
        guesser.client.post("/sign-in/", form, REMOTE_ADDR=ADDRESSES[0])

    assert len(tested) == 10


def test_it_tests_five_codes_in_five_minutes_though_the_password_is_known(visit, alma):
    seed, _ = set_up_app(visit(alma))
    guesser = visit()
    guess(guesser, ADDRESSES[0], PASSWORD)

    with time_machine.travel(time.time(), tick=False):
        right = totp.code(seed, time.time())
        for number in range(5):
            wrong = f"{(int(right) + number + 1) % 1_000_000:06}"
            guesser.client.post("/sign-in/second-factor/", {"code": wrong}, REMOTE_ADDR=ADDRESSES[number])
        guesser.client.post("/sign-in/second-factor/", {"code": right}, REMOTE_ADDR=ADDRESSES[9])

    assert not is_in(guesser)
    assert Authenticator.objects.get(type="totp").last_used_at is None


def test_it_stops_guessing_in_a_session_that_was_left_open(visit, alma, tested):
    browser = visit(alma, proven=False)

    for _ in range(12):
        page = browser.post("/sign-in/again/", {"password": "a guess"})

    assert len(tested) == 5
    assert page.status == 429
    assert page.one("h1").text == "Too many attempts"


def test_it_tests_no_more_at_another_port_of_the_portal(visit, alma, tested):
    guesser = visit()

    for number, address in enumerate(ADDRESSES[:12]):
        guesser.client.defaults["HTTP_HOST"] = f"localhost:{6000 + number}"
        guess(guesser, address)

    assert len(tested) == 5


def test_it_lets_in_who_sets_a_new_password_after_guesses(visit, alma):
    link = password_links.make(alma).removeprefix(settings.PORTAL_URL)
    for address in ADDRESSES[:6]:
        guess(visit(), address)
    browser = visit()
    form = browser.follow(browser.get(link)).one("main form")

    browser.post(form["action"], {"password1": NEW, "password2": NEW})
    guess(browser, ADDRESSES[7], NEW)

    assert is_in(browser)


def test_it_counts_guesses_at_the_old_password_with_the_others(visit, alma, tested):
    began = timezone.now()
    form = {"oldpassword": "a guess", "password1": NEW, "password2": NEW}
    for minute in range(4):
        with time_machine.travel(began + timedelta(minutes=minute), tick=False):
            for address in ADDRESSES[:4]:
                visit(alma).client.post("/sign-in/password/", form, REMOTE_ADDR=address)
            guess(visit(), ADDRESSES[5])

    assert len(tested) == 5
    with time_machine.travel(began + timedelta(minutes=3), tick=False):
        right = form | {"oldpassword": PASSWORD}
        visit(alma).client.post("/sign-in/password/", right, REMOTE_ADDR=ADDRESSES[6])
    alma.refresh_from_db()
    assert alma.check_password(PASSWORD)
