"""A provider that is odd in every field: all its rows are there, and no field is silently another."""

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from portal.pages import exports
from portal.wording import formats
from ultahost_api import keys
from ultahost_api.models import Account, Domain, Email, Invoice, Order, Quote, Refresh, Service
from ultahost_api.refresh import runs
from ultahost_api.sandbox import odd

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

# Texts that come escaped for HTML, as they were before.
UNESCAPED = {
    "R&amp;D &#039;q&#039; <b>bold</b>": "R&D 'q' <b>bold</b>",
    "AT&amp;amp;T &quot;x&quot; &lt;b&gt;": 'AT&amp;T "x" <b>',
    "?a=1&copy=2&nosuch;&#xd800;": "?a=1&copy=2&nosuch;\ufffd",
}

COPIED = {
    "services": (
        Service,
        {"amount": "amount"},
        {
            "next_due_date": "nextduedate", "registration_date": "regdate",
            "next_invoice_date": "nextinvoicedate",
        },
    ),
    "domains": (
        Domain,
        {"recurring_amount": "recurringamount", "first_payment_amount": "firstpaymentamount"},
        {
            "registration_date": "registrationdate", "expiry_date": "expirydate",
            "next_due_date": "nextduedate", "next_invoice_date": "nextinvoicedate",
        },
    ),
    "invoices": (
        Invoice,
        {name: name for name in ("total", "subtotal", "credit", "tax", "tax2")},
        {"date": "date", "due_date": "duedate"},
    ),
    "orders": (Order, {"amount": "amount"}, {"date": "date"}),
    "quotes": (Quote, {"total": "total"}, {"valid_until": "validuntil", "created_on": "datecreated"}),
    "emails": (Email, {}, {"date": "date"}),
}  # fmt: skip
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
LISTED = {
    "services": "amount",
    "domains": "recurring_amount",
    "invoices": "total",
    "orders": "amount",
    "quotes": "total",
    "emails": "",
}
# What a file says in each column of the provider's own fields.
CELLS = {
    "services": {
        "Service": "product_name", "Domain": "domain", "Status": "status", "Amount": "amount",
        "Billing cycle": "billing_cycle", "Next due": "next_due_date", "Registered": "registration_date",
    },
    "domains": {
        "Domain": str, "Status": "status", "Expires": "expiry_date", "Next due": "next_due_date",
        "Auto-renew": lambda domain: {True: "on", False: "off", None: ""}[domain.auto_renew],
        "Renewal amount": "recurring_amount", "Years": "registration_period",
        "Registered": "registration_date", "Registrar": "registrar",
    },
    "invoices": {
        "Number": str, "Date": "date", "Due": "due_date", "Status": "shown_status", "Total": "total",
        "Payment method": "payment_method", "Net": "subtotal", "Tax": "both_taxes", "Credit used": "credit",
    },
    "orders": {
        "Order": str, "Ordered": "date", "Status": "status", "Amount": "amount",
        "Payment method": "payment_method",
    },
    "quotes": {
        "Quote": str, "Stage": "shown_stage", "Made": "created_on", "Valid until": "valid_until",
        "Total": "total",
    },
    "emails": {"Subject": "subject", "Sent": "date"},
}  # fmt: skip
CONTACT_CELLS = {"First name": "firstname", "Last name": "lastname", "E-mail address": "email"}
# Which cell of a page shows which day.
DAYS = {
    "services": {6: "next_due_date"},
    "domains": {7: "next_due_date"},
    "invoices": {5: "date", 6: "due_date"},
    "orders": {5: "date"},
    "quotes": {4: "created_on", 5: "valid_until"},
    "emails": {},
}


@pytest.fixture
def alma(sandbox, people, rung):
    odd.fill(sandbox.state)
    alma = people.member("Alma")
    for currency, key in odd.ODD_KEYS.items():
        keys.add(alma, currency, key)
    return alma


def read(*nouns):
    """What a worker would do for every account."""
    for noun in nouns:
        for refresh in Refresh.objects.filter(noun=noun):
            runs.run(refresh.pk)


def told(sandbox, account, noun):
    """The provider's rows by id, as far as they have one."""
    [theirs] = [one for one in sandbox.accounts if one.uuid == account.remote_uuid]
    return {
        row["id"]: row
        for row in theirs.rows(noun).values()
        if type(row.get("id")) is int and row["id"] < 2**63
    }


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
                is_odd = isinstance(value, dict | list) or (
                    len(str(value)) > 255 and name in SHORT
                )
                expected = "" if value is None or is_odd else UNESCAPED.get(str(value), str(value))
                assert getattr(row, name) == expected, (noun, name)
                assert (name in row.unreadable) == bool(is_odd and value)
    for _account, row, theirs in copied(sandbox, "domains"):
        for name, wire_name in SWITCHES.items():
            value = theirs.get(wire_name)
            reading = FLAGS.get(value) if isinstance(value, str | int | float) else None
            reading = True if value is True else reading
            check(row, name, getattr(row, name), reading, may_be_none=value is None)


def test_its_pages_and_files_show_what_was_copied(visit, alma):
    browser = visit(alma)
    read(*COPIED, "details")
    for noun in LISTED:
        a_list_shows_its_rows(browser, noun)
        a_file_holds_its_rows(browser, noun)
    entities_are_plain_on_pages_in_searches_and_in_files(browser)
    they_say_what_is_set_aside(browser)
    sums_say_what_they_leave_out(browser)


def entities_are_plain_on_pages_in_searches_and_in_files(browser):
    assert "R&D 'q' <b>bold</b>" in browser.get("/emails/?size=100&q=r%26d").texts("tbody td.name a")
    assert not browser.get("/emails/?q=%26%23039;").all("tbody tr")
    assert "R&D 'q' <b>bold</b>" in [line[1].removeprefix("'") for line in browser.get("/emails.csv").csv()]


def they_say_what_is_set_aside(browser):
    expected = sorted(["null", "abc", "–", str(2**70), "[1]", '{"id": 1}', "1.5", "–"])
    for noun in COPIED:
        refreshes = [one for one in Refresh.objects.filter(noun=noun) if one.set_aside]
        for refresh in refreshes:
            assert sorted(row["id"] or "–" for row in refresh.set_aside) == expected
        words = [text for text in browser.get(f"/{noun}/").texts(".banner .words") if "not listed" in text]
        assert len(words) == len(refreshes) > 0
        assert all(part in text for text in words for part in expected)


def a_list_shows_its_rows(browser, noun):
    model, name = COPIED[noun][0], LISTED[noun]
    page = browser.get(f"/{noun}/?size=100")
    rows = list(model.objects.select_related("account"))
    assert len(page.all("tbody tr")) == len(rows)
    if name:
        amounts = [(getattr(row, name), row.account.currency) for row in rows]
        shown = ["unreadable" if amount is None else formats.money(amount, unit) for amount, unit in amounts]
        assert sorted(page.texts("tbody td.money")) == sorted(shown)
        assert shown.count("unreadable") > 10
    for place, field in DAYS[noun].items():
        shown = [day_shown(row, field) for row in rows]
        assert sorted(page.texts(f"tbody td:nth-child({place})")) == sorted(shown), field
        assert shown.count("unreadable") > 1
    odd_rows = browser.get(f"/{noun}/?size=100&unreadable=any").all("tbody tr")
    assert len(odd_rows) == model.objects.partly_unreadable().count() > 0


def day_shown(row, field):
    value = getattr(row, field)
    if value is None:
        return "unreadable" if field in row.unreadable else formats.NOTHING
    return formats.day(value).replace(formats.NON_BREAKING, " ")


def lines_of(browser, path):
    """Of a file, by account and id."""
    text = browser.get(path).html.removeprefix("\ufeff")
    lines = list(csv.DictReader(io.StringIO(text, newline="")))
    by_id = {(line["Account"], int(line["Ultahost ID"])): line for line in lines}
    assert len(by_id) == len(lines)
    return by_id


def a_file_holds_its_rows(browser, noun):
    by_id = lines_of(browser, f"/{noun}.csv")
    rows = COPIED[noun][0].objects.select_related("account")
    assert len(by_id) == len(rows)
    for row in rows:
        a_line_says_what_was_read(by_id[row.account.name, row.remote_id], noun, row)


def a_line_says_what_was_read(line, noun, row):
    for title, field in CELLS[noun].items():
        value = field(row) if callable(field) else getattr(row, field)
        assert without_apostrophes(line[title]) == said(value), (noun, title)
    assert bool(line["Could not be read"]) == bool(row.unreadable)


def said(value):
    """Amounts as they are told, however many decimals a column has."""
    if isinstance(value, Decimal):
        return str(exports.cell(value))
    return without_apostrophes("" if value is None else str(value))


def without_apostrophes(text):
    """Which a file puts before what could start a formula."""
    return text.replace("'", "")


def sums_say_what_they_leave_out(browser):
    for sums in Invoice.objects.all().by_currency():
        open_ones = [i for i in Invoice.objects.filter(currency=sums.currency) if i.status == "Unpaid"]
        known = [i.total for i in open_ones if i.total is not None and i.total > 0]
        assert sums.open == sum(known)
        assert sums.open_unread == sum(i.total is None for i in open_ones) > 0
    home = browser.get("/")
    assert any("could not be read, not included" in text for text in home.texts(".figures .note"))
    link = home.all(".figures .note a")[0]["href"]
    assert browser.get(link).all("tbody tr")
    [words] = [text for text in home.texts(".banner .words") if "fields could not be read" in text]
    assert len(words.split(",")) == len(COPIED)


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


def test_its_file_of_contacts_holds_every_row(sandbox, visit, alma):
    browser, account = visit(alma), Account.objects.get(currency="EUR")
    theirs = told(sandbox, account, "contacts")

    by_id = lines_of(browser, f"/contacts.csv?account={account.pk}")

    assert set(by_id) == {(account.name, number) for number in theirs}
    for number, row in theirs.items():
        line = by_id[account.name, number]
        for title, wire_name in CONTACT_CELLS.items():
            value = row.get(wire_name)
            is_odd = isinstance(value, dict | list)
            expected = "" if value is None or is_odd else UNESCAPED.get(str(value), str(value))
            assert without_apostrophes(line[title]) == without_apostrophes(expected), (number, title)
            assert not is_odd or json.dumps(value) in line["Could not be read"]


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
    announcement = next(row for row in sandbox.state.announcements.values() if row["date"] == "2026-02-30")
    assert browser.get(f"/announcements/{announcement['id']}/?live=1").texts(".beneath .unread") == [
        "unreadable"
    ]


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
