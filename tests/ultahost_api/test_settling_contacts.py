"""What the contacts that can be read say of a write whose answer was lost: done, not done, or neither."""

from typing import Any
from uuid import uuid4

import pytest

from ultahost_api import operations
from ultahost_api.calls.clients import for_key
from ultahost_api.client import NotFound, UltahostError
from ultahost_api.models import ApiKey, Operation
from ultahost_api.operations import WriteRequest
from ultahost_api.operations.actions import action_of
from ultahost_api.sandbox import Fault, Sandbox
from ultahost_api.sandbox.replies import as_html

ANN = {"firstname": "Ann", "lastname": "Lee", "email": "Ann@example.com"}


@pytest.fixture
def lose(sandbox: Sandbox, key: ApiKey) -> Any:
    def lose(action: str, **parameters: Any) -> Operation:
        sandbox.faults.add(Fault.drop(), action=action)
        write = action_of(action).write.on_the_wire(parameters)
        return operations.perform(WriteRequest(key.owner, key, write, uuid4()))

    return lose


@pytest.fixture
def seen(key: ApiKey) -> Any:
    return lambda lost: action_of(lost.action).took_effect(for_key(key), lost)


@pytest.fixture
def list_as(sandbox: Sandbox) -> Any:
    """From now on lists of contacts say this count besides, and this of each row."""

    def list_as(total: int | None = None, times: int | None = None, **row: Any) -> None:
        def edited(said: Any) -> Any:
            meta = said["meta"] | ({} if total is None else {"total_records": total})
            return said | {"data": [contact | row for contact in said["data"]], "meta": meta}

        sandbox.faults.add(Fault.edit(edited), action="get_contacts", times=times)

    return list_as


@pytest.mark.parametrize(
    ("how", "found"),
    [({}, False), ({"total": 3}, None), ({"id": "?"}, None), ({"email": ["?"]}, None)],
    ids=["all are read", "another count", "without an id", "without an address"],
)
def test_a_new_one_is_missing_only_among_all(
    acme: Any, lose: Any, seen: Any, list_as: Any, how: dict[str, Any], found: bool | None
) -> None:
    acme.add_contacts(2)
    lost = lose("create_contact", **ANN)
    list_as(**how)
    assert seen(lost) is found


@pytest.mark.parametrize(
    ("before", "found"),
    [({}, True), ({"total": 3}, None), ({"id": "?"}, None)],
    ids=["all were read", "another count", "without an id"],
)
def test_one_of_its_address_is_new_only_if_all_were_read_before(
    acme: Any, lose: Any, seen: Any, list_as: Any, before: dict[str, Any], found: bool | None
) -> None:
    acme.add_contacts(2)
    list_as(times=1, **before)
    lost = lose("create_contact", **ANN)
    acme.add("contacts", email="ann@example.com")
    assert seen(lost) is found


def test_one_that_was_there_before_is_not_new(acme: Any, lose: Any, seen: Any) -> None:
    acme.add("contacts", email="ann@example.com")
    assert seen(lose("create_contact", **ANN)) is False


@pytest.mark.parametrize("pages", [9, 10, 11])
def test_a_new_one_is_missing_among_all_of_up_to_ten_pages(
    acme: Any, lose: Any, seen: Any, page_size: Any, pages: int
) -> None:
    page_size(5)
    acme.add_contacts(5 * pages)
    lost = lose("create_contact", **ANN)
    assert lost.before["unread"] == ([] if pages <= 10 else None)
    assert seen(lost) is (False if pages <= 10 else None)


@pytest.mark.parametrize("count", [2, 150])
def test_one_is_deleted_if_it_is_not_found_however_many_there_are(
    sandbox: Sandbox, acme: Any, lose: Any, seen: Any, page_size: Any, count: int
) -> None:
    page_size(10)
    acme.add_contacts(count)
    lost = lose("delete_contact", contactid=1)
    asked = len(sandbox.requests)
    assert seen(lost) is False
    del acme.contacts[1]
    assert seen(lost) is True
    assert len(sandbox.requests) == asked + 2


@pytest.mark.parametrize("data", [None, [], {}, {"id": 2}, {"id": "?"}])
def test_one_is_not_deleted_for_an_answer_that_tells_of_no_contact(
    sandbox: Sandbox, acme: Any, lose: Any, seen: Any, data: Any
) -> None:
    acme.add_contacts(2)
    lost = lose("delete_contact", contactid=1)
    sandbox.faults.add(Fault.edit(lambda said: said | {"data": data}), action="get_contact", times=None)
    assert seen(lost) is None


def test_a_page_that_is_not_there_deletes_no_contact(
    sandbox: Sandbox, acme: Any, lose: Any, seen: Any
) -> None:
    acme.add_contacts(2)
    lost = lose("delete_contact", contactid=1)
    sandbox.faults.add(Fault.instead("page", lambda: as_html(404, "Not found")), action="get_contact")
    with pytest.raises(UltahostError) as error:
        seen(lost)
    assert not isinstance(error.value, NotFound)


@pytest.mark.parametrize(
    ("told", "found"), [({}, False), ({"city": "Rome"}, True), ({"id": 2, "city": "Rome"}, None)]
)
def test_one_is_changed_if_it_tells_so_itself(
    sandbox: Sandbox, acme: Any, lose: Any, seen: Any, told: dict[str, Any], found: bool | None
) -> None:
    acme.add_contacts(2)
    lost = lose("update_contact", contactid=1, city="Rome")
    edit = Fault.edit(lambda said: said | {"data": said["data"] | told})
    sandbox.faults.add(edit, action="get_contact")
    assert seen(lost) is found
