"""Answers and records that make no sense, or less than they should."""

from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from django.utils import timezone

from ultahost_api.models import Invoice, Refresh, Service
from ultahost_api.sandbox import Fault


@pytest.fixture
def walk(worker, page_size):
    """Refreshes the invoices, ten rows a page."""
    page_size(10)
    return lambda **options: worker.run("invoices", **options)


def copied():
    """What the portal holds of the invoices that are there."""
    return {row.remote_id: (row.status, row.total) for row in Invoice.objects.present()}


def there(acme):
    return {row["id"]: (row["status"], Decimal(row["total"])) for row in acme.invoices.values()}


ODD = {
    "html": Fault.html,
    "half a json": Fault.truncated,
    "half a body": Fault.cut,
    "other types": Fault.wrong_types,
    "another status inside": lambda: Fault.envelope(500),
    "an error inside": Fault.result_error,
    "no data": lambda: Fault.edit(lambda answer: {"status": 200, "message": "fine", "meta": answer["meta"]}),
    "a list": lambda: Fault.edit(lambda answer: [answer]),
    "nothing": lambda: Fault.edit(lambda answer: None),
    "an empty page": lambda: Fault.edit(lambda answer: answer | {"data": []}),
    "no rows and no count": lambda: Fault.edit(lambda answer: {"status": 200, "data": []}),
    "a mad count": lambda: Fault.edit(lambda answer: answer | {"meta": {"total_records": -1}}),
    "a huge count": lambda: Fault.edit(lambda answer: answer | {"meta": {"total_records": 10**18}}),
    "too much": lambda: Fault.huge(6_000_000),
    "a redirect": lambda: Fault.redirect("https://example.com/"),
    "a bad gateway": lambda: Fault.status(502),
    "a dropped connection": Fault.drop,
    "a refusal": lambda: Fault.status(403),
    "not found": lambda: Fault.status(404),
}


def test_it_copies_text_that_means_something_to_a_bulk_copy(acme, worker):
    """Whatever way new rows take into the database: no text ends a column, a row or the statement."""
    words = ["\\N", "\\.", "a\tb", "a\nb\\n", "a\r\nb", '"a","b"', "%s %(a)s", "'; --", "\x07 ü 🙂", "\\x00"]
    acme.add_services(len(words))
    for row, text in zip(acme.services.values(), words, strict=True):
        row["domain"] = text
    worker.run("services")
    assert list(Service.objects.order_by("remote_id").values_list("domain", flat=True)) == words


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("page", [0, 1])
def test_it_changes_no_row_when_the_answer_is_odd_or_short(sandbox, acme, walk, monkeypatch, odd, page):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)
    acme.add_invoices(20)
    walk()
    before = list(Invoice.objects.order_by("pk").values())
    sandbox.faults.add(ODD[odd](), action="get_invoices", after=page, times=None)
    for _ in range(2):
        walk()
    assert list(Invoice.objects.order_by("pk").values()) == before

    sandbox.faults.clear()
    assert walk().trouble == ""
    assert copied() == there(acme)


def test_it_backs_off_and_says_why(sandbox, acme, walk, monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)
    troubles = {
        Fault.status(503): Refresh.Trouble.UNREACHABLE,
        Fault.html(): Refresh.Trouble.ODD,
        Fault.status(403, "You may not list these."): Refresh.Trouble.REFUSED,
    }
    for attempt, (fault, trouble) in enumerate(troubles.items(), start=1):
        sandbox.faults.add(fault, action="get_invoices", times=None)
        refresh = walk()
        assert (refresh.trouble, refresh.attempts) == (trouble, attempt)
        assert refresh.next_due_at > timezone.now()
        sandbox.faults.clear()
    assert refresh.trouble_words == "You may not list these."
    refresh = walk()
    assert (refresh.trouble, refresh.trouble_words, refresh.attempts) == ("", "", 0)


def test_it_asks_at_most_three_times_within_one_run(sandbox, walk, monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)
    sandbox.faults.add(Fault.status(502), action="get_invoices", times=None)
    before = len(sandbox.requests)
    walk()
    assert len(sandbox.requests) - before == 3


def edited(change):
    """A page whose first row is changed."""

    def spoil(answer):
        first, *others = answer["data"]
        return answer | {"data": [change(first), *others]}

    return Fault.edit(spoil)


BAD_RECORDS = {
    "an id that is no number": (lambda row: row | {"id": "abc"}, "abc"),
    "an id that is none": (lambda row: row | {"id": None}, "null"),
    "no id": (lambda row: {name: value for name, value in row.items() if name != "id"}, ""),
    "no record at all": (lambda row: "row", "row"),
}


@pytest.mark.parametrize("bad", BAD_RECORDS)
def test_it_sets_a_record_without_an_id_aside_and_goes_on(sandbox, acme, walk, bad):
    acme.add_invoices(15)
    change, in_its_place = BAD_RECORDS[bad]
    sandbox.faults.add(edited(change), action="get_invoices", times=1)

    refresh = walk()

    assert [row["id"] for row in refresh.set_aside] == [in_its_place]
    assert refresh.set_aside[0]["error"]
    assert set(copied()) == set(there(acme)) - {15}
    assert walk().set_aside == []
    assert copied() == there(acme)


@pytest.mark.parametrize("text", ["x" * 5000, "a\x00b", "=cmd|' /C calc'!A0", "🚀" * 300])
def test_it_keeps_a_text_and_finds_it_unchanged_next_time(acme, walk, worker, text):
    acme.add_services(1, product_name=text, domain=text)
    acme.add_services(1)
    worker.run("services")
    row = Service.objects.get(remote_id=1)
    assert row.product_name == text.replace("\x00", "\ufffd")
    assert worker.run("services").set_aside == []
    assert Service.objects.get(remote_id=1).changed_at == row.changed_at


def test_it_holds_nothing_to_be_gone_while_a_row_has_no_readable_id(sandbox, acme, walk):
    """It may be the very row that seems to be missing: that one is not even asked for."""
    acme.add_invoices(5)
    walk()
    sandbox.faults.add(edited(lambda row: row | {"id": "abc"}), action="get_invoices")
    sandbox.faults.add(Fault.status(404), action="get_invoice", times=None)
    assert walk().set_aside
    assert copied() == there(acme)


def test_it_takes_a_record_once_that_is_listed_twice_on_a_page(sandbox, acme, walk):
    acme.add_invoices(5)
    twice = Fault.edit(lambda answer: answer | {"data": [*answer["data"], answer["data"][0]]})
    sandbox.faults.add(twice, action="get_invoices")
    acme.add_invoices(1)
    assert walk().trouble == ""
    assert copied() == there(acme)


def test_it_comes_to_an_end_with_a_server_that_overlooks_the_offset(sandbox, acme, walk):
    acme.add_invoices(10)
    first: list[dict[str, object]] = []

    def same_again(answer):
        first[:] = first or answer["data"]
        return answer | {"data": first, "meta": {"has_more": True, "limit": 10}}

    sandbox.faults.add(Fault.edit(same_again), action="get_invoices", times=None)
    refresh = walk(seconds=5)
    assert refresh.completed_at
    assert copied() == there(acme)


@pytest.mark.parametrize("meta", [None, [], {"count": 10}], ids=str)
@pytest.mark.parametrize("rows", [10, 25])
def test_it_reads_the_whole_of_a_list_that_tells_nothing_of_its_length(sandbox, acme, walk, meta, rows):
    acme.add_invoices(rows)
    untold = Fault.edit(lambda answer: answer | {"meta": meta})
    sandbox.faults.add(untold, action="get_invoices", times=None)
    assert walk().completed_at
    assert len(copied()) == rows
    assert copied() == there(acme)


def test_it_comes_to_an_end_where_neither_offsets_nor_lengths_are_known(sandbox, acme, walk):
    acme.add_invoices(20)
    first: list[dict[str, object]] = []

    def same_again(answer):
        first[:] = first or answer["data"]
        return {"status": 200, "data": first}

    sandbox.faults.add(Fault.edit(same_again), action="get_invoices", times=None)
    assert walk(seconds=5).completed_at
    assert len(copied()) == 10


@pytest.mark.parametrize("field", ["id", "amount"])
def test_a_number_of_thousands_of_digits_costs_its_own_row_alone(sandbox, acme, worker, field):
    acme.add_services(3)
    acme.services[2]["amount"] = "7.77"
    told, long = (b'"id": 2,', b'"id": %s,') if field == "id" else (b'"amount": "7.77"', b'"amount": %s')

    def lengthened(visit, reply):
        return replace(reply, body=reply.body.replace(told, long % (b"9" * 5000)))

    sandbox.faults.add(Fault("long", after=lengthened), action="get_services", times=None)
    refresh = worker.run("services")
    assert refresh.trouble == ""
    assert (Service.objects.count(), len(refresh.set_aside)) == ((2, 1) if field == "id" else (3, 0))


def test_a_list_that_never_ends_is_left_when_it_brings_nothing_new(sandbox, acme, worker, page_size):
    """Whatever page is asked for, it is one of the same rows in another order, with more to come."""
    page_size(10)
    acme.add_services(30)
    rows = [{name: told for name, told in row.items() if name[0] != "_"} for row in acme.services.values()]
    orders = Random(7)

    def shuffled(answer):
        return answer | {"data": orders.sample(rows, 10), "meta": answer["meta"] | {"has_more": True}}

    sandbox.faults.add(Fault.edit(shuffled), action="get_services", times=None)
    refresh = worker.run("services")
    assert refresh.completed_at
    assert refresh.clean_at is None
    assert Service.objects.count() > 20
    assert len(sandbox.requests) < 40


def test_a_list_that_tells_too_small_a_total_is_read_to_its_end(sandbox, acme, worker, page_size):
    page_size(10)
    acme.add_services(35)
    small = Fault.edit(lambda answer: answer | {"meta": answer["meta"] | {"total_records": 10}})
    sandbox.faults.add(small, action="get_services", times=None)
    worker.run("services")
    assert Service.objects.count() == 35
