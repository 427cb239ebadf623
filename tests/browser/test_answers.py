"""What a person asks of the portal from Home, and after how many clicks it answers."""

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from portal.models import User
from portal.models.labels import Label, Remark
from tests.browser.conftest import PASSWORD, Visitor
from tests.portal.conftest import Rows
from ultahost_api.models import InvoiceItem, links

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


class Mouse:
    def __init__(self, page: Page) -> None:
        self.page, self.clicks = page, 0

    def click(self, what: Locator) -> None:
        self.clicks += 1
        what.click()

    def menu(self, name: str) -> None:
        self.click(self.page.locator("nav a.noun:visible").filter(has_text=name))

    def download(self, what: Locator) -> list[str]:
        with self.page.expect_download() as download:
            self.click(what)
        return download.value.path().read_text("utf-8-sig").splitlines()


@pytest.fixture
def mouse(browser: Browser, live_server: Any, transactional_db: None) -> Iterator[Mouse]:
    rows, today = Rows(), timezone.localdate()
    alma = User.objects.create_user("alma@example.com", PASSWORD, name="Alma")
    acme, soon, late = rows.account("Acme", "EUR"), today + timedelta(days=5), today - timedelta(days=20)
    rows.key(alma, acme)
    recurs = {"billing_cycle": "Monthly", "amount": "20", "next_due_date": soon}
    named = {"product_name": "Linux VPS Basic", "domain": "shop.example.com"}
    service = rows.service(acme, status="Suspended", **named, **recurs)
    for n in range(10):
        rows.domain(acme, name=f"lapses-{n}.example", auto_renew=False, expiry_date=soon, next_due_date=soon)
    bill = rows.invoice(
        acme, number="INV-7", status="Unpaid", total="24", subtotal="20", tax="4", tax2="0", credit="0",
        date=today.replace(day=1) - timedelta(days=1), due_date=late, detailed_at=timezone.now(),
    )  # fmt: skip
    text = "Linux VPS Basic - shop.example.com (01/10/2026 - 31/10/2026)"
    InvoiceItem.objects.create(invoice=bill, position=0, description=text, amount="20")
    links.assign_again(acme.pk)
    Remark.objects.create(service=service, label=Label.objects.create(name="Shop"))
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Mouse(Visitor(context.new_page(), live_server.url).sign_in("alma").page)
    context.close()


def test_it_says_what_is_spent_a_month_and_on_what_after_one_click(mouse: Mouse) -> None:
    mouse.menu("Spend")
    expect(mouse.page.get_by_text("Run rate a month")).to_be_visible()
    expect(mouse.page.get_by_role("heading", name="By product")).to_be_visible()
    assert mouse.clicks == 1


def test_it_shows_what_falls_due_in_three_months_after_one_click(mouse: Mouse) -> None:
    mouse.click(mouse.page.get_by_role("link", name="Due in the next 90 days"))
    expect(mouse.page.locator("main")).to_contain_text("lapses-0.example")
    assert mouse.clicks == 1


def test_it_lists_the_domains_most_at_risk_after_one_click(mouse: Mouse) -> None:
    mouse.click(mouse.page.get_by_role("link", name="All domains at risk"))
    expect(mouse.page.locator("#domains tbody tr")).to_have_count(10)
    assert mouse.clicks == 1


def test_it_leads_to_the_invoice_of_a_suspended_service_with_two_clicks(mouse: Mouse) -> None:
    need = mouse.page.locator(".need").filter(has_text="shop.example.com is suspended")
    mouse.click(need.locator(".what a"))
    mouse.click(mouse.page.get_by_role("link", name="INV-7").first)
    expect(mouse.page.get_by_role("heading", level=1)).to_contain_text("INV-7")
    assert mouse.clicks <= 2


def test_it_gives_last_month_s_statement_of_one_account_with_four_clicks(mouse: Mouse) -> None:
    mouse.menu("Statements")
    if not mouse.page.get_by_role("cell", name="€24.00").count():
        mouse.click(mouse.page.locator("nav.months [rel=prev]"))
    mouse.click(mouse.page.get_by_role("link", name="Acme", exact=True))
    heads, line = mouse.download(mouse.page.get_by_role("link", name="Download CSV"))
    assert '"Net"' in heads
    assert '"Label"' in heads
    assert "INV-7" in line
    assert '"Shop"' in line
    assert mouse.clicks <= 4


def test_it_gives_what_each_label_costs_as_a_file_with_four_clicks(mouse: Mouse) -> None:
    mouse.menu("Spend")
    lines = mouse.download(mouse.page.get_by_role("link", name="CSV: By label"))
    assert any(line.startswith('"Shop",20.00') for line in lines)
    assert mouse.clicks <= 4
