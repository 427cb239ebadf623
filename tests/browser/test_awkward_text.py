"""Very long texts, other directions, marks on marks: no page is dragged wide and no row reads as another."""

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser

from portal.models import Label, Product, Remark, ShareLink, User
from tests.awkward import AWKWARD, LONGEST, OVERRIDE
from tests.browser.conftest import PASSWORD, Visitor
from tests.portal.conftest import Rows
from ultahost_api import keys
from ultahost_api.models import Account, Operation
from ultahost_api.sandbox import Sandbox

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

WIDER = "() => [document.documentElement.scrollWidth, innerWidth]"
PAGES = [
    "/",
    "/services/",
    "/invoices/",
    "/domains/",
    "/orders/",
    "/quotes/",
    "/emails/",
    "/changes/",
    "/accounts/",
]
LIVE = ["contacts", "payment-methods", "announcements"]
KEPT = ["activity", "audit", "people", "keys", "share-links", "catalogue"]


@pytest.fixture
def pages(transactional_db: None) -> list[str]:
    """Every list with a row of each text, and the pages of the longest ones."""
    rows, alma = Rows(), User.objects.create_user("alma@example.com", PASSWORD, name="Alma")
    opened = []
    for text in (text[:LONGEST] for text in AWKWARD.values()):
        account = rows.account(text)
        rows.key(alma, account, text[:60])
        made = [
            rows.service(account, product_name=text, domain=text, status="Suspended", dedicated_ip=text[:40]),
            rows.invoice(account, number=text, payment_method=text, total="12.50", due_date="2026-01-01"),
            rows.domain(account, name=text, registrar=text, auto_renew=False, expiry_date="2026-01-01"),
        ]
        rows.order(account, number=text, payment_method=text)
        rows.quote(account, subject=text)
        rows.email(account, subject=text)
        rows.event(made[0], changes={"product_name": [text, text]})
        if " " not in text and text.isascii():
            opened += [f"/{row._meta.model_name}s/{row.pk}/" for row in made]
            opened += [f"/invoices/{made[1].pk}/print/", f"/accounts/{account.pk}/"]
    return [*(f"{page}?size=100" if page != "/" else page for page in PAGES), *opened]


@pytest.fixture
def visitor(browser: Browser, live_server: Any, pages: list[str]) -> Iterator[Visitor]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield Visitor(context.new_page(), live_server.url).sign_in("alma")
    context.close()


def test_it_is_no_wider_than_the_window(visitor: Visitor, pages: list[str]) -> None:
    assert widths(visitor, pages) == {}


def widths(visitor: Visitor, pages: list[str]) -> dict[tuple[str, int], int]:
    """Of the pages that are too wide."""
    too_wide = {}
    for path in pages:
        visitor.visit(path)
        for width in (1280, 390):
            visitor.page.set_viewport_size({"width": width, "height": 900})
            there, window = visitor.page.evaluate(WIDER)
            if there > window:
                too_wide[path, width] = there
    return too_wide


def test_it_leaves_the_names_of_a_list_the_width_to_be_read(visitor: Visitor) -> None:
    for path in PAGES[1:7]:
        visitor.visit(f"{path}?size=100")
        names = visitor.page.locator("tbody td.name").all()
        assert len(names) == len(AWKWARD)
        assert min(name.bounding_box()["width"] for name in names) > 150, path  # type: ignore[index]


def test_it_shows_where_a_text_would_turn_the_reading_around(visitor: Visitor) -> None:
    for path in PAGES[1:7]:
        visitor.visit(f"{path}?size=100")
        shown = visitor.page.locator("main").inner_text()
        assert OVERRIDE not in shown
        assert "INV-[U+202E]0021" in shown
        assert "[U+2067][U+2066]INV-1[U+2067]" in shown


SENTENCES = """() => ['a', 'q', 'small', 'time', 'code', 'bdi'].filter(tag => {
  const sentence = document.createElement('p')
  sentence.innerHTML = `<${tag}>חשבונית</${tag}> 12 of 3`
  document.querySelector('main').append(sentence)
  const after = document.createRange()
  after.setStart(sentence.lastChild, 1)
  after.setEnd(sentence.lastChild, 3)
  return after.getBoundingClientRect().left < sentence.firstChild.getBoundingClientRect().right
})"""


def test_a_long_text_takes_three_lines_of_a_list_and_is_whole_in_its_title(visitor: Visitor) -> None:
    for path in PAGES[1:7]:
        visitor.visit(f"{path}?size=100")
        names = visitor.page.locator("tbody td.name a").all()
        assert max(name.bounding_box()["height"] for name in names) < 80, path  # type: ignore[index]
        assert visitor.page.locator(f"tbody .name [title*={'W' * 250}]").count() > 0, path


def test_it_leaves_a_sentence_in_its_order_after_a_name_of_another_direction(visitor: Visitor) -> None:
    """Which would else draw the number behind it to its other side."""
    visitor.visit("/")

    assert visitor.page.evaluate(SENTENCES) == []


@pytest.fixture
def further(sandbox: Sandbox, rung: list[Any], transactional_db: None) -> list[str]:
    """What is read live and what the team keeps, with a row of each text; the pages of the longest."""
    acme = sandbox.add_account("Acme", "EUR")
    ada = User.objects.create_user("alma@example.com", PASSWORD, name="Alma", role="admin")
    key = keys.add(ada, "Main", sandbox.add_key(acme))
    account, rows, opened = Account.objects.get(), Rows(), []
    for text in AWKWARD.values():
        [contact] = acme.add_contacts(
            1, firstname=text, lastname=text, email=text, companyname=text, city=text
        )
        acme.add_payment_methods(1, description=text, bank_name=text, type=text, expiry_date=text)
        announced = sandbox.state.add_announcement(title=text, announcement=text)
        person = User.objects.create_user(f"p{contact['id']}@example.com", PASSWORD, name=text[:120])
        rows.operation(key, message=text, target=f"x {text[:100]}", result={"invoiceid": contact["id"]})
        rows.invoice(account, number=text, remote_id=contact["id"], total="12.50")
        Product.objects.create(kind="service", remote_id=contact["id"], name=text[:100])
        ShareLink.objects.make(person, days=7, name=text[:120])
        if " " not in text and text.isascii():
            opened += [f"/contacts/{account.pk}/{contact['id']}/?live=1", f"/people/{person.pk}/"]
            opened += [f"/activity/{Operation.objects.latest('created_at').pk}/"]
            opened += [f"/announcements/{announced['id']}/?live=1"]
    live = [f"/{page}/?account={account.pk}&live=1&size=100" for page in LIVE]
    Account.objects.update(name=AWKWARD["a domain of long labels"])
    forms = ["/share-links/add/", f"/accounts/{account.pk}/grants/add/", f"/invoices/?account={account.pk}"]
    for text in ("L" * 60, "400 letters"):
        service = rows.service(
            account, domain=f"{text}.example", amount="1234567.89", billing_cycle="Monthly"
        )
        Remark.objects.create(service=service, label=Label.objects.create(name=text))
    return [*live, *(f"/{page}/?size=100" for page in KEPT), *opened, *forms, "/services/", "/statements/"]


def test_it_is_no_wider_either_for_what_is_read_live_or_kept_by_the_team(
    browser: Browser, live_server: Any, further: list[str]
) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    visitor = Visitor(context.new_page(), live_server.url).sign_in("alma")
    assert widths(visitor, further) == {}
    visitor.visit(further[0])
    names = visitor.page.locator("tbody td.name").all()
    assert len(names) == len(AWKWARD)
    assert min(name.bounding_box()["width"] for name in names) > 150  # type: ignore[index]
    context.close()


@pytest.mark.parametrize("width", [390, 1280, 1440])
def test_it_shows_the_amounts_of_spend_whole_beside_their_charts(visitor: Visitor, width: int) -> None:
    rows, alma = Rows(), User.objects.get(email="alma@example.com")
    rows.numbers = count(10_000)  # beyond those of the rows that are there
    account = rows.account("Gulf", "KWD")
    rows.key(alma, account)
    today, details = timezone.localdate(), {"detailed_at": timezone.now(), "tax": "0", "tax2": "0"}
    rows.invoice(account, status="Paid", total="4980.471", subtotal="4980.471", date=today, **details)
    rows.invoice(account, status="Unpaid", total="72208.430", subtotal="72208.430", date=today, **details)
    due = {"next_due_date": today, "billing_cycle": "Monthly"}
    rows.service(account, amount="4980.471", **due)
    rows.service(account, amount=None, unreadable={"amount": "lots"}, **due)

    visitor.page.set_viewport_size({"width": width, "height": 900})
    visitor.visit("/spend/?currency=KWD")

    cut = "frames => frames.map(frame => frame.scrollWidth - frame.clientWidth)"
    assert visitor.page.locator(".charted > .ledger-frame").evaluate_all(cut) == [0, 0]
