"""A page of a proxy or firewall in front of Ultahost says nothing of a key, though it refuses."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from ultahost_api import keys, operations
from ultahost_api.client import Unsaid
from ultahost_api.models import ApiKey, Operation, RateWindow, Refresh
from ultahost_api.operations import WriteRequest
from ultahost_api.operations.actions import action_of
from ultahost_api.sandbox import Fault, Sandbox
from ultahost_api.sandbox.replies import Reply, as_html

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


def test_it_stops_a_key_that_is_refused_without_json(
    sandbox: Sandbox, acme: Any, key: ApiKey, worker: Any
) -> None:
    """The sandbox sends its rate limit with it, as Ultahost does with each answer."""
    acme.add_invoices(1)
    plain = {"Content-Type": "text/plain"}
    sandbox.faults.add(Fault.instead("text", lambda: Reply(401, b"Unauthorized", plain)), times=None)
    worker.run("invoices")
    key.refresh_from_db()
    assert key.state == ApiKey.State.REFUSED


@PAGES
def test_it_knows_that_a_write_did_not_get_through(
    sandbox: Sandbox, acme: Any, key: ApiKey, status: int
) -> None:
    acme.add_invoices(1, status="Unpaid")
    sandbox.faults.add(page(status), action="pay_invoice")
    write = action_of("pay_invoice").write.on_the_wire({"invoiceid": 1})
    operation = operations.perform(WriteRequest(key.owner, key, write, uuid4()))
    assert operation.state == Operation.State.REFUSED
    assert Unsaid.of(operation.message) is Unsaid.STRANGERS_PAGE
    key.refresh_from_db()
    assert key.state == ApiKey.State.ACTIVE
    assert RateWindow.objects.get(key=key).refused_at is None


@PAGES
@pytest.mark.parametrize(("told", "waited"), [(1800, 1800), (80_000, 3600)])
def test_it_waits_as_the_page_tells_but_an_hour_at_most(
    sandbox: Sandbox, acme: Any, key: ApiKey, worker: Any, status: int, told: int, waited: int
) -> None:
    acme.add_invoices(1)

    def busy() -> Reply:
        page = as_html(status, "Busy")
        return replace(page, headers=page.headers | {"Retry-After": str(told)})

    sandbox.faults.add(Fault.instead("busy", busy))
    worker.run("invoices")
    held_until = RateWindow.objects.get(key=key).held_until
    assert held_until
    assert abs(held_until - timezone.now() - timedelta(seconds=waited)) < timedelta(seconds=30)
