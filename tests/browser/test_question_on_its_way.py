"""Between the press of a button and the question for the password, and messages beside its dialog."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.asked import DESK, NUMBER, forget_proof, posts
from tests.browser.asked import company as company  # a fixture
from tests.browser.asked import enter as enter
from tests.browser.conftest import PASSWORD
from ultahost_api.models import Invoice

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def test_the_pressed_button_says_that_the_question_is_on_its_way(enter: Any, company: Any) -> None:
    visitor = enter(**DESK)
    page, waiting = visitor.page, []
    visitor.visit("/keys/")
    add = page.locator("main").get_by_role("link", name="Add a key").first
    width = page.evaluate("link => link.offsetWidth", add.element_handle())
    pressed = add.element_handle()

    page.route("**/keys/add/", lambda route: waiting.append(route))  # told apart by its type
    add.click()
    expect(page.locator("main [aria-busy=true]")).to_have_text("One moment…")
    assert page.evaluate("link => link.offsetWidth", pressed) >= width
    page.evaluate("link => link.click()", pressed)  # again, which asks nothing more
    page.wait_for_timeout(200)
    (route,) = waiting
    route.continue_()

    expect(page.locator("#again .purpose")).to_have_text("To continue: Add a key")
    assert pressed.text_content().strip() == "Add a key"
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


@pytest.mark.parametrize("trouble", ["silent", "gone"])
def test_a_question_without_an_answer_sends_nothing_and_loses_nothing(
    enter: Any, company: Any, trouble: str
) -> None:
    visitor = enter(**DESK).prove()
    page = visitor.page
    account = Invoice.objects.first().account
    visitor.visit(f"/payment-methods/{account.pk}/add/bank/")
    page.locator("[name=bank_account]").fill(NUMBER)
    page.locator("[name=bank_name]").fill("Pier Savings")
    page.locator("[name=bank_code]").fill("20051234")
    page.locator("[name=description]").fill("Pier")
    forget_proof()
    sent, form_address = posts(page), page.url
    send = page.locator("main form .btn.primary")
    words = send.text_content()

    page.clock.install()
    page.route("**/add/bank/", lambda route: route.abort() if trouble == "gone" else None)
    send.click()
    if trouble == "silent":
        expect(send).to_have_attribute("aria-busy", "true")
        page.clock.fast_forward("00:30")
    expect(page.locator("[data-toast] .words")).to_have_text(
        "The portal does not answer. Nothing was sent. Try again in a moment."
    )
    expect(send).to_have_text(words.strip())
    expect(send).to_be_enabled()
    assert page.locator("[name=bank_account]").input_value() == NUMBER
    assert (sent, page.url) == ([], form_address)

    page.unroute("**/add/bank/")
    send.click()
    page.clock.run_for(500)
    page.locator("#again input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/payment-methods/?account=**")
    assert sent == ["sign-in/again/", f"payment-methods/{account.pk}/add/bank/"]
    visitor.complaints.clear()  # the browser's own about the request that was cut off


def test_a_message_beside_an_open_dialog_can_be_heard_and_closed(enter: Any, company: Any) -> None:
    visitor = enter(**DESK)
    page = visitor.page
    visitor.visit("/keys/")
    toast = page.locator("[data-toast]")

    say(page, "Before it")
    page.get_by_role("link", name="Add a key").first.click()
    expect(page.locator("#again input[type=password]")).to_be_focused()
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)

    page.route("**/sign-in/again/", lambda route: None)
    page.evaluate(
        "document.querySelector('#again [hx-request]').setAttribute('hx-request', '{\"timeout\": 400}')"
    )
    page.locator("#again input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(toast).to_have_count(1)
    expect(page.locator("#again .btn.primary")).to_be_enabled()
    assert page.evaluate("document.querySelector('[data-toast]').closest('[role=status]') !== null")
    assert page.locator("#again input[type=password]").input_value() == PASSWORD
    page.keyboard.press("Escape")
    expect(page.locator("#again")).to_be_hidden()
    expect(toast).to_be_visible()  # what went wrong stays until it is closed
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_have_count(0)
    visitor.complaints.clear()


def say(page: Page, text: str) -> None:
    page.evaluate(
        "text => document.dispatchEvent(new CustomEvent('toast', { detail: { level: 'error', text } }))", text
    )
