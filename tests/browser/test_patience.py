"""What a person is doing in a region stays under their hands, whatever a refresh brings meanwhile."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from portal.models import User
from tests.browser.conftest import PASSWORD, Visitor
from ultahost_api import keys
from ultahost_api.models import LISTS, Invoice, Refresh
from ultahost_api.refresh import runs
from ultahost_api.sandbox import Sandbox

# Playwright's own loop runs in this thread, which Django takes for a view that must not wait.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

# What the page does by itself every 30 seconds, and when it is shown again.
LOOK = "document.dispatchEvent(new Event('visibilitychange'))"
HIDE = "Object.defineProperty(document, 'hidden', { value: true, configurable: true })"


class Desk:
    """A list of 30 unpaid invoices in front of the person who may pay them."""

    def __init__(self, visitor: Visitor, acme: Any) -> None:
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


@pytest.fixture
def desk(
    browser: Browser, live_server: Any, sandbox: Sandbox, rung: list[Any], transactional_db: None
) -> Iterator[Desk]:
    owner = User.objects.create_user("alma@example.com", PASSWORD, name="Alma")
    acme, other = sandbox.add_account("Acme", "EUR"), sandbox.add_account("Umbrella", "EUR")
    acme.add_invoices(30, status="Unpaid")
    other.add_invoices(1, status="Paid")
    keys.add(owner, "Main", sandbox.add_key(acme))
    keys.add(owner, "Other", sandbox.add_key(other))
    read(everything=True)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Desk(Visitor(context.new_page(), live_server.url), acme)
    context.close()


def test_it_shows_what_is_new_at_once_where_nobody_is_at_work(desk: Desk) -> None:
    desk.news_comes()

    expect(desk.rows.filter(has_text="BRAND-NEW")).to_have_count(1)
    expect(desk.news).to_be_hidden()


SELECT = """() => {
  const words = document.querySelector('#invoices tbody td.name a').firstChild
  getSelection().setBaseAndExtent(words, 0, words, words.length)
}"""
SELECTED = "() => String(getSelection())"


def test_it_leaves_everything_alone_through_twenty_refreshes_and_one_by_the_button(desk: Desk) -> None:
    """Two ticked rows, an open filter with a half-typed date, a focused row and a text selection."""
    page = desk.page
    boxes = [desk.rows.nth(place).locator("input[type=checkbox]") for place in (2, 5)]
    for box in boxes:
        box.check()
    page.locator("#more-filters summary").click()
    since = page.locator("[name=since]")
    since.press_sequentially("1121")
    focused = desk.rows.nth(7).locator("td.name a")
    focused.focus()
    page.evaluate(SELECT)
    selected = page.evaluate(SELECTED)
    assert selected

    def is_untouched() -> None:
        for box in boxes:
            expect(box).to_be_checked()
        expect(since).to_be_visible()
        assert since.evaluate("field => field.validity.badInput")
        assert page.evaluate(SELECTED) == selected

    for n in range(20):
        desk.changes(n + 1)
        expect(desk.news).to_contain_text("1 change" if n == 0 else f"{n + 1} changes")
        is_untouched()
        expect(focused).to_be_focused()

    page.locator("#refresh").evaluate("button => button.click()")
    expect(page.locator("#freshness[data-state=running]")).to_be_visible()
    desk.changes(21)
    expect(desk.news).to_contain_text("21 changes")
    is_untouched()
    expect(page.locator("body")).not_to_be_focused()
    desk.news.get_by_role("link", name="Show").click()
    expect(desk.news).to_be_hidden()
    assert since.evaluate("field => field.validity.badInput")


def test_it_leaves_selected_text_alone(desk: Desk) -> None:
    desk.page.evaluate(SELECT)
    selected = desk.page.evaluate(SELECTED)

    desk.news_comes()

    expect(desk.news).to_be_visible()
    assert desk.page.evaluate(SELECTED) == selected


def test_it_takes_the_filter_form_along_to_what_a_link_removes(desk: Desk) -> None:
    search, page = desk.page.locator("#list-search"), desk.page
    search.press_sequentially("acme")
    page.wait_for_url("**/invoices/?*q=acme*")
    page.locator("#more-filters summary").click()
    page.locator("[name=period]").select_option("this-year")
    page.wait_for_url("**/invoices/?*period=this-year*")
    expect(page.locator("[data-filter-count]")).to_have_text("2")
    page.keyboard.press("Escape")

    page.locator("#pill-q").click()
    expect(page.locator("#pill-q")).to_have_count(0)
    expect(search).to_have_value("")
    expect(page.locator("#invoices")).to_be_focused()
    expect(page.locator("[data-filter-count]")).to_have_text("1")

    page.locator("#clear-filters").click()
    expect(page.locator(".pills")).to_have_count(0)
    expect(page.locator("[name=period]")).to_have_value("")
    expect(page.locator("[data-told-here]")).to_have_text("1–25 of 31")


def test_it_lets_a_day_replace_a_period_and_a_period_the_days(desk: Desk) -> None:
    page = desk.page
    page.locator("#more-filters summary").click()
    page.locator("[name=period]").select_option("this-year")
    page.wait_for_url("**/invoices/?*period=this-year*")

    page.locator("[name=since]").fill("2026-01-05")
    page.wait_for_url("**/invoices/?*since=2026-01-05*")
    expect(page.locator("[name=period]")).to_have_value("custom")

    page.locator("[name=period]").select_option("last-month")
    page.wait_for_url("**/invoices/?*period=last-month*")
    expect(page.locator("[name=since]")).to_have_value("")
    assert "since" not in page.url


def test_it_comes_to_last_month_s_csv_in_four_interactions_at_most(desk: Desk) -> None:
    page = desk.page
    page.locator("#more-filters summary").click()
    page.locator("[name=period]").select_option("last-12-months")
    page.wait_for_url("**/invoices/?*period=last-12-months*")
    with page.expect_download() as download:
        page.locator("a.csv").click()
    assert download.value.suggested_filename == "invoices.csv"


CLOSE = "menu => { menu.open = false; document.activeElement.blur() }"


def tick(desk: Desk) -> Locator:
    box = desk.rows.nth(3).locator("input[type=checkbox]")
    box.check()
    box.evaluate("box => box.blur()")
    return box


def half_type(desk: Desk) -> Locator:
    """Into a menu that is closed again."""
    menu = desk.page.locator("#more-filters")
    menu.locator("summary").click()
    menu.locator("[name=since]").press_sequentially("1121")
    menu.evaluate(CLOSE)
    return menu


def choose(desk: Desk) -> Locator:
    """What is chosen without a click or key, as by an extension that fills in forms, and was not sent."""
    choice = desk.page.locator("#id_account")
    choice.evaluate("choice => { choice.selectedIndex = 1 }")
    return choice


def open_filters(desk: Desk) -> Locator:
    desk.page.locator("#more-filters summary").click()
    desk.page.evaluate("document.activeElement.blur()")
    return desk.page.locator("#more-filters[open]")


def focus(desk: Desk) -> Locator:
    desk.rows.nth(7).locator("td.name a").focus()
    return desk.rows.nth(7).locator("td.name a:focus")


def select(desk: Desk) -> Locator:
    desk.page.evaluate(SELECT)
    return desk.rows.nth(0)


def open_dialog(desk: Desk) -> Locator:
    desk.page.keyboard.press("?")
    dialog = desk.page.locator("dialog[open]")
    expect(dialog.locator("h1")).to_be_visible()
    return dialog


@pytest.mark.parametrize("act", [tick, half_type, choose, open_filters, focus, select, open_dialog])
def test_it_waits_for_one_thing_alone_that_a_person_does(desk: Desk, act: Callable[[Desk], Locator]) -> None:
    """Beside a second one it would wait for that."""
    touched = act(desk)

    desk.news_comes()

    expect(desk.news).not_to_have_attribute("hidden", "")
    expect(touched).to_have_count(1)
    expect(desk.rows.filter(has_text="BRAND-NEW")).to_have_count(0)


def test_it_leaves_ticks_alone(desk: Desk) -> None:
    box = desk.rows.nth(3).locator("input[type=checkbox]")
    box.check()
    box.evaluate("box => box.blur()")

    desk.news_comes()

    expect(desk.news).to_be_visible()
    expect(box).to_be_checked()
    desk.shows_it_when_asked()


def test_it_leaves_an_open_filter_and_a_half_typed_date_alone(desk: Desk) -> None:
    desk.page.locator("#more-filters summary").click()
    since = desk.page.locator("[name=since]")
    since.press_sequentially("1121")
    since.evaluate("field => field.blur()")

    desk.news_comes()

    expect(desk.news).to_be_visible()
    expect(since).to_be_visible()
    assert since.evaluate("field => field.validity.badInput")
    assert "since=" not in desk.page.url


def test_it_leaves_the_focus_and_typed_words_alone(desk: Desk) -> None:
    search = desk.page.locator("#list-search")
    search.press_sequentially("acme")
    desk.page.wait_for_url("**/invoices/?*q=acme*")

    desk.news_comes()

    expect(desk.news).to_be_visible()
    expect(search).to_be_focused()
    expect(search).to_have_value("acme")
    desk.shows_it_when_asked()


def test_it_says_nothing_of_a_refresh_that_brought_nothing(desk: Desk) -> None:
    desk.page.locator("#sort-due").focus()
    read(everything=False)

    with desk.page.expect_response("**/invoices/"):
        desk.page.evaluate(LOOK)
    expect(desk.page.locator("#invoices.htmx-request")).to_have_count(0)

    expect(desk.news).to_be_hidden()
    expect(desk.page.locator("#sort-due")).to_be_focused()


def test_it_sends_a_date_whose_year_is_whole_and_keeps_the_filter_open(desk: Desk) -> None:
    desk.page.locator("#more-filters summary").click()
    since, asked = desk.page.locator("[name=since]"), list[str]()
    desk.page.on("request", lambda request: asked.append(request.url))

    since.press_sequentially("11212026")

    desk.page.wait_for_url("**/invoices/?*since=2026-11-21*")
    assert not [url for url in asked if "since=" in url and "since=2026-11-21" not in url]
    expect(since).to_be_visible()
    expect(since).to_be_focused()
    expect(since).to_have_value("2026-11-21")


@pytest.mark.parametrize(
    ("selector", "focus"),
    [
        ("#status-Paid", "status-Paid"),
        ("#status-all", "status-all"),
        ("#sort-due", "sort-due"),
        ("#page-2", "page-2"),
        ("#page-next", "invoices"),  # of the last page there is no next one
        ("#size-50", "size-50"),
    ],
)
def test_it_keeps_the_focus_after(desk: Desk, selector: str, focus: str) -> None:
    with desk.page.expect_response("**/invoices/*"):
        desk.page.locator(selector).press("Enter")

    expect(desk.page.locator(f"#{focus}")).to_be_focused()


def test_it_keeps_the_focus_after_an_account_was_chosen(desk: Desk) -> None:
    choice = desk.page.locator("#id_account")
    choice.focus()
    with desk.page.expect_response("**/invoices/*"):
        choice.press("ArrowDown")
    expect(desk.page.locator("#id_account")).to_be_focused()

    desk.visitor.visit("/contacts/")
    choice = desk.page.locator("#account-choice")
    choice.focus()
    with desk.page.expect_navigation():
        choice.press("ArrowDown")
    expect(desk.page.locator("#account-choice")).to_be_focused()
    expect(desk.page.locator("#contacts .skeleton")).to_have_count(0)


def test_it_keeps_the_focus_near_a_refresh(desk: Desk) -> None:
    desk.page.locator("#refresh").press("Enter")

    expect(desk.page.locator("#freshness[data-state=running]")).to_be_focused()


def test_it_asks_nothing_while_the_page_is_hidden(desk: Desk) -> None:
    asked: list[str] = []
    desk.page.on("request", lambda request: asked.append(request.url))

    desk.page.evaluate(HIDE)
    desk.page.evaluate(LOOK)
    desk.page.evaluate("fetch('/livez')")  # by then a request of before would be known
    assert not [url for url in asked if "/freshness/" in url]
    desk.page.evaluate("delete document.hidden")
    with desk.page.expect_response("**/freshness/**"):
        desk.page.evaluate(LOOK)

    assert len([url for url in asked if "/freshness/" in url]) == 1
