"""The password is asked for in a dialog over the page: by keyboard and by finger; what is typed stays."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.asked import DESK, NUMBER, PHONE, forget_proof, posts
from tests.browser.asked import company as company  # a fixture
from tests.browser.asked import enter as enter
from tests.browser.conftest import PASSWORD, Visitor
from tests.browser.desk import read
from tests.browser.hands import hears
from tests.portal.conftest import Rows
from ultahost_api.models import ApiKey, Invoice, Service
from ultahost_api.sandbox import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()"))


def is_within(page: Page) -> bool:
    return bool(page.evaluate("document.activeElement.closest('dialog[open]') !== null"))


def select_all(visitor: Visitor, *, tap: bool = False) -> None:
    visitor.visit("/invoices/")
    for box in visitor.page.locator("tbody .pick input").all():
        (box.tap if tap else box.check)()


def test_selected_invoices_are_confirmed_by_keyboard(enter: Any, company: Any) -> None:
    visitor = enter(**DESK)
    page = visitor.page
    select_all(visitor)
    list_address, sent = page.url, posts(page)
    pay = page.locator(".bulk .btn.primary")

    pay.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Confirm it's you")
    expect(dialog.locator(".purpose")).to_have_text("To continue: Pay 2 invoices, €21.00")
    expect(dialog.locator("input[type=password]")).to_be_focused()
    assert page.url == list_address
    for _ in range(12):  # around, but never to the page beneath
        page.keyboard.press("Tab")
        assert is_within(page) or page.evaluate("document.activeElement === document.body")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(pay).to_be_focused()
    expect(page.locator("tbody .pick input:checked")).to_have_count(2)

    page.keyboard.press("Enter")
    expect(dialog.locator("input[type=password]")).to_be_focused()
    page.keyboard.type("not this one")
    page.keyboard.press("Enter")
    expect(dialog.locator(".field .errorlist")).to_be_visible()
    expect(dialog.locator("input[type=password]")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/invoices/pay/")
    expect(page.locator("main [name=row]")).to_have_count(2)
    assert sent == ["sign-in/again/", "sign-in/again/", "invoices/pay/"]


def test_a_link_that_opens_a_dialog_asks_over_it_and_pays_once(enter: Any, sandbox: Sandbox) -> None:
    visitor = enter(**DESK)
    page, invoice = visitor.page, Invoice.objects.first()
    visitor.visit(f"/invoices/{invoice.pk}/")
    pay = page.locator(".page-acts, .actions").get_by_role("link", name="Pay").first

    pay.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#again .purpose")).to_contain_text("€10.50")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.locator("#dialog .btn.primary").click()
    hears(page, "Paid invoice")

    assert [effect.action for effect in sandbox.ledger] == ["pay_invoice"]


def test_what_was_typed_stays_and_is_sent_once_with_a_finger(enter: Any, company: Any) -> None:
    """The minutes passed while the form was filled."""
    visitor = enter(**PHONE).prove()
    page = visitor.page
    account = Invoice.objects.first().account
    visitor.visit(f"/payment-methods/{account.pk}/add/bank/")
    page.locator("[name=bank_name]").fill("Pier Savings")
    page.locator("[name=bank_account]").fill(NUMBER)
    page.locator("[name=bank_code]").fill("20051234")
    page.locator("[name=description]").fill("Pier")
    forget_proof()
    sent, form_address = posts(page), page.url

    page.locator("main form .btn.primary").tap()
    dialog = page.get_by_role("dialog", name="Confirm it's you")
    expect(dialog.locator("input[type=password]")).to_be_focused()
    box = dialog.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    dialog.get_by_role("link", name="Cancel").tap()
    expect(dialog).to_be_hidden()
    assert page.url == form_address
    assert page.locator("[name=bank_account]").input_value() == NUMBER
    expect(page.locator("main form .btn.primary")).to_be_enabled()

    page.locator("main form .btn.primary").tap()
    dialog.locator("input[type=password]").fill(PASSWORD)
    dialog.get_by_role("button", name="Confirm").tap()
    page.wait_for_url("**/payment-methods/?account=**")
    assert sent == ["sign-in/again/", f"payment-methods/{account.pk}/add/bank/"]


def test_a_page_behind_the_password_is_asked_for_over_the_page_before_it(enter: Any, company: Any) -> None:
    visitor = enter(**DESK)
    page = visitor.page
    visitor.visit("/keys/")

    page.get_by_role("link", name="Add a key").first.click()
    expect(page.locator("#again .purpose")).to_have_text("To continue: Add a key")
    assert page.url.endswith("/keys/")
    assert visitor.serious_findings() == []
    page.locator("#again input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")

    page.wait_for_url("**/keys/add/")
    expect(page.locator("[name=secret], [name=label]").first).to_be_focused()
    visitor.complaints.clear()  # axe styles the page, which the policy forbids


def test_a_late_answer_about_a_cancelled_act_does_not_stand_in_the_question_of_another(
    enter: Any, company: Any
) -> None:
    """It would say what one act is for, and its password would do the other one."""
    visitor = enter(**DESK)
    page, late = visitor.page, []
    visitor.visit(f"/keys/{ApiKey.objects.get().pk}/")
    purpose = page.locator("#again .purpose")

    page.get_by_role("link", name="Rotate the key").click()
    expect(purpose).to_have_text("To continue: Rotate “Main”")
    page.route("**/sign-in/again/", lambda route: late.append((route, route.fetch())))
    page.keyboard.type("not this one")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Disable").click()
    expect(purpose).to_have_text("To continue: Disable “Main”")

    ((route, answer),) = late
    with page.expect_response("**/sign-in/again/"):
        route.fulfill(response=answer)
    page.wait_for_timeout(300)
    expect(purpose).to_have_text("To continue: Disable “Main”")
    expect(page.locator("#again .errorlist")).to_have_count(0)
    page.unroute("**/sign-in/again/")
    page.locator("#again input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#dialog h1")).to_have_text("Disable “Main”?")


def test_ctrl_enter_answers_the_question_that_lies_over_another_dialog(enter: Any, sandbox: Sandbox) -> None:
    """The minutes passed while the dialog of the act was open."""
    visitor = enter(**DESK).prove()
    page = visitor.page
    visitor.visit(f"/invoices/{Invoice.objects.first().pk}/")
    page.locator(".page-acts, .actions").get_by_role("link", name="Pay").first.click()
    expect(page.locator("#dialog .btn.primary")).to_be_visible()
    forget_proof()

    page.keyboard.press("Control+Enter")
    expect(page.locator("#again input[type=password]")).to_be_focused()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Control+Enter")
    hears(page, "Paid invoice")
    assert [effect.action for effect in sandbox.ledger] == ["pay_invoice"]


def test_a_page_found_by_the_search_is_asked_for_over_it(enter: Any, company: Any) -> None:
    visitor = enter(**DESK)
    page = visitor.page
    visitor.visit("/")

    page.keyboard.press("Control+K")
    page.keyboard.type("add a key")
    expect(page.get_by_role("option", name="Add a key")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#again .purpose")).to_have_text("To continue: Add a key")
    assert page.url == f"{visitor.address}/"
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/keys/add/")


def test_too_many_tries_are_said_in_the_dialog(enter: Any, company: Any) -> None:
    visitor = enter(**DESK)
    page = visitor.page
    visitor.visit("/keys/")

    page.get_by_role("link", name="Add a key").first.click()
    for _ in range(12):
        if page.locator("#again [role=alert]").count():
            break
        page.locator("#again input[type=password]").fill("not this one")
        with page.expect_response("**/sign-in/again/"):
            page.keyboard.press("Enter")
        page.wait_for_timeout(100)
    expect(page.locator("#again h1")).to_have_text("Too many attempts")
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_role("link", name="Add a key").first).to_be_focused()


def test_a_cancelled_question_gives_the_focus_back_to_the_menu(enter: Any, company: Any) -> None:
    company.add_services(1, domain="shop.example", status="Active")
    read(everything=True)
    visitor = enter(**DESK)
    page = visitor.page
    visitor.visit(f"/services/{Service.objects.get().pk}/")
    item = page.locator("#service-more").get_by_role("link", name="Set a new password")

    for cancel in ("Escape", "Enter"):
        page.locator("#service-more summary").focus()
        if not item.is_visible():
            page.keyboard.press("Enter")
        item.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#again input[type=password]")).to_be_focused()
        if cancel == "Enter":
            page.locator("#again").get_by_role("link", name="Cancel").focus()
        page.keyboard.press(cancel)
        expect(page.locator("#again")).to_be_hidden()
        expect(item).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#service-more summary")).to_be_focused()
    expect(item).to_be_hidden()


def test_what_helps_a_domain_is_confirmed_over_the_list_that_says_so(enter: Any) -> None:
    visitor = enter(**DESK)
    page, due = visitor.page, timezone.localdate() + timedelta(days=10)
    account = Invoice.objects.first().account
    Rows().domain(account, name="soon.example", auto_renew=False, next_due_date=due, expiry_date=due)

    for path, entry in (("/", ".need"), ("/domains/?view=at-risk", "tbody tr")):
        visitor.visit(path)
        page.locator(entry, has_text="soon.example").get_by_role("link", name="Turn auto-renew on").click()
        dialog = page.get_by_role("dialog", name="Turn auto-renew of soon.example on?")
        expect(dialog.get_by_role("button", name="Turn on")).to_be_visible()
        assert page.url.endswith(path)
        dialog.get_by_role("link", name="Cancel").click()
        expect(dialog).to_be_hidden()
