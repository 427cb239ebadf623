"""Who may be sent again: reads, and nothing else, and each time the meter is asked."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from ultahost_api.client import (
    ACTIONS,
    BadAnswer,
    BadRequest,
    Effect,
    Forbidden,
    NoAnswer,
    NotFound,
    OutcomeUnknown,
    Rate,
    RateLimited,
    ServerError,
    UltahostError,
    Unauthorized,
)

READS = [action for action in ACTIONS.values() if action.effect is Effect.READ]
OTHERS = [action for action in ACTIONS.values() if action.effect is not Effect.READ]


class Notebook:
    """A meter that writes down what it is told, and refuses after ``most`` requests."""

    def __init__(self, most: int = 100) -> None:
        self.most = most
        self.told: list[tuple[str, object]] = []

    def before(self, action):
        if len(self.told) >= 2 * self.most:
            raise RateLimited("not now", action=action.name, retry_at=datetime(2026, 1, 1, tzinfo=UTC))
        self.told.append(("before", action.name))

    def after(self, action, status, rate, words):
        self.told.append(("after", status))


def sample(action):
    kinds = {"int": 7, "text": "something", "flag": 1, "list": ["something"], "map": {"something": 1}}
    return {p.name: p.choices[0] if p.choices else kinds[p.kind] for p in action.parameters if p.required}


def test_it_has_twenty_actions_that_it_never_resends():
    assert len(READS) == 18
    assert len(OTHERS) == 21
    assert {a.name for a in OTHERS if a.method == "GET"} == {"get_epp_code", "setup_2fa"}


ODD = {
    "failure": lambda server: server.reply(503),
    "html": lambda server: server.reply(200, b"<html>"),
    "half a json": lambda server: server.reply(200, b'{"status": 200, "da'),
    "half a zip": lambda server: server.reply(200, b"\x1f\x8b\x08", {"Content-Encoding": "gzip"}),
    "nothing": lambda server: server.reply(200, b""),
}


@pytest.mark.parametrize(
    ("action", "fault"),
    [(action, fault) for action in READS for fault in ("drop", "cut", "hang", "failure", "half a json")]
    + [(ACTIONS["get_profile"], fault) for fault in ODD],
)
def test_it_resends_a_read(action, fault, server, make_client):
    odd = ODD[fault](server) if fault in ODD else getattr(server, fault)()
    server.answer(odd, odd, server.ok([] if action.paged else {"id": 7}))

    patience = 0.2 if fault == "hang" else 5  # a busy machine is slow to answer, too
    answer = make_client(tries=3, timeout=(5, patience)).call(action.name, **sample(action))

    assert answer.status == 200
    assert len(server.requests) == 3


@pytest.mark.parametrize("fault", ["drop", "cut", "failure", "half a json"])
@pytest.mark.parametrize("action", OTHERS, ids=lambda action: action.name)
def test_it_never_resends_anything_else(action, fault, server, make_client):
    server.answer(ODD[fault](server) if fault in ODD else getattr(server, fault)(), server.ok({}))
    secret = action.effect is Effect.SECRET_READ
    expected = (NoAnswer, ServerError, BadAnswer) if secret else OutcomeUnknown

    with pytest.raises(expected):
        make_client(tries=3).call(action.name, **sample(action))

    assert len(server.requests) == 1


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_it_gives_up_after_its_tries(tries, server, make_client):
    server.answer(server.reply(500))

    with pytest.raises(ServerError):
        make_client(tries=tries).call("get_profile")

    assert len(server.requests) == tries


@pytest.mark.parametrize(
    ("status", "error"), [(400, BadRequest), (401, Unauthorized), (403, Forbidden), (404, NotFound)]
)
def test_it_does_not_resend_what_was_refused(status, error, server, make_client):
    server.answer(server.reply(status))

    with pytest.raises(error):
        make_client(tries=3).call("get_profile")

    assert len(server.requests) == 1


NONSENSE = {
    "a redirect": lambda server: server.reply(302, b"", {"Location": "https://example.com/"}),
    "too much": lambda server: server.reply(200, b" " * 6_000_000),
    "a status that is none": lambda server: server.reply(200, {"status": "fine", "data": {}}),
}


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_it_does_not_resend_what_arrived_whole_and_means_nothing(nonsense, server, make_client):
    server.answer(NONSENSE[nonsense](server))

    with pytest.raises(BadAnswer):
        make_client(tries=3).call("get_profile")

    assert len(server.requests) == 1


def test_it_backs_off_at_random_and_ever_longer(server, make_client, monkeypatch):
    bounds, slept = [], []
    monkeypatch.setattr("random.uniform", lambda low, high: bounds.append((low, high)) or high)
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.5)
    server.answer(server.reply(500))

    with pytest.raises(ServerError):
        make_client(tries=7, deadline=1000).call("get_profile")

    assert slept == [0.5, 1, 2, 4, 8, 8]
    assert bounds == [(pause / 2, pause) for pause in slept]


def test_it_raises_a_429_at_once(server, make_client):
    server.answer(server.reply(429, {"message": "slow down"}, {"Retry-After": "0"}))

    with pytest.raises(RateLimited):
        make_client(tries=3).call("get_profile")

    assert len(server.requests) == 1


def test_it_says_until_when(server, client):
    server.answer(server.reply(429, b"", {"X-RateLimit-Reset": "30", "Retry-After": "90"}))

    with pytest.raises(RateLimited) as caught:
        client.call("pay_invoice", invoiceid=1)

    assert abs(caught.value.retry_at - datetime.now(UTC) - timedelta(seconds=90)) < timedelta(seconds=5)


def test_it_says_so_when_nobody_said_until_when(server, client):
    server.answer(server.reply(429, b"", {"X-RateLimit-Reset": "soon"}))

    with pytest.raises(RateLimited) as caught:
        client.call("get_profile")

    assert caught.value.retry_at is None


def test_it_waits_for_a_reset_as_long_as_it_may(server, make_client):
    server.answer(server.reply(429, b"", {"X-RateLimit-Reset": "0.3"}), server.ok({}))

    make_client(tries=2, max_wait=1).call("get_profile")

    first, second = server.requests
    assert 0.3 <= second.at - first.at < 1


def test_it_never_waits_longer_than_it_may(server, make_client):
    server.answer(server.reply(429, b"", {"X-RateLimit-Reset": "3"}))
    started = time.monotonic()

    with pytest.raises(RateLimited):
        make_client(tries=3, max_wait=1).call("get_profile")

    assert time.monotonic() - started < 1


def test_it_never_waits_to_send_a_write_again(server, make_client):
    server.answer(server.reply(429, b"", {"X-RateLimit-Reset": "0.1"}))

    with pytest.raises(RateLimited):
        make_client(tries=3, max_wait=5).call("pay_invoice", invoiceid=1)

    assert len(server.requests) == 1


def test_it_asks_and_tells_the_meter_about_each_request(server, make_client):
    meter = Notebook()
    server.answer(server.drop(), server.reply(500), server.ok({}))

    make_client(tries=3, meter=meter).call("get_profile")

    assert meter.told == [
        ("before", "get_profile"),
        ("after", None),
        ("before", "get_profile"),
        ("after", 500),
        ("before", "get_profile"),
        ("after", 200),
    ]


def test_it_tells_the_meter_what_the_body_says(server, make_client):
    meter = Notebook()
    server.answer(server.reply(200, {"status": 401, "message": "unknown key"}))

    with pytest.raises(Unauthorized):
        make_client(meter=meter).call("get_profile")

    assert meter.told[-1] == ("after", 401)


def test_it_sends_nothing_that_the_meter_refuses(server, make_client):
    meter = Notebook(most=0)

    with pytest.raises(RateLimited, match="not now"):
        make_client(meter=meter).call("pay_invoice", invoiceid=1)

    assert (meter.told, server.requests) == ([], [])


@pytest.mark.parametrize("fault", ["failure", "html"])
def test_it_resends_nothing_that_the_meter_refuses(fault, server, make_client):
    server.answer(ODD[fault](server))

    with pytest.raises(RateLimited, match="not now"):
        make_client(tries=3, meter=Notebook(most=1)).call("get_profile")

    assert len(server.requests) == 1


def test_it_tells_the_meter_the_rate_of_a_cut_answer(server, make_client):
    rates: list[Rate] = []
    meter = Notebook()
    meter.after = lambda action, status, rate, words: rates.append(rate)
    server.answer(server.raw(b"HTTP/1.1 200 OK\r\nX-RateLimit-Remaining: 4\r\nContent-Length: 99\r\n\r\n{"))

    with pytest.raises(OutcomeUnknown):
        make_client(meter=meter).call("pay_invoice", invoiceid=1)

    assert [rate.remaining for rate in rates] == [4]


def test_it_tells_the_meter_even_when_a_time_limit_strikes(make_client, monkeypatch):
    class TimeIsUp(Exception):
        pass

    def strike(*args, **kwargs):
        raise TimeIsUp

    meter = Notebook()
    monkeypatch.setattr("ultahost_api.client.core.connection.Adapter.send", strike)

    with pytest.raises(TimeIsUp):
        make_client(meter=meter).call("get_profile")

    assert meter.told == [("before", "get_profile"), ("after", None)]


@pytest.mark.parametrize(
    ("action", "parameters", "complaint"),
    [
        ("get_invoices", {"state": "Paid"}, "does not take state"),
        ("get_domains", {"sort": "DESC_id"}, "does not take sort"),
        ("get_invoice", {}, "needs invoiceid"),
        ("get_invoice", {"invoiceid": None}, "needs invoiceid"),
        ("get_invoice", {"invoiceid": "1; drop"}, "whole number"),
        ("get_invoice", {"invoiceid": True}, "whole number"),
        ("get_invoice", {"invoiceid": 1.5}, "whole number"),
        ("get_invoice", {"invoiceid": "100000000000000000000123"}, "whole number"),
        ("toggle_autorenew", {"domainid": 1, "autorenew": "on"}, "0 or 1"),
        ("manage_domain_lock", {"domainid": 1, "lockstatus": "shut"}, "one of locked, unlocked"),
        ("create_order", {"paymentmethod": "stripe", "pid": 1}, "a list"),
        ("create_order", {"paymentmethod": "stripe", "pid": [{}]}, "a list"),
        ("create_order", {"paymentmethod": "stripe", "domainrenewals": [1]}, "a mapping"),
        ("create_order", {"paymentmethod": ["stripe"]}, "text"),
        ("delete_everything", {}, "not one of the documented actions"),
    ],
)
def test_it_sends_nothing_that_is_not_documented(action, parameters, complaint, server, client):
    with pytest.raises(UltahostError, match=complaint) as caught:
        client.call(action, **parameters)

    assert type(caught.value).__name__ == "InvalidParameters"
    assert server.requests == []


def test_it_sends_lists_and_maps_as_they_are(server, client):
    client.orders.create(
        "stripe", pid=[1, 2], domain=["a.example", ""], domainrenewals={"b.example": 2}, eppcode=["x"]
    )

    assert server.sent.parameters == {
        "paymentmethod": "stripe",
        "pid": [1, 2],
        "domain": ["a.example", ""],
        "domainrenewals": {"b.example": 2},
        "eppcode": ["x"],
    }


@pytest.mark.parametrize("nameservers", [[], ["ns1.example.com"], ["n"] * 6])
def test_it_takes_two_to_five_nameservers(nameservers, client):
    with pytest.raises(UltahostError, match="two to five"):
        client.domains.update_nameservers(1, nameservers)
