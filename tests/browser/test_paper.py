"""What is printed says by itself what a screen says around it."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from portal.models import User
from tests.browser.conftest import PASSWORD, Visitor
from tests.portal.conftest import Rows
from ultahost_api.models import Invoice, InvoiceItem

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

A4 = {"width": 718, "height": 1046}  # between margins of a centimetre


@pytest.fixture
def invoices(transactional_db: None) -> list[Invoice]:
    rows, alma = Rows(), User.objects.create_user("alma@example.com", PASSWORD, name="Alma")
    account = rows.account("Acme", "EUR")
    rows.key(alma, account)
    rows.invoice(account, number="OTHER", total="1000", date="2026-02-01")
    return [rows.invoice(account, number=f"INV-{n}", total="10.50", date="2026-02-01") for n in range(30)]


@pytest.fixture
def paper(browser: Browser, live_server: Any, invoices: list[Invoice]) -> Iterator[Visitor]:
    context = browser.new_context(viewport=A4)
    visitor = Visitor(context.new_page(), live_server.url).sign_in("alma")
    visitor.page.emulate_media(media="print")
    yield visitor
    context.close()


def is_wide(page: Page) -> bool:
    """Whether the browser would print it on a sheet that lies on its side."""
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", page.pdf(format="A4", prefer_css_page_size=True))
    assert box
    return float(box[1]) > float(box[2])


def shown_heads(page: Page) -> list[str]:
    return [head.inner_text() for head in page.locator("thead th").all() if head.is_visible()]


def test_it_says_the_filter_the_count_the_sum_and_the_date(paper: Visitor) -> None:
    paper.visit("/invoices/?status=Unpaid&since=2026-01-01&q=INV")

    expect(paper.page.locator(".toolbar")).to_be_hidden()
    expect(paper.page.locator(".printed")).to_be_visible()
    said = [one.inner_text() for one in paper.page.locator(".printed li").all()]
    assert set(said) >= {"Status: Unpaid", "Search: INV", "Dated from: 1\u00a0Jan\u00a02026"}
    assert set(said) >= {"1–25 of 30"}
    assert shown_heads(paper.page) == ["Invoice", "Status", "Date", "Due", "Total"]


@pytest.mark.parametrize("width", [718, 400])
def test_it_prints_the_table_however_narrow_the_paper(paper: Visitor, width: int) -> None:
    paper.page.set_viewport_size({"width": width, "height": 1046})
    paper.visit("/invoices/")

    assert "Date" in shown_heads(paper.page)
    tops = [cell.bounding_box()["y"] for cell in paper.page.locator("tbody tr >> nth=0 >> td:visible").all()]  # type: ignore[index]
    assert max(tops) - min(tops) < 1


def test_it_prints_the_sum_of_its_rows_and_no_other(paper: Visitor) -> None:
    paper.visit("/invoices/?q=INV")

    expect(paper.page.locator(".figures")).to_be_hidden()
    expect(paper.page.get_by_text("These amounts cover")).to_be_hidden()
    expect(paper.page.locator(".sums")).to_contain_text("€315.00")


def test_it_prints_a_statement_whole_with_every_column_and_its_sum_at_the_end(
    paper: Visitor, invoices: list[Invoice]
) -> None:
    paper.visit(f"/statements/{invoices[0].account_id}/2026-02/print/")

    heads = ["Date", "Invoice", "For", "Services and domains", "Label", "Status", "Net", "Tax"]
    assert shown_heads(paper.page) == [*heads, "Credit used", "Total", "Paid"]
    expect(paper.page.locator("tbody tr")).to_have_count(31)
    assert paper.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    last = paper.page.locator("tbody tr").last.bounding_box()
    sums = paper.page.locator("tfoot tr").bounding_box()
    assert last
    assert sums
    assert sums["y"] > last["y"]
    expect(paper.page.locator("tfoot .money")).to_have_text("€1,315.00")
    head, sum_ = (paper.page.locator(f"{part} .money").bounding_box() for part in ("thead", "tfoot"))
    assert head
    assert sum_
    assert abs(head["x"] + head["width"] - sum_["x"] - sum_["width"]) < 1
    expect(paper.page.get_by_role("button", name="Print")).to_be_hidden()


@pytest.mark.parametrize("width", [390, 800, 1280, 1920])
def test_the_sums_of_a_statement_stand_under_their_columns_on_a_screen(
    paper: Visitor, invoices: list[Invoice], width: int
) -> None:
    paper.page.emulate_media(media="screen")
    paper.page.set_viewport_size({"width": width, "height": 1000})
    for address in (f"/statements/{invoices[0].account_id}/2026-02/", "/statements/?month=2026-02"):
        paper.visit(address)
        assert ends(paper.page, "tfoot tr") == ends(paper.page, "tbody tr >> nth=0")
        assert paper.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def ends(page: Page, row: str) -> list[int]:
    """Where the amounts of a row end that are shown."""
    cells = page.locator(row).locator("td:is(.money, .number):visible").all()
    shown = [cell for cell in cells if cell.inner_text() not in ("", "CSV")]
    return [round(cell.evaluate(_END)) for cell in shown]


_END = """cell => {
  const words = document.createRange();
  words.selectNodeContents(cell);
  return words.getBoundingClientRect().right;
}"""


def test_a_statement_lies_on_its_side_so_that_its_words_have_lines(
    paper: Visitor, invoices: list[Invoice]
) -> None:
    account = invoices[0].account_id
    for path in (f"/statements/{account}/2026-02/print/", f"/statements/{account}/2026-02/"):
        paper.visit(path)
        assert is_wide(paper.page)
    paper.visit("/invoices/")
    assert not is_wide(paper.page)


def test_it_prints_the_total_once_and_nothing_that_is_under_way(
    paper: Visitor, invoices: list[Invoice]
) -> None:
    invoice = invoices[0]
    Invoice.objects.filter(pk=invoice.pk).update(detailed_at=timezone.now(), details_wanted_at=timezone.now())
    InvoiceItem.objects.create(invoice=invoice, position=0, description="VPS", amount="10.50")

    paper.visit(f"/invoices/{invoice.pk}/print/")

    # A footer group would stand again at the end of every page
    assert paper.page.locator("tfoot").evaluate("foot => getComputedStyle(foot).display") == "table-row-group"
    expect(paper.page.locator("tfoot")).to_contain_text("€10.50")
    expect(paper.page.get_by_text("Details read")).to_be_hidden()
    paper.page.emulate_media(media="screen")
    expect(paper.page.get_by_text("Details read")).to_be_visible()


def test_it_prints_no_acts_and_no_first_steps(paper: Visitor) -> None:
    """Paper has nothing to press."""
    User.objects.update(role="admin")
    Invoice.objects.update(due_date="2026-02-15")
    page = paper.page

    for path, pressed in (
        ("/", ".first-steps, .do, main .btn"),
        ("/agenda/", ".banner > a"),
        ("/labels/", ".btn"),
    ):
        paper.visit(path)
        assert [one.inner_text() for one in page.locator(pressed).all() if one.is_visible()] == [], path
        page.emulate_media(media="screen")
        assert any(one.is_visible() for one in page.locator(pressed).all()), path
        page.emulate_media(media="print")
    paper.visit("/nameservers/")
    expect(page.locator(".back")).to_be_hidden()

    invoice = Invoice.objects.get(number="INV-1")
    Invoice.objects.filter(pk=invoice.pk).update(detailed_at=timezone.now())
    InvoiceItem.objects.create(invoice=invoice, position=0, description="VPS", amount="10.50")
    paper.visit(f"/invoices/{invoice.pk}/")
    expect(page.locator("td.name", has_text="VPS")).to_be_visible()
    for words in ("Not assigned", "Say what it is for"):
        expect(page.get_by_text(words, exact=True)).to_be_hidden()
    page.emulate_media(media="screen")
    expect(page.get_by_text("Say what it is for", exact=True)).to_be_visible()


def test_it_prints_times_in_place_of_ages_and_no_acts(paper: Visitor) -> None:
    now = timezone.localtime()
    paper.visit("/sign-in/sessions/")

    page = paper.page
    shown = page.evaluate(
        "[...document.querySelectorAll('time[data-time]')].map(one => [getComputedStyle(one).fontSize,"
        " getComputedStyle(one, '::after').content])"
    )
    assert shown
    assert all(size == "0px" and str(now.year) in told for size, told in shown)
    expect(page.locator("td.acts-cell").first).to_be_hidden()
