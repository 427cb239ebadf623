"""How fields stand: more than five in two columns where there is room, below each other on a phone."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from portal.models import User
from tests.browser.conftest import PASSWORD, Visitor
from tests.portal.conftest import Rows

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture
def alma(transactional_db: None) -> User:
    return User.objects.create_user("alma@example.com", PASSWORD, name="Alma")


def places(page: Page, *names: str) -> list[dict[str, float]]:
    boxes = [page.locator(f"main [name={name}]").bounding_box() for name in names]
    return [{"x": box["x"], "y": box["y"]} for box in boxes if box]


@pytest.mark.parametrize(("width", "is_beside"), [(1280, True), (390, False)])
def test_many_fields_stand_in_two_columns(
    browser: Browser, live_server: Any, alma: User, width: int, is_beside: bool
) -> None:
    page = browser.new_context(viewport={"width": width, "height": 900}).new_page()
    visitor = Visitor(page, live_server.url).sign_in("alma")

    visitor.visit("/profile/")
    name, zone, language, rows = places(page, "name", "time_zone", "language", "page_size")

    assert (name["y"] == zone["y"]) == is_beside
    assert name["x"] == language["x"]
    assert language["y"] > zone["y"]
    assert rows["y"] > language["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()


def test_a_choice_stands_beside_its_name_on_a_phone(browser: Browser, live_server: Any, alma: User) -> None:
    rows = Rows()
    rows.key(alma, rows.account("Acme"))
    page = browser.new_context(viewport={"width": 390, "height": 844}).new_page()

    Visitor(page, live_server.url).sign_in("alma").visit("/spend/compare/")
    label = page.locator("label[for=id_other]").bounding_box()
    (choice,) = places(page, "other")

    assert label
    assert choice["y"] <= label["y"] < choice["y"] + 44
    assert choice["x"] > label["x"]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.context.close()


def test_few_fields_stand_below_each_other(browser: Browser, live_server: Any, alma: User) -> None:
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    visitor = Visitor(page, live_server.url).sign_in("alma")

    visitor.visit("/sign-in/password/")
    old, first, second = places(page, "oldpassword", "password1", "password2")

    assert old["x"] == first["x"] == second["x"]
    page.context.close()
