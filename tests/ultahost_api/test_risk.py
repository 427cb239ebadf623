"""The one rule of which domains may be lost, by what is known of each."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection

from ultahost_api.models import Account, Domain, Event, Invoice, InvoiceItem, Noun, Remedy, Risk

TODAY = date(2026, 11, 28)
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


SOON = {"next_invoice_date": days(1)}
DAY_BEFORE = datetime(2026, 11, 27, tzinfo=UTC)
LONG_AGO = DAY_BEFORE - timedelta(seconds=1)


@pytest.fixture
def domain(db: None) -> Any:
    account = Account.objects.create(remote_uuid="uuid-1", name="Acme", currency="EUR")
    Account.objects.update(created_at=LONG_AGO)

    def make(**fields: Any) -> Domain:
        usual = {
            "account": account,
            "remote_id": 1,
            "status": "Active",
            "changed_at": NOW,
            "detailed_at": NOW,
        }
        return Domain.objects.create(**usual | fields)

    return make


@pytest.mark.parametrize(
    ("fields", "risk"),
    [
        # The earlier of the two dates counts.
        ({"next_due_date": days(60)}, Risk.RENEWAL_UNKNOWN),
        ({"next_due_date": days(61)}, ""),
        ({"expiry_date": days(60), "next_due_date": days(365)}, Risk.RENEWAL_UNKNOWN),
        ({"expiry_date": days(365), "next_due_date": days(60)}, Risk.RENEWAL_UNKNOWN),
        ({"expiry_date": days(60), "auto_renew": False}, Risk.NOT_RENEWED),
        ({"expiry_date": days(61), "auto_renew": False}, ""),
        ({"expiry_date": days(1), "auto_renew": True, **SOON}, ""),
        ({"expiry_date": TODAY, "auto_renew": True, **SOON}, ""),
        # Auto-renew only raises an invoice, which comes within three days of its date.
        ({"expiry_date": days(1), "auto_renew": True, "next_invoice_date": days(-2)}, ""),
        ({"expiry_date": days(1), "auto_renew": True, "next_invoice_date": days(-3)}, Risk.MISSING),
        ({"expiry_date": days(60), "auto_renew": True, "next_invoice_date": days(-3)}, Risk.MISSING),
        ({"expiry_date": days(61), "auto_renew": True, "next_invoice_date": days(-3)}, ""),
        ({"expiry_date": days(1), "auto_renew": True}, Risk.UNKNOWN),
        ({"next_due_date": days(9), "auto_renew": True, "next_invoice_date": days(300)}, Risk.UNKNOWN),
        # What has passed is at risk, however long ago and whatever renews itself.
        ({"expiry_date": days(363), "next_due_date": days(-2)}, Risk.PAST),
        ({"expiry_date": days(363), "next_due_date": days(-2), "auto_renew": True}, Risk.PAST),
        ({"expiry_date": days(-40), "auto_renew": True}, Risk.PAST),
        ({"status": "Something new", "expiry_date": days(-1)}, Risk.PAST),
        ({"status": "", "expiry_date": days(-1)}, Risk.PAST),
        # The stages after the end.
        ({"status": "Grace", "expiry_date": days(-18), "auto_renew": True}, Risk.GRACE),
        ({"status": "Grace Period (Expired)"}, Risk.GRACE),
        ({"status": "Redemption", "expiry_date": days(-49)}, Risk.REDEMPTION),
        ({"status": "Redemption Period (Expired)"}, Risk.REDEMPTION),
        ({"status": "Expired", "expiry_date": days(-3)}, Risk.EXPIRED),
        ({"status": "Expired", "expiry_date": days(-75), "next_due_date": days(-90)}, Risk.EXPIRED),
        ({"status": "Expired", "expiry_date": days(-76), "next_due_date": days(-60)}, ""),
        ({"status": "Expired", "next_due_date": days(-75)}, Risk.EXPIRED),
        ({"status": "Expired", "next_due_date": days(-76)}, ""),
        ({"status": "Expired"}, Risk.EXPIRED),
        # A transfer takes a few days.
        ({"status": "Pending Transfer", "changed_at": NOW - timedelta(days=9)}, ""),
        ({"status": "Pending Transfer", "changed_at": NOW - timedelta(days=10)}, Risk.TRANSFER),
        # What has ended or not begun is not at risk.
        ({"status": "Cancelled", "expiry_date": days(-1)}, ""),
        ({"status": "Transferred Away", "expiry_date": days(-1)}, ""),
        ({"status": "Fraud", "expiry_date": days(-1)}, ""),
        ({"status": "Pending", "next_due_date": days(-1)}, ""),
        ({"status": "Pending Registration", "next_due_date": days(1)}, ""),
        # A recurring amount of nothing is no reason, and no date is no "fine".
        ({"next_due_date": days(90), "recurring_amount": 0}, ""),
        ({}, Risk.UNKNOWN),
        # What was not read is no "fine" either.
        ({"next_due_date": days(90), "detailed_at": None}, Risk.UNKNOWN),
        ({"next_due_date": days(90), "status": ""}, Risk.UNKNOWN),
        ({"next_due_date": days(90), "unreadable": {"expiry_date": "x"}}, Risk.UNKNOWN),
        ({"expiry_date": days(90), "unreadable": {"next_due_date": "x"}}, Risk.UNKNOWN),
        ({"next_due_date": days(9), "detailed_at": None}, Risk.RENEWAL_UNKNOWN),
        ({"auto_renew": True}, Risk.UNKNOWN),
    ],
)
def test_it_tells_why(domain: Any, fields: dict[str, Any], risk: str) -> None:
    domain(**fields)
    is_at_risk = risk not in ("", Risk.UNKNOWN)

    assert Domain.objects.with_risk(TODAY).get().risk == risk
    assert Domain.objects.at_risk(TODAY).exists() is is_at_risk
    assert Domain.objects.of_unknown_risk(TODAY).exists() is (risk == Risk.UNKNOWN)


@pytest.mark.parametrize(
    ("added_at", "fields", "risk"),
    [
        (NOW, {"next_due_date": days(9), "detailed_at": None}, Risk.UNKNOWN),
        (DAY_BEFORE, {"next_due_date": days(9), "detailed_at": None}, Risk.UNKNOWN),
        (LONG_AGO, {"next_due_date": days(9), "detailed_at": None}, Risk.RENEWAL_UNKNOWN),
        (NOW, {"next_due_date": days(9)}, Risk.RENEWAL_UNKNOWN),
        (NOW, {"next_due_date": days(-1), "detailed_at": None}, Risk.PAST),
        (NOW, {"status": "Grace", "detailed_at": None}, Risk.GRACE),
    ],
)
def test_it_awaits_the_details_of_a_new_account(
    domain: Any, added_at: datetime, fields: dict[str, Any], risk: str
) -> None:
    domain(**fields)
    Account.objects.update(created_at=added_at)

    assert Domain.objects.with_risk(TODAY).get().risk == risk
    assert Domain.objects.at_risk(TODAY).exists() is (risk != Risk.UNKNOWN)
    assert Domain.objects.of_unknown_risk(TODAY).exists() is (risk == Risk.UNKNOWN)


def test_it_leaves_out_what_is_no_longer_at_ultahost(domain: Any) -> None:
    domain(status="Grace", gone_at=NOW)
    domain(remote_id=2, gone_at=NOW)

    assert not Domain.objects.at_risk(TODAY).exists()
    assert not Domain.objects.of_unknown_risk(TODAY).exists()


def test_it_counts_a_transfer_from_the_day_its_status_was_first_seen(domain: Any) -> None:
    """Other news of the row does not begin the ten days again."""
    moving = domain(status="Pending Transfer", changed_at=NOW)

    def tell(days_ago: int, kind: Event.Kind, **changes: Any) -> None:
        at = NOW - timedelta(days=days_ago)
        Event.objects.create(
            account=moving.account, noun=Noun.DOMAINS, kind=kind, row_id=moving.pk, changes=changes, at=at
        )

    tell(30, Event.Kind.APPEARED)
    tell(9, Event.Kind.CHANGED, status=["Active", "Pending Transfer"])
    tell(1, Event.Kind.CHANGED, recurring_amount=["12.00", "13.00"])
    assert not Domain.objects.at_risk(TODAY).exists()
    assert Domain.objects.at_risk(days(1)).exists()


def test_it_puts_the_most_urgent_date_first(domain: Any) -> None:
    domain(name="later.example", next_due_date=days(30))
    domain(remote_id=2, name="undated.example", status="Grace")
    domain(remote_id=3, name="first.example", next_due_date=days(90), expiry_date=days(-2))

    assert [str(row) for row in Domain.objects.at_risk(TODAY)] == [
        "first.example",
        "later.example",
        "undated.example",
    ]


LATER = {"expiry_date": days(20), "auto_renew": True, "next_invoice_date": days(-30)}


@pytest.fixture
def renewed(domain: Any) -> Any:
    """A domain with an invoice that renews it."""

    def make(fields: dict[str, Any], /, is_renewal: bool = True, **bill: Any) -> Domain:
        row: Domain = domain(**fields)
        usual = {"account": row.account, "remote_id": 7, "currency": "EUR", "detailed_at": NOW}
        invoice = Invoice.objects.create(**usual | {"date": days(-10), "total": 12} | bill)
        InvoiceItem.objects.create(invoice=invoice, position=0, domain=row, is_renewal=is_renewal)
        return row

    return make


@pytest.mark.parametrize(
    ("fields", "bill", "risk", "remedy"),
    [
        (LATER, {"status": "Unpaid"}, Risk.UNPAID, Remedy.PAY),
        (LATER, {"status": "Payment Pending"}, Risk.UNPAID, Remedy.PAY),
        (LATER, {"status": "Unpaid", "date": days(-400)}, Risk.UNPAID, Remedy.PAY),
        (LATER, {"status": "Unpaid", "total": None}, Risk.UNPAID, Remedy.PAY),
        (LATER, {"status": "Paid"}, "", None),
        # It is there, and whether it renews the domain is not told.
        (LATER, {"status": "Refunded"}, Risk.UNKNOWN, None),
        (LATER, {"status": "Unpaid", "total": 0}, Risk.UNKNOWN, None),
        (LATER, {"status": "Unpaid", "total": -3}, Risk.UNKNOWN, None),
        (LATER | SOON, {"status": "Refunded"}, Risk.UNKNOWN, None),
        (LATER, {"status": "Refunded", "date": days(-121)}, Risk.MISSING, Remedy.ASK),
        (LATER | {"expiry_date": days(-2)}, {"status": "Refunded"}, Risk.PAST, Remedy.ASK),
        (LATER | {"expiry_date": days(-2)}, {"status": "Unpaid", "total": 0}, Risk.PAST, Remedy.ASK),
        (LATER | {"auto_renew": False}, {"status": "Refunded"}, Risk.NOT_RENEWED, Remedy.RENEW),
        # That of the period before, one that was taken back, a line that is no renewal.
        (LATER, {"status": "Paid", "date": days(-121)}, Risk.MISSING, Remedy.ASK),
        (LATER, {"status": "Cancelled"}, Risk.MISSING, Remedy.ASK),
        (LATER, {"status": "Unpaid", "gone_at": NOW}, Risk.MISSING, Remedy.ASK),
        (LATER, {"status": "Unpaid", "is_renewal": False}, Risk.MISSING, Remedy.ASK),
        # It may be an invoice whose lines were not read.
        (LATER, {"status": "Cancelled", "detailed_at": None}, Risk.UNKNOWN, None),
        (LATER | {"expiry_date": days(-2)}, {"status": "Paid"}, "", None),
        (LATER | {"expiry_date": days(-2)}, {"status": "Unpaid"}, Risk.PAST, Remedy.PAY),
        (LATER | {"expiry_date": days(-2), "auto_renew": False}, {"status": "Paid"}, Risk.PAST, Remedy.RENEW),
        (LATER | {"expiry_date": days(-2), "auto_renew": None}, {"status": "Paid"}, Risk.PAST, Remedy.RENEW),
        (LATER | {"auto_renew": False}, {"status": "Unpaid"}, Risk.NOT_RENEWED, Remedy.PAY),
        (LATER | {"auto_renew": False}, {"status": "Paid"}, Risk.NOT_RENEWED, Remedy.RENEW),
        ({"status": "Grace", "expiry_date": days(-5)}, {"status": "Unpaid"}, Risk.GRACE, Remedy.PAY),
        ({"status": "Grace", "expiry_date": days(-5)}, {"status": "Paid"}, Risk.GRACE, Remedy.ASK),
        ({"status": "Redemption"}, {"status": "Unpaid"}, Risk.REDEMPTION, Remedy.ASK),
        ({"status": "Expired"}, {"status": "Unpaid"}, Risk.EXPIRED, Remedy.ASK),
        ({"expiry_date": days(90), "auto_renew": True}, {"status": "Unpaid"}, "", None),
    ],
)
def test_it_looks_at_the_invoice_that_renews_the_domain(
    renewed: Any, fields: dict[str, Any], bill: dict[str, Any], risk: str, remedy: Remedy | None
) -> None:
    renewed(fields, **bill)

    found = Domain.objects.with_risk(TODAY).get()

    assert (found.risk, found.remedy) == (risk, remedy)
    assert Domain.objects.at_risk(TODAY).exists() is (risk not in ("", Risk.UNKNOWN))


def test_it_pays_for_no_other_domain(renewed: Any, domain: Any) -> None:
    """Of the two, only the one that the line names has been renewed."""
    renewed(LATER, status="Paid")
    domain(remote_id=2, **LATER)

    assert [row.remote_id for row in Domain.objects.at_risk(TODAY)] == [2]


STATUSES = ("Active", "Grace", "Expired", "Pending Transfer", "Pending", "Cancelled")
DATES = (None, days(-80), days(-1), days(30), days(90))
BILLS: tuple[dict[str, Any] | None, ...] = (
    None,
    {"status": "Unpaid"},
    {"status": "Paid"},
    {"status": "Paid", "date": days(-121)},
    {"status": "Refunded"},
    {"status": "Unpaid", "total": 0},
)


def test_it_counts_those_for_which_a_reason_is_told(domain: Any) -> None:
    """Whatever is known of a domain: the form that counts finds what the form that tells finds."""
    account = domain(status="Grace").account
    Invoice.objects.create(
        account=Account.objects.create(remote_uuid="uuid-2", name="Unread", currency="EUR"),
        remote_id=1, currency="EUR", date=TODAY,
    )  # fmt: skip
    unread = Account.objects.get(name="Unread")
    kinds = product(STATUSES, DATES, DATES, (None, True, False), (None, days(-3), days(300)), BILLS)
    rows, bills, lines = [], [], []
    for number, (status, expiry, due, renews, invoiced, bill) in enumerate(kinds, start=2):
        read_at = None if renews is None and number % 7 == 0 else NOW
        owner = unread if number % 3 == 0 and not bill else account
        row = Domain(
            account=owner, remote_id=number, status=status, expiry_date=expiry, next_due_date=due,
            auto_renew=renews, next_invoice_date=invoiced, detailed_at=read_at,
            changed_at=NOW - timedelta(days=number % 20),
        )  # fmt: skip
        rows.append(row)
        if bill:
            usual = {
                "account": owner,
                "remote_id": number,
                "currency": "EUR",
                "detailed_at": NOW,
                "total": 12,
            }
            bills.append(Invoice(**usual | {"date": days(-10)} | bill))
            lines.append(InvoiceItem(invoice=bills[-1], position=0, domain=row, is_renewal=True))
    Account.objects.filter(pk=unread.pk).update(created_at=NOW)
    Domain.objects.bulk_create(rows)
    Invoice.objects.bulk_create(bills)
    InvoiceItem.objects.bulk_create(lines)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as a database does by itself after so many rows
    told = dict(Domain.objects.with_risk(TODAY).values_list("pk", "risk"))
    lost = {pk for pk, risk in told.items() if risk not in ("", Risk.UNKNOWN)}
    unknown = {pk for pk, risk in told.items() if risk == Risk.UNKNOWN}

    assert {*Domain.objects.may_be_lost(TODAY).values_list("pk", flat=True)} == lost
    assert {*Domain.objects.of_unknown_risk(TODAY).values_list("pk", flat=True)} == unknown
    past = Domain.objects.with_risk(TODAY).filter(risk=Risk.PAST, first_date__lt=days(-75))
    told_past = Domain.objects.at_risk(TODAY).to_save_first(TODAY).filter(is_long_past=True)
    assert {*told_past} == {*past}
    assert past
    assert len(lost) > 1000
    assert len(unknown) > 50


@pytest.mark.parametrize(
    ("fields", "left"),
    [
        ({"next_due_date": days(9), "expiry_date": days(12)}, 9),
        ({"next_due_date": days(9), "expiry_date": days(-2)}, -2),
        ({"status": "Expired", "expiry_date": days(-3)}, None),
        ({"status": "Pending Transfer", "next_due_date": days(9), "changed_at": NOW - timedelta(20)}, None),
        ({"status": "Grace"}, None),
    ],
)
def test_it_counts_the_days_to_the_earlier_date(domain: Any, fields: dict[str, Any], left: int) -> None:
    domain(**fields)

    assert Domain.objects.at_risk(TODAY).get().days_left(TODAY) == left


def test_it_counts_a_transfer_of_the_first_copy_from_that(domain: Any) -> None:
    """Its first copy has no events, and a switch that was turned is a change."""
    moving = domain(status="Pending Transfer", changed_at=NOW)
    assert Domain.objects.with_risk().get().risk != Risk.TRANSFER
    Account.objects.filter(pk=moving.account_id).update(created_at=NOW - timedelta(days=11))
    for rows in (Domain.objects.with_risk(), Domain.objects.at_risk()):
        assert rows.get().risk == Risk.TRANSFER
