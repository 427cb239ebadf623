"""A lost upgrade beside invoices that came since: what their lines name tells whether one may be for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from ultahost_api import operations
from ultahost_api.models import ApiKey, Operation
from ultahost_api.operations import WriteRequest
from ultahost_api.operations.actions import action_of
from ultahost_api.sandbox import Fault, Sandbox

State = Operation.State

_OURS, _OTHER = "Linux VPS - ours.example", "Windows VPS - other.example"
_DOMAIN = "Domain Renewal - name.example - 1 Year/s (01/05/2026 - 30/04/2027)"


@pytest.fixture
def lost(sandbox: Sandbox, acme: Any, key: ApiKey, worker: Any) -> Operation:
    """An upgrade of a day ago, of which the service shows nothing."""
    for text in (_OURS, _OTHER):
        name, _, host = text.partition(" - ")
        acme.add_services(1, product_name=name, domain=host, status="Active")
    acme.add_domains(1, domain="name.example", status="Active")
    for noun in ("services", "domains"):
        worker.run(noun, full=True)
    sandbox.faults.add(Fault.drop(), action="upgrade_service")
    write = action_of("upgrade_service").write.on_the_wire(
        {"serviceid": 1, "type": "product", "newproductid": 2, "paymentmethod": "stripe"}
    )
    lost = operations.perform(WriteRequest(key.owner, key, write, uuid4()))
    Operation.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    return lost.fresh()


@pytest.fixture
def invoice(acme: Any, worker: Any) -> Callable[..., None]:
    """One that is open, with these lines; ``known`` if its details were read."""

    def add(*lines: str, known: bool = True) -> None:
        (bill,) = acme.add_invoices(1, status="Unpaid")
        line = bill["items"][0]
        bill["items"] = [{**line, "description": text} for text in lines]
        worker.run("invoices", full=True)
        if known:
            worker.run("details")

    return add


@pytest.mark.parametrize("lines", [[_OTHER], [_DOMAIN], [_OTHER, _DOMAIN]])
def test_it_is_missing_beside_invoices_of_other_things(
    lost: Operation, invoice: Any, lines: list[str]
) -> None:
    invoice(*lines)
    operations.look_again(lost)
    assert lost.state == State.NOT_CONFIRMED


@pytest.mark.parametrize(
    "lines", [[_OURS], ["Upgrade/Downgrade: Linux VPS => Windows VPS - ours.example"], ["Fee"], []]
)
def test_it_may_wait_for_one_that_may_be_its_own(lost: Operation, invoice: Any, lines: list[str]) -> None:
    invoice(_OTHER)
    invoice(*lines, *lines and [_OTHER])
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


def test_it_may_wait_for_one_whose_lines_are_not_known(lost: Operation, invoice: Any) -> None:
    invoice(_OTHER, known=False)
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN
