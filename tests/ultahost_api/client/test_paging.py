from decimal import Decimal

import pytest

from ultahost_api.client import BadAnswer, BadRequest, ServerError


def invoice(id):
    return {"id": id, "invoicenum": "", "date": "2026-05-06", "duedate": "2026-05-06", "total": "1.00"}


def rows(*ids):
    return [invoice(id) for id in ids]


def meta(offset, total, following, limit=2, more=None):
    more = following is not None if more is None else more
    return {
        "total_records": total,
        "limit": limit,
        "current_offset": offset,
        "has_more": more,
        "next_offset": following,
    }


@pytest.fixture
def pages(server):
    def answer(*pages):
        server.answer(*(server.ok(rows(*ids), told) for ids, told in pages))

    return answer


def offsets(server):
    return [seen.parameters["offset"] for seen in server.requests]


def test_it_walks_all_pages(pages, client, server):
    pages(((5, 4), meta(0, 5, 2)), ((3, 2), meta(2, 5, 4)), ((1,), meta(4, 5, None)))
    listing = client.invoices.list(status="Unpaid")

    assert [record.id for record in listing] == [5, 4, 3, 2, 1]
    assert listing.clean
    assert offsets(server) == ["0", "2", "4"]
    assert {(s.parameters["status"], s.parameters["limit"]) for s in server.requests} == {("Unpaid", "100")}


def test_it_reads_no_page_before_somebody_looks(pages, client, server):
    pages(((5, 4), meta(0, 5, 2)), ((3, 2), meta(2, 5, 4)))
    listing = client.invoices.list()
    assert offsets(server) == []

    next(iter(listing))

    assert offsets(server) == ["0"]
    assert not listing.clean


def test_it_tells_the_total_at_the_price_of_one_page(pages, client, server):
    pages(((2, 1), meta(0, 2, None)))
    listing = client.invoices.list()

    assert listing.total == 2
    assert [record.id for record in listing] == [2, 1]
    assert listing.total == 2
    assert offsets(server) == ["0"]


def test_it_starts_anew_each_time(pages, client, server):
    pages(((2, 1), meta(0, 2, None)))
    listing = client.invoices.list()

    assert [r.id for r in listing] == [r.id for r in listing] == [2, 1]
    assert offsets(server) == ["0", "0"]


def test_it_asks_for_the_newest_first_where_that_is_documented(pages, client, server):
    pages(((), meta(0, 0, None)))

    client.invoices.page()
    client.orders.page()
    client.services.page()
    client.domains.page()
    client.invoices.page(sort="ASC_date")
    client.services.page(sort="ASC_nextduedate")

    assert [seen.parameters.get("sort") for seen in server.requests] == [
        "DESC_id",
        "DESC_id",
        None,
        None,
        "ASC_date",
        "ASC_nextduedate",
    ]


def test_it_does_without_an_order_that_is_refused(server, client):
    refused = server.reply(400, {"status": 400, "message": "sort?"})
    server.answer(refused, server.ok(rows(2, 1), meta(0, 3, 2)), server.ok(rows(3), meta(2, 3, None)))

    assert len(list(client.invoices.list())) == 3
    assert [seen.parameters.get("sort") for seen in server.requests] == ["DESC_id", None, None]


def test_it_gives_no_other_order_than_the_one_that_was_asked_for(server, client):
    server.answer(
        server.reply(400, {"status": 400, "message": "sort?"}), server.ok(rows(1), meta(0, 1, None))
    )

    with pytest.raises(BadRequest, match="sort"):
        client.invoices.page(sort="ASC_colour")
    client.invoices.page()

    assert [seen.parameters.get("sort") for seen in server.requests] == ["ASC_colour", "DESC_id"]


def test_it_does_not_blame_the_order_for_everything(server, client):
    server.answer(server.reply(400, {"status": 400, "message": "no such status"}))

    with pytest.raises(BadRequest, match="no such status"):
        client.invoices.page(status="Nonsense")
    with pytest.raises(BadRequest):
        client.invoices.page(status="Nonsense")

    assert [seen.parameters.get("sort") for seen in server.requests] == ["DESC_id", None, "DESC_id", None]


@pytest.mark.parametrize(
    ("told", "following"),
    [
        pytest.param(meta(0, 9, 2), 2, id="as told"),
        pytest.param(meta(0, "9", "2", limit="2", more="1"), 2, id="as told, in texts"),
        pytest.param(meta(0, 9, 1), 1, id="overlapping"),
        pytest.param(meta(0, 9, 0), 2, id="told to stand still"),
        pytest.param(meta(0, 9, -2), 2, id="told to go back"),
        pytest.param(meta(0, 9, 8), 2, id="told to leave out rows"),
        pytest.param(meta(0, 9, 100, limit=2), 2, id="told to go on by what was asked, not given"),
        pytest.param(meta(0, 9, 10, limit=10), 10, id="a short page of a larger limit"),
        pytest.param(meta(0, 9, None), 2, id="not told, but the total says more"),
        pytest.param(meta(0, None, None, more=True), 2, id="not told, but that there is more"),
        pytest.param(meta(0, 2, None), None, id="the end"),
        pytest.param(meta(0, 2, 2, more=False), None, id="the end, in two words"),
        pytest.param(meta(0, 9, None, more=False), 2, id="called the end, but the total says more"),
        pytest.param({}, None, id="told nothing"),
        pytest.param({"limit": 2}, 2, id="told nothing with a full page"),
        pytest.param({"limit": 2, "next_offset": None}, 2, id="told no following one with a full page"),
        pytest.param({"limit": 2, "has_more": False}, None, id="told the end with a full page"),
        pytest.param({"limit": 2, "total_records": 2}, None, id="told all with a full page"),
        pytest.param({"total": "9"}, 2, id="the total by another name"),
        pytest.param({"total": 2, "limit": 2}, None, id="the total by another name, which is all"),
        pytest.param({"total_records": 9, "total": 2}, 2, id="the total by two names"),
        pytest.param(
            {"total_records": "many", "next_offset": [], "has_more": {}, "limit": "x"}, None, id="nonsense"
        ),
    ],
)
def test_it_goes_on_only_if_that_moves_on(told, following, pages, client):
    pages(((2, 1), told))

    assert client.invoices.page().next_offset == following


def test_it_trusts_the_servers_limit(pages, client):
    pages(((2, 1), meta(0, 9, 2, limit=2)))

    assert client.invoices.page(limit=50).limit == 2


def test_it_stops_at_an_empty_page(pages, client):
    pages(((), meta(0, 9, 2)))

    page = client.invoices.page()

    assert (page.records, page.next_offset, page.total) == ((), None, 9)
    assert list(client.invoices.list()) == []


def test_it_is_not_clean_when_rows_are_missing(pages, client):
    pages(((2, 1), meta(0, 3, 2)), ((), meta(2, 3, None)))
    listing = client.invoices.list()

    assert len(list(listing)) == 2
    assert not listing.clean


def test_it_yields_a_row_once_and_is_not_clean_when_rows_shift(pages, client):
    pages(((5, 4), meta(0, 4, 2)), ((4, 3), meta(2, 5, 4)), ((2,), meta(4, 5, None)))
    listing = client.invoices.list()

    assert [record.id for record in listing] == [5, 4, 3, 2]
    assert not listing.clean


def test_it_is_not_clean_when_only_the_total_moved(pages, client):
    pages(((3, 2), meta(0, 3, 2)), ((1,), meta(2, 4, None)))
    listing = client.invoices.list()

    list(listing)

    assert not listing.clean


def test_it_is_clean_in_spite_of_an_overlap(pages, client):
    pages(((3, 2), meta(0, 3, 1)), ((2, 1), meta(1, 3, None)))
    listing = client.invoices.list()

    assert len(list(listing)) == 3
    assert listing.clean


def test_it_is_not_clean_when_nobody_told_the_total(pages, client):
    pages(((2, 1), {"has_more": False}))
    listing = client.invoices.list()

    assert len(list(listing)) == 2
    assert not listing.clean


def test_it_is_clean_when_there_is_nothing(pages, client):
    pages(((), meta(0, 0, None)))
    listing = client.invoices.list()

    assert list(listing) == []
    assert listing.clean


def test_it_ends_when_the_same_page_comes_for_ever(server, client):
    def same_page(handler):
        offset = int(server.requests[-1].parameters["offset"])
        server.ok(rows(2, 1), meta(offset, 99, offset + 2))(handler)

    server.answer(same_page)
    listing = client.invoices.list()

    assert [record.id for record in listing] == [2, 1]
    assert len(server.requests) == 2
    assert not listing.clean


def test_it_ends_when_new_rows_come_for_ever(server, client, monkeypatch):
    def new_rows(handler):
        offset = int(server.requests[-1].parameters["offset"])
        server.ok(rows(offset + 1, offset + 2), meta(offset, 10**9, offset + 2))(handler)

    monkeypatch.setattr("ultahost_api.client.core.paging._MOST_PAGES", 20)
    server.answer(new_rows)
    listing = client.invoices.list()

    assert len(list(listing)) == 40
    assert not listing.clean


def test_it_says_what_stopped_it(server, client):
    server.answer(server.ok(rows(2, 1), meta(0, 3, 2)), server.reply(500))
    listing = client.invoices.list()
    seen = []

    with pytest.raises(ServerError):
        seen.extend(page.ids for page in listing.pages())

    assert seen == [(2, 1)]
    assert not listing.clean


def test_it_sets_bad_records_aside(server, client):
    good, bad_total, bad_date = (
        invoice(4),
        {**invoice(3), "total": "lots"},
        {**invoice(2), "date": "2026-02-30"},
    )
    nameless = {**invoice(1), "id": "INV-1"}
    huge = {**invoice(1), "id": 2**63}
    server.answer(server.ok([good, bad_total, bad_date, nameless, huge, "?", None], meta(0, 7, None)))

    page = client.invoices.page()

    assert [record.id for record in page.records] == [4, 3, 2]
    assert [record.unreadable for record in page.records] == [{}, {"total": "lots"}, {"date": "2026-02-30"}]
    assert page.ids == (4, 3, 2)
    assert [(r.remote_id, r.error) for r in page.rejected] == [
        ("INV-1", "id: 'INV-1' is no number"),
        (str(2**63), f"id: {2**63} is no number"),
        ("?", "'?' is no record"),
        ("null", "None is no record"),
    ]


def test_it_can_be_clean_with_rejected_rows(server, client):
    server.answer(server.ok([invoice(4), {**invoice(3), "total": ""}, {"id": "?"}], meta(0, 3, None)))
    listing = client.invoices.list()

    assert [record.id for record in listing] == [4, 3]
    assert listing.clean


def test_it_takes_ids_and_amounts_in_texts_and_numbers(server, client):
    odd = {
        **invoice("7"),
        "total": 12.5,
        "duedate": "0000-00-00",
        "status": "Never Heard Of",
        "new": {"a": 1},
    }
    server.answer(server.ok([odd], meta(0, "1", None)))

    (record,) = client.invoices.page().records

    assert (record.id, record.total, record.due_date) == (7, Decimal("12.5"), None)
    assert (record.status, record.payment_method, record.extra) == ("Never Heard Of", "", {"new": {"a": 1}})


@pytest.mark.parametrize("data", [{"0": invoice(2), "2": invoice(1)}, [invoice(2), invoice(1)]])
def test_it_takes_phps_lists_with_gaps(data, server, client):
    server.answer(server.ok(data, meta(0, 2, None)))

    assert client.invoices.page().ids == (2, 1)


@pytest.mark.parametrize("data", [[], {}, None, ""])
def test_it_takes_every_empty_list(data, server, client):
    envelope = {"status": 200, "message": "fine", "data": data, "meta": meta(0, 0, None)}
    server.answer(server.reply(200, envelope))

    assert client.invoices.page().ids == ()


@pytest.mark.parametrize("data", ["many", 5, {"id": 1}, None])
def test_it_takes_no_nonsense_for_a_list(data, server, client):
    server.answer(server.reply(200, {"status": 200, "data": data, "meta": meta(0, 3, None)}))

    with pytest.raises(BadAnswer):
        client.invoices.page()


def test_it_tells_the_rate_of_each_page(server, client):
    server.answer(server.ok(rows(1), meta(0, 1, None), {"X-RateLimit-Remaining": "7"}))

    assert client.invoices.page().rate.remaining == 7


@pytest.mark.parametrize("data", [None, [], "x", {"id": "x", "total": "1"}])
def test_it_takes_nothing_but_a_whole_record(data, server, client):
    server.answer(server.reply(200, {"status": 200, "data": data}))

    with pytest.raises(BadAnswer):
        client.invoices.get(7)


@pytest.mark.parametrize("data", [{"id": 7, "total": "1"}, {"id": 7}])
def test_it_keeps_a_record_of_which_little_can_be_read(data, server, client):
    server.answer(server.reply(200, {"status": 200, "data": data}))

    record = client.invoices.get(7)

    assert (record.id, record.total) == (7, Decimal("1") if "total" in data else None)
    assert record.subtotal is None


def test_it_takes_no_other_record_than_it_asked_for(server, client):
    server.answer(server.ok({**invoice(8), "subtotal": "1.00"}))

    assert client.invoices.get(8).id == 8
    with pytest.raises(BadAnswer, match="asked for 7 and given 8"):
        client.invoices.get(7)


def test_it_sets_a_payment_method_without_a_readable_id_aside(server, client):
    server.answer(server.ok([{"id": 1, "type": "CreditCard"}, {"id": "x"}]))

    page = client.payment_methods.page()

    assert [method.id for method in page.records] == [1]
    assert [row.remote_id for row in page.rejected] == ["x"]


def test_it_needs_no_account_without_a_uuid(server, client):
    server.answer(server.ok({"id": 5, "uuid": ""}))

    with pytest.raises(BadAnswer, match="uuid"):
        client.profile.get()


def test_it_tells_accounts_apart_in_lower_case(server, client):
    server.answer(server.ok({"id": 5, "uuid": " 3F780121-C5BA-4573-AE4B-01483CFF101A "}))

    assert client.profile.get().uuid == "3f780121-c5ba-4573-ae4b-01483cff101a"
