"""Paying several invoices at once: confirmed together, sent one after the other by a worker."""

import threading
from datetime import timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.utils import timezone

from portal.models import Gateway, Grant
from portal.pages.selection import wrong_words
from tests.portal.selected import form_of, work
from ultahost_api import operations, tasks
from ultahost_api.models import Account, ApiKey, Invoice, Operation, Refresh
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db

State = Operation.State


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_invoices(3, status="Unpaid", paymentmethod="stripe", total="19.99")
    return acme


@pytest.fixture
def invoice(alma):
    return Invoice.objects.order_by("due_date", "remote_id").first()


def paid(sandbox):
    return [done.target for done in sandbox.ledger if done.action == "pay_invoice"]


def pick(*invoices):
    return "/invoices/pay/?" + "&".join(f"invoice={invoice.pk}" for invoice in invoices)


def every():
    return Invoice.objects.order_by("due_date", "remote_id")


def confirm(browser, *invoices):
    """The page of what becomes of them, before a worker has come to it."""
    return browser.follow(browser.post("/invoices/pay/", form_of(browser.get(pick(*invoices)))))


def outcomes(page):
    return [*zip(page.texts("main td.state"), page.texts("main td.name small"), strict=True)]


def states(page):
    return page.texts("main td.state")


class TestConfirming:
    def test_it_is_picked_from_the_list_where_one_may_pay(self, visit, people, alma):
        assert len(visit(alma).get("/invoices/").all("td.pick input")) == 3
        assert visit(people.member("Ben")).get("/invoices/").all(".pick") == []

    def test_it_shows_a_total_per_currency_and_the_list(self, browser, alma, add_key, sandbox):
        key = add_key(alma, sandbox.add_account("Umbrella", "USD"), "Second")
        dollars = Invoice.objects.create(
            account=key.account, remote_id=9001, currency="USD", status="Unpaid", total="5.00"
        )

        page = browser.get(pick(*Invoice.objects.filter(currency="EUR"), dollars))

        facts = zip(page.texts("main dt"), page.texts("main dd"), strict=True)
        assert sorted(told for name, told in facts if name == "To pay") == ["$5.00", "€59.97"]
        assert len(page.all("main td.name")) == 4

    def test_it_pays_with_the_keys_that_the_page_named_or_nothing_at_all(
        self, visit, people, alma, add_key, acme, invoice, sandbox
    ):
        dana = people.admin("Dana")
        browser = visit(dana)
        data = form_of(browser.get(pick(*every())))
        add_key(dana, acme)  # from now on it is her own that would act

        page = browser.post("/invoices/pay/", data)
        work()

        assert page.status == 422
        assert "would be used. Nothing was sent." in page.one("main .errorlist").text
        key = ApiKey.objects.get(owner=dana)
        assert form_of(page)[f"key-{key.account_id}"] == [str(key.pk)]
        assert (Operation.objects.count(), paid(sandbox)) == (0, [])

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            *(("amounts", told) for told in ("a lot", "NaN", "1e30", "", "19.99 19.99", [])),
            *(("key", told) for told in ("mine", [])),
        ],
    )
    def test_it_takes_no_form_that_names_less_than_the_page(self, browser, invoice, sandbox, name, value):
        data = form_of(browser.get(pick(invoice)))
        named = f"key-{invoice.account_id}" if name == "key" else name
        assert browser.post("/invoices/pay/", data | {named: value}).status == 404
        assert Operation.objects.count() == 0

    def test_it_offers_no_payment_of_a_sum_that_was_never_read(self, browser, invoice):
        Invoice.objects.filter(pk=invoice.pk).update(total=None)
        page = browser.get(pick(invoice))
        assert page.all("main input[name=row]") == page.all("main form button") == []

    def test_it_leaves_out_what_needs_no_paying(self, browser, alma):
        one, *others = every()
        Invoice.objects.filter(pk=one.pk).update(status="Paid")

        page = browser.get(pick(one, *others))

        assert form_of(page)["row"] == [str(invoice.pk) for invoice in others]
        assert page.one("section[aria-labelledby=left-out] td.state").text == "There is nothing to pay."

    def test_it_leaves_out_what_pays_other_invoices(self, browser, alma, invoice, sandbox):
        """With these it would pay them twice."""
        Invoice.objects.filter(pk=invoice.pk).update(only_moves_money=True)

        page = browser.get(pick(*every()))

        why = page.one("section[aria-labelledby=left-out] td.state").text
        assert why == "It pays other invoices or adds to the credit: pay it by itself."
        confirm(browser, *every())
        work()
        assert len(paid(sandbox)) == 2
        assert str(invoice.remote_id) not in map(str, paid(sandbox))
        assert browser.get(f"/invoices/{invoice.pk}/pay/").status == 200

    def test_it_goes_back_to_the_list_when_there_is_nothing_to_pay(self, browser):
        page = browser.get("/invoices/pay/")
        assert (page.status, page.leads_to) == (303, "/invoices/")

    @pytest.mark.parametrize("wrong", ["not-an-id", "00000000-0000-0000-0000-000000000000"])
    def test_it_does_not_find_what_is_not_there(self, browser, wrong):
        assert browser.get(f"/invoices/pay/?invoice={wrong}").status == 404

    def test_it_does_not_find_an_invoice_that_one_may_not_pay(self, visit, people, alma, invoice):
        browser = visit(people.member("Ben"))
        token = "5f0c3d5e-8a6f-4a52-9a38-0c2a5f6f2d11"

        assert browser.get(pick(invoice)).status == 404
        sent = browser.post(
            "/invoices/pay/", {"form_token": token, "row": str(invoice.pk), "amounts": "19.99"}
        )
        assert sent.status == 404
        assert Operation.objects.count() == 0


class TestSelecting:
    def test_it_pays_all_that_the_filter_finds(self, browser, alma, sandbox):
        paid_one, other, *_ = every()
        Invoice.objects.filter(pk=paid_one.pk).update(status="Paid")
        Invoice.objects.filter(pk=other.pk).update(number="A-1")

        page = browser.post(
            "/invoices/pay/", {"all": "1", "filter": "sort=due", "next": "/invoices/?sort=due"}
        )

        assert page.one("h1").text == "Pay 2 invoices?"
        assert "1 invoice of the filter is left out: there is nothing to pay." in page.html
        assert page.one("main .back")["href"] == "/invoices/?sort=due"
        browser.post("/invoices/pay/", form_of(page))
        work()
        assert sorted(paid(sandbox)) == sorted(one.remote_id for one in every()[1:])

    def test_it_narrows_all_by_the_filter(self, browser, alma):
        wanted = every()[1]
        Invoice.objects.filter(pk=wanted.pk).update(date="2020-02-03")
        page = browser.post("/invoices/pay/", {"all": "1", "filter": "until=2020-12-31"})
        assert form_of(page)["row"] == [str(wanted.pk)]

    def test_it_takes_of_a_filter_what_one_may_pay(self, visit, people, alma, rows):
        """Invoices of accounts that are not private are everybody's to read."""
        ben, other = people.member("Ben"), rows.account("Elsewhere")
        rows.key(ben, other)
        mine = rows.invoice(other, total="5", status="Unpaid")
        page = visit(ben).post("/invoices/pay/", {"all": "1", "filter": ""})
        assert form_of(page)["row"] == [str(mine.pk)]
        assert "3 invoices of the filter are left out: you can only view their accounts." in page.html

    def test_it_pays_more_than_a_page_of_a_list_has(self, browser, alma, sandbox, acme, read_everything):
        acme.add_invoices(60, status="Unpaid", paymentmethod="stripe", total="2.00")
        Refresh.objects.update(next_due_at=timezone.now())
        read_everything()

        asked = browser.post("/invoices/pay/", {"all": "1", "filter": ""})
        page = browser.follow(browser.post("/invoices/pay/", form_of(asked)))

        assert states(page) == ["Queued"] * 63
        assert {one.agreed_total for one in Operation.objects.all()} == {Decimal("19.99"), Decimal("2")}

    def test_it_pays_no_amount_that_no_page_named(self, browser, alma):
        """By a form made by hand, which names all that match instead of rows."""
        sent = form_of(browser.get(pick(*every())))
        page = browser.post("/invoices/pay/", sent | {"row": [], "amounts": "", "all": "1", "filter": ""})
        assert page.status == 404
        assert Operation.objects.count() == 0

    def test_it_pays_at_most_the_stated_number(self, browser, alma, monkeypatch):
        monkeypatch.setattr("portal.pages.selection.MOST", 2)
        page = browser.post("/invoices/pay/", {"all": "1", "filter": ""})
        assert page.leads_to == "/invoices/"
        assert "Select at most 2 rows." in browser.follow(page).html

    def test_it_offers_all_where_there_are_further_pages(self, browser, alma, rows):
        assert browser.get("/invoices/").all(".bulk [name=all]") == []
        for number in range(30):
            rows.invoice(every()[0].account, total="5", status="Unpaid", remote_id=9000 + number)
        assert "All 33 that match" in browser.get("/invoices/?size=25").one(".bulk label").text

    def test_it_says_what_the_password_is_asked_for_and_keeps_the_selection(self, visit, alma):
        browser = visit(alma, proven=False)
        rows = [str(one.pk) for one in every()[:2]]
        asked = browser.follow(browser.post("/invoices/pay/", {"row": rows}))
        assert "Pay 2 invoices, €39.98" in asked.html
        there = asked.one("main form input[name=next]")["value"]
        page = browser.follow(
            browser.post("/sign-in/again/", {"password": "correct horse battery", "next": there})
        )
        assert form_of(page)["row"] == rows


class TestPaying:
    def test_it_waits_for_a_worker_and_shows_what_came_of_each(
        self, browser, alma, sandbox, rung, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            page = confirm(browser, *every())
        assert states(page) == ["Queued"] * 3
        assert page.one("#batch")["hx-trigger"] == "every 2s"
        assert paid(sandbox) == []
        _task, batch, _queue = next(ring for ring in rung if ring[0] == "ultahost_api.tasks.send_next")
        assert page.one("#batch")["hx-get"] == f"/activity/together/{batch}/?shown=000"

        work()

        page = browser.get(f"/activity/together/{batch}/")
        assert states(page) == ["Done"] * 3
        assert page.texts("main td.money") == ["€19.99"] * 3
        assert "hx-get" not in page.one("#batch").attributes
        assert paid(sandbox) == [invoice.remote_id for invoice in every()]
        assert {invoice.status for invoice in every()} == {"Paid"}

    def test_it_pays_each_once_however_often_the_page_is_sent(self, browser, alma, sandbox):
        data = form_of(browser.get(pick(*every())))

        first = browser.post("/invoices/pay/", data)
        work()
        second = browser.post("/invoices/pay/", data)
        work()

        assert first.leads_to == second.leads_to
        assert sorted(paid(sandbox)) == sorted(Invoice.objects.values_list("remote_id", flat=True))

    def test_it_leads_to_the_batch_if_another_post_of_the_page_was_quicker(
        self, browser, visit, alma, sandbox, monkeypatch
    ):
        """It may come between a look for the batch and a look at what is under way."""
        data = form_of(browser.get(pick(*every())))
        other, first = visit(alma), []

        def slow(selection):
            if not first:
                first.append(None)
                first[0] = other.post("/invoices/pay/", data).leads_to
            return wrong_words(selection)

        monkeypatch.setattr("portal.operations.together_page.wrong_words", slow)
        assert browser.post("/invoices/pay/", data).leads_to == first[0]
        assert Operation.objects.count() == 3

    def test_a_billing_person_pays_all_of_an_account_that_they_may_operate(
        self, visit, people, alma, sandbox, rows
    ):
        bea = people.billing("Bea")
        Grant.objects.create(user=bea, account=every()[0].account, level="operate", given_by=alma)
        rows.invoice(rows.account("Elsewhere"), total="5", status="Unpaid")
        browser = visit(bea)
        asked = browser.post("/invoices/pay/", {"all": "1", "filter": ""})
        assert asked.one("h1").text == "Pay 3 invoices?"
        browser.post("/invoices/pay/", form_of(asked))
        work()
        assert len(paid(sandbox)) == 3

    def test_it_keeps_two_people_apart_who_send_the_same_form_token(
        self, visit, people, browser, alma, sandbox, add_key
    ):
        """A token is copied easily; a batch is its sender's alone."""
        ben = people.member("Ben")
        umbrella = sandbox.add_account("Umbrella", "EUR")
        key = add_key(ben, umbrella)
        umbrella.add_invoices(1, status="Unpaid", paymentmethod="stripe", total="5.00")
        bens = Invoice.objects.create(
            account=key.account,
            remote_id=max(umbrella.invoices),
            currency="EUR",
            status="Unpaid",
            total="5.00",
        )
        data = form_of(browser.get(pick(*Invoice.objects.filter(account__name="Acme"))))
        first = browser.post("/invoices/pay/", data)
        other = visit(ben)
        copied = form_of(other.get(pick(bens))) | {"form_token": data["form_token"]}

        second = other.post("/invoices/pay/", copied)

        assert first.leads_to != second.leads_to
        assert Operation.objects.filter(user=ben, remote_id=bens.remote_id).count() == 1
        assert other.get(first.leads_to).status == 404
        assert browser.get(second.leads_to).status == 404

    def test_it_goes_on_after_a_refusal_in_the_provider_s_words(self, browser, alma, sandbox):
        page = confirm(browser, *every())
        sandbox.faults.add(Fault.result_error("Card declined"), action="pay_invoice")
        work()

        page = browser.get(page.path)

        assert outcomes(page)[0] == ("Refused", "Card declined")
        assert states(page) == ["Refused", "Done", "Done"]

    def test_it_stops_at_the_first_unknown_and_names_what_was_not_attempted(self, browser, alma, sandbox):
        page = confirm(browser, *every())
        sandbox.faults.add(Fault.drop(after_effect=True), action="pay_invoice", after=1)
        work()

        page = browser.get(page.path)

        assert states(page) == ["Unknown", "Not sent", "Done"]
        assert outcomes(page)[1][1] == "Not sent: the result of one before it was unknown."
        assert len(paid(sandbox)) == 2

    def test_it_pays_no_other_sum_than_the_page_named(self, browser, acme, invoice, sandbox):
        page = confirm(browser, invoice)
        acme.invoices[invoice.remote_id]["total"] = "99.00"
        Invoice.objects.filter(pk=invoice.pk).update(total="99.00")
        work()

        page = browser.get(page.path)

        assert states(page) == ["Not sent"]
        assert "now asks for 99.00 instead of 19.99" in outcomes(page)[0][1]
        assert page.texts("main td.money") == ["€19.99"]
        assert paid(sandbox) == []

    def test_it_pays_nothing_again_that_may_have_been_paid(self, browser, invoice, sandbox):
        sandbox.faults.add(Fault.drop(), action="pay_invoice")
        confirm(browser, invoice)
        work()
        Operation.objects.update(state=State.NOT_CONFIRMED)

        page = confirm(browser, *every())
        work()

        page = browser.get(page.path)
        assert states(page) == ["Not sent", "Done", "Done"]
        assert "its result is unknown" in outcomes(page)[0][1]
        assert str(invoice.remote_id) not in map(str, paid(sandbox))

    def test_it_wants_a_person_s_word_however_often_it_was_tried_meanwhile(
        self, browser, acme, invoice, sandbox
    ):
        """What was not sent says nothing of the payment before it, which may have moved money."""
        sandbox.faults.add(Fault.drop(), action="pay_invoice")
        confirm(browser, invoice)
        work()
        Operation.objects.update(state=State.NOT_CONFIRMED)

        for _ in range(2):
            assert states(confirm(browser, invoice)) == ["Not sent"]
        single = f"/invoices/{invoice.pk}/pay/"
        page = browser.post(single, browser.get(single).hidden)

        assert page.status == 422
        assert "its result is unknown" in page.one("main .errorlist").text
        assert paid(sandbox) == []
        box = page.one("main input[name=again][type=checkbox][required]")
        lost = Operation.objects.get(state=State.NOT_CONFIRMED)
        assert (box["value"], "checked" in box.attributes) == (str(lost.pk), False)

        other = browser.post(single, page.hidden | {"again": str(uuid4())})
        assert other.one("main input[name=again][type=checkbox]")["value"] == str(lost.pk)
        assert paid(sandbox) == []
        assert browser.post(single, other.hidden | {"again": box["value"]}).status == 303
        assert paid(sandbox) == [invoice.remote_id]

    def test_it_pays_nothing_that_waits_to_be_paid_already(
        self, browser, visit, people, alma, invoice, sandbox
    ):
        dana = visit(people.admin("Dana"))
        one, all_of_them = dana.get(f"/invoices/{invoice.pk}/pay/").hidden, form_of(dana.get(pick(*every())))
        confirm(browser, *every())

        single = dana.post(f"/invoices/{invoice.pk}/pay/", one)
        several = dana.post("/invoices/pay/", all_of_them)

        assert dana.get(pick(*every())).all("main form button") == []  # it is offered no more
        assert single.status == several.status == 422
        assert "in progress" in single.one("main .errorlist").text
        assert several.texts("main td.state") == ["An identical request is in progress."] * 3
        work()
        assert len(paid(sandbox)) == 3

    @pytest.mark.parametrize("who", ["key", "person", "grant", "role"])
    def test_it_sends_nothing_for_whom_may_no_longer(self, visit, people, alma, invoice, sandbox, who):
        ben = people.member("Ben")
        grant = Grant.objects.create(user=ben, account=invoice.account, level="operate", given_by=alma)
        page = confirm(visit(ben), *every())
        match who:
            case "key":
                ApiKey.objects.update(disabled_at=timezone.now())
            case "person":
                type(ben).objects.filter(pk=ben.pk).update(is_active=False)
            case "grant":
                grant.delete()
            case "role":
                Grant.objects.update(level="view")
                type(ben).objects.filter(pk=ben.pk).update(role="billing")
        work()

        assert {operation.state for operation in Operation.objects.all()} == {State.NOT_SENT}
        assert paid(sandbox) == []
        assert page.status == 200

    def test_it_waits_for_the_limit_and_goes_on_after_it(self, browser, alma, sandbox):
        page = confirm(browser, *every())
        assert browser.get(page.path).one("h1").text == "Pay invoices"
        (batch,) = operations.waiting_batches()
        sandbox.faults.add(Fault.status(429), action="pay_invoice")

        tasks.send_next(str(batch))
        tasks.send_next(str(batch))  # the window is shut: nothing is asked

        assert states(browser.get(page.path)) == ["Queued"] * 3
        ApiKey.objects.get().rate_window.delete()
        work()
        assert states(browser.get(page.path)) == ["Done"] * 3
        assert len(paid(sandbox)) == 3

    def test_it_is_not_sent_after_ten_minutes(self, browser, alma, sandbox):
        page = confirm(browser, *every())
        for minutes, state in ((9, "Queued"), (11, "Not sent")):
            Operation.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))
            operations.abandon()
            assert states(browser.get(page.path)) == [state] * 3

        work()

        assert states(browser.get(page.path)) == ["Not sent"] * 3
        assert paid(sandbox) == []

    def test_it_is_found_by_the_next_tick_when_its_worker_died(self, browser, alma, sandbox, monkeypatch):
        """Killed while the second was on its way: unknown once that is certain, and the third is not sent."""
        page = confirm(browser, *every())
        (batch,) = operations.waiting_batches()
        tasks.send_next(str(batch))
        second = Operation.objects.get(place=1)
        Operation.objects.filter(pk=second.pk).update(state=State.SENDING, sent_at=timezone.now())

        assert operations.waiting_batches() == []
        tasks.send_next(str(batch))
        assert states(browser.get(page.path)) == ["Done", "Sending", "Queued"]

        Operation.objects.filter(pk=second.pk).update(sent_at=timezone.now() - timedelta(seconds=91))
        operations.abandon()
        work()
        assert states(browser.get(page.path)) == ["Unknown", "Not sent", "Done"]
        assert len(paid(sandbox)) == 1


@pytest.mark.django_db(transaction=True)
def test_it_looks_once_while_ultahost_takes_its_time(browser, alma, sandbox):
    """The ticks go on ringing meanwhile: no second process joins in, and none is wanted."""
    confirm(browser, *every())
    (batch,) = operations.waiting_batches()
    looked = len(sandbox.requests)
    hold = sandbox.faults.add(Fault.hold(), action="get_invoice")

    def worker():
        tasks.send_next(str(batch))
        connection.close()

    first = threading.Thread(target=worker)
    first.start()
    assert hold.arrived.wait(10)
    wanted = operations.waiting_batches()
    tasks.send_next(str(batch))
    asked = sandbox.requests[looked:]
    hold.release.set()
    first.join()

    assert wanted == []
    assert len([request for request in asked if request.action == "pay_invoice"]) == 0
    work()
    assert len(paid(sandbox)) == 3
    looks = [request for request in sandbox.requests[looked:] if request.action == "get_invoice"]
    assert len(looks) == 3


@pytest.mark.django_db(transaction=True)
def test_it_pays_each_once_whatever_number_of_workers_hears_of_it(browser, alma, sandbox):
    page = confirm(browser, *every())
    (batch,) = operations.waiting_batches()

    def worker():
        for _ in range(8):
            tasks.send_next(str(batch))
        connection.close()

    workers = [threading.Thread(target=worker) for _ in range(4)]
    for thread in workers:
        thread.start()
    for thread in workers:
        thread.join()
    work()

    assert states(browser.get(page.path)) == ["Done"] * 3
    assert sorted(paid(sandbox)) == sorted(invoice.remote_id for invoice in every())


class TestLooking:
    def test_it_is_there_for_who_paid_and_for_an_admin_alone(self, browser, visit, people, alma):
        page = confirm(browser, *every())
        account = Account.objects.get()
        ben = people.member("Ben")
        Grant.objects.create(user=ben, account=account, level="operate", given_by=alma)

        assert visit(people.admin("Dana")).get(page.path).status == 200
        assert visit(ben).get(page.path).status == 404
        assert browser.get(f"/invoices/payments/{UUID(int=0)}/").status == 404
        assert browser.post(page.path).status == 405


def test_its_button_repeats_the_sum_and_its_rows_the_team_s_name_of_the_gateway(browser, invoice):
    Gateway.objects.create(name="stripe", words="Card")

    page = browser.get(pick(*every()[:2]))

    assert "Pay 2 invoices, €39.98" in page.texts("main form button")
    assert page.texts("main td.extra") == ["Card", "Card"]
