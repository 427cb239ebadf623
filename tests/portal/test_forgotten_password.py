"""What a stranger learns and does by asking for somebody's new password: nothing.

The links of the mails are the portal's own, whatever address it was asked at. The answer takes the same time
and the same work for an address that is known and for one that is not.
"""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import BoundedSemaphore, Event

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.sign_in import after_answer
from tests.portal.test_second_factor import PASSWORD, add_passkey, set_up_app
from tests.smtp import mail_server

FORGOTTEN = "/sign-in/password/forgotten/"
NEW = "a staple of batteries"
LATER = after_answer.run  # the tests of everything else replace it
HOSTS = ["localhost:6666", "127.0.0.1:6666", "[::1]:6666"]
pytestmark = [
    pytest.mark.django_db(transaction=True),  # threads look for the person
    pytest.mark.usefixtures("nothing_counted"),
]


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def later(monkeypatch):
    """The real thing, which is at rest before the test ends."""
    monkeypatch.setattr(after_answer, "run", LATER)
    with ThreadPoolExecutor(2) as threads:
        monkeypatch.setattr(after_answer, "_threads", threads)
        yield


@pytest.fixture
def server(settings):
    with mail_server() as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


def forget(browser, email="alma@example.com"):
    return browser.post(FORGOTTEN, {"email": email})


def asked_at(visit, host, *people):
    browser = visit(*people)
    browser.client.defaults["HTTP_HOST"] = host
    return browser


# Where the links lead


@pytest.mark.parametrize("host", HOSTS)
def test_it_mails_a_link_to_the_portal_whatever_host_was_asked(visit, alma, settings, host):
    settings.PORTAL_URL = "https://portal.example"

    forget(asked_at(visit, host))

    (message,) = mail.outbox
    assert re.findall(r"https?://\S+?/", message.body) == ["https://portal.example/"]
    assert "6666" not in f"{message.subject} {message.body}"


@pytest.mark.parametrize("host", HOSTS[:1])
def test_it_names_the_portal_in_every_mail_about_signing_in(visit, alma, settings, host):
    settings.PORTAL_URL = "https://portal.example"
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    browser = asked_at(visit, host, alma)

    set_up_app(browser)
    add_passkey(browser)
    browser.post("/sign-in/ways/codes/new/")
    browser.post("/sign-in/ways/app/off/")
    labels = ["Current password", "New password", "New password again"]
    assert browser.get("/sign-in/password/").texts("main .field > label") == labels
    browser.post("/sign-in/password/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert len(mail.outbox) == 5
    for message in mail.outbox:
        assert "portal.example" in message.body
        assert "6666" not in f"{message.subject} {message.body}"


@pytest.mark.parametrize("elsewhere", ["http://localhost/", "http://127.0.0.1/x", "http://localhost:6666/"])
def test_it_leads_to_no_other_port_of_the_machine(visit, alma, elsewhere):
    browser = visit()

    page = browser.post("/sign-in/", {"login": alma.email, "password": PASSWORD, "next": elsewhere})

    assert page.leads_to == "/"


# What the time tells


def test_it_answers_before_the_mail_server_does(visit, alma, server, later):
    server.fault = "slow"

    page = forget(visit())

    assert page.leads_to == "/sign-in/password/sent/"
    assert server.hangs.wait(10)
    server.released.set()
    assert server.arrived.wait(10)
    assert server.recipients == [alma.email]


def test_it_keeps_no_page_waiting_for_a_mail(visit, alma, server, later, settings):
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    server.fault = "slow"

    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert visit(alma).post("/sign-in/password/", form).status == 302

    assert server.hangs.wait(10)
    server.released.set()
    assert server.arrived.wait(10)


def statements(ask):
    """What the request wants of the database, without the values."""
    cache.clear()
    with CaptureQueriesContext(connection) as asked:
        ask()
    return [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in asked]


def test_it_does_the_same_for_an_unknown_address(visit, alma, server, later):
    known = statements(lambda: forget(visit()))
    unknown = statements(lambda: forget(visit(), "nobody@example.com"))

    assert known == unknown != []


def test_it_does_the_same_for_a_wrong_password_and_an_unknown_address(visit, alma, people):
    people.member("Gone").deactivate()
    visit().post("/sign-in/", {"login": "first@example.com", "password": "begins the audit log"})
    told = []
    for email in ("alma@example.com", "gone@example.com", "nobody@example.com"):
        form = {"login": email, "password": "a guess of no worth"}
        told.append(statements(lambda form=form: visit().post("/sign-in/", form)))

    assert told[0] == told[1] == told[2] != []


# Nothing is lost without a word


def test_it_says_so_when_a_mail_cannot_be_sent(visit, alma, server, later, caplog, settings):
    settings.EMAIL_PORT = 9

    forget(visit())
    after_answer._threads.shutdown()

    assert "A set-password link failed: ConnectionRefusedError" in caplog.text
    assert alma.email not in caplog.text


def test_it_says_so_when_too_much_waits(visit, alma, later, caplog, monkeypatch):
    monkeypatch.setattr(after_answer, "_room", BoundedSemaphore(2))
    waiting = Event()
    for _ in range(2):
        after_answer.run("A job", waiting.wait)

    assert forget(visit()).leads_to == "/sign-in/password/sent/"
    waiting.set()

    assert "A set-password link was dropped: too much waits." in caplog.text


@pytest.mark.slow
def test_it_finishes_what_waits_before_the_process_ends(tmp_path):
    script = (
        "import django; django.setup(); from pathlib import Path; from portal.sign_in import after_answer;"
        f"after_answer.run('A job', Path({str(tmp_path / 'done')!r}).touch)"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}

    subprocess.run([sys.executable, "-c", script], env=environment, check=True, cwd=Path(__file__).parents[2])

    assert (tmp_path / "done").exists()
