"""The backfill of what only the details tell."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ultahost_api.calls import budget
from ultahost_api.calls.budget import Purpose
from ultahost_api.client import Rate
from ultahost_api.models import Domain, Invoice, Order, RateWindow, Refresh, Service
from ultahost_api.refresh import schedule
from ultahost_api.sandbox import Fault


@pytest.fixture
def listed(acme, worker):
    """Three of each noun, known from the lists alone."""
    acme.add_services(3)
    acme.add_domains(3)
    acme.add_invoices(3)
    for noun in ("services", "domains", "invoices"):
        worker.run(noun)
    return worker


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


def asked(sandbox):
    """What details were asked for, in order."""
    ids = {"get_service": "serviceid", "get_domain": "domainid", "get_invoice": "invoiceid"}
    return [(s.action, int(s.parameters[ids[s.action]])) for s in sandbox.requests if s.action in ids]


def spend(key, remaining):
    """The window as if ``remaining`` of its 100 calls were left."""
    RateWindow.objects.filter(key=key).delete()
    budget.take(key, Purpose.PERSON)
    budget.record(key, Rate(remaining=99, reset_in=60), 200)
    budget.record(key, Rate(remaining=remaining, reset_in=60), 200)


def test_it_says_not_read_yet_of_what_was_not_read(listed):
    domain, invoice = Domain.objects.first(), Invoice.objects.first()
    assert (domain.auto_renew, domain.is_premium, domain.expiry_date, domain.detailed_at) == (None,) * 4
    assert (invoice.subtotal, invoice.tax, invoice.is_detailed) == (None, None, False)
    assert not Domain.objects.filter(auto_renew=False).exists()


def test_it_reads_the_details_of_every_row(acme, listed):
    acme.domains[2]["donotrenew"] = 1
    acme.invoices[1]["items"] = [
        {"id": 1, "description": "First", "amount": "10.00", "taxed": 1},
        {"id": 2, "description": "Second", "amount": "9.99", "taxed": 0},
    ]
    refresh = listed.run("details")
    assert (refresh.trouble, bool(refresh.completed_at)) == ("", True)
    assert not any(m.objects.filter(detailed_at=None).exists() for m in (Service, Domain, Invoice))
    assert Domain.objects.get(remote_id=2).auto_renew is False
    assert Service.objects.first().dedicated_ip.startswith("192.0.2.")
    invoice = Invoice.objects.get(remote_id=1)
    assert invoice.subtotal == Decimal("19.99")
    assert [(item.description, item.amount) for item in invoice.items.all()] == [
        ("First", Decimal("10.00")),
        ("Second", Decimal("9.99")),
    ]


def test_it_replaces_the_items_of_an_invoice_that_changed(acme, listed):
    listed.run("details")
    acme.invoices[1].update(
        status="Paid", items=[{"id": 9, "description": "Only", "amount": "1.00", "taxed": 0}]
    )
    listed.run("invoices")
    listed.run("details")
    assert [item.description for item in Invoice.objects.get(remote_id=1).items.all()] == ["Only"]


def test_it_asks_again_only_for_rows_that_changed(sandbox, acme, listed):
    listed.run("details")
    before = len(asked(sandbox))
    acme.services[2]["status"] = "Suspended"
    for noun in ("services", "domains", "invoices", "details"):
        listed.run(noun)
    assert asked(sandbox)[before:] == [("get_service", 2)]


def test_it_reads_first_what_somebody_opened(sandbox, listed):
    schedule.want_details(Invoice.objects.get(remote_id=2))
    listed.run("details")
    assert asked(sandbox)[0] == ("get_invoice", 2)
    assert len(asked(sandbox)) == 9
    assert Invoice.objects.get(remote_id=2).details_wanted_at is None


def test_it_rings_for_a_person_who_opens_a_row(listed, rung, django_capture_on_commit_callbacks):
    rung.clear()
    with django_capture_on_commit_callbacks(execute=True):
        schedule.want_details(Domain.objects.first())
    assert [queue for _, _, queue in rung] == ["people"]


def test_a_row_that_is_opened_again_and_again_is_wished_for_once_a_minute(listed, django_assert_num_queries):
    schedule.want_details(Domain.objects.first())
    domain = Domain.objects.get(details_wanted_at__isnull=False)
    with django_assert_num_queries(0):
        schedule.want_details(domain)
    Domain.objects.update(details_wanted_at=timezone.now() - timedelta(seconds=61))
    domain.refresh_from_db()
    assert domain.want_details()


def test_it_does_not_read_again_what_is_young(sandbox, listed):
    listed.run("details")
    before = len(asked(sandbox))
    schedule.want_details(Domain.objects.first())
    listed.run("details")
    assert len(asked(sandbox)) == before


def test_it_reads_the_oldest_again_after_a_day(sandbox, listed):
    listed.run("details")
    before = len(asked(sandbox))
    two_days_ago = timezone.now() - timedelta(days=2)
    Domain.objects.filter(remote_id=3).update(detailed_at=two_days_ago, changed_at=two_days_ago)
    listed.run("details")
    assert asked(sandbox)[before:] == [("get_domain", 3)]


def test_it_leaves_half_of_the_window(sandbox, listed, key):
    sandbox.limits.reset_form = "missing"
    spend(key, 54)
    refresh = listed.run("details")
    assert len(asked(sandbox)) == 4
    assert refresh.trouble == Refresh.Trouble.LIMITED


def test_it_takes_from_the_whole_window_for_what_somebody_opened(sandbox, listed, key):
    sandbox.limits.reset_form = "missing"
    spend(key, 5)
    schedule.want_details(Domain.objects.get(remote_id=2))
    listed.run("details")
    assert asked(sandbox) == [("get_domain", 2)]


def test_it_goes_on_where_it_stopped(sandbox, listed):
    while not listed.refresh("details").completed_at:
        listed.run("details", seconds=0)
    assert sorted(asked(sandbox)) == sorted(set(asked(sandbox)))
    assert len(asked(sandbox)) == 9


@pytest.mark.parametrize("status", [400, 403, 404])
def test_it_asks_once_for_a_row_that_is_refused_and_reads_the_others(sandbox, listed, status):
    sandbox.faults.add(Fault.status(status), action="get_service", times=None)
    refresh = listed.run("details")
    assert refresh.completed_at
    assert Domain.objects.filter(detailed_at=None).count() == 0
    assert len([action for action, _ in asked(sandbox) if action == "get_service"]) == 3
    Refresh.objects.update(full_due_at=timezone.now())  # a day later
    listed.run("details")
    assert len([action for action, _ in asked(sandbox) if action == "get_service"]) == 6


@pytest.mark.parametrize(
    "change", [{"amount": "9999999999999.00"}, {"description": "x" * 50_000}, {"description": "a\x00b"}]
)
def test_it_lets_no_odd_item_keep_the_others_waiting(acme, listed, change):
    acme.invoices[2]["items"][0].update(change)
    listed.run("details")
    assert not Invoice.objects.filter(detailed_at=None).exists()


BROKEN = {
    "502": lambda: Fault.status(502),
    "reset": Fault.drop,
    "truncated": Fault.truncated,
    "HTML": Fault.html,
    "other types": Fault.wrong_types,
    "another row": lambda: Fault.edit(lambda answer: answer | {"data": answer["data"] | {"id": 99}}),
    "slow": lambda: Fault.wait(0.02),
}


@pytest.mark.parametrize(
    ("broken", "in_a_row"),
    [("502", 3), ("reset", 3), ("truncated", 3), ("other types", 1), ("another row", 3), ("slow", 1)],
)
def test_it_reads_all_in_one_turn_although_every_tenth_answer_is_broken(
    sandbox, acme, worker, broken, in_a_row
):
    """Three in a row are what the client gives up after."""
    acme.add_invoices(50)
    worker.run("invoices")
    for nth in range(9, 60, 9 + in_a_row):
        for place in range(in_a_row):
            sandbox.faults.add(BROKEN[broken](), action="get_invoice", after=nth + place)
    refresh = worker.run("details")
    assert (refresh.trouble, refresh.attempts, bool(refresh.completed_at)) == ("", 0, True)
    assert not Invoice.objects.filter(detailed_at=None).exists()
    assert len(asked(sandbox)) <= 50 + 9 * in_a_row


@pytest.mark.parametrize("broken", [name for name in BROKEN if name != "slow"])
def test_it_leaves_a_row_alone_that_is_never_answered_well(sandbox, acme, listed, broken):
    """And asks for it again a day later, or when somebody opens it."""
    fault = BROKEN[broken]()

    def is_second():
        return asked(sandbox)[-1] == ("get_invoice", 2)

    of_second = Fault(
        "of the second",
        before=lambda visit: fault.before(visit) if is_second() else None,
        after=lambda visit, reply: fault.after(visit, reply) if is_second() else reply,
    )
    sandbox.faults.add(of_second, action="get_invoice", times=None)
    refresh = listed.run("details")
    assert (refresh.trouble, bool(refresh.completed_at)) == ("", True)
    assert list(Invoice.objects.filter(detailed_at=None).values_list("remote_id", flat=True)) == [2]

    before = len(asked(sandbox))
    assert listed.run("details").trouble == ""
    assert len(asked(sandbox)) == before
    with time_machine.travel(timezone.now() + timedelta(hours=25)):
        assert listed.run("details").trouble == ""
    assert ("get_invoice", 2) in asked(sandbox)[before:]

    before = len(asked(sandbox))
    schedule.want_details(Invoice.objects.get(remote_id=2))
    listed.run("details")
    assert ("get_invoice", 2) in asked(sandbox)[before:]


def test_it_stops_where_nothing_is_answered_and_blames_no_row(sandbox, listed):
    sandbox.faults.add(Fault.html(), action="get_service", times=None)
    sandbox.faults.add(Fault.html(), action="get_domain", times=None)
    sandbox.faults.add(Fault.html(), action="get_invoice", times=None)
    for attempt in range(1, 9):
        before = len(asked(sandbox))
        refresh = listed.run("details")
        assert (refresh.trouble, refresh.attempts) == (Refresh.Trouble.ODD, attempt)
        assert len(asked(sandbox)) - before <= 12  # four rows, three times each
    sandbox.faults.clear()
    assert listed.run("details").trouble == ""
    assert not any(m.objects.filter(detailed_at=None).exists() for m in (Service, Domain, Invoice))


def test_it_forgets_faults_with_the_first_good_answer(sandbox, listed):
    """Although the turn ends before everything is read."""
    names = ("get_service", "get_domain", "get_invoice")
    for name in names:
        sandbox.faults.add(Fault.html(), action=name, times=None)
    for attempt in (1, 2):
        assert listed.run("details").attempts == attempt
    sandbox.faults.clear()
    for name in names:
        sandbox.faults.add(Fault.limited(30), action=name, after=int(name == "get_service"), times=None)
    refresh = listed.run("details")
    assert (refresh.trouble, refresh.attempts) == (Refresh.Trouble.LIMITED, 0)


def test_it_takes_no_details_of_another_row(sandbox, listed):
    other = Fault.edit(lambda answer: answer | {"data": answer["data"] | {"id": 99, "notes": "not yours"}})
    sandbox.faults.add(other, action="get_invoice", times=None)
    for _ in range(10):
        listed.run("details")
    assert not Invoice.objects.exclude(notes="").exists()
    assert Invoice.objects.filter(detailed_at=None).count() == 3


def test_it_changes_nothing_that_the_lists_are_the_authority_for(acme, listed):
    """What the details say of a list's field waits for the list, so that one pass is of one moment."""
    acme.services[1]["status"] = "Suspended"
    listed.run("details")
    assert Service.objects.get(remote_id=1).status == "Active"


def test_it_leaves_alone_what_is_gone(sandbox, acme, listed):
    del acme.services[1]
    listed.run("services")
    schedule.want_details(Service.objects.get(remote_id=1))
    listed.run("details")
    assert asked(sandbox).count(("get_service", 1)) == 1  # the list did, to be sure


def test_it_is_called_after_a_list_with_rows_to_read(listed, acme, rung):
    listed.run("details")
    acme.add_services(1)
    rung.clear()
    listed.run("services")
    details = listed.refresh("details")
    assert details.next_due_at <= timezone.now()
    assert details.pk in [argument for _, argument, _ in rung]


def test_it_wants_the_newest_first_and_before_them_what_a_person_opened(acme, worker):
    acme.add_invoices(8)
    worker.run("invoices")
    assert Invoice.objects.get(remote_id=2).want_details()
    wanted = Invoice.objects.lacking_details().values_list("remote_id", flat=True)
    assert [*wanted] == [2, 8, 7, 6, 5, 4, 3, 1]


def test_it_writes_an_order_with_its_items_once(acme, worker):
    acme.add_orders(1, _domainids=[acme.add("domains", domain="münchen.example")["id"]])
    worker.run("orders")
    with CaptureQueriesContext(connection) as captured:
        worker.run("details")
    order = Order.objects.get()
    assert "munchen.example" in order.folded
    assert order.folded == order.fold({})
    statements = [one["sql"] for one in captured.captured_queries]
    assert sum('UPDATE "ultahost_api_order"' in one and "folded" in one for one in statements) == 1
