"""Fields that make no sense: the row is there all the same, and says which of them could not be read."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from ultahost_api.models import Account, Domain, Email, Event, Invoice, Order, Quote, Refresh, Service
from ultahost_api.sandbox import Fault

LISTS = ("services", "domains", "invoices", "orders", "quotes", "emails")


def edited(changes, where=lambda row: True):
    """Every answer's rows, or its one record, with these fields instead."""

    def edit(answer):
        data = answer["data"]
        if isinstance(data, list):
            return answer | {"data": [row | changes if where(row) else row for row in data]}
        return answer | {"data": data | changes}

    return Fault.edit(edit)


def kinds():
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


AMOUNTS = [None, "", "1,234", "$12.00 USD", "1250000000000.00", "lots", [], {"value": 5}, True]


@pytest.mark.parametrize("told", AMOUNTS)
def test_it_keeps_a_row_whose_amount_makes_no_sense(acme, worker, told):
    acme.add_services(1, amount=told)
    acme.add_domains(1, recurringamount=told, firstpaymentamount=told)
    acme.add_invoices(1, total=told)
    acme.add_orders(1, amount=told)
    acme.add_quotes(1, total=told)
    for noun in LISTS:
        refresh = worker.run(noun)
        assert (refresh.set_aside, refresh.trouble) == ([], "")
    rows = [(Service, "amount"), (Domain, "recurring_amount"), (Domain, "first_payment_amount")]
    for model, name in [*rows, (Invoice, "total"), (Order, "amount"), (Quote, "total")]:
        row = model.objects.get()
        assert getattr(row, name) is None
        assert name in row.unreadable


def test_it_says_what_was_written_instead(acme, worker):
    acme.add_invoices(1, total="1,234", duedate="2026-02-30")
    acme.add_invoices(1, total=None)
    acme.add_invoices(1, total={"value": "5"})
    acme.add_invoices(1, total="x" * 9000)
    worker.run("invoices")
    told = dict(Invoice.objects.values_list("remote_id", "unreadable"))
    assert told == {
        1: {"total": "1,234", "due_date": "2026-02-30"},
        2: {"total": "null"},
        3: {"total": '{"value": "5"}'},
        4: {"total": "x" * 255},
    }


@pytest.mark.parametrize(
    ("noun", "model", "field", "name"),
    [
        ("services", Service, "nextduedate", "next_due_date"),
        ("services", Service, "regdate", "registration_date"),
        ("domains", Domain, "registrationdate", "registration_date"),
        ("invoices", Invoice, "date", "date"),
        ("orders", Order, "date", "date"),
        ("quotes", Quote, "validuntil", "valid_until"),
        ("emails", Email, "date", "date"),
    ],
)
@pytest.mark.parametrize("told", ["2025-02-30", "yesterday", "9999-12-31 23:59:59", 5, ["2026-01-01"]])
def test_it_keeps_a_row_whose_date_is_impossible(sandbox, acme, worker, noun, model, field, name, told):
    acme.add(noun)
    sandbox.faults.add(edited({field: told}), action=f"get_{noun}")
    assert worker.run(noun).set_aside == []
    row = model.objects.get()
    assert getattr(row, name) is None
    assert list(row.unreadable) == [name]


@pytest.mark.parametrize("none", ["0000-00-00", "", None])
def test_it_takes_a_date_that_is_none_for_none(acme, worker, none):
    acme.add_invoices(1, duedate=none)
    worker.run("invoices")
    invoice = Invoice.objects.get()
    assert (invoice.due_date, invoice.unreadable) == (None, {})


def test_it_clears_what_it_held_before(sandbox, acme, worker):
    """The old total beside "Updated now" would be believed."""
    acme.add_invoices(1, total="44.00")
    worker.run("invoices")
    acme.invoices[1]["total"] = "1,044"
    worker.run("invoices")
    invoice = Invoice.objects.get()
    assert (invoice.total, invoice.unreadable) == (None, {"total": "1,044"})


def test_it_reads_what_can_be_read_in_one_way(acme, worker):
    for total in ("1,234.50", "€99.00 EUR", "1.234,50"):
        acme.add_invoices(1, total=total)
    worker.run("invoices")
    totals = list(Invoice.objects.order_by("remote_id").values_list("total", flat=True))
    assert totals == [Decimal("1234.50"), Decimal(99), Decimal("1234.50")]
    assert not Invoice.objects.partly_unreadable().exists()


def test_it_tells_once_when_a_field_becomes_unreadable_and_once_when_it_ends(acme, worker):
    acme.add_invoices(1, total="44.00", status="Unpaid")
    worker.run("invoices")
    for total in ("1,044", "1,045", "1,046"):
        acme.invoices[1]["total"] = total
        worker.run("invoices")
    event = Event.objects.get()
    assert (event.kind, event.changes) == ("unreadable", {"total": ["44.00", "1,044"]})

    acme.invoices[1]["total"] = "1046.00"
    for _ in range(2):
        worker.run("invoices")
    assert kinds() == ["unreadable", "readable"]
    assert Event.objects.latest("pk").changes == {"total": ["1,046", "1046.00"]}
    assert Invoice.objects.get().unreadable == {}


def test_it_tells_of_another_field_beside(acme, worker):
    acme.add_invoices(1, total="44.00", status="Unpaid")
    worker.run("invoices")
    acme.invoices[1] |= {"total": "1,044", "status": "Paid"}
    worker.run("invoices", full=True)
    changes = {event.kind: event.changes for event in Event.objects.all()}
    assert changes == {
        "changed": {"status": ["Unpaid", "Paid"]},
        "unreadable": {"total": ["44.00", "1,044"]},
    }


def test_it_tells_of_a_new_row_that_is_partly_unreadable(acme, worker):
    worker.run("invoices")
    acme.add_invoices(1, total="1,044")
    worker.run("invoices")
    assert sorted(kinds()) == ["appeared", "unreadable"]


def test_it_finds_an_odd_row_unchanged_next_time(acme, worker):
    acme.add_invoices(3, total="1,234", duedate="2026-02-30")
    worker.run("invoices")
    before = list(Invoice.objects.order_by("pk").values())
    assert worker.run("invoices", full=True).rows_changed == 0
    assert list(Invoice.objects.order_by("pk").values()) == before


class TestDetails:
    def test_it_keeps_flags_that_were_not_told_unknown(self, acme, worker):
        flags = ("dnsmanagement", "emailforwarding", "idprotection", "is_premium", "donotrenew")
        acme.add_domains(1, **dict.fromkeys(flags))
        worker.run("domains")
        worker.run("details")
        domain = Domain.objects.get()
        told = [domain.dns_management, domain.email_forwarding, domain.id_protection, domain.is_premium]
        assert [*told, domain.auto_renew] == [None] * 5
        assert domain.is_detailed

    def test_it_keeps_flags_that_make_no_sense_unreadable(self, acme, worker):
        acme.add_domains(1, is_premium="perhaps", donotrenew="2")
        worker.run("domains")
        worker.run("details")
        domain = Domain.objects.get()
        assert (domain.is_premium, domain.auto_renew) == (None, None)
        assert domain.unreadable == {"is_premium": "perhaps", "auto_renew": "2"}
        assert not Event.objects.exists()  # it was never readable

    def test_it_clears_what_the_details_told_before_and_says_so_once(self, acme, worker):
        acme.add_domains(1, expirydate="2027-02-28", is_premium=1)
        worker.run("domains")
        worker.run("details")
        acme.domains[1] |= {"expirydate": "2027-02-30", "is_premium": "perhaps"}
        odd = {"expiry_date": "2027-02-30", "is_premium": "perhaps"}
        for _ in range(2):
            Domain.objects.update(detailed_at=timezone.now() - timedelta(days=2))
            worker.run("details")
            domain = Domain.objects.get()
            assert (domain.expiry_date, domain.is_premium, domain.unreadable) == (None, None, odd)
        event = Event.objects.get()
        assert (event.kind, event.changes["expiry_date"]) == ("unreadable", ["2027-02-28", "2027-02-30"])

    def test_it_keeps_apart_what_lists_and_what_details_tell(self, acme, worker):
        acme.add_domains(1, expirydate="2026-02-30", recurringamount="1,234")
        worker.run("domains")
        worker.run("details")
        both = {"expiry_date": "2026-02-30", "recurring_amount": "1,234"}
        assert Domain.objects.get().unreadable == both

        acme.domains[1]["registrar"] = "other"
        worker.run("domains")
        assert Domain.objects.get().unreadable == both

        acme.domains[1] |= {"recurringamount": "12.00"}
        worker.run("domains")
        assert Domain.objects.get().unreadable == {"expiry_date": "2026-02-30"}

        acme.domains[1] |= {"expirydate": "2027-02-28"}
        Domain.objects.update(detailed_at=None)
        worker.run("details")
        domain = Domain.objects.get()
        assert (domain.unreadable, domain.expiry_date) == ({}, date(2027, 2, 28))

    @pytest.mark.parametrize("items", ["none", [5], [{"id": "x", "amount": "1,234"}], [{}]])
    def test_it_keeps_every_line_of_an_invoice(self, acme, worker, items):
        acme.add_invoices(1, items=items, subtotal="1,234", tax=None)
        worker.run("invoices")
        worker.run("details")
        invoice = Invoice.objects.get()
        line = invoice.items.get()
        assert (line.amount, "amount" in line.unreadable) == (None, True)
        assert invoice.unreadable == {"subtotal": "1,234", "tax": "null"}

    def test_it_reads_no_amount_of_a_line_in_another_currency(self, acme, worker):
        acme.add_invoices(1, items=[{"id": 1, "description": "VPS", "amount": "$5.00", "taxed": 0}])
        worker.run("invoices")
        worker.run("details")
        assert Invoice.objects.get().items.get().unreadable == {"amount": "$5.00"}

    def test_it_keeps_its_lines_in_order_around_an_odd_one(self, acme, worker):
        good = {"id": 1, "description": "VPS", "amount": "5.00", "taxed": 0}
        acme.add_invoices(1, items=[good, good | {"amount": ""}, good | {"taxed": "?"}])
        worker.run("invoices")
        worker.run("details")
        lines = [(line.amount, line.taxed, line.unreadable) for line in Invoice.objects.get().items.all()]
        assert lines == [
            (Decimal(5), False, {}),
            (None, False, {"amount": ""}),
            (Decimal(5), None, {"taxed": "?"}),
        ]


@pytest.mark.parametrize("noun", LISTS)
def test_it_sets_aside_only_what_has_no_readable_id_and_says_what_stood_there(sandbox, acme, worker, noun):
    acme.add(noun), acme.add(noun), acme.add(noun)
    ids = {1: "abc", 2: None}

    def spoil(answer):
        rows = [row | {"id": ids.get(row["id"], row["id"])} for row in answer["data"]]
        return answer | {"data": [*rows, "?"]}

    sandbox.faults.add(Fault.edit(spoil), action=f"get_{noun}", times=None)
    refresh = worker.run(noun)
    assert sorted(row["id"] for row in refresh.set_aside) == ["?", "abc", "null"]


@pytest.mark.parametrize("noun", LISTS)
def test_it_ends_with_a_list_of_nothing_but_one_row_without_a_readable_id(acme, worker, noun):
    acme.add(noun)["id"] = "abc"
    refresh = worker.run(noun)
    assert [row["id"] for row in refresh.set_aside] == ["abc"]
    assert (refresh.trouble, refresh.clean_at) == ("", refresh.completed_at)


def test_it_tells_of_a_row_without_an_id_once_however_often_it_meets_it(acme, worker, page_size):
    page_size(3)
    acme.add_invoices(5, status="Paid")
    acme.add_invoices(1, status="Paid")[0]["id"] = 2**70
    for _ in range(3):
        refresh = worker.run("invoices")
    assert [row["id"] for row in refresh.set_aside] == [str(2**70)]


@pytest.mark.parametrize("letters", [400, 20_000])
def test_it_keeps_a_text_whole(acme, worker, letters):
    long = "ü" * letters
    acme.add_services(1, product_name=long, domain=long)
    acme.add_domains(1, domain=long, registrar=long)
    acme.add_invoices(1, invoicenum=long, paymentmethod=long)
    acme.add_orders(1, ordernum=long)
    acme.add_quotes(1, subject=long)
    acme.add_emails(1, subject=long)
    for noun in LISTS:
        worker.run(noun)
    domain, invoice = Domain.objects.get(), Invoice.objects.get()
    kept = [Service.objects.get().product_name, domain.name, domain.registrar, invoice.number]
    kept += [invoice.payment_method, Order.objects.get().number, Quote.objects.get().subject]
    assert {*kept, Email.objects.get().subject} == {long}


def test_it_shows_no_other_text_than_the_whole(acme, worker):
    acme.add_invoices(1, status="x" * 256, invoicenum="y" * 20_001)
    worker.run("invoices")
    invoice = Invoice.objects.get()
    assert (invoice.status, invoice.number) == ("", "")
    assert invoice.unreadable == {"status": "x" * 255, "number": "y" * 255}


def test_it_keeps_of_a_mail_only_date_and_subject(sandbox, acme, worker):
    acme.add_emails(1)
    odd = {"date": "?", "subject": {"message": "a password"}, "message": ["a password"], "to": {}}
    sandbox.faults.add(edited(odd), action="get_emails")
    worker.run("emails")
    assert set(Email.objects.get().unreadable) == {"date", "subject"}


def test_it_keeps_no_credit_that_makes_no_sense(acme, worker):
    acme.profile["credit"] = "1,234"
    worker.run("profile")
    assert Account.objects.get().credit is None


def test_it_reads_no_amount_in_another_currency(acme, worker):
    acme.add_invoices(1, total="$99.00 USD")
    worker.run("invoices")
    assert Invoice.objects.get().unreadable == {"total": "$99.00 USD"}


def test_it_tells_nothing_of_what_is_hidden(acme, worker):
    acme.add_invoices(1, total="44.00", secret={"pwresetkey": "x"})
    worker.run("invoices")
    assert Refresh.objects.get(account__remote_uuid=acme.uuid, noun="invoices").trouble == ""
