"""What a passkey answers counts for the form that asked, once; and alone it signs in only with its PIN.

The attacks are those of somebody who found a security key and does not know its PIN.
"""

import json
from copy import deepcopy
from datetime import timedelta
from threading import Barrier, Thread

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from portal.models import User
from tests.portal.passkeys import Passkey
from tests.portal.test_second_factor import ADD, PASSWORD, add_passkey, is_in, told

SIGN_IN, SECOND, AGAIN = "/sign-in/passkey/", "/sign-in/second-factor/", "/sign-in/again/passkey/"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nothing_counted"),
]


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def passkey(at_localhost, alma):
    return add_passkey(at_localhost(alma))[0]


def sign_in(browser, email="alma@example.com"):
    return browser.post("/sign-in/", {"login": email, "password": PASSWORD})


def begin(browser, path):
    """What the page, or for the sign-in the address, tells the passkey."""
    page = browser.get(path, Accept="application/json")
    return json.loads(page.html) if path == SIGN_IN else told(page)


def test_it_makes_no_more_sessions_than_challenges_that_an_address_may_have(at_localhost):
    """Each visitor here comes without a cookie, as a script does that fills the database."""
    answers = [at_localhost().get(SIGN_IN, Accept="application/json").status for _ in range(40)]

    assert answers == [200] * 30 + [429] * 10
    assert Session.objects.count() == 30


def test_it_signs_nobody_in_by_a_key_without_its_pin(at_localhost, people, passkey):
    """Begins what asks for less with a login of one's own, waits until that is dropped, and answers there."""
    people.member("Eve")
    add_passkey(at_localhost(User.objects.get(name="Eve")))
    browser = at_localhost()
    sign_in(browser, "eve@example.com")
    asked = begin(browser, SECOND)

    with time_machine.travel(timezone.now() + timedelta(minutes=16)):
        browser.post(SIGN_IN, {"credential": passkey.get(asked, verified=False)})
        assert not is_in(browser)
        browser.post(SIGN_IN, {"credential": passkey.get(asked, verified=True)})
        assert not is_in(browser)


def test_it_signs_in_by_a_key_alone_only_with_its_pin(at_localhost, passkey):
    browser = at_localhost()

    browser.post(SIGN_IN, {"credential": passkey.get(begin(browser, SIGN_IN), verified=False)})
    assert not is_in(browser)

    browser.post(SIGN_IN, {"credential": passkey.get(begin(browser, SIGN_IN))})
    assert is_in(browser)


def test_it_signs_in_by_no_key_alone_that_was_to_stand_after_the_password(at_localhost, alma):
    key, mine, browser = Passkey(), at_localhost(alma), at_localhost()
    mine.post(ADD, {"name": "Old key", "credential": key.create(begin(mine, ADD), alone=False)})
    assert Authenticator.objects.filter(type="webauthn").exists()

    browser.post(SIGN_IN, {"credential": key.get(begin(browser, SIGN_IN))})

    assert not is_in(browser)


def test_it_takes_a_touch_after_the_password(at_localhost, passkey):
    browser = at_localhost()
    sign_in(browser)

    browser.post(SECOND, {"credential": passkey.get(begin(browser, SECOND), verified=False)})

    assert is_in(browser)


def as_request(options):
    """What was asked for a new passkey, as if it had been asked of one that is there."""
    return {"request_options": options.get("creation_options") or options["request_options"]}


def answer(browser, path, credential):
    return browser.post(path, {"credential": credential, "next": "/keys/add/"})


def is_confirmed(browser):
    return browser.get("/keys/add/").status == 200


@pytest.mark.parametrize("begun", [SIGN_IN, SECOND, ADD])
def test_it_takes_no_answer_to_another_form_as_a_confirmation(at_localhost, alma, begun):
    passkey, page = add_passkey(mine := at_localhost(alma))
    codes = mine.follow(page).texts(".recovery-codes code")
    browser = at_localhost()
    if begun == SIGN_IN:
        asked = begin(browser, SIGN_IN)
    sign_in(browser)
    if begun == SECOND:
        asked = begin(browser, SECOND)
    browser.post(SECOND, {"code": codes[0]})
    assert is_in(browser)
    if begun == ADD:
        browser.post("/sign-in/again/", {"password": PASSWORD})
        asked = begin(browser, ADD)
        forget_confirmations(browser)

    answer(browser, AGAIN, passkey.get(as_request(asked)))
    assert not is_confirmed(browser)

    answer(browser, AGAIN, passkey.get(begin(browser, AGAIN)))
    assert is_confirmed(browser)


def forget_confirmations(browser):
    """As five minutes later, without the wait."""
    session = browser.client.session
    session.pop("account_authentication_methods")
    session.save()


def test_it_takes_no_answer_to_the_sign_in_after_the_password(at_localhost, passkey):
    browser = at_localhost()
    asked = begin(browser, SIGN_IN)
    sign_in(browser)

    browser.post(SECOND, {"credential": passkey.get(asked)})

    assert not is_in(browser)


@pytest.mark.parametrize("path", [SIGN_IN, SECOND, AGAIN])
def test_it_takes_one_answer_right_or_wrong(at_localhost, alma, passkey, path):
    browser = at_localhost(*([alma] if path == AGAIN else []), proven=False)
    if path == SECOND:
        sign_in(browser)
    asked = begin(browser, path)
    stranger = Passkey()
    stranger.id, stranger.user = passkey.id, passkey.user

    answer(browser, path, stranger.get(asked))
    answer(browser, path, passkey.get(asked))

    assert not (is_confirmed if path == AGAIN else is_in)(browser)


def test_it_takes_one_of_answers_that_come_at_once(at_localhost, alma, passkey):
    browser = at_localhost(alma, proven=False)
    credential = passkey.get(begin(browser, AGAIN))
    barrier, leads_to = Barrier(4), []

    def send():
        same = at_localhost()
        same.client.cookies = browser.client.cookies
        barrier.wait()
        leads_to.append(answer(same, AGAIN, credential).leads_to)
        connection.close()

    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert leads_to.count("/keys/add/") == 1


# Answers that are none


def places(value, way=()):
    """Each place of a nested answer."""
    yield way
    for key in value if isinstance(value, dict) else ():
        yield from places(value[key], (*way, key))


def broken(credential, way, junk):
    """The answer with ``junk`` in one place; None: without what was there."""
    if not way:
        return junk
    copy = deepcopy(credential)
    *outer, last = way
    inner = copy
    for key in outer:
        inner = inner[key]
    inner[last] = junk
    if junk is None:
        del inner[last]
    return copy


JUNK = [None, 1, True, "", "x", "AAAA", [], {}, [[]], "\ud800", "\u0000", -1, 1e400]
SHAPES = ["{}", "[]", "1", "null", '"x"', "", "{", '{"id":1}', '{"response":[]}', "[" * 100_000, "9" * 9999]


@pytest.mark.parametrize("junk", JUNK, ids=repr)
def test_it_fails_at_no_broken_answer(at_localhost, passkey, junk):
    whole = json.loads(passkey.get(begin(at_localhost(), SIGN_IN)))
    for way in places(whole):
        cache.clear()
        browser = at_localhost()
        browser.client.raise_request_exception = False
        credential = broken(json.loads(passkey.get(begin(browser, SIGN_IN))), way, junk)

        page = browser.post(SIGN_IN, {"credential": json.dumps(credential)})

        assert page.status == 302, way
        if way[:1] == ("response",) and way != ("response", "userHandle"):
            assert page.leads_to == "/sign-in/", way


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape[:20])
@pytest.mark.parametrize("path", [SIGN_IN, SECOND, AGAIN, ADD])
def test_it_takes_no_answer_of_another_shape(at_localhost, alma, passkey, path, shape):
    browser = at_localhost(*([alma] if path in {AGAIN, ADD} else []))
    browser.client.raise_request_exception = False
    if path == SECOND:
        sign_in(browser)
    begin(browser, path)

    page = answer(browser, path, shape)

    assert page.status in {200, 302}
    assert Authenticator.objects.filter(type="webauthn").count() == 1


@pytest.mark.parametrize("junk", [None, 1, "AAAA", {}, []], ids=repr)
def test_it_adds_no_broken_passkey(at_localhost, alma, junk):
    browser = at_localhost(alma)
    browser.client.raise_request_exception = False
    whole = json.loads(Passkey().create(begin(browser, ADD)))
    for way in [place for place in places(whole) if place[:1] == ("response",)] + [("rawId",)]:
        credential = broken(json.loads(Passkey().create(begin(browser, ADD))), way, junk)

        page = browser.post(ADD, {"name": "Laptop", "credential": json.dumps(credential)})

        assert page.status == 200, way
    assert not Authenticator.objects.exists()
