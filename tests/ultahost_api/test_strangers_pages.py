"""A page of a proxy or firewall in front of Ultahost says nothing of a key, though it refuses."""

from typing import Any

import pytest

from ultahost_api import keys
from ultahost_api.client import Unsaid
from ultahost_api.models import ApiKey, RateWindow, Refresh
from ultahost_api.sandbox import Fault, Sandbox
from ultahost_api.sandbox.replies import as_html

PAGES = pytest.mark.parametrize("status", [401, 403])


def page(status: int) -> Fault:
    return Fault.instead("page", lambda: as_html(status, "Sign in"))


@PAGES
def test_it_keeps_a_key_that_was_not_asked_for(
    sandbox: Sandbox, acme: Any, key: ApiKey, worker: Any, status: int
) -> None:
    acme.add_invoices(1)
    sandbox.faults.add(page(status), times=None)
    refresh = worker.run("invoices")
    key.refresh_from_db()
    assert key.state == ApiKey.State.ACTIVE
    assert RateWindow.objects.get(key=key).refused_at is None
    assert (refresh.trouble, Unsaid.of(refresh.trouble_words)) == (
        Refresh.Trouble.ODD,
        Unsaid.STRANGERS_PAGE,
    )
    sandbox.faults.clear()
    assert worker.run("invoices").completed_at


@PAGES
def test_it_saves_a_key_that_cannot_be_checked_and_tries_it_again(
    sandbox: Sandbox, acme: Any, alma: Any, status: int
) -> None:
    sandbox.faults.add(page(status), times=None)
    key = keys.add(alma, "Main", sandbox.add_key(acme))
    assert key.state == ApiKey.State.UNVERIFIED
    keys.verify(key)
    key.refresh_from_db()
    assert (key.state, key.tries) == (ApiKey.State.UNVERIFIED, 1)
    assert key.next_try_at
    sandbox.faults.clear()
    keys.verify(key)
    assert key.state == ApiKey.State.ACTIVE
