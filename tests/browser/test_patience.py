"""What a person is doing in a region stays under their hands, whatever a refresh brings meanwhile."""

import pytest
from playwright.sync_api import expect

from tests.browser.desk import HIDE, LOOK, SELECT, Desk, read

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def test_it_shows_what_is_new_at_once_where_nobody_is_at_work(desk: Desk) -> None:
    desk.news_comes()

    expect(desk.rows.filter(has_text="BRAND-NEW")).to_have_count(1)
    expect(desk.news).to_be_hidden()


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
