"""The pages in German and Turkish: long words break before the page gets wider, and axe finds nothing."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

LANGUAGES = [pytest.param({"locale": code}, id=code) for code in ("de", "tr")]
LISTS = ("/services/", "/invoices/", "/domains/", "/accounts/", "/keys/", "/people/")
PAGES = (
    *(
        "/",
        "/spend/",
        "/agenda/",
        "/statements/",
        *LISTS,
        "/domains/?view=at-risk",
        "/orders/",
        "/quotes/",
        "/contacts/",
        "/emails/",
    ),
    *("/payment-methods/", "/announcements/", "/changes/", "/activity/", "/audit/", "/share-links/"),
    *("/share-links/add/", "/catalogue/", "/profile/", "/sign-in/ways/", "/search/?q=tiny"),
)


@pytest.mark.parametrize("visitor", LANGUAGES, indirect=True)
def test_no_page_gets_wider_by_its_words_and_axe_finds_nothing_serious(visitor: Visitor) -> None:
    page = visitor.sign_in("dana").page
    language = page.evaluate("navigator.language")
    details = []
    for path in LISTS:
        visitor.visit(path)
        details += [page.locator("tbody .name a").first.get_attribute("href") or ""]
    wide = []
    for path in [*PAGES, *details]:
        visitor.visit(path)
        expect(page.locator("html")).to_have_attribute("lang", language)
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                wide.append((path, width))
    assert wide == []
    for path in ("/", "/invoices/", "/domains/?view=at-risk", "/profile/"):
        visitor.visit(path)
        assert visitor.serious_findings() == [], path
    assert visitor.complaints == []
