"""The page of a batch: what each row came to, pause, resume, stop, and trying again."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from portal.models import Grant
from portal.wording.reasons import unsaid
from tests.portal.statements import all_statements
from ultahost_api import operations, tasks
from ultahost_api.client import Unsaid
from ultahost_api.client.writes import (
    CreateOrder,
    PayInvoice,
    SetAutoRenew,
    SetLock,
    UpdateContact,
    UpdateNameservers,
)
from ultahost_api.models import Batch, Domain, Invoice, Operation
from ultahost_api.operations import WriteRequest

pytestmark = pytest.mark.django_db

State = Operation.State


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_domains(3, status="Active")
    acme.add_invoices(3, status="Unpaid", paymentmethod="stripe", total="19.99")
    return acme


@pytest.fixture
def key(alma):
    return alma.api_keys.get()


@pytest.fixture
def confirm(key, alma):
    def confirm(write=lambda row: UpdateNameservers(row.remote_id, ["a.example", "b.example"]), rows=Domain):
        batch = uuid4()
        found = rows.objects.order_by("remote_id")
        operations.queue([WriteRequest(alma, key, write(row), uuid4()) for row in found], batch)
        return f"/activity/together/{batch}/"

    return confirm


def work():
    for _ in range(20):
        for batch in operations.waiting_batches():
            tasks.send_next(str(batch))


def states(page):
    return page.texts("main td.state")


def test_it_counts_and_names_each_row(browser, confirm):
    path = confirm()
    page = browser.get(path)
    assert page.one("h1").text == "Set nameservers"
    assert page.texts("main .facts > div") == ["Nameservers a.example, b.example"]
    assert page.one(".progress-line [role=status]").text.startswith("Time left: less than a minute.")
    assert page.texts("main .counts > span") == ["Queued 3"]
    assert page.one("progress")["value"] == "0"
    assert page.one("#batch")["hx-get"] == f"{path}?shown=000"

    work()

    page = browser.get(path)
    assert page.texts("main .counts > span") == ["Done 3"]
    assert page.one("progress")["value"] == page.one("progress")["max"] == "3"
    links = [link["href"] for link in page.all("main td.name a")]
    assert links == [f"/domains/{domain.pk}/" for domain in Domain.objects.order_by("remote_id")]
    assert "hx-get" not in page.one("#batch").attributes
    assert page.all("main .buttons form") == []


def test_what_did_not_work_comes_first(browser, confirm):
    path = confirm()
    told = zip(Operation.objects.order_by("created_at"), ("confirmed", "done", "refused"), strict=True)
    for operation, state in told:
        Operation.objects.filter(pk=operation.pk).update(state=state)

    assert states(browser.get(path)) == ["Refused", "Applied", "Done"]


@pytest.mark.parametrize(
    ("message", "status", "told", "is_quoted"),
    [
        ("no answer arrived (ConnectionError)", None, "No answer arrived.", False),
        ("no answer arrived (ChunkedEncodingError)", 200, "No answer arrived.", False),
        ("the answer is not the JSON that was expected", 200, "The answer could not be read.", False),
        ("a page that is not there was answered, and no JSON", 404, "The answer could not be read.", False),
        ("the answer is longer than 5 MB", 200, "The answer is longer than 5 MB.", False),
        ("Ultahost answered 502", 502, "Ultahost gave no reason.", False),
        ("refused without a reason", 200, "Ultahost gave no reason.", False),
        ("No such host.", 400, "No such host.", True),
        ("Ultahost answered your ticket 502", 400, "Ultahost answered your ticket 502", True),
        ("no answer arrived from the registrar", 400, "no answer arrived from the registrar", True),
    ],
)
def test_it_says_in_plain_words_that_ultahost_said_nothing(
    browser, confirm, message, status, told, is_quoted
):
    path = confirm()
    Operation.objects.update(state=State.UNKNOWN, message=message, status=status)

    page = browser.get(path)
    detail = browser.get(f"/activity/{Operation.objects.first().pk}/")

    assert set(page.texts("td.name small")) == {told}
    assert bool(page.all("td.name q")) == bool(detail.all("#operation q")) == is_quoted
    assert told in detail.one("#operation").text
    assert message in detail.one("#technical").text or is_quoted


def test_it_has_plain_words_for_every_sentence_of_the_library():
    for sentence in Unsaid:
        assert unsaid(sentence), sentence
        assert unsaid(f"{sentence} (ReadTimeout)") == unsaid(f"{sentence} 502") == unsaid(sentence)


def test_it_sends_only_rows_that_changed_since_the_page_was_drawn(browser, confirm):
    path = confirm()
    page = browser.get(path)
    there = page.one("#batch")["hx-get"]
    assert browser.htmx(there, target="batch").all("[hx-swap-oob]") == []

    tasks.send_next(path.split("/")[-2])

    answer = browser.htmx(there, target="batch")
    first = Operation.objects.get(place=0)
    assert [one["id"] for one in answer.all("[hx-swap-oob]")] == [f"said-{first.pk}", f"state-{first.pk}"]
    assert answer.one(f"#state-{first.pk}").text == "Done"
    assert answer.one("#batch")["hx-get"] == f"{path}?shown=200"
    assert browser.htmx(answer.one("#batch")["hx-get"], target="batch").all("[hx-swap-oob]") == []
    assert "tbody" not in answer.html


def test_who_watches_sees_first_what_did_not_work(browser, confirm):
    path = confirm()
    there = browser.get(path).one("#batch")["hx-get"]
    told = zip(Operation.objects.order_by("place"), ("done", "unknown", "sending"), strict=True)
    for operation, state in told:
        Operation.objects.filter(pk=operation.pk).update(state=state)
    answer = browser.htmx(there, target="batch")
    assert answer.all("#batch-rows") == []

    Operation.objects.filter(state="sending").update(state="refused")
    answer = browser.htmx(answer.one("#batch")["hx-get"], target="batch")

    assert answer.one("#batch-rows")["hx-swap-oob"] == "true"
    assert [one["id"] for one in answer.all("[hx-swap-oob]")] == ["batch-rows"]
    assert answer.texts("td.state") == ["Unknown", "Refused", "Done"]
    assert browser.htmx(answer.one("#batch")["hx-get"], target="batch").all("#batch-rows") == []

    Operation.objects.filter(state="unknown").update(state="confirmed")
    answer = browser.htmx(answer.one("#batch")["hx-get"], target="batch")
    assert answer.texts("td.state") == ["Refused", "Done", "Applied"]
    assert "hx-get" not in answer.one("#batch").attributes


@pytest.mark.parametrize("shown", ["", "1", "ZZZ", "0" * 4000])
def test_it_sends_all_rows_to_a_page_that_shows_other_ones(browser, confirm, shown):
    path = confirm()
    assert len(browser.htmx(f"{path}?shown={shown}", target="batch").all("a[hx-swap-oob]")) == 3


def test_a_look_at_an_open_batch_costs_as_much_for_many_rows(browser, confirm, acme, key):
    def costs():
        there = browser.get(path).one("#batch")["hx-get"]
        with all_statements() as captured:
            answer = browser.htmx(there, target="batch")
        return len(captured), len(answer.html) - len(there)

    path = confirm()
    costs()
    few = costs()
    Operation.objects.all().delete()
    Domain.objects.bulk_create(
        Domain(account=key.account, remote_id=9000 + n, name=f"n{n}.com") for n in range(100)
    )
    path = confirm()
    statements, size = costs()
    assert statements == few[0] <= 15
    assert size < few[1] + 500


def test_it_is_paused_and_resumed(browser, confirm):
    path = confirm()
    browser.post(f"{path}pause/")
    work()
    page = browser.get(path)
    assert states(page) == ["Queued"] * 3
    assert (
        page.one(".progress-line [role=status]").text
        == "Paused. After 60 minutes the rest is not sent any more."
    )
    assert page.all("#pause") == []

    browser.post(f"{path}resume/")
    work()
    assert states(browser.get(path)) == ["Done"] * 3


def test_it_says_that_it_was_paused_for_too_long(browser, confirm):
    path = confirm()
    browser.post(f"{path}pause/")
    Batch.objects.update(paused_at=timezone.now() - timedelta(minutes=61))
    operations.abandon()
    page = browser.get(path)
    assert states(page) == ["Not sent"] * 3
    assert page.texts("main td.name small") == ["It was paused for 60 minutes and was not sent."] * 3


def test_it_is_stopped(browser, confirm):
    path = confirm()
    tasks.send_next(path.split("/")[-2])
    browser.post(f"{path}stop/")
    work()
    page = browser.get(path)
    assert states(page) == ["Not sent", "Not sent", "Done"]
    assert page.texts("main td.name small")[:2] == ["It was stopped before it was sent."] * 2


def test_it_does_nothing_to_one_that_has_ended(browser, confirm):
    path = confirm()
    work()
    for order in ("pause", "stop", "resume"):
        assert browser.post(f"{path}{order}/").leads_to == path
    assert Batch.objects.get().is_held is False
    assert browser.post(f"{path}retry/").leads_to == path
    assert browser.post(f"{path}else/").status == 404


def test_it_leads_to_paying_again_what_was_not_paid(browser, confirm):
    path = confirm(lambda row: PayInvoice(row.remote_id), Invoice)
    tasks.send_next(path.split("/")[-2])
    browser.post(f"{path}stop/")
    page = browser.follow(browser.post(f"{path}retry/"))
    rest = Invoice.objects.order_by("due_date", "remote_id").filter(status="Unpaid")
    assert {box["value"] for box in page.all("main input[name=row]")} == {str(one.pk) for one in rest}


def test_it_never_offers_to_try_what_is_unknown_again(browser, confirm):
    path = confirm()
    Operation.objects.update(state=State.UNKNOWN)
    assert browser.get(path).all("#retry") == []
    assert browser.post(f"{path}retry/").leads_to == path


def test_it_is_its_sender_s_and_the_admins(visit, people, alma, key, confirm):
    path = confirm()
    ben, dana = people.member("Ben"), people.admin("Dana")
    Grant.objects.create(user=ben, account=key.account, level="operate", given_by=alma)
    for order in ("", "pause/", "stop/", "retry/"):
        browser = visit(ben)
        page = browser.get(path) if not order else browser.post(f"{path}{order}")
        assert page.status == 404
    assert visit(dana).get(path).status == 200
    visit(dana).post(f"{path}stop/")
    assert set(Operation.objects.values_list("state", flat=True)) == {State.NOT_SENT}


def test_it_is_found_again_in_the_activity(browser, confirm):
    path = confirm()
    page = browser.get("/activity/")
    (link,) = page.all(".batches a")
    assert link["href"] == path
    assert link.text == "Set nameservers: 3 items"
    operation = Operation.objects.first()
    assert browser.get(f"/activity/{operation.pk}/").one("a[href^='/activity/together/']")["href"] == path


@pytest.mark.parametrize(
    ("write", "title", "told"),
    [
        (lambda row: SetLock(row.remote_id, False), "Unlock", []),
        (lambda row: SetAutoRenew(row.remote_id, False), "Turn auto-renew off", []),
        (lambda row: CreateOrder("stripe", domainrenewals={row.name: 2}), None, []),  # each has its own
        (
            lambda row: UpdateContact(row.remote_id, invoiceemails=1, domainemails=0),
            None,
            ["Invoices and reminders On", "Domains: renewals, transfers Off"],
        ),
    ],
)
def test_it_says_what_was_asked_for_of_all_rows_alike(browser, confirm, write, title, told):
    page = browser.get(confirm(write))

    assert title in (None, page.one("h1").text)
    assert page.texts("main .facts > div") == told


@pytest.mark.parametrize(("write", "waits"), [("nameservers", False), ("pay", True)])
def test_it_promises_to_find_out_only_what_can_be_read(browser, confirm, write, waits):
    """Neither nameservers nor a lock can be read at Ultahost, so only a person can tell."""
    path = confirm() if write == "nameservers" else confirm(lambda row: PayInvoice(row.remote_id), Invoice)
    Operation.objects.update(state="unknown")

    page = browser.get(path)

    says = page.one(".progress-line [role=status]").text
    assert ("the portal finds out" in says) is waits
    assert ("at Ultahost, then select them below" in says) is not waits
