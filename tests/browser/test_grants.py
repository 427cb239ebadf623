"""An owner lets a colleague see an account and takes it back, with the keyboard alone."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD, Visitor
from tests.browser.hands import hears, open_account
from tests.browser.keyboard import Keyboard
from tests.browser.test_walk import LOOKS, wait_until_read

HARBOUR = "Open Harbour Labs Inc."


def sign_in(visitor: Visitor, name: str) -> Keyboard:
    hands = Keyboard(visitor.page)
    visitor.visit("/sign-in/")
    hands.type("login", f"{name}@example.com")
    hands.type("password", PASSWORD)
    hands.send()
    hands.sees("Home")
    return hands


def test_an_owner_lets_a_colleague_see_the_account_and_takes_it_back(
    visitor: Visitor, colleague: Visitor
) -> None:
    owner, other = sign_in(visitor, "ben"), sign_in(colleague, "carla")
    wait_until_read(visitor, "/services/")
    colleague.visit("/services/")
    expect(colleague.page.locator("#services")).not_to_contain_text(HARBOUR)

    visitor.visit("/accounts/")
    owner.follow(HARBOUR)
    owner.sees(HARBOUR)
    owner.follow("Give access")
    owner.prove(PASSWORD)
    dialog = visitor.page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Give access to {HARBOUR}")
    owner.choose_grant("Carla", "view")
    owner.press(dialog.get_by_role("button", name="Give access"))
    hears(visitor.page, f"Carla Núñez now has access to {HARBOUR}: View.")

    colleague.visit("/accounts/")
    other.follow(HARBOUR)
    other.sees(HARBOUR)
    expect(colleague.page.locator("#reach")).to_have_count(0)
    other.press(colleague.page.locator("#main").get_by_role("link", name="Services", exact=True))
    other.press(colleague.page.locator("tbody .name a").first)
    expect(colleague.page.locator(".beneath")).to_contain_text(HARBOUR)
    service = colleague.page.url
    expect(colleague.page.get_by_role("link", name="Request cancellation")).to_have_count(0)

    owner.follow("Remove the access of Carla Núñez")
    expect(dialog).to_contain_text("Remove the access of Carla Núñez?")
    owner.press(dialog.get_by_role("button", name="Remove access"))
    hears(visitor.page, f"The access of Carla Núñez to {HARBOUR} was removed.")
    assert visitor.complaints == []

    answer = colleague.page.goto(service)
    assert answer
    assert answer.status == 404
    colleague.visit("/services/")
    expect(colleague.page.locator("#services")).not_to_contain_text(HARBOUR)


@pytest.mark.parametrize("visitor", LOOKS, indirect=True)
def test_it_has_no_serious_finding_on_the_pages_of_accounts(visitor: Visitor) -> None:
    page = visitor.sign_in("dana").prove().page
    open_account(visitor, HARBOUR)
    account = page.url.removeprefix(visitor.address)
    paths = ("/accounts/", f"{account}?live=1", f"{account}grants/add/", f"{account}private/on/")
    for path in paths:
        visitor.visit(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
    assert visitor.complaints == []  # before axe, whose own styles the CSP refuses
    for path in paths:
        visitor.visit(path)
        assert visitor.serious_findings() == [], path
