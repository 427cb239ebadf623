"""Each thing that a person does in a list keeps it from replacing itself, also alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.desk import SELECT, Desk

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

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
