"""What invoices come to, against figures worked out by hand in three currencies, and in every partition."""

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.models import AccountPolicy, Label, Remark
from portal.queries.spend import Row, Spend
from tests.portal.conftest import Rows
from ultahost_api.client.core.amounts import written
from ultahost_api.models import InvoiceItem, links
from ultahost_api.models.spending import DOMAINS, OTHER

TODAY = date(2026, 11, 29)
SINCE = date(2025, 12, 1)
UNTIL = date(2026, 11, 30)


@pytest.fixture
def admin(people):
    return people.admin("Dana")


def spend(user, currency="EUR", since=SINCE, until=UNTIL, account=None):
    return Spend(user, currency, since, until, TODAY, account)


def bill(rows, account, *lines, net=None, **fields):
    """Lines are (thing, amount); tax and credit are nothing unless told."""
    net = sum((Decimal(amount) for _, amount in lines), Decimal(0)) if net is None else net
    usual = {"date": date(2026, 11, 3), "detailed_at": timezone.now(), "subtotal": net, "status": "Paid"}
    made = rows.invoice(account, **usual | {"tax": Decimal(0), "credit": Decimal(0)} | fields)
    for position, (thing, amount) in enumerate(lines):
        about = {thing._meta.model_name: thing} if thing else {}
        text = f"{getattr(thing, 'product_name', '')} - something"
        InvoiceItem.objects.create(
            invoice=made, position=position, amount=Decimal(amount), description=text, **about
        )
    return made


def word_lines(account, text):
    """All lines of the account are called so, and of what that names."""
    InvoiceItem.objects.filter(invoice__account=account).update(description=text)
    links.assign_again(account.pk)


def told(partition):
    rows = [(row.key, written(row.amount), row.count) for row in partition.rows]
    rest = (partition.not_assigned, partition.tax, partition.credit, partition.total)
    return [*rows, *map(written, rest)]


def test_it_adds_up_a_year_in_euros(rows, admin):
    acme, harbour = rows.account("Acme"), rows.account("Harbour")
    small = rows.service(acme, product_name="VPS Basic")
    same = rows.service(harbour, product_name="VPS Basic")
    large = rows.service(acme, product_name="Dedicated X1")
    name = rows.domain(acme, name="a.com")
    bill(rows, acme, (small, "19.99"), (large, "100.00"), tax="23.9980", tax2="0.0020", total="143.99")
    bill(rows, acme, (name, "12.50"), (None, "-2.50"), credit="10.00", total="0.00")
    bill(rows, harbour, (same, "19.99"), date=date(2026, 10, 31), total="19.99", status="Unpaid")
    bill(rows, harbour, (same, "5.00"), date=date(2026, 1, 31), total="5.00", status="Refunded")
    bill(rows, harbour, (None, "-7.00"), total="-7.00", status="Unpaid")  # a credit note
    # Not one of these counts.
    bill(rows, acme, (small, "1000"), date=date(2025, 11, 30), total="1000")
    bill(rows, acme, (small, "2000"), status="Cancelled", total="2000")
    bill(rows, acme, (small, "3000"), status="Draft", total="3000")
    bill(rows, acme, (None, "143.99"), only_moves_money=True, total="143.99")
    bill(rows, acme, (small, "4000"), gone_at=timezone.now(), total="4000")
    bill(rows, rows.account("Tokyo", "JPY"), (None, "5000"), total="5000")

    found = spend(admin)

    rest = ["24.00", "10.00", "161.98"]  # tax, credit, and 147.98 + 24 - 10
    assert told(found.by_product) == [
        ("=Dedicated X1", "100.00", 1),
        ("=VPS Basic", "44.98", 3),
        (DOMAINS, "12.50", 1),
        "-9.50",
        *rest,
    ]
    assert told(found.by_account) == [
        (acme.pk, "129.99", 2),
        (harbour.pk, "17.99", 3),
        "0.00",
        *rest,
    ]
    assert told(found.by_month) == [
        (date(2026, 11, 1), "122.99", 3),
        (date(2026, 10, 1), "19.99", 1),
        (date(2026, 1, 1), "5.00", 1),
        "0.00",
        *rest,
    ]
    by_month = {month: sums for month, sums in found.months if sums.count}
    assert [*by_month] == [date(2025, 11, 1), date(2026, 1, 1), date(2026, 10, 1), date(2026, 11, 1)]
    november = by_month[date(2026, 11, 1)]
    assert [november.invoiced, november.paid, november.open] == [Decimal("146.99"), Decimal("143.99"), 0]
    assert by_month[date(2026, 10, 1)].open == Decimal("19.99")
    january = by_month[date(2026, 1, 1)]
    assert [january.invoiced, january.paid, january.open, january.refunded] == [5, 0, 0, 1]


def test_it_adds_up_yen_and_dinars_to_their_last_decimal(rows, admin):
    tokyo, kuwait = rows.account("Tokyo", "JPY"), rows.account("Kuwait", "KWD")
    bill(rows, tokyo, (None, "1980"), tax="198", total="2178")
    bill(rows, tokyo, (None, "1980.50"), credit="0.50", total="1980", status="Unpaid")
    for _ in range(10):
        bill(rows, kuwait, (None, "12.345"), tax="0.001", total="12.346")

    yen, dinars = spend(admin, "JPY"), spend(admin, "KWD")

    assert told(yen.by_product) == ["3960.50", "198.00", "0.50", "4158.00"]
    assert told(dinars.by_product) == ["123.45", "0.01", "0.00", "123.46"]
    assert [yen.whole.paid, yen.whole.open, dinars.whole.paid] == [2178, 1980, Decimal("123.46")]


def test_it_counts_apart_what_it_does_not_know(rows, admin):
    acme = rows.account()
    bill(rows, acme, (None, "10"), total="10")
    rows.invoice(acme, date=TODAY, total="99", status="Unpaid")  # no details yet
    bill(rows, acme, (None, "7"), net=None, subtotal=None, unreadable={"subtotal": "?"}, total="7")
    bill(rows, acme, (None, "3"), tax=None, unreadable={"tax": "?"}, total=None)
    bill(rows, acme, (None, "500"), date=None, total="500")

    found = spend(admin)

    assert told(found.by_product)[-1] == "13.00"
    assert (found.whole.undetailed, found.whole.unread, found.undated) == (1, 2, 1)
    assert [found.whole.open, found.whole.paid] == [99, 17]


def test_it_names_a_product_only_as_the_line_does(rows, admin):
    """Who may read an invoice and not its services learns nothing of them."""
    acme = rows.account()
    bill(rows, acme, (rows.service(acme, product_name="Secret Server"), "8"))
    InvoiceItem.objects.update(description="Addon (shop.example.com) - Backups")
    bill(rows, acme, (rows.service(acme, product_name=""), "2"))

    assert spend(admin).by_product.rows == [Row(OTHER, Decimal(10), 2)]


def test_it_counts_under_its_product_what_may_be_of_several_services_of_it(rows, people, admin):
    """So does who sees no services: the line names the product. The label is that of no line."""
    acme, harbour = rows.account("Acme"), rows.account("Harbour")
    shop = Label.objects.create(name="Shop")
    for account in (acme, acme, harbour):
        service = rows.service(account, product_name="VPS Basic", domain="")
        Remark.objects.create(service=service, label=shop)
    bill(rows, acme, (None, "20"), (None, "20"))
    bill(rows, harbour, (None, "5"))
    for account in (acme, harbour):
        word_lines(account, "VPS Basic (01/11/2026 - 30/11/2026)")

    for user in (admin, people.billing("Bea")):
        found = spend(user)
        assert told(found.by_product)[:2] == [("=VPS Basic", "45.00", 3), "0.00"]
        assert told(found.by_label)[:2] == [(shop.pk, "5.00", 1), "40.00"]


@pytest.mark.parametrize("names", [("VPS Basic", "VPS Plus"), ("Secret", "Secret"), ("", "")])
def test_it_assigns_no_product_that_such_services_do_not_share_or_the_line_does_not_name(rows, admin, names):
    acme = rows.account("Acme")
    for product in names:
        rows.service(acme, product_name=product, domain="shop.example.com")
    bill(rows, acme, (None, "20"))
    word_lines(acme, "Addon (shop.example.com) - VPS Basic (01/11/2026 - 30/11/2026)")

    assert told(spend(admin).by_product) == ["20.00", "0.00", "0.00", "20.00"]


def test_it_holds_only_the_invoices_that_a_user_may_view(rows, people, admin):
    shown, hidden = rows.account("Acme"), rows.account("Hidden")
    AccountPolicy.objects.create(account=hidden, private=True)
    for account in (shown, hidden):
        bill(rows, account, (None, "10"), total="10")

    assert spend(people.member("Alma")).whole.net == 10
    assert spend(people.billing("Bea")).whole.net == spend(admin).whole.net == 20
    assert spend(admin, account=shown).whole.net == 10


CENTS = st.decimals(-500, 500, places=3)
LINE = st.tuples(st.sampled_from(["basic", "plus", "several", "domain", "nothing"]), CENTS)
BILL = st.tuples(st.booleans(), st.integers(0, 23), st.lists(LINE, max_size=4), CENTS, CENTS, st.booleans())


@given(st.lists(BILL, max_size=12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_comes_to_the_same_total_in_every_partition(admin, bills):
    with transaction.atomic():
        rows, accounts, expected, net = Rows(), {}, Decimal(0), Counter()
        shop = Label.objects.create(name="Shop")
        for is_acme in (True, False):
            account = rows.account(f"Company {is_acme}")
            services = {name: rows.service(account, product_name=name) for name in ("basic", "plus")}
            Remark.objects.create(service=services["basic"], label=shop)
            for _ in range(2):
                rows.service(account, product_name="several", domain="")
            told_by = {"domain": rows.domain(account), "several": None, "nothing": None}
            accounts[is_acme] = account, {**services, **told_by}
        for is_acme, months, lines, tax, credit, has_rest in bills:
            account, things = accounts[is_acme]
            year, month = divmod(TODAY.year * 12 + TODAY.month - 1 - months, 12)
            rest = Decimal("1.25") if has_rest else Decimal(0)  # beside the lines
            subtotal = sum((amount for _, amount in lines), rest)
            told_lines = [(things[name], amount) for name, amount in lines]
            fields = {"date": date(year, month + 1, 28), "tax": tax, "credit": credit}
            made = bill(rows, account, *told_lines, net=subtotal, **fields)
            for position, (name, _) in enumerate(lines):
                if name == "several":
                    made.items.filter(position=position).update(description=name, product=name)
            expected += subtotal + tax - credit
            net.update({"nothing": rest})
            for name, amount in lines:
                net[name] += amount

        found = spend(admin, since=date(2024, 12, 1))

        assert found.by_product.total == found.by_account.total == found.by_month.total == expected
        assert found.by_label.total == expected
        assert {row.key: row.amount for row in found.by_label.rows}.get(shop.pk, 0) == net["basic"]
        assert found.by_product.not_assigned == net["nothing"]
        assert found.by_account.not_assigned == found.by_month.not_assigned == 0
        keys = {"basic": "=basic", "plus": "=plus", "several": "=several", "domain": DOMAINS}
        by_key = {row.key: row.amount for row in found.by_product.rows}
        assert all(by_key.get(key, 0) == net[name] for name, key in keys.items())
        transaction.set_rollback(True)
