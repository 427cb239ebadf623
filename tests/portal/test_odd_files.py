"""What lists and files show of a provider that is odd in every field: what was read, or that it was not."""

import csv
import io
import json
from decimal import Decimal

import pytest

from portal.pages import exports
from portal.wording import formats
from tests.portal.odd_rows import COPIED, UNESCAPED, hold, read, told
from ultahost_api.models import Account, Invoice, Refresh

pytestmark = pytest.mark.django_db

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
    return hold(sandbox, people.member("Alma"))


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
        shown = [text.replace(formats.NON_BREAKING, " ") for text in shown]
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
