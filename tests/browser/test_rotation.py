"""A key is rotated by a person in a real browser, while the demo goes on refreshing."""

import json
import re
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.hands import follow, hears, press, prove, type_in
from ultahost_api.sandbox.control import HEADER
from ultahost_api.sandbox.team import DEMO_KEYS

PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture
def second_key(demo: str, sandbox_port: int) -> str:
    """Another one to the account of Ben's, as he would make it at Ultahost."""
    asked = json.dumps({"beside": DEMO_KEYS["ben"]}).encode()
    url = f"http://127.0.0.1:{sandbox_port}/_sandbox/keys"
    with urlopen(Request(url, asked, {HEADER: "1"}), timeout=10) as answer:
        return str(json.load(answer)["key"])


@pytest.mark.parametrize("visitor", [PHONE], indirect=True)
def test_it_rotates_a_key_undoes_it_and_rotates_it_for_good(visitor: Visitor, second_key: str) -> None:
    page = visitor.sign_in("ben").page
    old, new = DEMO_KEYS["ben"][-4:], second_key[-4:]
    visitor.visit("/keys/")
    follow(page, "Main")
    follow(page, "Rotate the key")
    prove(page)
    type_in(page, secret=DEMO_KEYS["dana"])
    press(page, "Use the new key")
    expect(page.locator(".errorlist")).to_contain_text("This key is already in the portal.")
    type_in(page, secret=second_key)
    press(page, "Use the new key")
    hears(page, f"The new key …{new} is in use.")
    expect(page.locator("dd .mono")).to_have_text([f"…{new}", f"…{old}"])
    assert visitor.serious_findings() == []

    visitor.visit("/keys/")
    expect(page.locator("td.state")).to_contain_text(["Being replaced", f"Replaces …{old}"])
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    follow(page, "Being replaced")
    follow(page, "Undo")
    press(page.get_by_role("dialog"), "Remove the new key")
    hears(page, f"uses …{old} again")
    expect(page.get_by_role("main").get_by_role("heading", level=1)).to_contain_text(f"…{old}")

    follow(page, "Rotate the key")
    type_in(page, secret=second_key)
    press(page, "Use the new key")
    remove = page.get_by_role("button", name=f"Remove …{old}", exact=True)
    remove.click()
    expect(page).to_have_url(re.compile("/rotate/$"))  # the box is not ticked: the browser says so
    page.get_by_label(f"I have deleted the old key …{old} at Ultahost").check()
    remove.click()
    hears(page, f"…{new} is in use, …{old} was deleted")
    visitor.visit("/keys/")
    expect(page.locator("td.state")).to_have_text(["Active"])

    visitor.visit("/invoices/")
    press(page.locator("#freshness"), "Refresh")
    expect(page.locator("#freshness")).to_contain_text("Updated now", timeout=60_000)
