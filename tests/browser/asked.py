"""Alma, who is asked for her password again: what the tests of that dialog share."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from playwright.sync_api import Browser, Page, Request

from portal.models import User
from tests.browser.conftest import PASSWORD, Visitor
from tests.browser.desk import read
from ultahost_api import keys
from ultahost_api.sandbox import Sandbox

DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
NUMBER = "DE89370400440532013777"


@pytest.fixture
def company(live_server: Any, sandbox: Sandbox, rung: list[Any], transactional_db: None) -> Any:
    alma = User.objects.create_user("alma@example.com", PASSWORD, name="Alma")
    company = sandbox.add_account("Acme", "EUR")
    company.add_invoices(
        2, status="Unpaid", total="10.50", date="2026-01-02", duedate="2099-01-16", paymentmethod="stripe"
    )
    keys.add(alma, "Main", sandbox.add_key(company))
    read(everything=True)
    return company


@pytest.fixture
def enter(browser: Browser, live_server: Any, company: Any) -> Iterator[Callable[..., Visitor]]:
    """Signs Alma in. The browser complains of nothing but the answer to too many tries."""
    visitors = []

    def enter(**options: Any) -> Visitor:
        visitors.append(Visitor(browser.new_context(**options).new_page(), live_server.url).sign_in("alma"))
        return visitors[-1]

    yield enter
    for visitor in visitors:
        assert [words for words in visitor.complaints if "429" not in words] == []
        visitor.page.context.close()


def posts(page: Page) -> list[str]:
    """Where the page sends forms to, while the list is watched; the questions of its script are none."""
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and "ask-first" not in request.headers:
            sent.append(request.url.partition("//")[2].partition("/")[2])

    page.on("request", note)
    return sent


def forget_proof() -> None:
    """As if more than the five minutes had passed."""
    for session in Session.objects.all():
        store = SessionStore(session_key=session.session_key)
        ways = store["account_authentication_methods"]
        store["account_authentication_methods"] = [way | {"at": way["at"] - 3600} for way in ways]
        store.save()
