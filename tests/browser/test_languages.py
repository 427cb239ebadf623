"""The pages in German and Turkish: long words break before the page gets wider, and axe finds nothing."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import CHROMIUM, QUIET, Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LANGUAGES = [pytest.param({"locale": code}, id=code) for code in ("de", "tr")]
LISTS = ("/services/", "/invoices/", "/domains/", "/accounts/", "/keys/", "/people/", "/orders/", "/quotes/")
PAGES = (
    *("/", "/spend/", "/spend/compare/", "/agenda/", "/agenda/?view=month", "/statements/"),
    *(*LISTS, "/domains/?view=at-risk"),
    *("/contacts/", "/emails/", "/payment-methods/", "/announcements/", "/changes/", "/activity/", "/audit/"),
    *("/share-links/", "/share-links/add/", "/catalogue/", "/catalogue/products/add/", "/profile/"),
    *("/sign-in/ways/", "/sign-in/sessions/", "/sign-in/password/", "/search/?q=tiny", "/shortcuts/"),
    *("/keys/add/", "/people/invite/", "/orders/new/service/", "/orders/new/register/"),
    *("/orders/new/renew-domains/", "/orders/new/renew-services/"),
)
WIDER = "document.documentElement.scrollWidth > innerWidth"


def details(visitor: Visitor) -> list[str]:
    """The page of the first row of each list."""
    found = []
    for path in LISTS:
        visitor.visit(path)
        found.append(visitor.page.locator("tbody .name a").first.get_attribute("href") or "")
    return found


def wider(visitor: Visitor, paths: list[str], widths: tuple[int, ...]) -> list[tuple[str, int]]:
    """The pages that scroll sideways, at which width."""
    page, found = visitor.page, []
    for path in paths:
        visitor.visit(path)
        if re.match("/(quotes|orders)/.*/", path):  # whose rows are read once the page is there
            expect(page.locator("[aria-busy=true]")).to_have_count(0)
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate(WIDER):
                found.append((path, width))
    return found


@pytest.mark.parametrize("visitor", LANGUAGES, indirect=True)
def test_no_page_gets_wider_by_its_words(visitor: Visitor) -> None:
    page = visitor.page
    language = page.evaluate("navigator.language")
    found = wider(visitor, ["/sign-in/"], (1280, 390, 320))
    visitor.sign_in("dana")
    expect(page.locator("html")).to_have_attribute("lang", language)
    found += wider(visitor, [*PAGES, *details(visitor)], (1280, 390, 320))
    assert found == []
    assert visitor.complaints == []


MONEY = ("/spend/", "/spend/compare/", "/statements/", "/agenda/")


@pytest.fixture
def reader(demo: str, browser: Browser) -> Iterator[Visitor]:
    """A German whose browser shows letters twice as large."""
    large = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*QUIET, "--blink-settings=defaultFontSize=32"]
    )
    yield Visitor(large.new_page(locale="de"), demo)
    large.close()


def test_no_page_gets_wider_by_letters_twice_as_large(reader: Visitor) -> None:
    found = wider(reader, ["/sign-in/"], (1280, 640))
    reader.sign_in("dana")
    found += wider(reader, [*PAGES, *details(reader)], (1280, 640))
    assert found == []


@pytest.mark.parametrize("visitor", LANGUAGES, indirect=True)
def test_axe_finds_nothing_on_any_kind_of_page_in_both_themes(visitor: Visitor) -> None:
    page, found = visitor.page, []

    def look() -> None:
        for theme in ("light", "dark"):  # a button fades from one to the other unless motion is unwanted
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            found.extend((page.url, theme, finding) for finding in visitor.findings())

    visitor.visit("/sign-in/")
    look()
    visitor.sign_in("dana").prove()
    visitor.visit("/domains/?status=Active")
    detail = page.locator("tbody .name a").first.get_attribute("href") or ""
    for path in ("/", "/domains/?status=Active", detail, *MONEY, "/catalogue/products/add/"):
        visitor.visit(path)
        look()
    visitor.visit("/domains/?status=Active&sort=name")
    page.locator("tbody .pick input:enabled").first.check()
    page.locator(".bulk [formaction*='/lock']").click()
    expect(page.locator("#confirm-selected")).to_be_visible()
    look()
    page.locator("#confirm-selected .btn.primary").click()
    page.wait_for_url("**/activity/**")
    look()
    assert found == []
