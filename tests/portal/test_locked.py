"""Another process writes for long: SQLite has one write lock, and who only reads must not wait for it."""

import sqlite3
import time

import pytest
from django.db import OperationalError, connection

from portal import access
from portal.models import AuditEntry, ShareLink
from portal.sign_in.session_store import SessionStore
from ultahost_api.client.domains import Domains
from ultahost_api.models import Account, Domain
from ultahost_api.models.locks import waiting_at_most

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL has no lock that all writers share"),
]

QUICK = 10  # seconds, on a slow machine; a write that is waited for takes 20


@pytest.fixture
def locked():
    """Holds the write lock as another process would."""
    other = sqlite3.connect(connection.settings_dict["NAME"], timeout=5, isolation_level=None)

    def lock():
        other.execute("BEGIN IMMEDIATE")

    yield lock
    other.close()


@pytest.fixture
def browser(away):
    return away


def timed(act):
    began = time.monotonic()
    return act(), time.monotonic() - began


def test_it_shows_every_page_that_only_reads(browser, rows, acme, locked, monkeypatch):
    monkeypatch.setattr("portal.middleware._LOOKING_WAITS", 60)
    service, domain, invoice = rows.service(acme), rows.domain(acme), rows.invoice(acme)
    pages = [
        "",
        "services/",
        "invoices/",
        "domains/",
        "orders/",
        "quotes/",
        "emails/",
        "activity/",
        "changes/",
    ]
    pages += ["accounts/", "keys/", "people/", "audit/", "contacts/", "profile/", "share-links/"]
    pages += [f"services/{service.pk}/", f"domains/{domain.pk}/", f"invoices/{invoice.pk}/"]
    locked()

    for page in pages:
        shown, took = timed(lambda page=page: browser.get(f"/{page}"))
        assert (shown.status, took < QUICK) == (200, True), (page, shown.status, took)


def test_it_keeps_the_session_s_cookie_and_notes_the_next_click_instead(browser, locked, acme):
    locked()
    page = browser.get("/services/")
    assert "portal_session" in page.response.cookies  # renewed, as after any click that is noted
    seen = SessionStore(browser.client.session.session_key)["seen_at"]
    assert seen < time.time() - 3000
    assert Account.objects.get().watched_until is None


def test_it_notes_what_it_can_once_the_lock_is_free(browser, acme):
    browser.get("/services/")

    assert SessionStore(browser.client.session.session_key)["seen_at"] > time.time() - 60
    assert Account.objects.get().watched_until


def test_it_says_that_a_change_of_the_session_was_not_kept(browser, locked):
    """And not that the session was ended."""
    locked()
    session = browser.client.session
    session["other"] = 1
    with pytest.raises(OperationalError), waiting_at_most(0.2):
        session.save()


def test_it_never_hands_out_what_it_cannot_put_in_the_audit_log(browser, rows, acme, locked):
    rows.invoice(acme)
    locked()

    page, took = timed(lambda: browser.get("/invoices.csv"))

    assert (page.status, page.texts("h1"), page.headers["Retry-After"]) == (503, ["The portal is busy"], "30")
    assert took < QUICK
    assert not AuditEntry.objects.filter(act="export.csv").exists()


def test_it_opens_no_share_link_that_it_cannot_put_in_the_audit_log(visit, people, locked):
    link, secret = ShareLink.objects.make(people.admin("Ada"), days=7, name="Adviser")
    visitor = visit()
    visitor.client.raise_request_exception = False
    locked()

    page, took = timed(lambda: visitor.get(f"/s/{link.pk}.{secret}"))

    assert (page.status, page.texts("h1")) == (503, ["The portal is busy"])
    assert "Set-Cookie" not in page.headers
    assert took < QUICK


def test_it_opens_no_share_link_either_once_its_limit_was_counted(visit, people, locked, monkeypatch):
    """The entry of the log is then the first that cannot be written."""
    link, secret = ShareLink.objects.make(people.admin("Ada"), days=7, name="Adviser")
    visitor, opened = visit(), access.share_link_opened_by
    visitor.client.raise_request_exception = False

    def then_lock(*parts):
        found = opened(*parts)
        locked()
        return found

    monkeypatch.setattr(access, "share_link_opened_by", then_lock)

    page = visitor.get(f"/s/{link.pk}.{secret}")

    assert (page.status, page.texts("h1")) == (503, ["The portal is busy"])
    assert not page.response.cookies


def test_it_waits_no_shorter_for_a_change_afterwards(browser, locked, acme):
    browser.get("/services/")
    connection.ensure_connection()

    (timeout,) = connection.connection.execute("PRAGMA busy_timeout").fetchone()
    assert timeout == 20_000


@pytest.fixture
def impatient():
    """A change waits 20 s for the lock; here a moment."""
    connection.ensure_connection()
    connection.connection.execute("PRAGMA busy_timeout = 300")
    yield
    connection.close()


@pytest.fixture
def shop(visit, people, add_key, read_everything, sandbox):
    """A visitor, and the account to which they hold a key."""
    account = sandbox.add_account("Shop", "EUR")
    account.add_domains(1, _epp="canary-of-the-mine")
    alma = people.member("Alma")
    add_key(alma, account)
    read_everything()
    visitor = visit(alma)
    visitor.client.raise_request_exception = False
    return visitor, Account.objects.get()


def test_it_shows_no_epp_code_that_it_cannot_put_in_the_audit_log(shop, locked, impatient, monkeypatch):
    visitor, _account = shop
    asked = Domains.get_epp_code

    def ask(domains, id_):
        code = asked(domains, id_)
        locked()
        return code

    monkeypatch.setattr(Domains, "get_epp_code", ask)

    page = visitor.post(f"/domains/{Domain.objects.get().pk}/epp-code/")

    assert (page.status, page.texts("h1")) == (503, ["The portal is busy"])
    assert "canary-of-the-mine" not in page.html


@pytest.mark.parametrize("secret", ["EPP code", "two-factor"])
def test_it_asks_for_no_secret_without_a_place_in_the_limit(shop, sandbox, locked, impatient, secret):
    visitor, account = shop
    domain = Domain.objects.get()
    before = len(sandbox.requests)
    locked()

    page = visitor.post(
        f"/domains/{domain.pk}/epp-code/" if secret == "EPP code" else f"/accounts/{account.pk}/two-factor/"
    )

    assert (page.status, page.texts("h1")) == (503, ["The portal is busy"])
    assert len(sandbox.requests) == before


def test_it_says_of_what_is_read_live_that_the_portal_is_busy(shop, locked, monkeypatch):
    """And not that Ultahost does not answer, which was not asked."""
    monkeypatch.setattr("portal.middleware._LOOKING_WAITS", 0.3)
    visitor, _account = shop
    locked()

    page = visitor.get("/contacts/?live=1")

    assert (page.status, page.one(".banner .words").text.partition(".")[0]) == (
        200,
        "The portal is busy and tries again",
    )
