"""The keys of the keyboard, and the menu that keeps its folds."""

from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_walk import wait_until_read


def test_it_walks_through_rows_shows_all_keys_and_keeps_a_group_folded(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    wait_until_read(visitor, "/domains/")
    links = page.locator("tbody .name a")

    for key, row in (("j", 0), ("j", 1), ("j", 2), ("k", 1)):
        page.keyboard.press(key)
        expect(links.nth(row)).to_be_focused()
    address = links.nth(1).get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")

    page.keyboard.press("?")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Keyboard shortcuts")
    expect(dialog).to_contain_text("Next row")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url("**/activity/")

    page.locator(".rail summary", has_text="Money").click()
    # A browser tells of a fold a moment later.
    page.wait_for_function("document.cookie.includes('folded=money')")
    visitor.visit("/domains/")
    expect(page.locator(".rail a", has_text="Spend")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("m")
    page.wait_for_url("**/spend/")
    expect(page.locator(".rail a", has_text="Spend")).to_be_visible()
    assert visitor.complaints == []
