"""Selecting rows in a real browser, and how many interactions ten changes take."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Visitor
from tests.browser.test_walk import NARROW, wait_until_read


@pytest.fixture
def listed(visitor: Visitor) -> Visitor:
    visitor.sign_in("alma")
    wait_until_read(visitor, "/domains/?status=Active&sort=name")
    return visitor


def test_ten_nameserver_changes_take_at_most_eight_interactions(listed: Visitor) -> None:
    page, interactions = listed.page, []

    def does(what: str, act: object) -> None:
        interactions.append(what)

    boxes = page.locator("tbody .pick input:enabled")
    does("select the first", boxes.nth(0).click())
    does("select to the tenth", boxes.nth(9).click(modifiers=["Shift"]))
    expect(page.locator("[data-picked]")).to_contain_text("10 selected")
    does("choose the act", page.get_by_role("button", name="Nameservers").click())
    does("type the password", page.locator("input[type=password]").fill(PASSWORD))
    does("send it", page.keyboard.press("Enter"))
    expect(page.get_by_role("heading", name="Set the nameservers of 10 domains")).to_be_visible()
    does("paste", page.keyboard.insert_text("NS1.example.net., ns2.example.net"))
    does("confirm", page.get_by_role("button", name="Set nameservers").click())

    expect(page.locator("tbody .state")).to_have_text(["Done"] * 10, timeout=60_000)
    expect(page.locator("#batch")).to_contain_text("Everything finished.")
    assert len(interactions) <= 8
    assert listed.complaints == []


def test_it_selects_by_keys_and_says_the_sum_and_clears(listed: Visitor) -> None:
    page = listed.page
    bar, told = page.locator(".bulk"), page.locator("[data-picked]")
    expect(bar).to_be_hidden()
    page.locator("tbody .name a").nth(1).focus()
    page.keyboard.press("x")
    expect(page.locator("tbody tr").nth(1).locator(".pick input")).to_be_checked()
    expect(told).to_have_text(re.compile(r"^1 selected · renewal €\d+\.00$"))

    page.locator("[data-pick-all]").check()
    count = page.locator("tbody .pick input:checked").count()
    expect(told).to_contain_text(f"{count} selected")
    page.get_by_role("button", name="Clear").click()
    expect(bar).to_be_hidden()
    expect(page.locator("[data-pick-all]")).not_to_be_checked()
    assert listed.complaints == []


def test_it_keeps_the_bar_within_a_phone(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(NARROW["viewport"])
    visitor.sign_in("alma")
    wait_until_read(visitor, "/domains/")
    page = visitor.page
    page.locator("tbody .pick input:enabled").first.check()
    expect(page.locator(".bulk")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.locator(".bulk").bounding_box()
    assert box
    assert box["height"] < 844 / 3
    page.get_by_role("button", name="Renew", exact=True).scroll_into_view_if_needed()
    page.get_by_role("button", name="Renew", exact=True).click()
    expect(page.locator("input[type=password]")).to_be_visible()


@pytest.mark.parametrize("visitor", [{**NARROW, "has_touch": True}], indirect=True)
def test_a_finger_beside_the_box_selects_too(visitor: Visitor) -> None:
    visitor.sign_in("alma")
    wait_until_read(visitor, "/domains/?status=Active&sort=name")
    page = visitor.page

    cell = page.locator("tbody .pick", has=page.locator("input:enabled")).first
    place = cell.bounding_box()
    assert place
    assert (place["width"], place["height"]) == (44, 44)
    for x, y in ((2, 2), (42, 42)):
        page.touchscreen.tap(place["x"] + x, place["y"] + y)
        expect(page.locator("[data-picked]")).to_have_text(re.compile("^1 selected"))
        cell.locator("input").uncheck()
    expect(page).to_have_url(re.compile("/domains/"))
    assert visitor.complaints == []
