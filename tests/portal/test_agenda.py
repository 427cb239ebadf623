"""What falls due: the next 90 days or a month, told by invoices and expected from cycles."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from portal.models import AccountPolicy
from portal.queries.agenda import Agenda
from portal.queries.agenda_days import Span
from portal.wording.agenda import Kind
from tests.portal.conftest import Element
from tests.portal.statements import all_statements
from ultahost_api.models import InvoiceItem

TODAY = date(2026, 11, 29)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel("2026-11-29T12:00:00Z", tick=False):
        yield


@pytest.fixture
def vps(rows, acme):
    def vps(**fields):
        usual = {"billing_cycle": "Monthly", "amount": "10", "next_due_date": date(2026, 12, 5)}
        return rows.service(acme, **usual | fields)

    return vps


def days(page):
    return page.texts(".agenda .day th")


def entries(page):
    rows = page.all(".agenda tbody tr:not(.day)")
    return [" ".join(text for cell in row.node.css("td") if (text := Element(cell).text)) for row in rows]


def day_sums(page):
    return page.texts(".agenda .day td.money")


def figures(page):
    return page.texts("dl.figures dd")


RENEWAL = {"description": "VPS - shop.example.com (05/12/2026 - 04/01/2027)", "is_renewal": True}


def bill(rows, account, **fields):
    return rows.invoice(account, **{"total": "10", "due_date": date(2026, 12, 5)} | fields)


def test_it_lists_by_day_what_falls_due_in_ninety_days(browser, rows, acme, vps):
    bill(rows, acme, number="A-1", total="20.50", due_date=TODAY)
    bill(rows, acme, number="A-2", due_date=TODAY + timedelta(days=90))
    bill(rows, acme, number="too late", due_date=TODAY + timedelta(days=91))
    bill(rows, acme, number="paid", status="Paid")
    bill(rows, acme, number="credit", total="-5")
    vps(domain="shop.example.com", billing_cycle="Annually")
    rows.domain(
        acme, name="kept.com", next_due_date=date(2026, 12, 6), recurring_amount="9.99", auto_renew=True
    )
    rows.domain(
        acme, name="lapses.com", expiry_date=date(2026, 12, 7), auto_renew=False, recurring_amount="9"
    )
    rows.quote(acme, subject="Racks", valid_until=date(2026, 12, 8), total="500")

    page = browser.get("/agenda/")

    assert [day.partition(",")[0] for day in days(page)] == [
        "Sunday", "Saturday", "Sunday", "Monday", "Tuesday", "Saturday",
    ]  # fmt: skip
    assert entries(page) == [
        "Invoice A-1 is due Unpaid Acme €20.50",
        "shop.example.com renews Expected Acme €10.00",
        "kept.com renews Expected Acme €9.99",
        "lapses.com expires Expires Acme",
        "Quote ends: Racks Delivered Acme €500.00",
        "Invoice A-2 is due Unpaid Acme €10.00",
    ]
    assert day_sums(page) == ["€20.50", "€10.00 expected", "€9.99 expected", "", "", "€10.00"]
    assert figures(page) == ["€50.49", "€30.50 invoiced, €19.99 expected"]


def test_it_expects_renewals_for_twelve_months_and_no_longer(browser, vps):
    vps(next_due_date=date(2026, 12, 31))

    shown = [day.partition(",")[2].strip() for day in days(browser.get("/agenda/"))]
    later = [browser.get(f"/agenda/?month={month}") for month in ("2027-02", "2027-10", "2027-12")]

    assert [" ".join(day.split()[:3]) for day in shown] == ["31 Dec 2026", "31 Jan 2027"]
    assert [len(entries(page)) for page in later] == [1, 1, 0]


def test_it_shows_the_day_that_ultahost_told_however_far_away(browser, vps):
    vps(next_due_date=date(2029, 2, 28), billing_cycle="Triennially")

    assert len(entries(browser.get("/agenda/?month=2029-02"))) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"billing_cycle": "One Time", "amount": "10"},
        {"billing_cycle": "Free Account", "amount": "10"},
        {"amount": "0"},
        {"status": "Cancelled"},
    ],
)
def test_it_expects_nothing_of_what_is_free_or_has_ended(browser, vps, fields):
    vps(**fields)

    assert entries(browser.get("/agenda/")) == []


def test_it_shows_a_cycle_that_it_does_not_know_once(browser, vps):
    vps(billing_cycle="Fortnightly")

    assert len(entries(browser.get("/agenda/"))) == 1


def test_it_counts_an_invoice_once_that_a_mass_payment_pays(browser, rows, acme):
    bill(rows, acme, number="A-1")
    bill(rows, acme, number="MASS", only_moves_money=True)

    page = browser.get("/agenda/")

    assert len(entries(page)) == 2
    assert day_sums(page) == ["€10.00"]


@pytest.mark.parametrize("noun", ["service", "domain"])
def test_it_counts_a_renewal_once_when_its_invoice_is_there(browser, rows, acme, vps, noun):
    domain = {"registration_period": 1, "recurring_amount": "10", "next_due_date": date(2026, 12, 5)}
    thing = vps(domain="shop.example.com") if noun == "service" else rows.domain(acme, name="d.com", **domain)
    invoice = bill(rows, acme, number="A-1")
    InvoiceItem.objects.create(invoice=invoice, position=0, **RENEWAL | {noun: thing})

    page = browser.get("/agenda/")

    assert entries(page)[1].endswith("renews Invoiced Acme")
    assert day_sums(page)[0] == "€10.00"
    # The cycles after it have no invoice yet
    assert len(entries(page)) == (4 if noun == "service" else 2)


@pytest.mark.parametrize("days", [15, 30, 60])
def test_an_invoice_of_another_period_does_not_ask_for_the_renewal(browser, rows, acme, vps, days):
    invoice = bill(rows, acme, due_date=date(2026, 12, 1))
    thing = vps(next_due_date=date(2026, 12, 1) + timedelta(days=days), billing_cycle="Annually")
    InvoiceItem.objects.create(invoice=invoice, position=0, **RENEWAL | {"service": thing})

    assert day_sums(browser.get("/agenda/")) == ["€10.00", "€10.00 expected"]


def test_a_fee_for_the_same_service_is_no_renewal_of_it(browser, rows, acme, vps):
    fee = {"description": "Setup Fee: VPS - shop.example.com", "is_renewal": False}
    InvoiceItem.objects.create(invoice=bill(rows, acme), position=0, **fee | {"service": vps()})

    assert not any("Invoiced" in entry for entry in entries(browser.get("/agenda/")))


def test_it_adds_up_to_the_last_decimal_and_never_two_currencies(browser, rows, acme, alma, vps):
    harbour, kuwait = rows.account("Harbour", "JPY"), rows.account("Kuwait", "KWD")
    for account in (harbour, kuwait):
        rows.key(alma, account, account.name)
    for total in ("0.10", "0.20"):
        bill(rows, acme, total=total)
    bill(rows, harbour, total="1980")
    rows.service(
        kuwait, billing_cycle="Annually", amount="12.345", next_due_date=date(2026, 12, 5), domain="k.com"
    )
    bill(rows, kuwait, total="0.001")
    bill(rows, kuwait, total=None, unreadable={"total": "x"})

    page = browser.get("/agenda/")

    assert page.texts(".agenda .day .sum") == [
        "€0.30", "¥1,980", "KWD 12.346 KWD 12.345 expected 1 amount unreadable",
    ]  # fmt: skip
    assert figures(page) == [
        "€0.30", "€0.30 invoiced, €0.00 expected",
        "¥1,980", "¥1,980 invoiced, ¥0 expected",
        "KWD 12.346", "KWD 0.001 invoiced, KWD 12.345 expected", "1 amount could not be read, not included",
    ]  # fmt: skip


def test_the_sums_of_the_days_are_the_sum_of_all(alma, rows, acme, vps):
    for n in range(40):
        vps(amount=Decimal("0.1") * n, next_due_date=TODAY + timedelta(days=n), billing_cycle="Quarterly")
        bill(rows, acme, total=Decimal("0.07") * (n + 1), due_date=TODAY + timedelta(days=n))

    found = Agenda(alma, Span(TODAY, TODAY + timedelta(days=91)))

    by_day = sum((one.all for day in found.days for one in day.sums), Decimal(0))
    shown = found.entries([day.day for day in found.days], 1000)
    by_entry = sum((one.amount for one in shown if not one.is_invoiced), Decimal(0))
    assert [one.all for one in found.sums] == [by_day] == [by_entry]
    assert len(shown) == sum(day.count for day in found.days) == sum(found.counts.values())


def test_it_shows_a_month_as_a_table_of_weeks(browser, rows, acme, vps):
    for n in range(5):
        bill(rows, acme, number=f"A-{n}")

    page = browser.get("/agenda/?view=month&month=2026-12")

    assert page.texts(".month thead th") == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    assert len(page.all(".month tbody tr")) == 5
    cell = next(one for one in page.all(".month td") if one.text.startswith("5 "))
    assert "A-0A-1A-2" in cell.text
    assert "is due" not in cell.text
    assert page.one('.month a[title="Invoice A-0 is due"]').text == "A-0"
    assert "2 more" in cell.text
    assert "€50.00" in cell.text


def test_a_full_month_leads_to_every_entry_of_a_day(browser, rows, acme):
    for n in range(130):
        bill(rows, acme, due_date=date(2026, 12, 1 + n // 25))
    for _ in range(4):
        bill(rows, acme, due_date=date(2026, 12, 26))
    month = browser.get("/agenda/?view=month&month=2026-12")

    more = next(link["href"] for link in month.all(".month a") if link["href"].endswith("#day-2026-12-26"))

    assert browser.get(more.partition("#")[0]).all("#day-2026-12-26 tr")


def test_it_goes_from_month_to_month_and_keeps_what_was_chosen(browser, rows, acme, vps):
    vps()
    page = browser.get(f"/agenda/?view=month&month=2026-12&kind=services&account={acme.pk}")

    page = browser.click(page, ".months a[rel=next]")

    assert page.one("h1").text.replace("\u00a0", " ") == "Agenda, January 2027"
    assert page.one(".chips [aria-current]").text == "Services 1"


def test_it_can_be_narrowed_to_a_kind_and_an_account(browser, rows, acme, alma, vps):
    other = rows.account("Harbour", "EUR")
    rows.key(alma, other, "Harbour")
    vps(domain="a.com", billing_cycle="Annually")
    bill(rows, acme, number="A-1")
    bill(rows, other, number="H-1")

    assert browser.get("/agenda/").texts(".chips a") == [
        "All 3", "Invoices 2", "Services 1", "Domains 0", "Quotes 0",
    ]  # fmt: skip
    assert len(entries(browser.get("/agenda/?kind=invoices"))) == 2
    assert len(entries(browser.get(f"/agenda/?account={other.pk}"))) == 1
    assert len(entries(browser.get("/agenda/?kind=nonsense&month=2026-99&view=x&from=x"))) == 3
    assert browser.get("/agenda/?account=00000000-0000-4000-8000-000000000000").status == 404


def test_it_goes_on_on_a_further_page_by_whole_days(browser, rows, acme):
    for n in range(60):
        for _ in range(3):
            bill(rows, acme, due_date=TODAY + timedelta(days=n))

    first = browser.get("/agenda/")
    second = browser.click(first, ".pager a[rel=next]")

    assert len(days(first)) == 33
    assert len(days(second)) == 27
    assert not {*days(first)} & {*days(second)}
    assert figures(first) == figures(second)


def test_it_says_how_many_more_a_full_day_has(browser, rows, acme):
    for _ in range(30):
        bill(rows, acme)

    page = browser.get("/agenda/")

    assert len(entries(page)) == 26
    assert entries(page)[-1] == "5 more"
    assert day_sums(page) == ["€300.00"]


def test_every_entry_of_a_full_day_can_be_reached(browser, rows, acme):
    for n in range(30):
        bill(rows, acme, number=f"A-{n:02}")

    page = browser.click(browser.get("/agenda/?kind=invoices"), ".agenda tbody td.name[colspan] a")

    assert [entry.split()[1] for entry in entries(page)] == [f"A-{n:02}" for n in range(30)]
    assert not page.all(".pager")


def test_it_is_printed_whole(browser, rows, acme):
    for n in range(60):
        for _ in range(3):
            bill(rows, acme, due_date=TODAY + timedelta(days=n))

    first = browser.get("/agenda/")
    printed = browser.click(first, "a.btn[href*=print]")

    assert len(days(printed)) == 60
    assert len(entries(printed)) == 180
    assert printed.one("[data-print=now]")
    assert not first.all("[data-print]")
    assert first.texts("p.printed")
    assert not browser.get("/agenda/?whole=1").all("[data-print=now]")


def test_a_list_that_fits_is_printed_as_it_is(browser, rows, acme):
    bill(rows, acme)

    page = browser.get("/agenda/")

    assert [button.text for button in page.all("[data-print]")] == ["Print"]
    assert not page.all(".pager")


def test_it_says_what_is_overdue(browser, rows, acme):
    bill(rows, acme, due_date=TODAY - timedelta(days=1))

    page = browser.get("/agenda/")

    assert page.one(".banner a")["href"] == "/invoices/?status=Overdue"


def test_it_is_one_click_away_from_home(browser, rows, acme):
    bill(rows, acme, number="A-1")

    page = browser.click(browser.get("/"), "main a[href=/agenda/]")

    assert "A-1" in entries(page)[0]


def test_it_shows_nothing_of_another_account(visit, people, rows, alma, acme):
    theirs = rows.account("Canary")
    AccountPolicy.objects.create(account=theirs, private=True)
    on = {"next_due_date": date(2026, 12, 5)}
    bill(rows, theirs, number="canary-1")
    rows.service(theirs, domain="canary.com", billing_cycle="Monthly", amount="5", **on)
    rows.domain(theirs, name="canary.com", recurring_amount="5", **on)
    rows.domain(theirs, name="canary.org", recurring_amount="5", auto_renew=False, **on)
    rows.quote(theirs, subject="canary", valid_until=date(2026, 12, 5))

    for path in ("/agenda/", "/agenda/?view=month&month=2026-12", "/agenda/?month=2026-12"):
        page = visit(alma).get(path)
        assert "canary" not in page.html.lower()
        assert page.texts(".chips .count") == ["0"] * 5
    billing = visit(people.billing("Emil")).get("/agenda/")
    assert entries(billing) == ["Invoice canary-1 is due Unpaid Canary €10.00"]
    assert len(entries(visit(people.admin("Dana")).get("/agenda/?month=2026-12"))) == 5


@pytest.mark.parametrize("view", ["", "?view=month&month=2026-12"])
def test_it_asks_as_many_statements_for_many_rows_as_for_one(browser, rows, acme, vps, view):
    def asked(count):
        for n in range(count):
            thing = vps(domain=f"{n}.example.com")
            rows.domain(acme, name=f"{n}.com", recurring_amount="5", next_due_date=date(2026, 12, 6))
            rows.quote(acme, valid_until=date(2026, 12, 7))
            InvoiceItem.objects.create(invoice=bill(rows, acme), position=0, service=thing)
        browser.get(f"/agenda/{view}")
        with all_statements() as caught:
            browser.get(f"/agenda/{view}")
        return len(caught)

    assert asked(1) == asked(30) <= 21


def test_the_first_entries_of_a_day_are_those_that_all_begin_with(alma, rows, acme, vps):
    for n in range(6):
        on = {"next_due_date": date(2026, 6 + n, 6)}
        vps(domain=f"{9 - n}.example.com" if n % 3 else "", **on)
        vps(domain="", product_name="" if n % 2 else f"VPS {n}", billing_cycle="Annually", **on)
        rows.domain(acme, name=f"{n}.com" if n % 2 else "", recurring_amount="5", registration_period=1, **on)
        rows.domain(acme, name=f"{n}.org", auto_renew=False, expiry_date=date(2026, 12, 6))
        rows.quote(acme, subject=f"Offer {9 - n}" if n else "", valid_until=date(2026, 12, 6))
        bill(rows, acme, number=f"{5 - n}" if n else "", due_date=date(2026, 12, 6))
    agenda = Agenda(alma, Span(date(2026, 12, 1), date(2027, 1, 1)))
    days = [day.day for day in agenda.days]

    for most in (1, 3, 10, 100):
        every = agenda.entries(days, most)
        first = [one for day in days for one in [entry for entry in every if entry.day == day][:most]]
        assert agenda.first_entries(days, most) == first
    assert len(first) > 20


def test_it_reads_the_rows_of_the_days_that_it_shows_alone(alma, rows, acme, vps):
    for n in range(50):
        vps(next_due_date=TODAY + timedelta(days=n % 5))

    found = Agenda(alma, Span(TODAY, TODAY + timedelta(days=91)), kinds=[Kind.SERVICES])

    assert len(found.entries([TODAY], 4)) == 4
    assert timezone.localdate() == TODAY


def test_another_month_keeps_what_was_chosen(browser, rows, acme, vps):
    page = browser.get("/agenda/?view=month&month=2026-12&kind=services")

    page = browser.click(page, ".months .sheet a[href*='month=2027-03']")

    assert "March" in page.one("h1").text
    assert page.one(".chips a[aria-current]").text.startswith("Services")


def test_it_says_what_to_do_without_an_account(visit, people):
    page = visit(people.member("Nora")).get("/agenda/")

    assert page.one(".empty a")["href"] == "/keys/add/"
