"""Lost answers of writes: what reading shows is believed, and what it leaves open stays unknown."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from ultahost_api import keys, operations
from ultahost_api.models import Operation, Order, Refresh
from ultahost_api.operations import WriteRequest
from ultahost_api.operations.actions import action_of
from ultahost_api.refresh import pacing, runs
from ultahost_api.sandbox import Fault

State = Operation.State


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


@pytest.fixture
def lose(sandbox, key):
    """Sends a write whose answer is lost, before it took effect or after."""

    def lose(action, *, after_effect=False, **parameters):
        sandbox.faults.add(Fault.drop(after_effect=after_effect), action=action)
        write = action_of(action).write.on_the_wire(parameters)
        operation = operations.perform(WriteRequest(key.owner, key, write, uuid4()))
        assert operation.state == State.UNKNOWN
        return operation

    return lose


def read_often(operation):
    """As often as it takes to give up a write that may be repeated, and after as long."""
    Operation.objects.update(ended_at=timezone.now() - timedelta(minutes=3))
    for _ in range(3):
        operations.look_again(operation)
    return operation.state


def a_day_later():
    Operation.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))


@pytest.fixture
def answer(sandbox):
    """From now on this read answers with these data."""

    def answer(action, data):
        told = {} if data is None else {"data": data}
        edit = Fault.edit(lambda said: {"status": 200, "message": "ok", "meta": said.get("meta")} | told)
        sandbox.faults.add(edit, action=action, times=None)

    return answer


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        ("xn--mnchen-3ya.de", "münchen.de"),
        ("münchen.de", "xn--mnchen-3ya.de"),
        ("Shop.Example", "shop.example"),
    ],
)
def test_it_finds_its_order_however_the_domain_is_written(acme, lose, wanted, there):
    lost = lose("create_order", paymentmethod="stripe", domain=[wanted], domaintype=["register"])
    acme.add_orders(1, paymentmethod="stripe", _domainids=[acme.add("domains", domain=there)["id"]])
    operations.look_again(lost)
    assert lost.state == State.CONFIRMED


@pytest.mark.parametrize(
    "row",
    [{"paymentmethod": "Stripe"}, {"paymentmethod": "stripe", "domain": ""}],
    ids=["method in capitals", "service without a domain"],
)
def test_it_finds_its_order_that_is_told_otherwise(acme, lose, row):
    lost = lose("create_order", paymentmethod="stripe", pid=[1], domain=["a.example"])
    ids = [acme.add("services", domain=row.pop("domain"))["id"]] if "domain" in row else []
    acme.add_orders(1, _serviceids=ids, **row)
    operations.look_again(lost)
    assert lost.state == State.CONFIRMED


@pytest.mark.parametrize(
    "rows", [[{"id": "?"}], [{"id": 990, "paymentmethod": {}}]], ids=["no id", "no method"]
)
def test_it_calls_no_order_missing_while_one_cannot_be_read(lose, answer, rows):
    lost = lose("create_order", paymentmethod="stripe", pid=[1])
    Operation.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    answer("get_orders", rows)
    answer("get_order", rows[0])
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


def test_it_calls_no_order_missing_among_more_than_it_reads(sandbox, acme, lose, monkeypatch):
    """Ours may be behind those that were read."""
    monkeypatch.setattr("ultahost_api.operations.actions.orders._NEWEST", 25)
    acme.add_orders(60)
    lost = lose("create_order", paymentmethod="stripe", pid=[1])
    Operation.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    told = {"total_records": 61}
    turned = Fault.edit(lambda said: said | {"data": said["data"][::-1], "meta": said["meta"] | told})
    sandbox.faults.add(turned, action="get_orders", times=None)
    assert read_often(lost) == State.UNKNOWN


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"companyname": "R&D"}, {"companyname": "R&amp;D"}),
        ({"companyname": "R&amp;D"}, {"companyname": "R&amp;D"}),
        ({"companyname": " Acme "}, {"companyname": "Acme"}),
        ({"companyname": ""}, {"companyname": None}),
        ({"invoiceemails": True}, {"invoiceemails": 1}),
        ({"invoiceemails": 0}, {"invoiceemails": "off"}),
    ],
)
def test_it_finds_what_it_set_however_it_is_told(acme, lose, change, told):
    acme.add_contacts(1)
    lost = lose("update_contact", contactid=1, **change)
    acme.contacts[1] |= told
    operations.look_again(lost)
    assert lost.state == State.CONFIRMED


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        {"id": 1},
        {"id": 1, "contactid": 1},
        {"id": 2, "companyname": "R&D", "invoiceemails": 1},
        {"id": 1, "companyname": ["R&D"], "invoiceemails": "perhaps"},
        {"id": 1, "invoiceemails": None},
    ],
)
def test_it_makes_nothing_of_a_contact_that_tells_nothing_of_what_was_set(acme, lose, answer, data):
    acme.add_contacts(1)
    lost = lose("update_contact", contactid=1, companyname="R&D", invoiceemails=1)
    answer("get_contact", data)
    assert read_often(lost) == State.UNKNOWN


@pytest.mark.parametrize("data", [None, [], {"uuid": "x"}, {"email_preferences": '{"general":1}'}])
def test_it_makes_nothing_of_a_profile_that_tells_nothing_of_what_was_set(acme, lose, answer, data):
    lost = lose("update_account", city="Rome", email_preferences={"general": 1})
    answer("get_profile", data)
    assert read_often(lost) == State.UNKNOWN


@pytest.mark.parametrize(("city", "state"), [("Rome", State.CONFIRMED), ("Bern", State.NOT_CONFIRMED)])
def test_it_goes_by_what_can_be_read_of_several_settings(acme, lose, city, state):
    lost = lose("update_account", city="Rome", emailoptout=1)
    acme.profile["city"] = city
    assert read_often(lost) == state


@pytest.mark.parametrize("told", [{}, {"donotrenew": "perhaps"}, {"donotrenew": None}])
def test_it_takes_an_auto_renew_that_cannot_be_read_for_neither(acme, lose, told):
    acme.add_domains(1, status="Active")
    lost = lose("toggle_autorenew", after_effect=True, domainid=1, autorenew=1)
    del acme.domains[1]["donotrenew"]
    acme.domains[1] |= told
    assert read_often(lost) == State.UNKNOWN


def test_it_takes_an_upgrade_for_done_by_no_product_that_cannot_be_read(acme, lose):
    acme.add_services(1)
    upgrade = {"type": "product", "newproductid": 2, "paymentmethod": "stripe"}
    lost = lose("upgrade_service", serviceid=1, **upgrade)
    del acme.services[1]["product_name"]
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


@pytest.mark.parametrize(("is_invoiced", "state"), [(True, State.UNKNOWN), (False, State.NOT_CONFIRMED)])
def test_it_calls_no_upgrade_missing_that_may_wait_for_its_payment(acme, lose, is_invoiced, state):
    acme.add_services(1)
    acme.add_invoices(3, status="Paid")
    upgrade = {"type": "product", "newproductid": 2, "paymentmethod": "stripe"}
    lost = lose("upgrade_service", serviceid=1, **upgrade)
    if is_invoiced:
        acme.add_invoices(1, status="Unpaid")
    a_day_later()
    operations.look_again(lost)
    assert lost.state == state


def upgrade(lose):
    return lose("upgrade_service", serviceid=1, type="product", newproductid=2, paymentmethod="stripe")


@pytest.mark.parametrize(
    ("status", "state"),
    [
        *[(status, State.UNKNOWN) for status in ("Paid", "Awaiting Payment", "Overdue", "Draft", 5, None)],
        *[(status, State.NOT_CONFIRMED) for status in ("Cancelled", "CANCELLED ", "canceled")],
    ],
)
def test_it_calls_no_upgrade_missing_beside_any_new_invoice_but_a_cancelled_one(
    sandbox, acme, lose, status, state
):
    """One that is paid may be for an upgrade that is not set up yet: sent again, it would be paid twice."""
    acme.add_services(1)
    lost = upgrade(lose)
    acme.add_invoices(1, status="Unpaid")
    told = Fault.edit(lambda said: said | {"data": [row | {"status": status} for row in said["data"]]})
    sandbox.faults.add(told, action="get_invoices", times=None)
    a_day_later()
    operations.look_again(lost)
    assert lost.state == state


def test_it_calls_an_upgrade_missing_that_an_earlier_version_sent(acme, lose):
    acme.add_services(1)
    lost = upgrade(lose)
    del lost.before["invoices"]
    lost.save()
    a_day_later()
    operations.look_again(lost)
    assert lost.state == State.NOT_CONFIRMED


def test_it_upgrades_with_a_key_that_may_not_read_invoices(sandbox, acme, key):
    acme.add_services(1)
    sandbox.faults.add(Fault.status(403), action="get_invoices", times=None)
    write = action_of("upgrade_service").write.on_the_wire(
        {"serviceid": 1, "type": "product", "newproductid": 2, "paymentmethod": "stripe"}
    )
    assert operations.perform(WriteRequest(key.owner, key, write, uuid4())).state == State.DONE


def test_it_takes_a_stage_that_cannot_be_read_for_none(acme, lose):
    acme.add_quotes(1, stage="Delivered")
    lost = lose("accept_quote", after_effect=True, quoteid=1)
    Operation.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    del acme.quotes[1]["stage"]
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


@pytest.mark.parametrize("data", [None, "", [{"id": "?", "type": "CreditCard"}]])
def test_it_takes_no_payment_method_for_deleted_that_may_only_be_unread(acme, lose, answer, data):
    acme.add("payment_methods", type="CreditCard")
    lost = lose("delete_payment_method", paymethodid=1)
    answer("get_payment_methods", data)
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


@pytest.mark.parametrize("data", [None, [{"id": "?", "type": "CreditCard"}], [{"id": 7, "type": {}}]])
def test_it_calls_no_payment_method_missing_that_may_only_be_unread(lose, answer, data):
    lost = lose("add_payment_method", type="CreditCard", description="Visa")
    Operation.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    answer("get_payment_methods", data)
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


@pytest.mark.parametrize("row", [{"id": "?"}, {"id": 7, "email": {}}])
def test_it_calls_no_contact_missing_that_may_only_be_unread(lose, answer, row):
    lost = lose("create_contact", firstname="Ada", lastname="Bloom", email="ada@example.com")
    Operation.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    answer("get_contacts", [row])
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


def pace(worker):
    return pacing.plan(worker.refresh("invoices"))[1]


def test_it_stops_reading_where_nothing_can_be_seen(acme, lose, worker):
    acme.add_services(1)
    lost = lose("service_module_custom", serviceid=1, func_name="reboot")
    Operation.objects.update(next_read_at=timezone.now())
    assert operations.due() == [lost.pk]
    assert pace(worker) == Refresh.Pace.OPERATION
    operations.settle(lost.pk)
    assert (lost.fresh().state, lost.next_read_at) == (State.UNKNOWN, None)
    assert pace(worker) == Refresh.Pace.USUAL


def test_it_waits_a_day_for_a_key_to_read_with_and_reads_when_one_comes(
    sandbox, acme, lose, worker, key, add_key, alma
):
    acme.add_domains(1, status="Active")
    lost = lose("toggle_autorenew", after_effect=True, domainid=1, autorenew=0)
    keys.disable(key)
    for days, is_over in ((0, False), (2, True)):
        Operation.objects.update(
            created_at=timezone.now() - timedelta(days=days), next_read_at=timezone.now()
        )
        operations.settle(lost.pk)
        assert (lost.fresh().state, lost.next_read_at is None) == (State.UNKNOWN, is_over)
    add_key(alma, acme, "Second")
    assert operations.due() == [lost.pk]
    operations.settle(lost.pk)
    assert lost.fresh().state == State.CONFIRMED


@pytest.fixture
def grouped(sandbox, acme, page_size):
    """250 orders, which the provider lists status by status: those that are pending last."""
    page_size(100)
    acme.add_orders(250, status="Active")

    def pending_last(answer):
        start, rows = answer["meta"]["current_offset"], sorted(acme.orders.values(), key=order_of)
        some = [{n: v for n, v in row.items() if not n.startswith("_")} for row in rows[start : start + 100]]
        return answer | {"data": some}

    def order_of(row):
        return row["status"] == "Pending", -row["id"]

    sandbox.faults.add(Fault.edit(pending_last), action="get_orders", times=None)


def test_it_calls_no_order_missing_that_is_listed_behind_hundreds(acme, grouped, lose):
    lost = lose("create_order", after_effect=True, paymentmethod="stripe", pid=[1])
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN
    a_day_later()
    operations.look_again(lost)
    assert lost.state == State.CONFIRMED


def test_it_calls_an_order_missing_among_hundreds_after_a_day(acme, grouped, lose):
    lost = lose("create_order", paymentmethod="stripe", pid=[1])
    a_day_later()
    operations.look_again(lost)
    assert lost.state == State.NOT_CONFIRMED


def test_it_takes_no_order_for_its_own_that_a_first_page_did_not_show(sandbox, acme, lose, worker, page_size):
    """A provider that does not sort lists the oldest first."""
    page_size(10)
    acme.add_orders(26, paymentmethod="stripe")

    def oldest_first(answer):
        start = answer["meta"]["current_offset"]
        rows = sorted(acme.orders.values(), key=lambda row: row["id"])[start : start + 10]
        return answer | {"data": [{n: v for n, v in row.items() if n[0] != "_"} for row in rows]}

    sandbox.faults.add(Fault.edit(oldest_first), action="get_orders", times=None)
    worker.run("orders")
    lost = lose("create_order", paymentmethod="stripe", pid=[1])
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN
    a_day_later()
    operations.look_again(lost)
    assert lost.state == State.NOT_CONFIRMED


def test_it_takes_no_order_of_another_write_for_its_own_however_its_id_was_told(sandbox, acme, lose, key):
    lost = lose("create_order", paymentmethod="stripe", pid=[1])
    told = Fault.edit(lambda said: said | {"data": said["data"] | {"orderid": str(said["data"]["orderid"])}})
    listed = Fault.edit(lambda said: said | {"data": said["data"] | {"orderid": [5]}})
    for pid, fault in ((2, told), (3, listed)):
        sandbox.faults.add(fault, action="create_order")
        write = action_of("create_order").write.on_the_wire({"paymentmethod": "stripe", "pid": [pid]})
        assert operations.perform(WriteRequest(key.owner, key, write, uuid4())).state == State.DONE
    acme.orders.pop(max(acme.orders))
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


def test_it_takes_no_order_for_its_own_that_could_not_be_read_before(sandbox, acme, lose):
    acme.add_orders(1, paymentmethod="stripe")
    odd = Fault.edit(lambda said: said | {"data": [said["data"][0] | {"id": "?"}]})
    sandbox.faults.add(odd, action="get_orders")
    lost = lose("create_order", paymentmethod="stripe", pid=[1])
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


def test_it_takes_no_payment_method_for_its_own_that_could_not_be_read_before(sandbox, acme, lose):
    acme.add("payment_methods", type="CreditCard")
    odd = Fault.edit(lambda said: said | {"data": [said["data"][0] | {"id": "?"}]})
    sandbox.faults.add(odd, action="get_payment_methods")
    lost = lose("add_payment_method", type="CreditCard", description="Visa")
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


def test_it_takes_no_payment_method_for_its_own_where_none_were_told_before(sandbox, acme, lose):
    acme.add("payment_methods", type="CreditCard")
    nothing = Fault.edit(lambda said: said | {"data": None})
    sandbox.faults.add(nothing, action="get_payment_methods")
    lost = lose("add_payment_method", type="CreditCard", description="Visa")
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


@pytest.mark.parametrize("before", [{"email": ["ada@example.com"]}, {"id": "?"}])
def test_it_takes_no_contact_for_its_own_that_could_not_be_read_before(sandbox, acme, lose, before):
    acme.add("contacts", email="ada@example.com")
    odd = Fault.edit(lambda said: said | {"data": [said["data"][0] | before]})
    sandbox.faults.add(odd, action="get_contacts")
    lost = lose("create_contact", firstname="Ada", lastname="Bloom", email="ada@example.com")
    a_day_later()
    operations.look_again(lost)
    assert lost.state == (State.UNKNOWN if "id" in before else State.NOT_CONFIRMED)


def test_it_takes_no_payment_method_for_deleted_that_may_be_on_another_page(sandbox, acme, lose):
    acme.add("payment_methods", type="CreditCard")
    lost = lose("delete_payment_method", paymethodid=1)
    paged = Fault.edit(lambda said: said | {"data": [], "meta": {"total_records": 11}})
    sandbox.faults.add(paged, action="get_payment_methods")
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


def test_it_calls_no_order_missing_behind_one_of_a_wrong_id_in_our_copy(acme, lose, worker):
    acme.add_orders(1, paymentmethod="stripe", date="2020-01-01 00:00:00")
    acme.orders[1]["id"] = 99_999
    runs.run(worker.refresh("orders").pk)
    del acme.orders[1]
    assert Order.objects.get().remote_id == 99_999
    lost = lose("create_order", paymentmethod="stripe", pid=[1])
    today = timezone.now().strftime("%Y-%m-%d %H:%M:%S")
    acme.add("orders", id=7, paymentmethod="stripe", date=today)
    a_day_later()
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN


def test_it_calls_an_order_missing_beside_hundreds_of_which_one_cannot_be_read(acme, lose):
    """As many as before, newest first: a new one would be among the first."""
    acme.add_orders(350)
    acme.orders[3]["id"] = "?"
    lost = lose("create_order", paymentmethod="stripe", pid=[1])
    a_day_later()
    operations.look_again(lost)
    assert lost.state == State.NOT_CONFIRMED


def test_it_reads_again_where_the_last_read_was_disturbed(sandbox, acme, lose):
    lost = lose("create_order", paymentmethod="stripe", pid=[1])
    a_day_later()
    sandbox.faults.add(Fault.status(503), action="get_orders", times=None)
    operations.look_again(lost)
    assert lost.state == State.UNKNOWN
    assert lost.next_read_at > timezone.now() + timedelta(minutes=50)
