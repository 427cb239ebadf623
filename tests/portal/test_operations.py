from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.wording import formats
from portal.wording.reasons import REASONS
from tests.portal.statements import all_statements
from ultahost_api import keys, operations
from ultahost_api.client.writes import PayInvoice
from ultahost_api.models import ApiKey, Operation, RateWindow, Reason
from ultahost_api.sandbox import Fault


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def key(alma, rows):
    return rows.key(alma, rows.account("Acme"))


def test_it_lists_a_persons_own_operations_and_an_admins_over_everyone(visit, people, rows, alma, key):
    rows.operation(key)
    stranger = rows.key(people.member("Ben"), rows.account("Elsewhere"))
    rows.operation(stranger, action="accept_quote", about="quote 9")

    assert visit(alma).get("/activity/").texts("tbody .name a") == ["Paid invoice #7"]
    assert set(visit(people.admin("Dana")).get("/activity/").texts("tbody .name a")) == {
        "Paid invoice #7",
        "Accepted the quote #9",
    }


def test_a_search_asks_as_much_for_many_accounts_as_for_one(visit, rows, alma, key):
    browser = visit(alma)

    def queries():
        with all_statements() as captured:
            browser.get("/activity/?q=invoice")
        return len(captured)

    rows.operation(key)
    queries()  # learns whose index is kept
    few = queries()
    for n in range(9):
        rows.operation(rows.key(alma, rows.account(f"Other {n}"), f"Other {n}"))
    assert queries() == few <= 13


def test_it_says_that_nothing_was_changed_yet(visit, alma):
    assert "No changes have been sent" in visit(alma).get("/activity/").one(".empty").text


def test_it_filters_by_state_and_gives_the_same_as_csv(visit, rows, alma, key):
    rows.operation(key)
    rows.operation(key, state="unknown", about="invoice 8")

    page = visit(alma).get("/activity/?status=unknown")
    assert page.texts("tbody .name") == ["Pay an invoice: #8"]
    lines = visit(alma).get("/activity.csv?status=unknown").csv()
    assert [line[4] for line in lines] == ["invoice 8"]


def test_it_finds_them_by_when_they_were_sent(visit, rows, alma, key):
    rows.operation(key, about="invoice 0", created_at=datetime(2026, 5, 2, 23, tzinfo=UTC))
    rows.operation(key, about="invoice 1", created_at=datetime(2026, 5, 3, 1, tzinfo=UTC))

    def found(query):
        return visit(alma).get(f"/activity/?{query}").texts("tbody .name a")

    assert found("since=2026-05-03") == ["Paid invoice #1"]
    assert found("until=2026-05-02") == ["Paid invoice #0"]
    assert len(found("since=2026-05-02&until=2026-05-03")) == 2


@pytest.mark.parametrize("state", Operation.State.values)
def test_it_says_what_each_state_means(visit, rows, alma, key, state):
    operation = rows.operation(key, state=state, status=200, message="Said so.")
    page = visit(alma).get(reverse("operation", args=[operation.pk]))
    assert page.one(".prose").text
    assert "Said so." in page.one(".said").text
    assert key.last_four in page.html


def test_it_says_when_what_it_was_about_is_gone(visit, rows, alma, key):
    about = {"action": "toggle_autorenew", "about": "domain 7", "result": {"gone": True}}
    operation = rows.operation(key, state="not_confirmed", **about)
    page = visit(alma).get(reverse("operation", args=[operation.pk]))
    assert "no longer at Ultahost" in page.one(".prose").text
    assert "gone" not in " ".join(page.texts("dt"))


def test_it_lets_a_person_decide_what_cannot_be_read(visit, rows, alma, key):
    operation = rows.operation(key, action="service_module_custom", state="unknown")
    here = reverse("operation", args=[operation.pk])
    assert "Check at Ultahost" in visit(alma).get(here).one(".prose").text

    answer = visit(alma).post(reverse("decide", args=[operation.pk]), {"happened": "no"})

    assert answer.leads_to == here
    operation.refresh_from_db()
    assert (operation.state, operation.settled_by) == ("not_confirmed", alma)


def test_it_decides_nothing_without_a_word_or_when_it_is_settled(visit, rows, alma, key):
    unknown = rows.operation(key, state="unknown")
    assert visit(alma).post(reverse("decide", args=[unknown.pk])).status == 404
    done = rows.operation(key)
    visit(alma).post(reverse("decide", args=[done.pk]), {"happened": "no"})
    assert (unknown.fresh().state, done.fresh().state) == ("unknown", "done")


@pytest.mark.parametrize(("act", "typed"), [("decide", {"happened": "no"}), ("look_again", {})])
def test_it_lets_no_one_settle_what_is_about_an_account_that_they_lost(visit, rows, alma, key, act, typed):
    """They still see their own operation, but settling it would change our copy of that account."""
    operation = rows.operation(key, action="service_module_custom", state="unknown")
    keys.remove(key)

    assert visit(alma).get(reverse("operation", args=[operation.pk])).status == 200
    assert visit(alma).post(reverse(act, args=[operation.pk]), typed).status == 404
    assert operation.fresh().state == "unknown"


def test_it_looks_again_when_asked(visit, sandbox, people, add_key, read_everything):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_invoices(1, status="Unpaid", paymentmethod="stripe")
    held = add_key(people.member("Carla"), acme)
    sandbox.faults.add(Fault.drop(after_effect=True), action="pay_invoice")
    invoice = next(iter(acme.invoices))
    intent = operations.WriteRequest(held.owner, held, PayInvoice(invoice), uuid4())
    operation = operations.perform(intent)
    assert operation.state == "unknown"

    visit(held.owner).post(reverse("look_again", args=[operation.pk]))
    assert operation.fresh().state == "confirmed"


def test_it_says_that_a_worker_continues_to_look(visit, sandbox, people, add_key, monkeypatch):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_invoices(1, status="Unpaid", paymentmethod="stripe")
    held = add_key(people.member("Carla"), acme)
    sandbox.faults.add(Fault.drop(after_effect=True), action="pay_invoice")
    operation = operations.perform(operations.WriteRequest(held.owner, held, PayInvoice(1), uuid4()))

    monkeypatch.setattr("ultahost_api.operations.settling._PERSON_WAITS", 0)
    browser = visit(held.owner)
    browser.post(reverse("look_again", args=[operation.pk]))
    assert "Still looking." in browser.get(reverse("operation", args=[operation.pk])).html
    assert operations.due() == [operation.pk]


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("limit", "The rate limit is used up until %(clock)s. Nothing was read."),
        ("key", "No active key can read this account."),
        ("error", "Ultahost answers with an error"),
    ],
)
def test_it_says_why_nothing_was_read(visit, sandbox, people, add_key, why, words):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_invoices(1, status="Unpaid", paymentmethod="stripe")
    held = add_key(people.member("Carla"), acme)
    sandbox.faults.add(Fault.drop(after_effect=True), action="pay_invoice")
    operation = operations.perform(operations.WriteRequest(held.owner, held, PayInvoice(1), uuid4()))
    browser = visit(people.admin("Dana"))
    until = timezone.now() + timedelta(hours=1)
    if why == "limit":
        RateWindow.objects.update(held_until=until)
    elif why == "key":
        ApiKey.objects.update(disabled_at=timezone.now())
    else:
        sandbox.faults.add(Fault.status(500), action="get_invoice", times=None)

    browser.post(reverse("look_again", args=[operation.pk]))
    page = browser.get(reverse("operation", args=[operation.pk]))

    assert words % {"clock": formats.clock(until)} in page.html
    assert ("Last read" in page.html) is (why == "error")


def test_it_leads_to_the_invoice_that_an_order_made_once_it_is_there(visit, rows, alma, key):
    operation = rows.operation(key, action="create_order", remote_id=None, result={"invoiceid": 41})
    here = reverse("operation", args=[operation.pk])
    page = visit(alma).get(here)
    assert "invoice #41" in page.one("main").text
    assert page.one("#operation")["hx-get"] == here

    invoice = rows.invoice(key.account)
    type(invoice).objects.filter(pk=invoice.pk).update(remote_id=41)
    page = visit(alma).get(here)
    assert page.one("#operation dd a")["href"] == reverse("invoice", args=[invoice.pk])
    assert page.all("#operation[hx-get]") == []


@pytest.mark.parametrize("odd", ["none", [], {"id": 41}, -1, "9" * 30])
def test_it_shows_an_order_whose_answer_named_an_odd_invoice(visit, rows, alma, key, odd):
    operation = rows.operation(key, action="create_order", remote_id=None, result={"invoiceid": odd})
    page = visit(alma).get(reverse("operation", args=[operation.pk]))
    assert page.status == 200
    assert page.all("#operation[hx-get]") == []


def test_it_words_every_reason_that_the_library_gives():
    assert set(REASONS) == set(Reason)
