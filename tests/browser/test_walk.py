"""A member's day in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

WIDE = {"viewport": {"width": 1280, "height": 900}}
SMALLEST = {"width": 320, "height": 640}
NARROW = {"viewport": {"width": 390, "height": 844}}
# Both widths and both themes; contrast does not depend on the width, nor the layout on the theme.
LOOKS = [
    pytest.param({**WIDE, "color_scheme": "light"}, id="wide-light"),
    pytest.param({**NARROW, "color_scheme": "dark"}, id="narrow-dark"),
]
PAGES = [
    *("/", "/services/", "/invoices/", "/domains/", "/keys/", "/keys/add/", "/people/", "/people/invite/"),
    *("/domains/?view=at-risk", "/spend/", "/spend/compare/", "/statements/"),
    *("/agenda/", "/agenda/?view=month"),
    *("/share-links/", "/share-links/add/", "/audit/"),
    *("/first-steps/", "/people/second-factor/", "/profile/", "/sign-in/ways/", "/sign-in/ways/app/"),
    *("/sign-in/ways/passkeys/add/", "/sign-in/sessions/", "/sign-in/password/"),
]


def wait_until_read(visitor: Visitor, path: str) -> None:
    """The first refreshes end seconds after the demo started."""
    visitor.visit(path)
    expect(visitor.page.locator("#freshness")).to_contain_text("Updated", timeout=60_000)


def test_it_signs_in_filters_refreshes_and_opens_a_detail(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    wait_until_read(visitor, "/services/")
    every = page.locator("footer.pager").inner_text()

    page.get_by_role("navigation", name="Status").get_by_text("Suspended").click()
    expect(page).to_have_url(re.compile("status=Suspended"))
    expect(page.locator("footer.pager")).not_to_have_text(every)
    for status in page.locator("tbody .state").all_inner_texts():
        assert status.strip() == "Suspended"

    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("#freshness")).to_have_attribute("data-state", "running")
    expect(page.locator("#freshness")).to_have_attribute("data-state", "fresh", timeout=30_000)

    name = page.locator("tbody .name a").first.inner_text()
    page.locator("tbody .name a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator("#service")).to_contain_text("Details read", timeout=30_000)
    assert visitor.complaints == []


def test_it_shows_the_list_again_when_a_refresh_has_ended(visitor: Visitor) -> None:
    page = visitor.sign_in("ben").page
    wait_until_read(visitor, "/domains/")
    page.evaluate("document.querySelector('#domains').dataset.old = 'yes'")
    page.get_by_role("button", name="Refresh").click()
    expect(page.locator("#domains[data-old]")).to_have_count(0, timeout=30_000)
    expect(page.locator("#domains tbody tr").first).to_be_visible()
    assert visitor.complaints == []


@pytest.mark.parametrize("visitor", LOOKS, indirect=True)
def test_it_has_no_serious_finding_and_no_complaint_on_any_page(visitor: Visitor) -> None:
    page = visitor.sign_in("dana").prove().page
    for path in ("/services/", "/invoices/", "/domains/"):
        wait_until_read(visitor, path)
    details = []
    for path in ("/services/", "/invoices/", "/domains/", "/keys/", "/people/", "/statements/"):
        visitor.visit(path)
        details.append(page.locator("tbody .name a").first.get_attribute("href") or "")
    for path in [*PAGES, *details]:
        visitor.visit(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
    assert visitor.complaints == []
    for path in [*PAGES, *details]:
        visitor.visit(path)
        assert visitor.serious_findings() == [], path


@pytest.mark.parametrize("visitor", [*LOOKS, pytest.param({"viewport": SMALLEST}, id="320")], indirect=True)
def test_home_and_the_domains_at_risk_have_no_finding_at_all(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    wait_until_read(visitor, "/domains/")
    for path in ("/", "/domains/?view=at-risk"):
        visitor.visit(path)
        for menu in page.locator(".need summary").all()[:1]:
            menu.click()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
        assert visitor.findings({"minor", "moderate", "serious", "critical"}) == [], path
    assert visitor.complaints == []


def test_the_domains_most_at_risk_are_on_home_and_one_click_away(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    wait_until_read(visitor, "/domains/?view=at-risk")
    # Before all details are read more domains are at risk, and other entries stand between them.
    names = page.locator("tbody .name a").all_inner_texts()[:5]
    visitor.visit("/")
    told = " ".join(page.locator(".need .what a").all_inner_texts())
    assert names
    assert all(name in told for name in names)

    page.get_by_role("link", name="All domains at risk").click()

    assert page.locator("tbody .name a").all_inner_texts()[:5] == names


def test_an_entry_is_taken_and_put_off_with_the_keyboard_alone(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    wait_until_read(visitor, "/domains/")
    visitor.visit("/")
    entry = page.locator(".need").last
    title = entry.locator(".what a").inner_text()
    entry.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".need .taker")).to_have_text("You do it")

    page.locator(".need").last.locator("summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Put off").focus()
    page.keyboard.press("Enter")

    expect(page.locator("a.put-off")).to_have_text("1 put off")
    assert title not in page.locator(".need .what a").all_inner_texts()


def test_it_asks_before_it_removes_a_key_and_cancelling_changes_nothing(visitor: Visitor) -> None:
    page = visitor.sign_in("carla").prove().page
    visitor.visit("/keys/")
    page.locator("tbody .name a").first.click()
    page.get_by_role("link", name="Remove").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Remove “Main”?")
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_be_hidden()
    visitor.visit("/keys/")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert visitor.complaints == []


@pytest.mark.parametrize("visitor", [{**WIDE, "java_script_enabled": False}], indirect=True)
def test_it_reads_filters_and_refreshes_without_a_script(visitor: Visitor) -> None:
    page = visitor.sign_in("emil").page
    visitor.visit("/invoices/")
    page.locator("#list-search").fill("EUR-2026")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("q=EUR-2026"))
    names = page.locator("tbody .name").all_inner_texts()
    assert names
    assert all(name.strip().startswith("EUR-2026") for name in names)
    refresh = page.get_by_role("button", name="Refresh")
    for _ in range(60):
        if refresh.is_enabled():
            break
        page.wait_for_timeout(500)  # one of the portal's own is under way, and no script tells its end
        page.reload()
    refresh.click()
    expect(page.locator("body")).to_contain_text("Refreshing")


def test_it_leads_a_keyboard_past_the_frame_and_focuses_the_search(visitor: Visitor) -> None:
    page = visitor.sign_in("alma").page
    visitor.visit("/services/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
