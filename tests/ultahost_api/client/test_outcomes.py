"""What each thing that a provider or a network does is called, for a read and for a write."""

import json

import pytest

from ultahost_api.client import (
    ACTIONS,
    BadAnswer,
    BadRequest,
    Client,
    Effect,
    Forbidden,
    NoAnswer,
    NotFound,
    NotSent,
    OutcomeUnknown,
    RateLimited,
    ServerError,
    UltahostError,
    Unauthorized,
    Unsaid,
)
from ultahost_api.client.core.rate import Unmetered

REFUSALS = [
    (400, BadRequest),
    (401, Unauthorized),
    (403, Forbidden),
    (404, NotFound),
    (405, BadRequest),
    (422, BadRequest),
    (429, RateLimited),
]
FAILURES = [408, 500, 502, 503, 504]
NONSENSE = [
    b"",
    b"<html>Welcome</html>",
    b'{"status": 200, "message": "hal',
    b"[1, 2]",
    b"null",
    b'"fine"',
    b"[" * 100_000,
    b'{"status": 200, "data": ' + b"9" * 5000 + b"}",
    b'{"status": "fine", "data": {}}',
    b'{"status": true, "data": {}}',
    b'{"status": [], "data": {}}',
    b'{"status": 302, "data": {}}',
    "{'status': 200}".encode("utf-16"),
]


def call(client, kind):
    if kind == "read":
        return client.call("get_invoice", invoiceid=7)
    return client.call("pay_invoice", invoiceid=7)


def test_it_knows_the_record_of_an_id_that_is_written_as_text(server, client):
    server.answer(server.ok({"id": 7}))

    assert client.invoices.get("7").id == 7


@pytest.mark.parametrize("kind", ["read", "write"])
@pytest.mark.parametrize(("status", "error"), REFUSALS)
def test_it_names_a_refusal(kind, status, error, server, client):
    server.answer(server.reply(status, {"status": status, "message": "No, thank you"}))

    with pytest.raises(error) as caught:
        call(client, kind)

    assert type(caught.value) is error
    assert (caught.value.status, caught.value.message) == (status, "No, thank you")
    assert caught.value.action == ("get_invoice" if kind == "read" else "pay_invoice")


@pytest.mark.parametrize("kind", ["read", "write"])
@pytest.mark.parametrize(("status", "error"), REFUSALS)
def test_it_believes_a_body_that_refuses_inside_a_200(kind, status, error, server, client):
    server.answer(server.reply(200, {"status": str(status), "message": "No, thank you"}))

    with pytest.raises(error, match="No, thank you"):
        call(client, kind)


@pytest.mark.parametrize(("status", "error"), REFUSALS)
def test_it_believes_http_before_the_body(status, error, server, client):
    server.answer(server.reply(status, {"status": 200, "message": "fine"}))

    with pytest.raises(error):
        call(client, "write")


def test_it_needs_no_body_to_name_a_refusal(server, client):
    server.answer(server.reply(403, b""))

    with pytest.raises(Forbidden) as caught:
        call(client, "write")

    assert caught.value.message == "Ultahost answered 403"


@pytest.mark.parametrize("kind", ["read", "write"])
@pytest.mark.parametrize(
    ("status", "body"),
    [
        *[(status, b"") for status in (200, 302, 400, 401, 403, 404, 429, 500, 502)],
        *[(status, b"<html>oops</html>") for status in (200, 302, 400, 401, 403, 404, 429, 500, 502)],
        (200, b'{"status": "200", "data": {"result": "error"}}'),
        (200, b'{"status": "302", "data": {}}'),
    ],
)
def test_it_tells_its_own_sentences_from_those_of_the_provider(kind, status, body, server, client):
    server.answer(server.reply(status, body))

    with pytest.raises(UltahostError) as caught:
        call(client, kind)

    assert Unsaid.of(caught.value.message)


@pytest.mark.parametrize("body", [b"Not Found", b"<html>Not Found</html>", b'{"mess'])
@pytest.mark.parametrize(("kind", "error"), [("read", BadAnswer), ("write", OutcomeUnknown)])
def test_it_takes_an_address_that_is_not_there_for_no_word_of_what_it_asked_for(
    body, kind, error, server, client
):
    server.answer(server.reply(404, body))

    with pytest.raises(error) as caught:
        call(client, kind)

    assert caught.value.status == 404


def test_it_takes_an_address_that_is_not_there_for_no_word_though_its_page_is_cut_off(server, client):
    server.answer(server.reply(404, b"<html>", {"Content-Length": "30"}))

    with pytest.raises(OutcomeUnknown):
        call(client, "write")


@pytest.mark.parametrize("body", [b"Sign in", b"<html>Sign in</html>", b'{"mess'])
@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("kind", "error"), [("read", BadAnswer), ("write", Forbidden)])
def test_it_takes_the_page_of_a_proxy_for_no_word_about_the_key(
    body, status, kind, error, server, make_client
):
    class Told(Unmetered):
        def after(self, action, status, rate, words):
            told.append((status, rate.remaining, rate.retry_after))

    told = []
    server.answer(server.reply(status, body, {"Retry-After": "90"}))

    with pytest.raises(error) as caught:
        call(make_client(meter=Told()), kind)

    assert caught.value.status == status
    assert Unsaid.of(caught.value.message) is Unsaid.STRANGERS_PAGE
    assert told == [(None, None, 90.0)]


@pytest.mark.parametrize(
    "headers",
    [{"X-RateLimit-Remaining": "57"}, {"X-RateLimit-Reset": "60"}, {"X-RateLimit-Reset": "soon"}],
    ids=str,
)
@pytest.mark.parametrize("kind", ["read", "write"])
@pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (403, Forbidden), (404, NotFound)])
def test_it_knows_an_answer_of_the_provider_by_its_rate_limit(status, error, kind, headers, server, client):
    server.answer(server.reply(status, b"Unauthorized", headers))

    with pytest.raises(error) as caught:
        call(client, kind)

    assert type(caught.value) is error
    assert caught.value.message == f"Ultahost answered {status}"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b'"Not found"', b'[{"message": "gone"}]'])
@pytest.mark.parametrize("kind", ["read", "write"])
@pytest.mark.parametrize(("status", "error"), [(401, Unauthorized), (403, Forbidden), (404, NotFound)])
def test_it_believes_a_refusal_that_is_json_or_empty(status, error, body, kind, server, client):
    server.answer(server.reply(status, body))

    with pytest.raises(error):
        call(client, kind)


@pytest.mark.parametrize("kind", ["read", "write"])
@pytest.mark.parametrize(
    "body",
    [
        {"status": 200, "message": "done", "data": {"result": "error", "message": "existing request"}},
        {"status": 200, "message": "existing request", "data": {"result": "error"}},
        {"result": "error", "message": "existing request"},
        {"status": 200, "message": "done", "data": {"result": " Error", "message": "existing request"}},
    ],
)
def test_it_believes_a_result_of_error(kind, body, server, client):
    server.answer(server.reply(200, body))

    with pytest.raises(BadRequest, match="existing request"):
        call(client, kind)


@pytest.mark.parametrize("result", ["failed", "declined", "Pending", False, 0])
@pytest.mark.parametrize("place", ["beside", "inside"])
def test_it_takes_no_other_result_of_a_write_for_a_success(result, place, server, client):
    told = {"result": result}
    server.answer(
        server.reply(
            200, {"status": 200, "message": "Card"} | (told if place == "beside" else {"data": told})
        )
    )

    with pytest.raises(OutcomeUnknown, match=r"Card$"):
        call(client, "write")


@pytest.mark.parametrize("result", ["success", "Success", "", None, True, 1, {"output": "ok"}, ["failed"]])
def test_it_takes_a_result_that_says_so_or_nothing_for_a_success(result, server, client):
    server.answer(server.ok({"result": result}))

    assert call(client, "write").status == 200


def test_it_leaves_the_results_of_reads_to_their_readers(server, client):
    server.answer(server.ok({"result": "pending"}))

    assert call(client, "read").data == {"result": "pending"}


@pytest.mark.parametrize("status", FAILURES)
def test_it_calls_a_failed_read_a_server_error(status, server, client):
    server.answer(server.reply(status, b"<html>oops</html>"))

    with pytest.raises(ServerError) as caught:
        call(client, "read")

    assert caught.value.status == status


@pytest.mark.parametrize("status", FAILURES)
def test_it_does_not_take_a_failure_for_a_write_undone(status, server, client):
    server.answer(server.reply(status, {"status": status, "message": "oops"}))

    with pytest.raises(OutcomeUnknown) as caught:
        call(client, "write")

    assert (caught.value.settled_by, caught.value.status) == ("get_invoice", status)


@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: body[:20].decode("latin-1"))
def test_it_calls_nonsense_a_bad_answer_to_a_read(body, server, client):
    server.answer(server.reply(200, body))

    with pytest.raises(BadAnswer):
        call(client, "read")


@pytest.mark.parametrize("body", NONSENSE, ids=lambda body: body[:20].decode("latin-1"))
def test_it_does_not_know_what_became_of_a_write_answered_with_nonsense(body, server, client):
    server.answer(server.reply(200, body))

    with pytest.raises(OutcomeUnknown):
        call(client, "write")


@pytest.mark.parametrize("fault", ["cut", "drop", "hang"])
def test_it_knows_that_a_read_was_not_answered(fault, server, make_client):
    server.answer(getattr(server, fault)())

    with pytest.raises(NoAnswer):
        call(make_client(timeout=(0.2, 0.2)), "read")


@pytest.mark.parametrize("fault", ["cut", "drop", "hang"])
@pytest.mark.parametrize("action", [a for a in ACTIONS.values() if a.method != "GET"], ids=lambda a: a.name)
def test_it_knows_that_it_does_not_know(fault, action, server, make_client):
    server.answer(getattr(server, fault)())

    with pytest.raises(OutcomeUnknown) as caught:
        make_client(timeout=(0.1, 0.1), tries=3).call(action.name, **sample(action))

    assert caught.value.settled_by == action.settled_by
    assert len(server.requests) == 1


@pytest.mark.parametrize("action", ACTIONS.values(), ids=lambda action: action.name)
def test_it_knows_that_nothing_was_sent(action, key):
    client = Client(key, base_url="http://127.0.0.1:1/", tries=1)

    with pytest.raises(NotSent):
        client.call(action.name, **sample(action))


def test_it_knows_that_a_name_was_not_found(key):
    client = Client(key, base_url="https://no-such-name.invalid/", tries=1, deadline=5)

    with pytest.raises(NotSent):
        client.call("pay_invoice", invoiceid=1)


def test_it_names_a_read_for_every_write_that_one_can_settle():
    settled = {action.name: action.settled_by for action in ACTIONS.values() if action.settled_by}

    assert settled["create_order"] == "get_orders"
    assert settled["accept_quote"] == "get_quote"
    assert all(ACTIONS[read].effect is Effect.READ for read in settled.values())
    assert all(ACTIONS[write].effect is not Effect.READ for write in settled)


def test_it_takes_an_answer_without_a_status_for_what_http_says(server, client):
    server.answer(server.reply(200, {"data": {"id": 7}}))

    assert call(client, "read").data == {"id": 7}


def test_it_reads_a_byte_order_mark_and_a_broken_letter(server, client):
    server.answer(server.reply(200, b'\xef\xbb\xbf{"status": 200, "data": {"name": "M\xfcller"}}'))

    assert call(client, "read").data == {"name": "M�ller"}


def test_it_hands_out_only_text_that_a_database_takes(server, client):
    server.answer(
        server.reply(200, rb'{"status": 200, "data": {"a\u0000": ["\ud800x", "\ud83d\ude00", 1e999, NaN]}}')
    )

    data = call(client, "read").data

    json.dumps(data, allow_nan=False).encode()
    assert data == {"a�": ["�x", "😀", "1e999", "NaN"]}


def sample(action):
    """Parameters that the action takes."""
    kinds = {"int": 7, "text": "something", "flag": 1, "list": ["something"], "map": {"something": 1}}
    return {p.name: p.choices[0] if p.choices else kinds[p.kind] for p in action.parameters if p.required}
