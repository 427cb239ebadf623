"""A list in front of a person, while Ultahost has news of it."""

import os
from typing import TYPE_CHECKING, Any

from playwright.sync_api import Locator, Page, expect

from ultahost_api.models import LISTS, Invoice, Refresh
from ultahost_api.refresh import runs

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor

# Playwright's own loop runs in this thread, which Django takes for a view that must not wait.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# What the page does by itself every 30 seconds, and when it is shown again.
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
HIDE = "Object.defineProperty(document, 'hidden', { value: true, configurable: true })"
SELECT = """() => {
  const words = document.querySelector('#invoices tbody td.name a').firstChild
  getSelection().setBaseAndExtent(words, 0, words, words.length)
}"""


class Desk:
    """A list of 30 unpaid invoices in front of the person who may pay them."""

    def __init__(self, visitor: "Visitor", acme: Any) -> None:
        self.page: Page = visitor.page
        self.visitor, self.acme = visitor, acme
        visitor.sign_in("alma")
        visitor.visit("/invoices/")

    def news_comes(self, status: str = "Unpaid") -> None:
        """Ultahost has one more, a refresh brings it, and the page looks how fresh it is."""
        self.acme.add_invoices(1, status=status, invoicenum="BRAND-NEW", date="2099-01-01")
        read(everything=False)
        with self.page.expect_response("**/freshness/**"):
            self.page.evaluate(LOOK)

    def changes(self, count: int) -> None:
        """The first so many invoices got another number, and the list looks again."""
        for invoice in Invoice.objects.order_by("-date", "-remote_id")[:count]:
            Invoice.objects.filter(pk=invoice.pk).update(number=f"{invoice.number}-{count}")
        with self.page.expect_response("**/invoices/"):
            self.page.evaluate("htmx.trigger(document.body, 'invoices-refreshed')")

    @property
    def news(self) -> Locator:
        return self.page.locator("[data-news]")

    @property
    def rows(self) -> Locator:
        return self.page.locator("#invoices tbody tr")

    def shows_it_when_asked(self) -> None:
        expect(self.news).to_be_visible()
        expect(self.rows.filter(has_text="BRAND-NEW")).to_have_count(0)
        self.news.get_by_role("link", name="Show").click()
        expect(self.rows.filter(has_text="BRAND-NEW")).to_have_count(1)
        expect(self.news).to_be_hidden()


def read(*, everything: bool) -> None:
    """What the workers would do."""
    nouns = LISTS if everything else ["invoices"]
    Refresh.objects.filter(noun__in=nouns).ask()
    for pk in Refresh.objects.filter(noun__in=nouns).values_list("pk", flat=True):
        runs.run(pk)
