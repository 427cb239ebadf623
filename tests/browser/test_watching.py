"""The page of a batch in a real browser, while its operations are sent."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.models import User
from tests.browser.conftest import PASSWORD, Visitor
from tests.browser.desk import read
from ultahost_api import keys, operations, tasks
from ultahost_api.client.writes import UpdateNameservers
from ultahost_api.models import Domain
from ultahost_api.operations import WriteRequest
from ultahost_api.sandbox import Fault, Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def watched(live_server: Any, browser: Browser, sandbox: Sandbox, rung: list[Any]) -> Iterator[Page]:
    """Three domains whose nameservers are about to be set."""
    alma = User.objects.create_user("alma@example.com", PASSWORD, name="Alma")
    company = sandbox.add_account("Acme", "EUR")
    company.add_domains(3, status="Active")
    key = keys.add(alma, "Main", sandbox.add_key(company))
    read(everything=True)
    batch, servers = uuid4(), ["a.example", "b.example"]
    rows = Domain.objects.order_by("remote_id")
    writes = [WriteRequest(alma, key, UpdateNameservers(row.remote_id, servers), uuid4()) for row in rows]
    operations.queue(writes, batch)
    context = browser.new_context()
    visitor = Visitor(context.new_page(), live_server.url).sign_in("alma")
    visitor.visit(f"/activity/together/{batch}/")
    yield visitor.page
    assert visitor.complaints == []
    context.close()


def test_what_did_not_work_comes_first_and_the_focus_stays(watched: Page, sandbox: Sandbox) -> None:
    states = watched.locator("tbody .state")
    expect(states).to_have_text(["Queued"] * 3)
    watched.locator("tbody .name a").first.focus()
    name = watched.evaluate("document.activeElement.textContent")

    for batch in operations.waiting_batches():
        tasks.send_next(str(batch))
    expect(states).to_have_text(["Done", "Queued", "Queued"])
    sandbox.faults.add(Fault.status(400, "Not today."), action="update_nameservers", times=2)
    while batches := operations.waiting_batches():
        for batch in batches:
            tasks.send_next(str(batch))

    expect(states).to_have_text(["Refused", "Refused", "Done"])
    expect(watched.locator("#batch [role=status]").last).to_have_text("Everything finished.")
    assert watched.evaluate("document.activeElement.textContent") == name
