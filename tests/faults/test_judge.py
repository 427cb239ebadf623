"""A judge that cannot find anything wrong proves nothing: here is one wrong of each kind."""

import socket
import threading
import time
from collections import Counter
from random import Random

import pytest

from tests.faults import judge, witness
from tests.faults.judge import PROMISES, Asked, Patience, RowSeen, Sent, Verdict
from tests.faults.processes import Outages
from tests.faults.provider import Crossing, Provider, UnderWay
from tests.faults.witness import Books, Note
from ultahost_api.calls import budget
from ultahost_api.calls.budget import Purpose
from ultahost_api.client import Rate
from ultahost_api.sandbox.log import RequestSeen

ACCOUNT = ("uuid", "invoices")


@pytest.mark.parametrize("promise", PROMISES)
def test_it_calls_a_run_bad_for_any_one_promise(promise):
    verdict = Verdict(Counter({"worker killed": 3}))
    assert verdict.is_good

    verdict.find(promise, ["the wrong"])

    assert not verdict.is_good
    assert f"1 {PROMISES[promise]}" in str(verdict)
    assert verdict.explain() == f"{PROMISES[promise]}: the wrong"
    assert str(verdict).startswith("3 faults: ")


def waiting(*moments: float, work: object = 0, rung: str = "") -> Patience:
    patience = Patience()
    for now in moments:
        patience.see(now, [RowSeen("row", wants_work=True, work=work, rung=rung)])
    return patience


def test_it_finds_a_row_that_waits_longer_than_a_dead_lease():
    assert waiting(0, 120).stuck == []
    (found,) = waiting(0, 120, 121, 122).stuck
    assert found.startswith("row for 121 s")


def test_it_starts_anew_with_every_sign_of_work():
    patience = waiting(0, 100)
    patience.see(101, [RowSeen("row", wants_work=True, work="another page")])
    patience.see(200, [RowSeen("row", wants_work=True, work="another page")])
    patience.see(201, [RowSeen("row", wants_work=False, work="another page")])
    patience.see(202, [RowSeen("row", wants_work=True, work="another page")])
    patience.see(320, [RowSeen("row", wants_work=True, work="another page")])
    assert patience.stuck == []


def test_it_grants_a_minute_for_a_message_that_was_lost_and_once_only():
    patience = waiting(0, 1, rung="first")
    patience.doorbell_lost()
    patience.doorbell_lost()
    patience.see(180, [RowSeen("row", wants_work=True, work=0, rung="first")])
    assert patience.stuck == []
    patience.see(181, [RowSeen("row", wants_work=True, work=0, rung="first")])
    assert len(patience.stuck) == 1


def test_it_grants_a_minute_for_a_message_between_two_looks():
    patience = waiting(0, 1)
    patience.doorbell_lost()
    patience.see(2, [RowSeen("row", wants_work=True, work=0, rung="first")])
    patience.see(3, [RowSeen("row", wants_work=True, work=0, rung="heard by nobody who says so")])
    patience.see(180, [RowSeen("row", wants_work=True, work=0)])
    assert patience.stuck == []
    patience.see(181, [RowSeen("row", wants_work=True, work=0)])
    assert len(patience.stuck) == 1


def test_it_grants_nothing_where_no_message_was_out():
    patience = waiting(0, 1)
    patience.doorbell_lost()
    patience.see(2, [RowSeen("row", wants_work=True, work=0)])
    patience.see(121, [RowSeen("row", wants_work=True, work=0)])
    assert len(patience.stuck) == 1


@pytest.mark.parametrize(
    "ours",
    [
        {},
        {1: ("Paid", "1.00")},
        {1: ("Paid", "1.00"), 2: ("Unpaid", "2.00"), 3: ("Paid", "3.00")},
        {1: ("Unpaid", "1.00"), 2: ("Unpaid", "2.00")},
        {1: ("Paid", "1.01"), 2: ("Unpaid", "2.00")},
    ],
    ids=["nothing", "a row missing", "a row too many", "another status", "another amount"],
)
def test_it_finds_a_change_that_never_came(ours):
    theirs = {ACCOUNT: {1: ("Paid", "1.00"), 2: ("Unpaid", "2.00")}}
    assert judge.lost_changes(theirs, theirs) == []
    assert judge.lost_changes(theirs, {ACCOUNT: ours} if ours else {})


def test_it_finds_a_row_that_is_called_gone_and_exists():
    theirs = {ACCOUNT: {1: ("Paid", "1.00")}}
    assert judge.wrongly_gone({ACCOUNT: [2]}, theirs) == []
    assert judge.wrongly_gone({ACCOUNT: [1, 2]}, theirs) == ["invoices 1 of uuid"]


@pytest.mark.parametrize(("status", "ended"), [(None, 1.0), (500, 1.0), (404, 1.0), (200, 16.0)])
def test_it_finds_a_page_that_does_not_answer_unless_the_web_was_struck(status, ended):
    asked = [Asked("/", 0.0, 1.0, 200), Asked("/services/", 0.0, ended, status)]
    outages = Outages([("web", 17.0, 18.0), ("valkey", 0.0, 20.0)])

    def excused(began: float, ended: float) -> bool:
        return outages.cover("web", began, ended)

    (found,) = judge.unanswered(asked, {200}, 15.0, excused)
    assert found.startswith("/services/: ")
    outages.spans.append(("web", 0.5, 0.9))
    assert judge.unanswered(asked, {200}, 15.0, excused) == []


PAID = ("pay_invoice", 7)


@pytest.mark.parametrize(
    ("status", "states", "requests", "effects", "promise"),
    [
        (303, {}, {}, {}, "lost_operations"),
        (None, {}, {PAID: 1}, {PAID: 1}, "lost_operations"),
        (303, {"token": "done"}, {PAID: 2}, {PAID: 1}, "double_effects"),
        (303, {"token": "refused"}, {PAID: 1}, {PAID: 1}, "mistold"),
        (303, {"token": "done"}, {PAID: 1}, {}, "mistold"),
        (303, {"token": "unknown"}, {PAID: 1}, {PAID: 1}, "mistold"),
        (None, {"token": "sending"}, {PAID: 1}, {}, "mistold"),
    ],
)
def test_it_finds_an_operation_that_is_lost_doubled_or_mistold(status, states, requests, effects, promise):
    sent = [Sent("token", *PAID, status)]
    found = judge.judge_operations(sent, states, requests, effects)
    assert [name for name, what in found.items() if what] == [promise]


@pytest.mark.parametrize(
    ("status", "states", "effects"),
    [
        (303, {"token": "done"}, {PAID: 1}),
        (303, {"token": "unknown"}, {}),
        (422, {"token": "not_sent"}, {}),
        (422, {}, {}),
        (None, {}, {}),
        (None, {"token": "confirmed"}, {PAID: 1}),
    ],
)
def test_it_lets_an_honest_operation_be(status, states, effects):
    sent = [Sent("token", *PAID, status)]
    assert not any(judge.judge_operations(sent, states, effects, effects).values())


def seen(at: float, closed_until: float | None = None) -> RequestSeen:
    return RequestSeen(
        at, 0.0, "0001", "GET", "get_invoices", {}, "bucket", closed_until=closed_until, answered=at + 0.1
    )


def nothing(began: float, ended: float) -> bool:
    return False


TOLD = seen(100.0, closed_until=110.0)


def test_it_finds_a_request_before_a_reset_that_was_granted_although_its_news_was_known():
    books = Books([Note("0001", 103.0), Note("0001", 105.0)], [Note("0001", 103.5)])

    (found,) = judge.early([TOLD, seen(104.0), seen(106.0), seen(110.0)], [TOLD], books, nothing)

    assert found == "get_invoices with …0001, 5.9 s after it was told to wait"
    assert judge.early([seen(106.0)], [TOLD], books, lambda *span: span == (100.1, 106.0)) == []
    assert judge.news_travelled([TOLD], books) == pytest.approx(3.4)


def test_it_lets_a_request_be_that_was_granted_before_however_late_it_comes():
    books = Books([Note("0001", 100.2), Note("0002", 101.0)], [Note("0001", 100.5)])

    assert judge.early([seen(109.0)], [TOLD], books, nothing) == []


def test_it_finds_a_request_before_a_reset_whose_news_was_never_written_down():
    books = Books([], [Note("0001", 99.0), Note("0002", 101.0)])

    assert judge.early([seen(100.5)], [TOLD], books, nothing) == []
    assert judge.early([seen(102.0)], [TOLD], books, nothing)


def test_the_witness_sees_what_each_process_granted_and_closed(
    settings, tmp_path, people, sandbox, add_key, monkeypatch
):
    key = add_key(people.member("Alma"), sandbox.add_account())
    settings.PORTAL_DATA_DIR = tmp_path
    began = time.monotonic()
    monkeypatch.setattr(budget, "_taken", witness._noting_grants(budget._taken))
    record = witness._noting_closings(budget.record)

    budget.take(key, Purpose.PERSON)
    record(key, Rate(remaining=3, reset_in=5), 200)
    record(key, Rate(remaining=0, reset_in=5), 200)

    books = Books.read(tmp_path)
    assert [note.key for note in (*books.grants, *books.closings)] == [key.last_four] * 2
    assert began < books.grants[0].at < books.closings[0].at


def test_it_finds_a_call_with_a_key_that_was_refused():
    calls = [("0001", 100.0), ("0001", 104.0), ("0002", 200.0)]
    assert judge.calls_with_refused_keys(calls, {"0001": 101.0}) == []
    assert judge.calls_with_refused_keys([*calls, ("0001", 107.0)], {"0001": 101.0})


def test_it_finds_a_program_that_came_back_late():
    assert judge.late_returns([("web", 2.0)]) == []
    assert judge.late_returns([("web", 2.0), ("beat", 11.0)]) == ["beat after 11.0 s"]


def under_way(account: str = "uuid", action: str = "get_invoices") -> tuple[UnderWay, socket.socket]:
    """A request at the provider's side, and the other end of its connection."""
    theirs, ours = socket.socketpair()
    theirs.settimeout(60)
    return UnderWay(account, action, "key", theirs), ours


def crossed(first: UnderWay, second: UnderWay) -> list[str]:
    crossing = Crossing()
    crossing.enter(first)
    crossing.enter(second)
    return crossing.overlaps


def test_it_finds_two_that_walk_one_list_at_the_same_time():
    (first, mine), (second, yours) = under_way(), under_way()
    (found,) = crossed(first, second)
    assert found.startswith("get_invoices of uuid beside one ")

    mine.close()  # killed: nobody waits for that answer any more
    assert crossed(first, second) == []
    yours.close()


def test_it_lets_two_walk_different_lists():
    (first, mine), (other, yours), (elsewhere, his) = (
        under_way(),
        under_way(action="get_services"),
        under_way("another"),
    )
    assert crossed(first, other) == crossed(first, elsewhere) == []
    for connection in (mine, yours, his):
        connection.close()


def test_its_provider_sees_two_walk_one_list(free_port):
    with Provider(free_port, 1, Random(1)) as provider:
        (key,) = provider.current.values()
        walk_at_once(provider.url, key, walkers=1)
        assert provider.crossing.overlaps == []
        walk_at_once(provider.url, key, walkers=3)
        assert provider.crossing.overlaps


def walk_at_once(url: str, key: str, walkers: int) -> None:
    import requests

    def walk() -> None:
        for _ in range(3):
            answer = requests.get(url, {"action": "get_invoices"}, headers={"x-api-key": key}, timeout=10)
            assert answer.ok

    threads = [threading.Thread(target=walk) for _ in range(walkers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_its_outages_last_until_they_are_over():
    outages = Outages()
    with outages.of("web"):
        now = time.monotonic()
        assert outages.cover("web", now, now + 1)
        assert not outages.cover("valkey", now, now + 1)
    later = time.monotonic() + 1
    assert not outages.cover("web", later, later + 1)
