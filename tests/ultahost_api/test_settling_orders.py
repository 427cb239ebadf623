"""What the orders that are there say of one whose answer was lost: made, not made, or neither."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from ultahost_api import operations
from ultahost_api.calls.clients import for_key
from ultahost_api.models import ApiKey, Operation
from ultahost_api.operations import WriteRequest
from ultahost_api.operations.actions import action_of
from ultahost_api.sandbox import Fault, Sandbox

LATELY, LONG_AGO = timedelta(minutes=5), timedelta(days=90)


def sandbox_day(ago: timedelta) -> str:
    return datetime.strftime(timezone.now() - ago, "%Y-%m-%d %H:%M:%S")


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch, page_size: Any) -> None:
    page_size(5)
    monkeypatch.setattr("ultahost_api.operations.actions.orders._NEWEST", 10)


@pytest.fixture
def there(acme: Any) -> Any:
    def add(count: int = 1, ago: timedelta = LONG_AGO, **fields: Any) -> list[Any]:
        return acme.add_orders(count, **{"paymentmethod": "stripe", "date": sandbox_day(ago)} | fields)

    return add


@pytest.fixture
def lose(sandbox: Sandbox, key: ApiKey) -> Any:
    def lose(**more: Any) -> Operation:
        sandbox.faults.add(Fault.drop(), action="create_order")
        wanted = {"paymentmethod": "stripe", "pid": [1]} | more
        write = action_of("create_order").write.on_the_wire(wanted)
        return operations.perform(WriteRequest(key.owner, key, write, uuid4()))

    return lose


@pytest.fixture
def edit(sandbox: Sandbox) -> Any:
    """From now on lists of orders say this besides, or of these rows."""

    def edit(rows: Any = None, **meta: Any) -> None:
        def edited(said: Any) -> Any:
            data = [row for row in map(rows, said["data"]) if row] if rows else said["data"]
            return said | {"data": data, "meta": said["meta"] | meta}

        sandbox.faults.add(Fault.edit(edited), action="get_orders", times=None)

    return edit


@pytest.fixture
def oldest_first(sandbox: Sandbox, acme: Any) -> Any:
    """From now on the provider does not sort, and the offset counts from the oldest."""

    def turn(**more: Any) -> None:
        def turned(said: Any) -> Any:
            start = said["meta"]["current_offset"]
            rows = sorted(acme.orders.values(), key=lambda row: row["id"])[start : start + 5]
            plain = [{name: told for name, told in row.items() if name[0] != "_"} for row in rows]
            return said | {"data": plain, "meta": said["meta"] | more}

        sandbox.faults.add(Fault.edit(turned), action="get_orders", times=None)

    return turn


@pytest.fixture
def seen(key: ApiKey) -> Any:
    """What reading tells; ``late`` a day after it was sent, when it reads all."""

    def seen(lost: Operation, *, late: bool = True) -> bool | None:
        if late:
            lost.created_at -= timedelta(days=1, minutes=1)
        return action_of("create_order").took_effect(for_key(key), lost)

    return seen


def test_the_newest_of_before_is_not_ours(there: Any, lose: Any, seen: Any) -> None:
    there(3, ago=LATELY)
    assert seen(lose()) is False


def test_a_new_one_for_another_domain_is_not_ours(acme: Any, there: Any, lose: Any, seen: Any) -> None:
    lost = lose(domain=["a.example"])
    there(ago=LATELY, _domainids=[acme.add("domains", domain="b.example")["id"]])
    assert seen(lost) is False


def test_none_is_missing_beside_one_without_an_id(there: Any, lose: Any, seen: Any, edit: Any) -> None:
    there(2)
    lost = lose()
    edit(lambda row: row | {"id": "?"} if row["id"] == 1 else row)
    assert seen(lost) is None


def test_one_whose_method_is_not_told_may_be_ours(there: Any, lose: Any, seen: Any) -> None:
    lost = lose()
    there(ago=LATELY, paymentmethod="")
    assert seen(lost) is None


def test_ours_is_found_behind_the_first_page(there: Any, lose: Any, seen: Any, oldest_first: Any) -> None:
    there(7)
    lost = lose()
    there(ago=LATELY)
    oldest_first()
    assert seen(lost, late=False) is True


def test_as_many_as_before_are_enough_where_the_newest_are_first(
    sandbox: Sandbox, there: Any, lose: Any, seen: Any
) -> None:
    there(40)
    lost, before = lose(), len(sandbox.requests)
    assert seen(lost) is False
    assert len(sandbox.requests) - before == 2


@pytest.mark.parametrize("total", [None, 41])
def test_all_are_read_where_there_may_be_another(
    sandbox: Sandbox, there: Any, lose: Any, seen: Any, edit: Any, total: int | None
) -> None:
    """Since no count is told, or more are counted than before."""
    there(40)
    if total is None:
        edit(total_records=None)
    lost = lose()
    if total:
        edit(total_records=total)
    before = len(sandbox.requests)
    assert seen(lost) is None
    assert len(sandbox.requests) - before >= 8


def test_all_are_read_where_the_newest_are_not_first(
    sandbox: Sandbox, there: Any, lose: Any, seen: Any, oldest_first: Any
) -> None:
    there(40)
    lost = lose()
    oldest_first()
    before = len(sandbox.requests)
    assert seen(lost) is False
    assert len(sandbox.requests) - before == 8


def test_all_are_read_where_as_many_are_newer_as_are_looked_through(
    acme: Any, there: Any, lose: Any, seen: Any
) -> None:
    """Newest first and as many as before, since as many old ones are no longer there."""
    there(40)
    lost = lose(domain=["a.example"])
    there(ago=LATELY, _domainids=[acme.add("domains", domain="a.example")["id"]])
    there(12, ago=LATELY, _domainids=[acme.add("domains", domain="b.example")["id"]])
    for number in range(1, 14):
        del acme.orders[number]
    assert seen(lost) is True


@pytest.mark.parametrize(("ago", "found"), [(LATELY, None), (LONG_AGO, False)])
def test_one_below_an_id_of_our_copy_may_be_ours_if_it_is_new(
    there: Any, lose: Any, seen: Any, ago: timedelta, found: bool | None
) -> None:
    lost = lose()
    lost.before |= {"newest_here": 5}
    there(1, ago=ago, id=5)
    assert seen(lost) is found


def test_one_whose_day_is_not_told_may_be_ours(there: Any, lose: Any, seen: Any) -> None:
    lost = lose()
    lost.before |= {"newest_here": 5}
    there(1, id=5, date="0000-00-00 00:00:00")
    assert seen(lost) is None


@pytest.mark.parametrize("how", ["another count", "oldest first"])
def test_on_its_first_day_only_some_are_read_and_tell_of_none_missing(
    sandbox: Sandbox, there: Any, lose: Any, seen: Any, edit: Any, oldest_first: Any, how: str
) -> None:
    there(40)
    lost = lose()
    if how == "oldest first":
        oldest_first()
    else:
        edit(total_records=41)
    before = len(sandbox.requests)
    assert seen(lost, late=False) is None
    assert len(sandbox.requests) - before == 2


def test_one_for_no_domain_may_have_made_an_order_that_names_one(
    acme: Any, there: Any, lose: Any, seen: Any
) -> None:
    lost = lose()
    there(ago=LATELY, _domainids=[acme.add("domains", domain="a.example")["id"]])
    assert seen(lost) is True
