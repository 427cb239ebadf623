"""Rows move while a list is read, ten a page; the first pass during which nothing moves puts it right."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ultahost_api.models import LISTS, Email, Refresh
from ultahost_api.refresh.nouns import NOUNS
from ultahost_api.sandbox import Fault

SOME, MANY = 2, 9


@pytest.fixture(autouse=True)
def _ten_rows_a_page(page_size, monkeypatch):
    page_size(10)
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.001)


def copied(noun):
    return set(NOUNS[noun].rows.present().values_list("remote_id", flat=True))


def moving(noun, deleted):
    """Before each page the oldest rows go, and a new one comes."""

    def move(account):
        rows = account.rows(noun)
        for number in sorted(rows)[:deleted]:
            del rows[number]
        account.add(noun)

    return Fault.rows(move)


@pytest.mark.parametrize(("passes", "deleted"), [(1, MANY), (2, SOME), (3, SOME)])
@pytest.mark.parametrize("noun", LISTS)
def test_it_is_equal_after_the_first_pass_during_which_nothing_moved(
    sandbox, acme, worker, noun, passes, deleted
):
    for _ in range(90):
        acme.add(noun)
    worker.run(noun)
    sandbox.faults.add(moving(noun, deleted), action=f"get_{noun}", after=1, times=None)
    for _ in range(passes):
        worker.run(noun)
    sandbox.faults.clear()

    refresh = worker.run(noun)

    assert copied(noun) == set(acme.rows(noun))
    assert (refresh.clean_at, refresh.missed, refresh.repeats) == (refresh.completed_at, [], 0)


@pytest.mark.parametrize(
    ("noun", "name", "value"),
    [("invoices", "status", "Refunded"), ("orders", "status", "Fraud"), ("emails", "subject", "Another")],
)
def test_it_reads_the_whole_list_until_that_was_clean(sandbox, acme, worker, noun, name, value):
    """However often it was not, and although as many rows came as went, which no count tells."""
    for _ in range(35):
        acme.add(noun, **{"status": "Paid"} if noun == "invoices" else {})
    worker.run(noun)
    sandbox.faults.add(Fault.total(1), action=f"get_{noun}", after=1, times=None)
    for _ in range(4):
        worker.run(noun, full=True)
    acme.rows(noun)[5][name] = value
    sandbox.faults.clear()
    assert worker.refresh(noun).full_due_at <= timezone.now()
    worker.run(noun)
    assert getattr(NOUNS[noun].rows.get(remote_id=5), name) == value


def test_it_repeats_an_unclean_pass_at_once_but_only_once(sandbox, acme, worker):
    acme.add_services(25)
    sandbox.faults.add(Fault.total(1), action="get_services", after=1, times=None)
    assert worker.run("services").next_due_at <= timezone.now()
    for repeats in (2, 3):
        refresh = worker.run("services")
        assert refresh.repeats == repeats
        assert refresh.next_due_at > timezone.now()
    sandbox.faults.clear()
    assert worker.run("services").repeats == 0


def test_it_reads_twice_before_it_is_done_what_it_cannot_ask_for(sandbox, acme, worker):
    """A worker that dies between the two readings leaves the second to the next."""
    acme.add_emails(25)
    worker.run("emails")
    completed_at = worker.refresh("emails").completed_at
    del acme.emails[3]
    while worker.run("emails", seconds=0).completed_at == completed_at:
        assert Email.objects.present().count() == 25
    assert 3 not in copied("emails")
    assert worker.refresh("emails").pass_started_at is None


def test_it_reads_twice_too_after_a_second_reading_that_told_nothing(sandbox, acme, worker):
    """What was missed in the pass before confirms nothing of what is missed in this one."""
    acme.add_emails(25)
    worker.run("emails")
    del acme.emails[3]
    while worker.run("emails", seconds=0).missed != [3]:
        pass
    sandbox.faults.add(Fault.total(1), action="get_emails")
    assert worker.run("emails").repeats == 1
    del acme.emails[5]
    worker.run("emails")
    assert copied("emails") == set(acme.emails)


def test_it_spreads_full_passes_that_follow_each_other(sandbox, acme, worker):
    """Over the limit: each costs as much as it has pages."""
    acme.add_invoices(95, status="Paid")
    assert worker.run("invoices").calls == 0
    del acme.invoices[5]
    assert worker.run("invoices").calls >= 10
    assert worker.run("invoices").calls < 5
    Refresh.objects.update(full_at=timezone.now() - timedelta(hours=2))
    del acme.invoices[7]
    assert worker.run("invoices").calls < 5
    assert copied("invoices") == set(acme.invoices)


def test_it_marks_no_mail_gone_beside_one_without_a_readable_id(sandbox, acme, worker):
    """That one may be any of those that are missing, and mails are never asked for."""
    acme.add_emails(5)
    worker.run("emails")
    nameless = Fault.edit(
        lambda answer: (
            answer | {"data": [row | {"id": "?" if row["id"] == 2 else row["id"]} for row in answer["data"]]}
        )
    )
    sandbox.faults.add(nameless, action="get_emails", times=None)
    for _ in range(3):
        worker.run("emails", full=True)
    assert copied("emails") == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("noun", LISTS)
def test_it_sets_the_only_row_of_a_list_aside_like_any_other(sandbox, acme, worker, noun):
    acme.add(noun)
    acme.rows(noun)[1]["id"] = "abc"
    refresh = worker.run(noun)
    assert (refresh.trouble, len(refresh.set_aside), bool(refresh.completed_at)) == ("", 1, True)
