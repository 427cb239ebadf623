"""After a change of the account's currency: what changes a row and tells no amount leaves that to be told."""

from typing import Any
from uuid import uuid4

import pytest

from ultahost_api import operations
from ultahost_api.models import ApiKey, Event
from ultahost_api.operations import WriteRequest
from ultahost_api.operations.actions import action_of
from ultahost_api.sandbox import Fault, Sandbox

BOTH = ["EUR", "USD"]


@pytest.fixture
def _dollars(acme: Any, key: ApiKey, worker: Any) -> None:
    """The account changed from euros to dollars after its domains and their details were read."""
    acme.add_domains(2, status="Active", recurringamount="5.00")
    for noun in ("domains", "details", "profile"):
        worker.run(noun)
    acme.profile["currency_code"] = "USD"
    worker.run("profile")


def currencies() -> list[Any]:
    """Of each change of a price, in their order."""
    priced = Event.objects.filter(changes__has_key="recurring_amount").order_by("pk")
    return [changes.get("currency") for changes in priced.values_list("changes", flat=True)]


@pytest.mark.usefixtures("_dollars")
def test_a_persons_write_leaves_the_first_price_its_old_currency(acme: Any, key: ApiKey, worker: Any) -> None:
    write = action_of("toggle_autorenew").write.on_the_wire({"domainid": 1, "autorenew": 0})
    assert operations.perform(WriteRequest(key.owner, key, write, uuid4())).took_effect
    for price in ("6.00", "7.00"):
        acme.domains[1]["recurringamount"] = price
        worker.run("domains")
    assert currencies() == [BOTH, None]


@pytest.mark.usefixtures("_dollars")
def test_a_row_that_was_gone_comes_back_from_its_old_currency(
    sandbox: Sandbox, acme: Any, worker: Any
) -> None:
    kept = acme.domains.pop(1)
    wrong = Fault.edit(lambda said: said | {"meta": said["meta"] | {"total_records": 1}})
    sandbox.faults.add(wrong, action="get_domains", times=None)
    for _ in range(2):
        worker.run("domains", full=True)
    assert Event.objects.filter(kind=Event.Kind.GONE).count() == 1
    worker.refresh("domains").__class__.objects.update(clean_at=None)
    acme.domains[1] = kept | {"recurringamount": "6.00"}
    worker.run("domains", full=True)
    assert currencies() == [BOTH]
