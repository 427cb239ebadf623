"""What an act changed is marked on the page after it, for a moment, and told once."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visitor
from tests.browser.test_walk import WIDE, wait_until_read

MOTION = [
    pytest.param({**WIDE, "reduced_motion": "no-preference"}, "fade", id="motion"),
    pytest.param({**WIDE, "reduced_motion": "reduce"}, "none", id="no-motion"),
]


@pytest.mark.parametrize(("visitor", "animation"), MOTION, indirect=["visitor"])
def test_it_marks_the_fact_that_was_changed_and_says_it_once(visitor: Visitor, animation: str) -> None:
    page = visitor.sign_in("alma").page
    wait_until_read(visitor, "/domains/")
    page.locator("tbody .name a").first.click()
    page.get_by_role("link", name="Change label and note").click()
    page.get_by_role("combobox", name="Label").fill(f"Shop {animation}")
    page.get_by_role("button", name="Save").click()

    marked = page.locator(".changed")
    expect(marked).to_have_count(1)
    expect(marked).to_contain_text(f"Shop {animation}")
    expect(marked).to_have_css("animation-name", animation)
    expect(page.locator(".toast")).to_have_count(1)
    expect(page.locator("[role=status] .toast")).to_contain_text("were saved")
    expect(page.locator(".changed")).to_have_count(0, timeout=10_000)
    assert visitor.complaints == []
