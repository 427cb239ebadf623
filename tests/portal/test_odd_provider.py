"""A provider that is odd in every field: all its rows are there, and no field is silently another."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.portal.odd_rows import COPIED, UNESCAPED, hold, read, told
from ultahost_api.models import Account, Invoice

pytestmark = pytest.mark.django_db

# What a person reads into each amount, where there is one reading alone.
AMOUNTS = {
    "1,234.50": "1234.50", "1.234,50": "1234.50", "1 234,50": "1234.50", 12.5: "12.5", 7: "7",
    "12.345": "12.345", "2.125": "2.125", "1980.50": "1980.50", "0.00": "0", "-120.00": "-120",
    "99999999999.9999": "99999999999.9999",
}  # fmt: skip
OF_CURRENCY = {
    "EUR": {"€5.00": "5", "&euro;6.00": "6"},
    "KWD": {"KWD 12.345": "12.345"},
    "JPY": {"¥1980": "1980"},
}
DATES = {
    "31/12/2026": date(2026, 12, 31), "2020-01-01": date(2020, 1, 1), 20260101: date(2026, 1, 1),
    "2026-06-06T12:00:00+14:00": date(2026, 6, 6),
}  # fmt: skip
NO_DATE = ("0000-00-00", None, "", "-0001-11-30")
FLAGS = {"": False, 0: False, 1: True, "on": True, "off": False}
MOMENTS = {
    date(2026, 6, 6): datetime(2026, 6, 5, 22, tzinfo=UTC),  # the one with an offset
}
TEXTS = {
    "services": {
        "product_name": "product_name",
        "domain": "domain",
        "dedicated_ip": "dedicatedip",
        "status": "status",
        "billing_cycle": "billingcycle",
    },
    "domains": {
        "name": "domain", "registrar": "registrar", "notes": "additionalnotes", "status": "status",
        "type": "type",
    },
    "invoices": {
        "number": "invoicenum",
        "payment_method": "paymentmethod",
        "notes": "notes",
        "status": "status",
    },
    "orders": {"number": "ordernum", "payment_method": "paymentmethod", "status": "status"},
    "quotes": {"subject": "subject", "stage": "stage"},
    "emails": {"subject": "subject"},
}  # fmt: skip
SHORT = {"status", "stage", "billing_cycle", "type"}  # words, whose columns hold no more than 255 letters
SWITCHES = {
    "dns_management": "dnsmanagement", "email_forwarding": "emailforwarding", "id_protection": "idprotection",
    "is_premium": "is_premium",
}  # fmt: skip


@pytest.fixture
def alma(sandbox, people, rung):
    return hold(sandbox, people.member("Alma"))


def copied(sandbox, noun):
    """Each of our rows with the provider's."""
    model = COPIED[noun][0]
    for account in Account.objects.all():
        theirs = told(sandbox, account, noun)
        ours = {row.remote_id: row for row in model.objects.filter(account=account)}
        assert set(ours) == set(theirs), "a row is missing"
        yield from ((account, ours[number], theirs[number]) for number in ours)


def read_amount(value, currency):
    readings = AMOUNTS | OF_CURRENCY[currency]
    known = isinstance(value, str | int | float) and not isinstance(value, bool) and value in readings
    return Decimal(readings[value]) if known else None


def check(row, name, shown, reading, may_be_none=False):
    """The reading, or nothing and the word that it could not be read."""
    assert shown == reading, (name, row.unreadable)
    assert (name in row.unreadable) == (reading is None and not may_be_none), (name, shown, row.unreadable)


def test_it_copies_every_row_and_no_field_as_another(sandbox, alma):
    read(*COPIED, "details")
    no_amount_or_date_is_another(sandbox)
    no_text_or_switch_is_another(sandbox)


def no_amount_or_date_is_another(sandbox):
    for noun, (_model, amounts, dates) in COPIED.items():
        for account, row, theirs in copied(sandbox, noun):
            assert row.is_detailed or noun in ("orders", "quotes", "emails")
            for name, wire_name in amounts.items():
                check(row, name, getattr(row, name), read_amount(theirs.get(wire_name), account.currency))
            for name, wire_name in dates.items():
                value = theirs.get(wire_name)
                is_none = value is None or (isinstance(value, str) and value in NO_DATE)
                reading = DATES.get(value) if isinstance(value, str | int) else None
                if reading and noun in ("orders", "emails"):
                    midnight = datetime(reading.year, reading.month, reading.day, tzinfo=UTC)
                    reading = MOMENTS.get(reading, midnight)
                check(row, name, getattr(row, name), reading, may_be_none=is_none)


def no_text_or_switch_is_another(sandbox):
    for noun, names in TEXTS.items():
        for _account, row, theirs in copied(sandbox, noun):
            for name, wire_name in names.items():
                value = theirs.get(wire_name)
                is_odd = isinstance(value, dict | list) or (len(str(value)) > 255 and name in SHORT)
                expected = "" if value is None or is_odd else UNESCAPED.get(str(value), str(value))
                assert getattr(row, name) == expected, (noun, name)
                assert (name in row.unreadable) == bool(is_odd and value)
    for _account, row, theirs in copied(sandbox, "domains"):
        for name, wire_name in SWITCHES.items():
            value = theirs.get(wire_name)
            reading = FLAGS.get(value) if isinstance(value, str | int | float) else None
            reading = True if value is True else reading
            check(row, name, getattr(row, name), reading, may_be_none=value is None)


@pytest.mark.parametrize("noun", ["services", "domains", "invoices"])
def test_its_pages_of_one_row_say_what_could_not_be_read(visit, alma, noun):
    browser = visit(alma)
    read(noun)
    for row in COPIED[noun][0].objects.filter(account__currency="EUR"):
        page = browser.get(f"/{noun}/{row.pk}/")
        assert page.status == 200
        assert len(page.texts(".banner .words q.said")) == len(list(filter(None, row.unreadable.values())))


@pytest.mark.parametrize("noun", ["orders", "quotes", "emails"])
def test_its_pages_that_are_read_live_open(visit, sandbox, alma, noun):
    browser = visit(alma)
    read(noun)
    for row in COPIED[noun][0].objects.all():
        page = browser.get(f"/{noun}/{row.account_id}/{row.remote_id}/?live=1")
        assert page.status == 200
        assert page.all(".facts"), page.texts(".banner .words")
        told = [words for words in row.unreadable.values() if 0 < len(words) < 255]  # a long one fits a page
        assert len(page.texts(".banner .words q.said")) >= len(told)


def test_its_live_lists_show_every_row(sandbox, visit, alma):
    browser, account = visit(alma), Account.objects.get(currency="EUR")
    for noun, path in {"contacts": "contacts", "payment_methods": "payment-methods"}.items():
        page = browser.get(f"/{path}/?account={account.pk}&live=1&size=100")
        assert len(page.all("tbody tr")) == len(told(sandbox, account, noun))
        assert page.all("tbody .unread")
        assert any("not listed" in text and "abc" in text for text in page.texts(".banner .words"))
    page = browser.get("/announcements/?live=1&size=100")
    assert len(page.all("tbody tr")) == len(sandbox.state.announcements)
    assert "unreadable" in page.texts("tbody td.account-cell")


def test_its_live_pages_say_what_could_not_be_read(sandbox, visit, alma):
    browser, account = visit(alma), Account.objects.get(currency="EUR")
    page = browser.get(f"/accounts/{account.pk}/?live=1")
    assert page.texts(".facts .unread")[0] == "unreadable"
    assert "1,234" in page.texts(".banner q.said")
    contact = next(
        row for row in told(sandbox, account, "contacts").values() if row.get("generalemails") == "perhaps"
    )
    page = browser.get(f"/contacts/{account.pk}/{contact['id']}/?live=1")
    assert "Unknown" in page.texts("dd")
    assert "perhaps" in page.texts(".banner q.said")
    announcement = next(row for row in sandbox.state.announcements.values() if row["date"] == "2026-02-30")
    page = browser.get(f"/announcements/{announcement['id']}/?live=1")
    assert page.texts(".beneath .unread") == ["unreadable"]
    assert "2026-02-30" in page.texts(".banner q.said")


def test_its_pages_that_add_up_open(visit, alma):
    read("services", "invoices", "domains", "quotes")
    browser = visit(alma)
    currencies = {*Invoice.objects.values_list("currency", flat=True)}
    months = {day.strftime("%Y-%m") for day in Invoice.objects.values_list("date", flat=True) if day}
    paths = [
        *(f"/spend/?currency={one}&period=24-months" for one in currencies),
        *(f"/spend.csv?table={one}" for one in ("months", "products", "accounts", "forecast")),
        *("/agenda/", "/agenda/?view=month"),
        *(f"/statements/?month={one}" for one in months),
        *(f"/statements/{one.pk}/{month}/" for one in Account.objects.all() for month in months),
    ]

    assert len(paths) > 20
    assert {path: status for path in paths if (status := browser.get(path).status) != 200} == {}
