"""A share link from the admin who makes it to the adviser who opens it."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Visitor
from tests.browser.test_walk import NARROW, WIDE, wait_until_read


@pytest.mark.parametrize("look", [{**WIDE, "java_script_enabled": False}, {**NARROW, "color_scheme": "dark"}])
def test_it_is_made_handed_over_read_and_revoked(visitor: Visitor, browser: Browser, look: dict) -> None:
    page = visitor.sign_in("dana").prove().page
    wait_until_read(visitor, "/invoices/")
    page.get_by_role("link", name="Share", exact=True).click()
    page.get_by_label("Shared with").fill("Tax adviser")
    expect(page.get_by_role("group", name="Selected accounts")).to_be_visible()
    page.get_by_label("All non-private accounts").check()
    expect(page.get_by_role("group", name="Selected accounts")).to_be_hidden()
    page.get_by_label("Paid", exact=True).check()
    page.get_by_role("button", name="Make the link").click()
    address = page.locator(".made-link input").input_value()

    context = browser.new_context(**look)
    adviser = Visitor(context.new_page(), visitor.address)
    adviser.page.goto(address)
    expect(adviser.page).to_have_url(re.compile(r"/s/[0-9a-f-]{36}/$"))
    expect(adviser.page.locator("tbody .state").first).to_have_text("Paid")
    (cookie,) = context.cookies()
    assert (cookie["path"], cookie["httpOnly"], cookie["sameSite"]) == (
        adviser.page.url.removeprefix(visitor.address), True, "Lax",
    )  # fmt: skip
    assert address.rpartition(".")[2] not in adviser.page.content()
    if look.get("java_script_enabled", True):
        assert adviser.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert adviser.serious_findings() == []
    with adviser.page.expect_download() as download:
        adviser.page.get_by_role("link", name="Download CSV").click()
    assert download.value.suggested_filename == "invoices.csv"

    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Revoke").click()
    page.get_by_role("button", name="Revoke the link").click()
    expect(page.locator(".beneath")).to_contain_text("Revoked")
    adviser.page.reload()
    expect(adviser.page.get_by_role("heading", level=1)).to_have_text(
        "This link has expired or is incomplete"
    )
    context.close()
    assert visitor.complaints == []
