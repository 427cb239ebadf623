"""The portal's own typeface: a browser keeps it, and nothing moves when it comes late."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Response, Route, expect

from tests.browser.conftest import Visitor

pytestmark = pytest.mark.timeout(180)

WIDTHS = [pytest.param(1280, id="wide"), pytest.param(390, id="narrow")]
# The made-up name of hundreds of letters stands last: it may need a line more in one face than in the other.
LISTS = ("/services/?sort=-domain", "/invoices/", "/domains/?sort=-name")
PAGES = ("/", *LISTS, "/agenda/", "/spend/", "/keys/", "/profile/")
LISTEN = """
  window.shifts = [];
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries())
      window.shifts.push([shift.value, ...shift.sources.map((source) => source.node?.textContent?.trim())]);
  }).observe({ type: "layout-shift", buffered: true });
"""
COME = """[...document.fonts].some((face) => face.display === "swap" && face.status === "loaded")"""
PAINTED = """performance.getEntriesByName("first-contentful-paint").length > 0"""


@pytest.fixture(params=WIDTHS)
def member(demo: str, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": request.param, "height": 900})
    visitor = Visitor(context.new_page(), demo).sign_in("alma")
    for path in ("/services/", "/invoices/", "/domains/"):
        visitor.visit(path)
        expect(visitor.page.locator("#freshness")).to_contain_text("Updated", timeout=60_000)
    yield visitor
    context.close()


def test_nothing_moves_when_the_typeface_comes_after_the_page_was_painted(member: Visitor) -> None:
    page = member.page
    held: list[Route] = []
    page.context.route("**/*.woff2", lambda route: held.append(route))
    page.add_init_script(LISTEN)
    for path in PAGES:
        page.goto(f"{member.address}{path}", wait_until="commit")
        until(page, PAINTED)
        assert not page.evaluate(COME)
        assert len(held) == 1
        held.pop().continue_()
        until(page, COME)
        page.wait_for_timeout(100)  # two frames, and the observer's turn
        shifts = page.evaluate("window.shifts")
        # 0 in the two decimals that are told of it; a line or a column that jumps is more than this.
        assert sum(value for value, *_ in shifts) < 0.004, (path, shifts)
    assert member.complaints == []


def until(page: Page, condition: str) -> None:
    """The pages' policy forbids what Playwright's own wait does."""
    assert page.evaluate(f"""async () => {{
      const end = performance.now() + 15000;
      while (!({condition}) && performance.now() < end) await new Promise((done) => setTimeout(done, 20));
      return {condition};
    }}""")


def test_a_browser_keeps_it_for_good(visitor: Visitor) -> None:
    answers: list[Response] = []
    visitor.page.on("response", lambda answer: answers.append(answer))
    visitor.visit("/sign-in/")
    until(visitor.page, COME)

    (font,) = [answer for answer in answers if ".woff2" in answer.url]
    assert "immutable" in font.headers["cache-control"]
    assert font.headers["content-type"] == "font/woff2"
    assert visitor.complaints == []
