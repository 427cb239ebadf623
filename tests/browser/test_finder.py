"""The search dialog. The tests count the interactions of a person who uses it."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visitor
from tests.browser.test_walk import LOOKS, NARROW, wait_until_read


class Counting:
    """A key or text is one interaction."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def press(self, key: str) -> None:
        self.count += 1
        self.page.keyboard.press(key)

    def type(self, words: str) -> None:
        self.count += 1
        self.page.keyboard.type(words, delay=20)


def first_name(visitor: Visitor, path: str) -> tuple[str, str]:
    """The first name in the list of which a part is in no other, and its address."""
    wait_until_read(visitor, path)
    links = visitor.page.locator("tbody .name a").all()
    named = [(link.inner_text().strip(), link.get_attribute("href") or "") for link in links]
    names = [name for name, _address in named]
    # A service without a domain is called like its product, as others are.
    domains = [one for one in named if set(one[0]) & set(".-") and one[0].isascii()]
    return next(one for one in domains if sum(one[0][1:] in name for name in names) == 1)


def test_it_opens_anything_by_a_part_of_it_with_three_interactions(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    wanted = [first_name(visitor, path) for path in ("/services/", "/domains/", "/invoices/")]
    for name, address in wanted:
        visitor.visit("/profile/")
        hands = Counting(page)
        hands.press("Control+k")
        hands.type(name[1:])
        hands.press("Enter")
        # A service may be called like its domain, and comes first then.
        kinds = "services|domains" if "/domains/" in address else address.split("/")[1]
        expect(page).to_have_url(re.compile(f"/({kinds})/[^/]+/$"))
        expect(page.get_by_role("heading", level=1)).to_contain_text(name[1:])
        assert hands.count <= 3
    assert visitor.complaints == []


def test_it_reboots_by_name_with_three_interactions(visitor: Visitor) -> None:
    """To the page that asks."""
    page = visitor.sign_in("alma").page
    name, _address = first_name(visitor, "/services/?status=Active")
    hands = Counting(page)
    hands.press("Control+k")
    hands.type(f"reboot {name}")
    hands.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"Reboot {name}")
    assert hands.count <= 3


def test_it_chooses_with_arrows_and_gives_the_focus_back(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    first_name(visitor, "/invoices/")
    visitor.visit("/profile/")
    link = page.locator("[data-finder-open]")
    link.focus()
    page.keyboard.press("/")
    box = page.locator("[data-finder]")
    expect(box).to_be_focused()
    page.keyboard.type("inv")
    chosen = page.locator("[role=option][aria-selected=true]")
    expect(chosen).to_have_count(1)
    before = chosen.get_attribute("id")
    expect(box).to_have_attribute("aria-activedescendant", before or "")
    page.keyboard.press("ArrowDown")
    expect(chosen).not_to_have_attribute("id", before or "")
    page.keyboard.press("ArrowUp")
    expect(chosen).to_have_attribute("id", before or "")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.locator("[data-finder-status]")).to_contain_text("result")
    page.keyboard.press("Escape")
    if box.is_visible():  # the first Escape may empty a search field
        page.keyboard.press("Escape")
    expect(box).to_be_hidden()
    expect(link).to_be_focused()


def test_it_leaves_the_slash_to_the_box_of_a_list(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    visitor.visit("/services/")
    page.keyboard.press("/")
    expect(page.locator("#list-search")).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.locator("[data-finder]")).to_be_focused()


@pytest.mark.parametrize("visitor", [pytest.param(NARROW, id="narrow")], indirect=True)
def test_it_opens_by_a_button_on_a_phone(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    page.locator("[data-finder-open]").click()
    expect(page.locator("[data-finder]")).to_be_focused()
    page.locator("[data-finder-close]").click()
    expect(page.locator("[data-finder]")).to_be_hidden()


@pytest.mark.parametrize("visitor", LOOKS, indirect=True)
def test_it_has_no_finding_open_or_as_a_page(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    first_name(visitor, "/invoices/")
    page.keyboard.press("Control+k")
    assert visitor.findings() == []
    page.keyboard.type("in")
    expect(page.locator("[role=option]").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visitor.findings() == []
    visitor.visit("/search/?q=in")
    assert visitor.findings() == []


@pytest.mark.parametrize(
    "visitor", [pytest.param({"java_script_enabled": False}, id="scriptless")], indirect=True
)
def test_it_searches_without_a_script(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    page.locator("#bar-search").fill("profile")
    page.keyboard.press("Enter")
    expect(page.locator(".hits .hit").first).to_contain_text("Your profile")
