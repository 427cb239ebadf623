"""Three visits that a team makes most often, from Home, with every interaction counted.

A key, a text and a tap are one interaction each; the Tab key would count as well. The password that money
asks for is counted apart.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import translation
from playwright.sync_api import Browser, Locator, Page, expect

from portal.models import Product, ServiceCommand, User
from tests.browser.conftest import PASSWORD, Visitor
from tests.browser.desk import read
from ultahost_api import keys, operations, tasks
from ultahost_api.models import Invoice, Service
from ultahost_api.sandbox import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]

SERVER, PRODUCT = "tiny-observatory.net", "Linux VPS Basic"
REBOOT = {"en": "Reboot", "de": "Neu starten", "tr": "Yeniden başlat"}  # as the team's catalogue has it
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


class Hands:
    """What a person does, counted: by keyboard alone or with a finger alone."""

    def __init__(self, page: Page) -> None:
        self.page, self.count = page, 0

    def search(self, words: str) -> None:
        self.open_search()
        self.count += 1
        self.page.keyboard.type(words)
        expect(self.page.locator("[role=option][aria-selected=true]")).to_be_visible()

    def enter_password(self) -> None:
        """Not counted."""
        expect(self.page.locator("input[type=password]")).to_be_focused()
        self.page.keyboard.type(PASSWORD)
        self.page.keyboard.press("Enter")

    def open_search(self) -> None:
        raise NotImplementedError

    def take_first(self) -> None:
        """Follow the first result of the search."""
        raise NotImplementedError

    def answer(self, button: Locator) -> None:
        """What the search asks."""
        raise NotImplementedError

    def use_focused(self, button: Locator) -> None:
        raise NotImplementedError

    def tick_focused(self, box: Locator) -> None:
        raise NotImplementedError

    def confirm(self, button: Locator) -> None:
        raise NotImplementedError


class Keyboard(Hands):
    options = {"viewport": {"width": 1280, "height": 900}}

    def press(self, key: str) -> None:
        self.count += 1
        self.page.keyboard.press(key)

    def open_search(self) -> None:
        self.press("Control+k")

    def take_first(self) -> None:
        self.press("Enter")

    def answer(self, button: Locator) -> None:
        expect(button).to_be_visible()
        self.press("Enter")

    def use_focused(self, button: Locator) -> None:
        expect(button).to_be_focused()
        self.press("Enter")

    def tick_focused(self, box: Locator) -> None:
        expect(box).to_be_focused()
        self.press("Space")

    def confirm(self, button: Locator) -> None:
        expect(button).to_be_visible()
        self.press("Control+Enter")


class Finger(Hands):
    options = PHONE

    def tap(self, target: Locator) -> None:
        self.count += 1
        target.tap()

    def open_search(self) -> None:
        self.tap(self.page.locator("[data-finder-open]"))

    def take_first(self) -> None:
        self.tap(self.page.locator("[role=option]").first)

    answer = use_focused = tick_focused = confirm = tap


@pytest.fixture
def company(live_server: Any, sandbox: Sandbox, rung: list[Any], transactional_db: None) -> Any:
    """An account with three servers and two overdue invoices of Alma, who speaks the language."""
    alma = User.objects.create_user("alma@example.com", PASSWORD, name="Alma")
    company = sandbox.add_account("Acme", "EUR")
    for domain in ("harbour.example", SERVER, "lighthouse.example"):
        company.add_services(1, domain=domain, product_name=PRODUCT, status="Active")
    company.add_invoices(2, status="Unpaid", date="2026-01-02", duedate="2026-01-16", paymentmethod="stripe")
    company.add_invoices(2, status="Unpaid", date="2026-01-02", duedate="2099-01-16", paymentmethod="stripe")
    Product.objects.create(remote_id=7, name=PRODUCT, cycles=["monthly", "annually"])
    keys.add(alma, "Main", sandbox.add_key(company))
    read(everything=True)
    return company


@pytest.fixture(params=["en", "de", "tr"])
def language(request: pytest.FixtureRequest, company: Any) -> str:
    User.objects.update(language=request.param)
    ServiceCommand.objects.create(name="reboot", words=REBOOT[request.param], dangerous=True)
    return str(request.param)


@pytest.fixture(params=[Keyboard, Finger])
def hands(
    request: pytest.FixtureRequest, browser: Browser, live_server: Any, language: str
) -> Iterator[Hands]:
    context = browser.new_context(**request.param.options)
    visitor = Visitor(context.new_page(), live_server.url).sign_in("alma")
    expect(visitor.page.locator("html")).to_have_attribute("lang", language)
    yield request.param(visitor.page)
    assert visitor.complaints == []
    context.close()


@pytest.fixture
def said(language: str) -> Callable[[str], str]:
    """What the pages say instead of the English words."""

    def said(words: str) -> str:
        with translation.override(language):
            return translation.gettext(words)

    return said


def effects(sandbox: Sandbox, action: str) -> list[Any]:
    return [effect for effect in sandbox.ledger if effect.action == action]


def work() -> None:
    """What the worker does."""
    while batches := operations.waiting_batches():
        for batch in batches:
            tasks.send_next(str(batch))


def test_a_server_is_rebooted_by_its_name_with_three_interactions(
    hands: Hands, language: str, sandbox: Sandbox
) -> None:
    server = Service.objects.get(domain=SERVER)

    hands.search(f"{REBOOT[language]} {SERVER}".lower())
    question = hands.page.locator("[data-question]")
    expect(question).to_contain_text("Acme")
    assert effects(sandbox, "service_module_custom") == []
    hands.answer(question.locator(".btn.primary"))

    hands.page.wait_for_url(f"**/services/{server.pk}/")
    assert [effect.target for effect in effects(sandbox, "service_module_custom")] == [server.remote_id]
    assert hands.count <= 3


def test_all_overdue_invoices_are_paid_with_five_interactions_and_the_password(
    hands: Hands, said: Callable[[str], str], sandbox: Sandbox
) -> None:
    page = hands.page
    overdue = {invoice.remote_id for invoice in Invoice.objects.overdue()}

    if isinstance(hands, Keyboard):
        hands.search(said("Pay all overdue"))
        hands.take_first()
    else:
        hands.confirm(page.get_by_role("link", name=said("Pay all overdue"), exact=True))
    expect(page.locator("tbody .pick input:checked")).to_have_count(2)
    hands.use_focused(page.locator(".bulk .btn.primary"))
    hands.enter_password()
    page.wait_for_url("**/invoices/pay/**")
    hands.confirm(page.locator("main form .btn.primary"))
    page.wait_for_url("**/activity/**")
    work()

    assert {effect.target for effect in effects(sandbox, "pay_invoice")} == overdue
    assert len(overdue) == 2
    assert hands.count <= 5


def test_a_known_product_is_ordered_with_five_interactions(
    hands: Hands, said: Callable[[str], str], sandbox: Sandbox
) -> None:
    page = hands.page

    hands.search(said("Order %(product)s") % {"product": PRODUCT})
    hands.take_first()
    hands.enter_password()
    expect(page.locator(".confirm")).to_contain_text(PRODUCT)
    hands.tick_focused(page.locator("[name=knows]"))
    hands.confirm(page.locator(".confirm .btn.primary"))

    page.wait_for_url(lambda address: "review" not in address)
    (effect,) = effects(sandbox, "create_order")
    assert (effect.parameters["pid"], effect.parameters["billingcycle"]) == ([7], ["monthly"])
    assert hands.count <= 5
