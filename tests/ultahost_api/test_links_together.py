"""Assigns lines beside others who change what they may be of: by the account's lock, all or nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from ultahost_api.models import (
    Account,
    AssignedLine,
    Domain,
    Event,
    Invoice,
    InvoiceItem,
    Refresh,
    Service,
    links,
)
from ultahost_api.refresh import runs

pytestmark = pytest.mark.django_db(transaction=True)

RENEWAL = "Domain Renewal - a.com - 1 Year/s (01/11/2026 - 30/11/2026)"


@pytest.fixture
def line(account: Account) -> InvoiceItem:
    """Stored by what was known before: it is of nothing."""
    invoice = Invoice.objects.create(account=account, remote_id=1, detailed_at=timezone.now())
    return InvoiceItem.objects.create(invoice=invoice, position=0, description=RENEWAL, amount=Decimal(10))


def add_domain(account: Account) -> Domain:
    return Domain.objects.create(account=account, remote_id=1, name="a.com")


def forget(account: Account) -> None:
    for said in AssignedLine.objects.filter(account=account):
        links.forget_line(said)


@pytest.mark.parametrize(
    "act",
    [
        lambda account: links.assign_again(account.pk),
        lambda account: links.assign_by_hand(account.pk, RENEWAL, None),
        lambda account: links.forget_by_hand(account.pk, RENEWAL),
        forget,
    ],
    ids=["again", "by hand", "forget text", "forget line"],
)
def test_it_locks_the_account_before_it_reads_what_lines_may_be_of(
    account: Account, line: InvoiceItem, act: Callable[[Account], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    AssignedLine.objects.create(account=account, key=links.line_key(RENEWAL))
    done, lock, read = [], links._lock, links._things

    def locked(account_id: Any) -> None:
        lock(account_id)
        done.append(("locked", connection.in_atomic_block))

    def was_read(account_id: Any) -> Any:
        done.append(("read", connection.in_atomic_block))
        return read(account_id)

    monkeypatch.setattr(links, "_lock", locked)
    monkeypatch.setattr(links, "_things", was_read)
    act(account)
    assert done == [("locked", True), ("read", True)]


def test_lines_that_wait_for_the_lock_are_assigned_by_what_the_other_has_changed(
    account: Account, line: InvoiceItem, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines, lock = links.Assigning(account.pk), links._lock
    lines.prepare()

    def other_first(account_id: Any) -> None:
        monkeypatch.setattr(links, "_lock", lock)
        add_domain(account)
        links.assign_again(account_id)
        Refresh.objects.filter(noun="domains").update(completed_at=timezone.now())
        lock(account_id)

    monkeypatch.setattr(links, "_lock", other_first)
    with transaction.atomic():
        lines.assign([line])
    assert str(line.domain) == "a.com"


def test_lines_are_assigned_anew_only_if_the_pass_ends(
    acme: Any, line: InvoiceItem, worker: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker took the lease meanwhile: then it assigns them at its end."""
    acme.add_domains(1, domain="a.com")
    before = worker.refresh("domains").completed_at
    again = links.assign_again

    def lose(account_id: Any) -> int:
        assigned = again(account_id)
        Refresh.objects.filter(noun="domains").update(lease_token=None)
        return assigned

    monkeypatch.setattr(links, "assign_again", lose)
    runs.run(worker.refresh("domains").pk)
    line.refresh_from_db()
    assert line.domain is None
    assert worker.refresh("domains").completed_at == before


def test_a_line_without_a_thing_that_a_person_named_is_told_by_its_text(
    account: Account, line: InvoiceItem
) -> None:
    add_domain(account)
    links.assign_by_hand(account.pk, RENEWAL, None)
    line.refresh_from_db()
    assert str(line.domain) == "a.com"


@pytest.mark.parametrize(("amount", "is_renewal"), [(10, True), (0, True), (-10, False), (None, True)])
def test_only_what_is_given_back_renews_nothing(
    account: Account, line: InvoiceItem, amount: int | None, is_renewal: bool
) -> None:
    add_domain(account)
    InvoiceItem.objects.update(amount=amount)
    links.assign_again(account.pk)
    line.refresh_from_db()
    assert (str(line.domain), line.is_renewal) == ("a.com", is_renewal)


def test_one_that_is_no_longer_at_ultahost_ends_like_one_that_is_cancelled(
    account: Account, line: InvoiceItem
) -> None:
    add_domain(account)
    Domain.objects.update(gone_at=timezone.now(), next_due_date="2024-06-01")
    newer = Domain.objects.create(account=account, remote_id=2, name="A.com", registration_date="2024-07-01")
    Invoice.objects.update(date="2026-02-01")
    links.assign_again(account.pk)
    line.refresh_from_db()
    assert line.domain == newer


def test_a_product_that_could_not_be_read_is_no_former_name(account: Account, line: InvoiceItem) -> None:
    service = Service.objects.create(account=account, remote_id=1, product_name="VPS")
    Event.objects.create(
        account=account,
        noun="services",
        kind="unreadable",
        row_id=service.pk,
        changes={"product_name": [None, "{}"]},
    )
    assert links.assign_again(account.pk) == 0
