"""Strangers' text that wants to run, in a real browser: every string in every field that is shown.

No script may run, nothing may be fetched from elsewhere, and the policy may have nothing to refuse: what it
refuses has already got into the page.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Error, Route, expect

from portal.models import User
from tests.browser.conftest import PASSWORD, Visitor
from tests.portal.test_hostile_text import CACHED, HOSTILE, LIVE, PERSON, TEMPLATES, chunks
from ultahost_api import keys, operations
from ultahost_api.client.writes import PayInvoice
from ultahost_api.models import ApiKey, Operation, Refresh
from ultahost_api.operations import WriteRequest
from ultahost_api.refresh import runs
from ultahost_api.sandbox import Fault, Sandbox

# Playwright's own loop runs in this thread, which Django takes for a view that must not wait.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

FIELD = 240  # characters that every column takes
# What no page of the portal has, as the browser itself understood the page.
INTRUDERS = """() => {
  const address = text => new URL(text, location)
  const ours = /^\\/domains\\/selected\\/[a-z-]+\\/$/
  const acts = ({ name, value }) => /^on|^style$|^srcdoc$|^hx-on/i.test(name)
    || (name === 'formaction' && !ours.test(value))
  const foreign = element => element.src && address(element.src).origin !== location.origin
  const outward = ['http:', 'https:', 'mailto:', 'tel:']
  const leads = ({ href }) => outward.includes(address(href.baseVal ?? href).protocol)
  // The document of a letter has one style of ours
  const letters = /^\\/(emails|announcements)\\/.*\\/text\\/$/.test(location.pathname)
  const styles = letters ? 'body style, head > style:not(:only-of-type)' : 'style'
  const never = `${styles}, base, object, embed, meta[http-equiv=refresh], [action*="//"]`
    + ', iframe:not(.letter)'
  return [...document.querySelectorAll('*')]
    .filter(element => element.matches(never)
      || [...element.attributes].some(acts)
      || (element.matches('script, img, iframe') && foreign(element))
      || (element.matches('script') && element.textContent)
      || (element.matches('[href]') && !leads(element)))
    .map(element => element.outerHTML.slice(0, 200))
}"""


class Watch:
    """A browser of its own profile in which whatever runs or leaves is written down."""

    def __init__(self, browser: Browser, address: str) -> None:
        self._ours = f"{address}/"
        self.ran: list[str] = []
        self.asked_elsewhere: list[str] = []
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.context.route("**/*", self._let_through)
        self.context.expose_binding(
            "alert", lambda source, *said: self.ran.append(f"{source['page'].url}: {said}")
        )
        self.visitor = Visitor(self.context.new_page(), address)
        self.visitor.page.on("dialog", lambda dialog: (self.ran.append(dialog.message), dialog.dismiss()))

    def _let_through(self, route: Route) -> None:
        if route.request.url.startswith(self._ours):
            route.continue_()
        else:
            self.asked_elsewhere.append(route.request.url)
            route.abort()

    def look(self, path: str) -> str:
        """Open it and let it come to rest: nothing got in, ran or left. The words on it."""
        self.visitor.visit(path)
        return self.find_nothing(path)

    def find_nothing(self, path: str) -> str:
        page = self.visitor.page
        page.wait_for_load_state("load")
        assert (path, page.evaluate(INTRUDERS)) == (path, [])
        assert (path, self.ran, self.asked_elsewhere, self.visitor.complaints) == (path, [], [], [])
        return page.locator("body").inner_text()


@pytest.fixture
def watch(browser: Browser, live_server: Any) -> Iterator[Watch]:
    watch = Watch(browser, live_server.url)
    yield watch
    watch.context.close()


@pytest.fixture
def acme(sandbox: Sandbox) -> Any:
    return sandbox.add_account(HOSTILE[5], "EUR")


@pytest.fixture
def key(sandbox: Sandbox, acme: Any, rung: list[Any], transactional_db: None) -> ApiKey:
    owner = User.objects.create_user("alma@example.com", PASSWORD, name=HOSTILE[0])
    return keys.add(owner, HOSTILE[1], sandbox.add_key(acme))


@pytest.fixture
def read_everything(key: ApiKey) -> Callable[[], None]:
    """What the workers would do: the lists, then the details."""

    def read() -> None:
        for _ in range(2):
            for pk in Refresh.objects.due(timezone.now()).values_list("pk", flat=True):
                runs.run(pk)

    return read


def every_string_and_then_several_in_one(add: Callable[[str], object]) -> None:
    """So the newest rows, whose pages are opened, hold the whole corpus in few."""
    for text in [*HOSTILE, *chunks(FIELD)]:
        add(text)


def assert_told_as_text(shown: str) -> None:
    assert [text for text in TEMPLATES if text not in shown] == []


def answer_with(html: str) -> Callable[[Route], None]:
    return lambda route: route.fulfill(body=html, content_type="text/html")


def test_the_watch_sees_what_runs_and_what_leaves(watch: Watch) -> None:
    """The corpus is no dead letter: in a page that trusts it, it runs."""
    page = watch.context.new_page()
    trusting = f"{watch.visitor.address}/trusting/"
    for text in HOSTILE[:8] + HOSTILE[-90:]:
        page.unroute_all()
        page.route(trusting, answer_with(f"<p>{text}</p>"))
        with suppress(Error):  # the text before may be leading the page elsewhere at this moment
            page.goto(trusting)
    page.wait_for_timeout(1000)  # what ran tells so a moment later

    assert len(watch.ran) >= 5
    assert any("evil.example" in url for url in watch.asked_elsewhere)
    page.set_content("".join(HOSTILE[:8]))
    assert len(page.evaluate(INTRUDERS)) == 8


@pytest.mark.parametrize("noun", CACHED)
def test_it_runs_nothing_of_our_copies(
    watch: Watch, acme: Any, read_everything: Callable[[], None], noun: str
) -> None:
    model, fields = CACHED[noun]
    every_string_and_then_several_in_one(lambda text: acme.add(noun, **fields(text)))
    read_everything()
    watch.visitor.sign_in("alma")

    pages = range(1, model.objects.count() // 100 + 2)
    assert_told_as_text("".join(watch.look(f"/{noun}/?size=100&page={number}") for number in pages))
    for row in model.objects.order_by("-remote_id")[: len(chunks(FIELD)) : 5]:
        watch.look(f"/{noun}/{row.pk}/")
    watch.look("/")


@pytest.mark.parametrize("noun", LIVE)
def test_it_runs_nothing_of_what_is_read_live(
    watch: Watch, acme: Any, key: ApiKey, read_everything: Callable[[], None], noun: str
) -> None:
    path, fields = LIVE[noun]
    every_string_and_then_several_in_one(lambda text: acme.add(noun, **fields(text)))
    read_everything()
    watch.visitor.sign_in("alma")

    numbers = list(acme.rows(noun))
    pages = range(1, len(numbers) // 100 + 2)
    assert_told_as_text("".join(watch.look(f"/{path}/?live=1&size=100&page={page}") for page in pages))
    for number in numbers[-len(chunks(FIELD)) :: 5]:
        watch.look(f"/{path}/{key.account_id}/{number}/?live=1")


def test_it_runs_nothing_of_payment_methods_and_the_account(watch: Watch, acme: Any, key: ApiKey) -> None:
    names = ("description", "bank_name", "gateway_name", "type", "contact_type")
    every_string_and_then_several_in_one(lambda text: acme.add_payment_methods(**dict.fromkeys(names, text)))
    watch.visitor.sign_in("alma")
    assert_told_as_text(watch.look("/payment-methods/?live=1"))
    for text in chunks(FIELD)[::3]:
        acme.profile.update(dict.fromkeys((*PERSON, "country", "phonenumber", "status"), text))
        watch.look(f"/accounts/{key.account_id}/?live=1")
    for path in ("/accounts/", "/keys/", f"/keys/{key.pk}/"):
        watch.look(path)


def test_it_runs_nothing_of_a_letter(watch: Watch, sandbox: Sandbox, acme: Any, key: ApiKey) -> None:
    documents = [f"<div>{text}</div>" for text in chunks(1500)]
    for document in documents:
        acme.add_emails(message=document)
    for text in HOSTILE:
        sandbox.add_announcements(title=text, announcement=f"<div>{text}</div>")
    watch.visitor.sign_in("alma")

    for number in acme.emails:
        page = watch.visitor.page
        watch.look(f"/emails/{key.account_id}/{number}/?live=1")
        assert page.frame_locator("iframe.letter").locator("script, img, svg, form").count() == 0
        watch.look(f"/emails/{key.account_id}/{number}/text/")
    pages = range(1, len(sandbox.state.announcements) // 100 + 2)
    assert_told_as_text("".join(watch.look(f"/announcements/?live=1&size=100&page={page}") for page in pages))
    for number in list(sandbox.state.announcements)[::25]:
        watch.look(f"/announcements/{number}/?live=1")


def test_it_runs_nothing_of_ultahosts_words(watch: Watch, sandbox: Sandbox, acme: Any, key: ApiKey) -> None:
    """What it says to a write stands on the page of the operation and in the list of them."""
    (row,) = acme.add_invoices(1, status="Unpaid", paymentmethod="stripe")
    for text in [*TEMPLATES, *chunks(FIELD)[::4]]:
        sandbox.faults.add(Fault.status(400, text), action="pay_invoice")
        operations.perform(WriteRequest(key.owner, key, PayInvoice(row["id"]), uuid4()))
    watch.visitor.sign_in("alma")

    watch.look("/activity/?size=100")
    shown = [watch.look(f"/activity/{operation.pk}/") for operation in Operation.objects.all()]
    assert_told_as_text("".join(shown))


def test_it_runs_nothing_in_a_form(watch: Watch, acme: Any, key: ApiKey) -> None:
    """What stands in the fields is Ultahost's, or what was typed and is refused."""
    page = watch.visitor.page
    contacts = [acme.add_contacts(1, **LIVE["contacts"][1](text))[0] for text in chunks(FIELD)]
    watch.visitor.sign_in("alma").prove()
    for contact in contacts[::4]:
        watch.look(f"/contacts/{key.account_id}/{contact['id']}/edit/?live=1")
    for text in chunks(90)[::20]:
        watch.look("/keys/add/")
        page.locator("[name=label]").fill(text)
        page.locator("[name=secret]").fill(text)
        page.locator("main form").evaluate("form => { form.noValidate = true; form.requestSubmit() }")
        expect(page.locator("main .errorlist").first).to_be_visible()
        watch.visitor.complaints[:] = [said for said in watch.visitor.complaints if "422" not in said]
        watch.find_nothing("/keys/add/")
