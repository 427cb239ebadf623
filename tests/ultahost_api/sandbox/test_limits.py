import threading
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest

from ultahost_api.sandbox import Fault, Sandbox
from ultahost_api.sandbox.limits import RESET_FORMS

READ_AS_EPOCH = {
    "epoch": float,
    "epoch_ms": lambda text: float(text) / 1000,
    "epoch_fraction": float,
    "iso": lambda text: datetime.fromisoformat(text).timestamp(),
    "sql": lambda text: datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp(),
    "http": lambda text: parsedate_to_datetime(text).timestamp(),
}


@pytest.fixture
def small():
    """Two requests in a second: long enough for a busy machine, short enough to wait for."""
    with Sandbox(limit=2, window=1.0) as running:
        yield running


@pytest.fixture
def visitor(small, api_with):
    return api_with(small, small.add_key(small.add_account()))


def spend(api, requests=2):
    return [api.send("get_profile") for _ in range(requests)]


def test_it_counts_down_and_then_refuses_until_the_window_ends(small, visitor):
    answers = spend(visitor, 3)
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].json()["status"] == 429
    time.sleep(1.05)
    assert spend(visitor, 1)[0].headers["X-RateLimit-Remaining"] == "1"


def test_it_does_nothing_for_a_limited_request(small, visitor):
    (account,) = small.accounts
    account.add_invoices(1)
    spend(visitor)
    assert visitor.send("pay_invoice", invoiceid=1).status_code == 429
    assert (account.invoices[1]["status"], small.ledger) == ("Unpaid", [])


@pytest.mark.parametrize("form", READ_AS_EPOCH)
@pytest.mark.parametrize("offset", [0, -600, 600])
def test_it_tells_the_reset_in_each_form_by_its_own_clock(api_with, form, offset):
    with Sandbox(limit=1, window=30.0, reset_form=form) as sandbox:
        sandbox.clock_offset = offset
        answer = api_with(sandbox, sandbox.add_key(sandbox.add_account())).send("get_profile")
    reset = READ_AS_EPOCH[form](answer.headers["X-RateLimit-Reset"])
    told = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert abs(told - time.time() - offset) < 2
    assert 29.5 <= reset - told < 32


@pytest.mark.parametrize(
    ("form", "header"), [("delta", "30"), ("mad", "soon"), ("missing", None), ("past", None)]
)
def test_it_tells_the_reset_in_forms_that_are_no_date(api_with, form, header):
    with Sandbox(limit=5, window=30.0, reset_form=form) as sandbox:
        answer = api_with(sandbox, sandbox.add_key(sandbox.add_account())).send("get_profile")
    told = answer.headers.get("X-RateLimit-Reset")
    if form == "past":
        assert float(told) < time.time() - 3000
    else:
        assert told == header
    assert ("X-RateLimit-Remaining" in answer.headers) == (form != "missing")


def test_it_knows_the_forms_that_are_tested():
    assert set(RESET_FORMS) == {*READ_AS_EPOCH, "delta", "mad", "missing", "past"}
    with pytest.raises(ValueError, match="epoch_ms"):
        Sandbox(reset_form="fortnight")


def test_it_sends_retry_after_when_asked_to(api_with):
    with Sandbox(limit=1, window=30.0, retry_after=True) as sandbox:
        first, second = spend(api_with(sandbox, sandbox.add_key(sandbox.add_account())))
    assert "Retry-After" not in first.headers
    assert second.headers["Retry-After"] == "30"


@pytest.mark.parametrize(("per", "second_key"), [("key", 200), ("account", 429)])
def test_it_counts_per_key_or_per_account(api_with, per, second_key):
    with Sandbox(limit=1, window=30.0, per=per) as sandbox:
        account = sandbox.add_account()
        one, two = (api_with(sandbox, sandbox.add_key(account)) for _ in range(2))
        assert one.send("get_profile").status_code == 200
        assert two.send("get_profile").status_code == second_key


def test_it_closes_the_window_for_real_with_a_scripted_429(small, visitor):
    small.faults.add(Fault.limited(seconds=0.9, form="delta"))
    first = spend(visitor, 1)[0]
    assert (first.status_code, first.headers["X-RateLimit-Reset"]) == (429, "1")
    assert spend(visitor, 1)[0].status_code == 429
    time.sleep(0.95)
    assert spend(visitor, 1)[0].status_code == 200


def test_it_catches_a_client_that_goes_on_after_its_window_is_spent(small, visitor):
    spend(visitor, 4)
    assert [seen.remaining_before for seen in small.early_requests()] == [0, 0]
    assert [seen.limited for seen in small.requests] == [False, False, True, True]


def test_it_catches_a_client_that_goes_on_after_a_429_without_headers(api_with):
    with Sandbox(limit=1, window=5.0, reset_form="missing") as sandbox:
        visitor = api_with(sandbox, sandbox.add_key(sandbox.add_account()))
        spend(visitor, 2)
        assert sandbox.early_requests() == []  # nobody had told it yet
        spend(visitor, 1)
        assert len(sandbox.early_requests()) == 1


def test_it_finds_nothing_against_a_client_that_waits(small, visitor, api_with):
    other = api_with(small, small.add_key(small.accounts[0]))
    for _ in range(2):
        spend(visitor, 2)
        spend(other, 1)
        time.sleep(1.05)
    assert len(small.requests) == 6
    assert small.early_requests() == []


def test_it_does_not_blame_a_request_that_was_under_way(small, visitor, api_with):
    """Two of one key at once: the first 429 cannot have been known to the second."""
    hold = small.faults.add(Fault.hold())
    twin = api_with(small, visitor.key)
    waiting = threading.Thread(target=spend, args=(twin, 1))
    waiting.start()
    assert hold.arrived.wait(5)
    spend(visitor, 1)
    hold.release.set()
    waiting.join(5)
    assert small.early_requests() == []
