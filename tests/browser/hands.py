"""What a person does on any page, and what they hear and read there."""

import re
from decimal import Decimal

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PASSWORD, Visitor


def follow(page: Page | Locator, words: str) -> None:
    page.get_by_role("link", name=words, exact=True).click()


def act(page: Page, words: str) -> None:
    """Follow one of a detail page's acts, which may stand under More."""
    acts = page.locator(".page-acts")
    link = acts.get_by_role("link", name=words, exact=True, include_hidden=True)
    link.wait_for(state="attached")
    if not link.is_visible():
        acts.locator("summary").click()
    link.click()


def press(page: Page | Locator, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).click()


def confirm(page: Page, link: str, verb: str) -> None:
    if page.locator(".page-acts > *").count():
        act(page, link)
    else:
        follow(page, link)
    press(page.get_by_role("dialog"), verb)


def type_in(page: Page | Locator, **values: str) -> None:
    for name, value in values.items():
        page.locator(f"[name={name}]").fill(value)


def hears(page: Page, words: str) -> None:
    expect(page.locator("[data-toasts]")).to_contain_text(words)


def open_first(visitor: Visitor, path: str) -> None:
    """The first row of a list that the first refresh fills."""
    page = visitor.page
    visitor.visit(path)
    expect(page.locator("#freshness")).to_contain_text("Updated", timeout=60_000)
    page.locator("tbody .name a").first.click()
    expect(page.locator(".back")).to_be_visible()


def open_service_with_module(visitor: Visitor) -> int:
    """One that takes commands and passwords: every sixth of the demo's services does not."""
    page = visitor.page
    open_first(visitor, "/services/?status=Active")
    page.go_back()
    for path in [link.get_attribute("href") or "" for link in page.locator("tbody .name a").all()]:
        visitor.visit(path)
        if number_of(page) % 6:
            return number_of(page)
    raise AssertionError("No service has a module.")


def prove(page: Page) -> None:
    """Type the password once more: the act wants it, however short a time ago one signed in."""
    asked = page.locator("#again, main.entrance").filter(has_text="Confirm it's you")
    type_in(asked, password=PASSWORD)
    press(asked, "Confirm")


def open_account(visitor: Visitor, name: str) -> None:
    visitor.visit("/accounts/")
    visitor.page.get_by_role("link", name=name).first.click()
    expect(visitor.page.get_by_role("main").get_by_role("heading", level=1)).to_contain_text(name)


def number_of(page: Page) -> int:
    return int(page.locator("dt:has-text('Ultahost ID') + dd").inner_text())


def money(words: str) -> Decimal:
    return Decimal(re.sub(r"[^\d.]", "", words))


def names(page: Page) -> list[str]:
    """What the rows of a list are called."""
    expect(page.locator("tbody .name a").first).to_be_visible()
    return [name.strip() for name in page.locator("tbody .name a").all_inner_texts()]


def fact(page: Page, label: str) -> Locator:
    return page.locator(f"dt:text-is('{label}') + dd")
