"""Settling several unknown results of a batch at once: what a person saw at Ultahost."""

from uuid import uuid4

import pytest

from portal.models import Act, AuditEntry, Grant
from tests.portal.statements import all_statements
from ultahost_api import operations
from ultahost_api.client.writes import SetLock
from ultahost_api.models import Account, Domain, Operation
from ultahost_api.operations import WriteRequest

pytestmark = pytest.mark.django_db

State = Operation.State


@pytest.fixture
def batch(sandbox, people, add_key, read_everything):
    """Four locks of two accounts, all unknown; Alma sent them."""
    alma, batch, requests = people.member("Alma"), uuid4(), []
    for name in ("Acme", "Umbrella"):
        account = sandbox.add_account(name, "EUR")
        account.add_domains(2, status="Active")
        add_key(alma, account, f"Key of {name}")
    read_everything()
    for domain in Domain.objects.order_by("account__name", "name"):
        key = alma.api_keys.get(account=domain.account)
        requests.append(WriteRequest(alma, key, SetLock(domain.remote_id, True), uuid4()))
    operations.queue(requests, batch)
    Operation.objects.update(state=State.UNKNOWN)
    return batch


@pytest.fixture
def alma(batch):
    return Operation.objects.first().user


def rows():
    return list(Operation.objects.order_by("place"))


def settle(browser, batch, *chosen, happened="yes"):
    data = {"row": [str(getattr(one, "pk", one)) for one in chosen], "happened": happened}
    return browser.post(f"/activity/together/{batch}/decide/", data)


def states():
    return [one.state for one in rows()]


def test_several_are_settled_at_once_and_each_is_in_the_audit_log(browser, batch, alma):
    page = browser.get(f"/activity/together/{batch}/")
    boxes = page.all("#batch-rows td.pick input[name=row][form=settle]")
    assert [box["value"] for box in boxes] == [str(one.pk) for one in rows()]
    assert page.texts("#settle button[name=happened]") == ["It happened", "It did not happen"]
    assert page.one("#settle input[name=csrfmiddlewaretoken]")["value"]
    first, second, third, _last = rows()

    settle(browser, batch, first, second)
    page = browser.follow(settle(browser, batch, third, happened="no"))

    assert states() == [State.CONFIRMED, State.CONFIRMED, State.NOT_CONFIRMED, State.UNKNOWN]
    entries = AuditEntry.objects.filter(act=Act.OPERATION_DECIDED)
    assert {(one.actor, one.target_id) for one in entries} == {
        (alma, str(one.pk)) for one in (first, second, third)
    }
    assert {one.settled_by for one in rows()[:3]} == {alma}
    assert len(page.all("#batch-rows td.pick input")) == 1


def test_one_that_was_settled_meanwhile_is_left_alone_and_said(browser, batch, alma):
    first, second, *_ = rows()
    operations.decide(first, alma, took_effect=False)
    page = browser.follow(settle(browser, batch, first, second))
    assert states()[:2] == [State.NOT_CONFIRMED, State.CONFIRMED]
    assert "1 result was known meanwhile and was not changed." in page.html
    assert AuditEntry.objects.filter(act=Act.OPERATION_DECIDED).count() == 1


def test_without_a_selection_nothing_is_changed(browser, batch):
    page = browser.follow(settle(browser, batch))
    assert "Select rows first. Nothing was changed." in page.html
    assert set(states()) == {State.UNKNOWN}


@pytest.mark.parametrize("strange", ["nonsense", "of none", "of another batch"])
def test_what_is_not_of_the_batch_settles_nothing(browser, batch, strange):
    first, *_others, last = rows()
    if strange == "of none":
        strange = uuid4()
    if strange == "of another batch":
        Operation.objects.filter(pk=last.pk).update(batch=uuid4())
        strange = last.pk
    assert settle(browser, batch, first, strange).status == 404
    assert set(states()) == {State.UNKNOWN}


def test_another_answer_than_yes_or_no_settles_nothing(browser, batch):
    assert settle(browser, batch, rows()[0], happened="maybe").status == 404
    assert set(states()) == {State.UNKNOWN}


def test_each_row_needs_the_right_to_its_account(visit, batch, alma, people):
    """Her key to one of them was given up, and with it her right to the account."""
    acme, umbrella = Account.objects.order_by("name")
    dana = people.admin("Dana")
    Operation.objects.filter(account=umbrella).update(key=alma.api_keys.get(account=acme))
    alma.api_keys.filter(account=umbrella).delete()
    browser, mine, theirs = visit(alma), rows()[0], rows()[3]

    boxes = browser.get(f"/activity/together/{batch}/").all("td.pick input")
    assert len(boxes) == 2
    assert settle(browser, batch, mine, theirs).status == 404
    assert set(states()) == {State.UNKNOWN}
    Grant.objects.create(user=alma, account=umbrella, level="view", given_by=dana)
    assert settle(visit(alma), batch, mine, theirs).status == 303


def test_another_person_settles_nothing(visit, batch, people):
    assert settle(visit(people.member("Ben")), batch, *rows()).status == 404
    assert set(states()) == {State.UNKNOWN}


def test_more_rows_take_no_more_statements(browser, batch):
    counts = []
    for number in (2, 4):
        Operation.objects.update(state=State.DONE)
        Operation.objects.filter(pk__in=[one.pk for one in rows()[:number]]).update(state=State.UNKNOWN)
        with all_statements() as statements:
            browser.get(f"/activity/together/{batch}/")
        counts.append(len(statements))
    assert counts[0] == counts[1]
