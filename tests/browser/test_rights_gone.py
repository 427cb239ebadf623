"""A right that is taken away while a page is open: what the person reads at the next click."""

import os
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.models import Grant, ServiceCommand, User
from tests.browser.conftest import PASSWORD, Visitor
from tests.portal.conftest import Rows

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def page(browser: Browser, live_server: Any, transactional_db: None) -> Page:
    rows = Rows()
    ben = User.objects.create_user("ben@example.com", PASSWORD, name="Ben")
    acme = rows.account("Acme", "EUR")
    rows.key(User.objects.create_user("alma@example.com", PASSWORD, name="Alma"), acme)
    Grant.objects.create(user=ben, account=acme, level=Grant.Level.OPERATE, given_by=ben)
    ServiceCommand.objects.create(name="reboot", words="Reboot")
    service = rows.service(acme, domain="shop.example.com")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visitor = Visitor(context.new_page(), live_server.url).sign_in("ben")
    visitor.visit(f"/services/{service.pk}/")
    return visitor.page


def test_a_link_leads_to_the_page_that_says_so(page: Page) -> None:
    Grant.objects.all().delete()

    page.get_by_role("link", name="Reboot").first.click()

    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    expect(page.locator(".toast")).to_have_count(0)


def test_a_form_says_that_nothing_was_changed(page: Page) -> None:
    page.get_by_role("link", name="Change label and note").click()
    page.locator("[name=note]:visible").fill("by card")
    Grant.objects.all().delete()

    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator("main")).to_contain_text("It does not exist")
    expect(page.locator("main")).to_contain_text("Nothing was changed.")
