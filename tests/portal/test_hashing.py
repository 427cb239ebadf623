"""How passwords are hashed, and how many at once."""

import threading
import time

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.db import connection

from portal.sign_in import hashing

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _real_hashes(settings):
    """The tests' own settings have quick ones."""
    settings.PASSWORD_HASHERS = ["portal.sign_in.hashing.PasswordHasher"]


@pytest.fixture
def sign_in(visit):
    return lambda email, password=PASSWORD: visit().post("/sign-in/", {"login": email, "password": password})


@pytest.fixture
def hashed(monkeypatch):
    """How many were hashed or compared, and how many of them at once."""
    counted, lock = Counted(), threading.Lock()
    for name in ("encode", "verify"):
        real = getattr(Argon2PasswordHasher, name)

        def count(self, *arguments, real=real):
            with lock:
                counted.all += 1
                counted.now += 1
                counted.most = max(counted.most, counted.now)
            time.sleep(0.02)  # long enough for others to come in, if they could
            try:
                return real(self, *arguments)
            finally:
                with lock:
                    counted.now -= 1

        monkeypatch.setattr(Argon2PasswordHasher, name, count)
    return counted


class Counted:
    all = now = most = 0


def test_it_hashes_with_the_parameters_of_owasp():
    assert make_password(PASSWORD).startswith("argon2$argon2id$v=19$m=19456,t=2,p=1$")


def test_it_replaces_an_older_hash_at_the_next_sign_in(people, sign_in):
    alma = people.member("Alma")
    alma.password = Argon2PasswordHasher().encode(PASSWORD, "0123456789abcdef012345")
    alma.save()
    assert "m=102400" in alma.password

    assert sign_in("alma@example.com", "wrong").status == 200
    alma.refresh_from_db()
    assert "m=102400" in alma.password

    assert sign_in("alma@example.com").leads_to == "/"
    alma.refresh_from_db()
    assert "m=19456,t=2,p=1" in alma.password
    assert check_password(PASSWORD, alma.password)


def test_it_hashes_once_for_an_address_that_nobody_has(people, sign_in, hashed):
    alma = people.member("Alma")
    hashed.all = 0

    sign_in("nobody@example.com")
    assert hashed.all == 1
    sign_in(alma.email, "wrong")
    assert hashed.all == 2


@pytest.mark.django_db(transaction=True)
def test_it_hashes_one_at_a_time_for_known_and_unknown_addresses(people, sign_in, hashed):
    for number in range(4):
        people.member(f"P{number}")
    hashed.all = 0
    names = [f"p{number}@example.com" for number in range(4)] + ["n1@example.com", "n2@example.com"]

    def try_it(name):
        sign_in(name)
        connection.close()

    threads = [threading.Thread(target=try_it, args=[name]) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert hashed.all == 6
    assert hashed.most == 1


@pytest.fixture
def taken(monkeypatch):
    """Somebody's hash that takes as long as the test."""
    monkeypatch.setattr(hashing, "SECONDS_TO_WAIT", 0.05)
    end = threading.Event()
    hashing._thread.submit(end.wait)
    yield end
    end.set()


@pytest.mark.parametrize("email", ["alma@example.com", "nobody@example.com"])
def test_it_says_that_it_is_busy_rather_than_wait_for_long(people, sign_in, email, request):
    people.member("Alma")
    request.getfixturevalue("taken")

    page = sign_in(email)

    assert page.status == 503
    assert page.one("h1").text == "The portal is busy"
    assert page.headers["Retry-After"] == "5"
    assert "no-store" in page.headers["Cache-Control"]


def test_it_hashes_nothing_for_who_was_told_that_it_is_busy(people, sign_in, hashed, request):
    people.member("Alma")
    hashed.all = 0
    end = request.getfixturevalue("taken")

    assert sign_in("alma@example.com").status == 503

    end.set()
    hashing._thread.submit(int).result(10)
    assert hashed.all == 0
