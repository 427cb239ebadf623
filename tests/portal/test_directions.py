"""Characters that turn the direction of reading around are shown, wherever strangers' words stand."""

import pytest

from tests.awkward import OVERRIDE


@pytest.fixture
def alma(people, rows):
    alma = people.member("Alma")
    rows.key(alma, rows.account(f"Ac{OVERRIDE}me"))
    return alma


def test_it_marks_them_on_whole_pages_and_in_parts(visit, alma, rows):
    invoice = rows.invoice(
        alma.api_keys.get().account, number=f"INV-{OVERRIDE}0021", notes="\u2067a\u2069 b\u200f"
    )
    browser = visit(alma)

    page = browser.get(f"/invoices/{invoice.pk}/")
    part = browser.htmx("/invoices/", "invoices")

    assert page.one("h1").text == "Invoice INV-[U+202E]0021"
    assert page.texts(".account") == ["Ac[U+202E]me"]
    assert part.texts("td.name a") == ["INV-[U+202E]0021"]
    assert int(page.headers.get("Content-Length", len(page.html.encode()))) == len(page.html.encode())


def test_it_leaves_what_stands_in_a_field_as_it_is(visit, alma, rows):
    page = visit(alma).get(f"/services/?q={OVERRIDE}x")

    assert page.one("#list-search")["value"] == f"{OVERRIDE}x"


def test_it_leaves_what_was_typed_in_many_lines_as_it_is(visit, alma, rows):
    service = rows.service(alma.api_keys.get().account)

    page = visit(alma).post(f"/services/{service.pk}/cancel/", {"reason": f"a{OVERRIDE}b"})

    assert page.status == 422
    assert page.one("textarea").text == f"a{OVERRIDE}b"
    assert "Ac[U+202E]me" in page.html
