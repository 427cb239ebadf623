"""Each fault, seen from outside, and what it leaves behind."""

import threading
import time

import pytest
import requests

from ultahost_api.sandbox import Fault, Sandbox


@pytest.fixture
def invoice(acme):
    return acme.add_invoices(1)[0]


@pytest.mark.parametrize("code", [500, 502, 503])
def test_it_answers_a_server_error_as_a_page_and_does_nothing(sandbox, api, invoice, code):
    sandbox.faults.add(Fault.status(code))
    answer = api.send("pay_invoice", invoiceid=1)
    assert (answer.status_code, invoice["status"]) == (code, "Unpaid")
    assert answer.text.startswith("<!doctype html>")
    assert "X-RateLimit-Remaining" not in answer.headers  # a proxy sends it


def test_it_answers_a_server_error_although_it_did_the_thing(sandbox, api, invoice):
    sandbox.faults.add(Fault.status(500, after_effect=True))
    assert api.send("pay_invoice", invoiceid=1).status_code == 500
    assert invoice["status"] == "Paid"


@pytest.mark.parametrize("code", [401, 403])
def test_it_answers_a_refusal_in_the_envelope(sandbox, api, code):
    sandbox.faults.add(Fault.status(code))
    answer = api.send("get_profile")
    assert answer.status_code == answer.json()["status"] == code


@pytest.mark.parametrize(("after_effect", "status"), [(False, "Unpaid"), (True, "Paid")])
def test_it_drops_the_connection_before_or_after_the_effect(sandbox, api, invoice, after_effect, status):
    sandbox.faults.add(Fault.drop(after_effect=after_effect))
    with pytest.raises(requests.ConnectionError):
        api.send("pay_invoice", invoiceid=1)
    assert invoice["status"] == status
    assert len(sandbox.ledger) == (status == "Paid")
    assert sandbox.requests[-1].status is None


def test_it_cuts_an_answer_in_half(sandbox, api, invoice):
    sandbox.faults.add(Fault.cut())
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        api.send("pay_invoice", invoiceid=1)
    assert invoice["status"] == "Paid"


def test_it_sends_half_a_json_as_if_it_were_whole(sandbox, api):
    sandbox.faults.add(Fault.truncated())
    answer = api.send("get_profile")
    assert answer.status_code == 200
    with pytest.raises(requests.JSONDecodeError):
        answer.json()


def test_it_drips(sandbox, api, invoice):
    sandbox.faults.add(Fault.drip(pause=0.5))
    started = time.monotonic()
    with requests.get(
        sandbox.url, params={"action": "get_profile"}, headers={"x-api-key": api.key}, stream=True, timeout=5
    ) as answer:
        assert next(answer.iter_content(1)) == b"{"
        assert next(answer.iter_content(1)) == b'"'
    assert 0.5 <= time.monotonic() - started < 3


@pytest.mark.parametrize("after_effect", [False, True])
def test_it_waits_before_it_answers(sandbox, api, after_effect):
    sandbox.faults.add(Fault.wait(0.2, after_effect=after_effect))
    started = time.monotonic()
    assert api.send("get_profile").status_code == 200
    assert time.monotonic() - started >= 0.2


@pytest.mark.parametrize(("after_effect", "meanwhile"), [(False, "Unpaid"), (True, "Paid")])
def test_it_holds_a_request_until_it_is_let_go(
    sandbox, api, api_with, acme, invoice, after_effect, meanwhile
):
    hold = sandbox.faults.add(Fault.hold(after_effect=after_effect), action="pay_invoice")
    answers = []
    payer = threading.Thread(target=lambda: answers.append(api.send("pay_invoice", invoiceid=1)))
    payer.start()
    assert hold.arrived.wait(5)
    # Others are served meanwhile: nothing is locked.
    other = api_with(sandbox, sandbox.add_key(acme))
    assert other.data("get_invoice", invoiceid=1)["status"] == meanwhile
    assert answers == []
    hold.release.set()
    payer.join(5)
    assert (answers[0].status_code, invoice["status"]) == (200, "Paid")


def test_it_answers_html_in_a_200(sandbox, api):
    sandbox.faults.add(Fault.html())
    answer = api.send("get_profile")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_it_redirects_elsewhere(sandbox, api):
    sandbox.faults.add(Fault.redirect("http://127.0.0.1:9/elsewhere"))
    answer = api.send("get_profile")
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://127.0.0.1:9/elsewhere")


def test_it_answers_twenty_megabytes_of_good_json(sandbox, api):
    sandbox.faults.add(Fault.huge())
    answer = api.send("get_profile")
    assert len(answer.content) > 20_000_000
    assert answer.json()["status"] == 200


def test_it_says_no_inside_a_200(sandbox, api, invoice):
    sandbox.faults.add(Fault.envelope(403, "Not yours"))
    sandbox.faults.add(Fault.result_error("Payment attempt failed"))
    first, second = (api.send("pay_invoice", invoiceid=1) for _ in range(2))
    assert (first.status_code, first.json()) == (200, {"status": 403, "message": "Not yours"})
    assert (second.status_code, second.json()["data"]["result"]) == (200, "error")
    assert (invoice["status"], sandbox.ledger) == ("Unpaid", [])


def test_it_twists_every_type(sandbox, api, acme):
    acme.add_services(1)
    sandbox.faults.add(Fault.wrong_types())
    (row,) = api.send("get_services").json()["data"]
    assert (row["id"], row["amount"]) == ({"value": 1}, ["19.99"])


def test_it_moves_rows_between_pages(sandbox, api, acme):
    acme.add_invoices(25)
    sandbox.faults.add(Fault.insert_row("invoices"), action="get_invoices", after=1)
    sandbox.faults.add(Fault.delete_row("invoices"), action="get_invoices", after=2)
    pages = [api.send("get_invoices", limit=10, offset=offset).json() for offset in (0, 10, 20)]
    assert [page["meta"]["total_records"] for page in pages] == [25, 26, 25]
    assert pages[0]["data"][-1]["id"] == pages[1]["data"][0]["id"] == 16


def test_it_tells_another_total(sandbox, api, acme):
    acme.add_domains(2)
    sandbox.faults.add(Fault.total(+3))
    assert api.send("get_domains").json()["meta"]["total_records"] == 5


def test_it_edits_an_answer_in_any_way(sandbox, api):
    sandbox.faults.add(Fault.edit(lambda answer: answer | {"data": None}))
    assert api.send("get_profile").json()["data"] is None


def test_it_meets_only_the_requests_it_was_meant_for(sandbox, api, api_with, acme):
    other = api_with(sandbox, sandbox.add_key(acme))
    sandbox.faults.add(Fault.status(500), action="get_services", key=api.key, after=2, times=2)
    assert other.send("get_services").status_code == 200
    assert api.send("get_profile").status_code == 200
    assert [api.send("get_services").status_code for _ in range(5)] == [200, 200, 500, 500, 200]
    assert sandbox.faults.pending() == []


def test_it_plays_faults_in_the_order_they_were_added(sandbox, api):
    for code in (500, 503):
        sandbox.faults.add(Fault.status(code))
    assert [api.send("get_profile").status_code for _ in range(3)] == [500, 503, 200]


def test_it_goes_on_with_a_fault_until_cleared(sandbox, api):
    sandbox.faults.add(Fault.status(500), times=None)
    assert [api.send("get_profile").status_code for _ in range(3)] == [500] * 3
    sandbox.faults.clear()
    assert api.send("get_profile").status_code == 200


def test_it_can_be_down_and_come_back_with_what_it_knew(sandbox, api, acme):
    acme.add_services(3)
    assert api.send("get_profile").status_code == 200
    sandbox.stop()
    with pytest.raises(requests.ConnectionError):
        api.send("get_profile")
    sandbox.start()
    assert len(api.data("get_services")) == 3


def test_it_drops_what_it_holds_when_it_stops(sandbox, api, invoice):
    hold = sandbox.faults.add(Fault.hold())
    failures = []

    def pay():
        try:
            api.send("pay_invoice", invoiceid=1)
        except requests.ConnectionError as failure:
            failures.append(failure)

    asking = threading.Thread(target=pay)
    asking.start()
    assert hold.arrived.wait(5)
    sandbox.stop()
    asking.join(5)
    assert len(failures) == 1
    assert (invoice["status"], sandbox.ledger) == ("Unpaid", [])


def test_it_takes_the_time_that_answers_from_far_away_take(api_with):
    with Sandbox(latency=0.3) as far:
        api = api_with(far, far.add_key(far.add_account()))
        began = time.monotonic()
        assert api.send("get_profile").status_code == 200
        assert time.monotonic() - began >= 0.3
