"""Two periods beside each other: what is new, gone, dearer and cheaper, and what each number leads to."""

import csv
from datetime import date
from decimal import Decimal

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.models import AccountPolicy, Act, AuditEntry, Label, Remark
from portal.queries.comparison import compare
from portal.queries.spend import partition
from tests.portal.statements import all_statements
from tests.portal.test_spend import figures, table
from tests.portal.test_spend_sums import bill, word_lines
from ultahost_api.models import Invoice
from ultahost_api.models.spending import Sums

SEPTEMBER, OCTOBER = date(2026, 9, 9), date(2026, 10, 31)
BOTH = "?period=2026-10&other=2026-09"


@pytest.fixture(autouse=True)
def _in_november():
    with time_machine.travel("2026-11-29T12:00:00Z"):
        yield


@pytest.fixture
def two_months(rows, acme):
    """The products of September and October, and a label on one of them."""
    basic, plus, old, same = (
        rows.service(acme, product_name=name) for name in ("VPS Basic", "VPS Plus", "Old VPS", "Same VPS")
    )
    Remark.objects.create(service=basic, label=Label.objects.create(name="Shop"))
    bill(
        rows,
        acme,
        (basic, "20"),
        (old, "15"),
        (same, "7"),
        (None, "2"),
        tax="4",
        number="S",
        total="48",
        date=SEPTEMBER,
    )
    bill(
        rows,
        acme,
        (basic, "25"),
        (plus, "100"),
        (same, "7"),
        tax="9",
        credit="10",
        number="O",
        total="131",
        date=OCTOBER,
    )
    bill(
        rows,
        rows.account("Harbour"),
        (rows.domain(acme, name="a.com"), "1"),
        number="H",
        total="1",
        date=OCTOBER,
    )


def test_it_lists_the_differences_of_each_partition_the_largest_first(browser, two_months):
    page = browser.get(f"/spend/compare/{BOTH}")

    rest = ["Tax €4.00 €9.00 +€5.00", "Credit €0.00 -€10.00 -€10.00",
            "Total after credit €48.00 €132.00 +€84.00"]  # fmt: skip
    assert table(page, "products") == [
        "VPS Plus New €0.00 €100.00 +€100.00",
        "Old VPS Gone €15.00 €0.00 -€15.00",
        "VPS Basic Dearer €20.00 €25.00 +€5.00",
        "Domains New €0.00 €1.00 +€1.00",
        "Same VPS €7.00 €7.00 €0.00",
        "Not assigned €2.00 €0.00 -€2.00",
        *rest,
    ]
    assert table(page, "labels") == [
        "Shop Dearer €20.00 €25.00 +€5.00", "Not assigned €24.00 €108.00 +€84.00", *rest,
    ]  # fmt: skip
    assert table(page, "accounts") == [
        "Acme Dearer €44.00 €132.00 +€88.00", "Harbour New €0.00 €1.00 +€1.00", *rest,
    ]  # fmt: skip
    assert page.texts("table[data-sheet=products] thead th") == [
        "Product", "September 2026", "October 2026", "Difference",
    ]  # fmt: skip
    assert {"€132.00", "€48.00", "+€84.00", "by product: 2 new, 1 gone, 1 dearer"} <= {*figures(page)}


@pytest.mark.parametrize("name", ["products", "labels", "accounts"])
def test_each_number_leads_to_the_invoices_behind_it(browser, two_months, name):
    page = browser.get(f"/spend/compare/{BOTH}")
    row = next(row for row in page.all(f"table[data-sheet={name}] tbody tr") if "Dearer" in row.text)

    behind = [browser.get(link.attributes["href"]).texts("tbody .name") for link in row.node.css("a")]

    assert behind == [["S"], ["O"]]


def test_it_compares_the_product_of_lines_that_may_be_of_several_services(browser, rows, acme):
    for _ in range(2):
        rows.service(acme, product_name="VPS Basic", domain="")
    bill(rows, acme, (None, "20"), number="S", total="20", date=SEPTEMBER)
    bill(rows, acme, (None, "25"), number="O", total="25", date=OCTOBER)
    word_lines(acme, "VPS Basic")

    page = browser.get(f"/spend/compare/{BOTH}")

    assert table(page, "products")[0] == "VPS Basic Dearer €20.00 €25.00 +€5.00"
    links = page.all("table[data-sheet=products] tbody tr")[0].node.css("a")
    assert [browser.get(link.attributes["href"]).texts("tbody .name") for link in links] == [["S"], ["O"]]


@pytest.mark.parametrize(
    ("query", "of_first", "of_second"),
    [(BOTH, "–", "€20.00"), ("?period=2026-09&other=2026-10", "€20.00", "–")],
)
def test_it_tells_nothing_of_a_period_while_no_details_are_read(
    browser, rows, acme, query, of_first, of_second
):
    rows.invoice(acme, number="S", total="48", date=SEPTEMBER, currency="EUR")
    bill(rows, acme, (rows.service(acme, product_name="VPS"), "20"), number="O", total="20", date=OCTOBER)

    page = browser.get(f"/spend/compare/{query}")
    file = browser.get(f"/spend/compare.csv{query}").csv()

    assert page.texts("dl.figures dd:nth-of-type(1)") == [of_first, of_second, "–"]
    assert "by product" not in page.one("dl.figures").text
    assert table(page, "products")[0] == f"VPS {of_first} {of_second} –"
    assert table(page, "accounts")[0] == f"Acme {of_first} {of_second} –"
    for name in ("products", "accounts"):
        assert table(page, name)[-1] == f"Total after credit 1 not read yet {of_first} {of_second} –"
    was, now = (amount.strip("–€") for amount in (of_first, of_second))
    assert file[0] == ["VPS", was, now, "", "EUR", ""]
    assert file[-1] == ["Total after credit", was, now, "", "EUR", "1 not read yet"]


@pytest.mark.parametrize(
    ("missing", "note"),
    [
        ({}, "1 not read yet"),
        ({"detailed_at": "2026-10-10T10:00Z", "unreadable": {"subtotal": "?"}}, "1 amount unreadable"),
    ],
)
def test_it_calls_no_row_new_or_gone_while_anything_is_missing(
    browser, rows, acme, two_months, missing, note
):
    other = rows.account("Other")
    rows.invoice(other, number="T", total="48", date=OCTOBER, currency="EUR", **missing)

    page = browser.get(f"/spend/compare/{BOTH}")

    assert table(page, "products")[:2] == ["VPS Plus €0.00 €100.00 +€100.00", "Old VPS €15.00 €0.00 -€15.00"]
    for name in ("products", "labels", "accounts"):
        assert table(page, name)[-1] == f"Total after credit {note} €48.00 €132.00 +€84.00"
        kinds = {line[-1] for line in browser.get(f"/spend/compare.csv{BOTH}&table={name}").csv()}
        assert kinds == {"", note}
    assert "by product" not in page.one("dl.figures").text


def test_it_says_what_is_refunded_and_what_has_no_date(browser, rows, acme, two_months):
    basic = rows.service(acme, product_name="VPS Basic")
    bill(rows, acme, (basic, "5"), number="R", total="5", date=SEPTEMBER, status="Refunded")
    bill(rows, acme, (basic, "7"), number="U", total="7", date=None)

    page = browser.get(f"/spend/compare/{BOTH}")

    assert page.texts("main .notes li") == [
        "September 2026: 1 refunded invoice, included. How much was refunded is not known.",
        "1 invoice without a date is in no month.",
    ]
    assert browser.get(page.one("main .notes a")["href"]).texts("tbody .name a") == ["R"]
    assert page.texts("main .notes li")[1:] == browser.get("/spend/").texts("main .notes li")[1:]


def test_without_anything_to_note_it_has_no_notes(browser, two_months):
    assert not browser.get(f"/spend/compare/{BOTH}").all("main .notes")


@pytest.mark.parametrize(
    ("query", "period"),
    [
        ("?period=2026-10", "last-month"),
        ("?period=2026-11", "this-month"),
        ("?period=2026-q2", "2026-q2"),
        ("?period=2026-q3", "last-quarter"),
        ("?period=2026", "this-year"),
        ("?period=2025", "last-year"),
        ("?period=2026-05", "12-months"),
    ],
)
def test_the_way_back_keeps_what_is_chosen(browser, two_months, acme, query, period):
    back = browser.get(f"/spend/compare/{query}&currency=EUR&account={acme.pk}").one("a.back")["href"]

    assert "other" not in back
    spend = browser.get(back)
    chosen = [spend.one(f"select[name={name}] option[selected]")["value"] for name in ("account", "period")]
    assert chosen == [str(acme.pk), period]


@pytest.mark.parametrize("words", ["compare", "compare periods", "difference"])
def test_the_search_finds_it(browser, two_months, words):
    assert "/spend/compare/" in [link["href"] for link in browser.get(f"/search/?q={words}").all(".hits a")]


def test_spend_leads_to_it_with_what_is_chosen(browser, two_months, acme):
    for period, told in (
        ("last-month", ["October 2026", "September 2026"]),
        ("2026-q3", ["Q3 2026", "Q2 2026"]),
        ("last-year", ["2025", "2024"]),
        ("12-months", ["October 2026", "September 2026"]),
    ):
        spend = browser.get(f"/spend/?account={acme.pk}&period={period}")
        page = browser.click(spend, ".head a[href^='/spend/compare/']")
        assert page.texts(".figures dt")[1::-1] == told
        assert page.one("select[name=account] option[selected]").text == "Acme"


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("", ["October 2026", "September 2026"]),
        ("?period=2026-01", ["January 2026", "December 2025"]),
        ("?period=2026-q1", ["Q1 2026", "Q4 2025"]),
        ("?period=2026", ["2026", "2025"]),
        ("?period=2026-q2&other=2019-q2", ["Q2 2026", "Q2 2019"]),
        ("?period=2026-13&other=2026-q5", ["October 2026", "September 2026"]),
        ("?period=%D9%A2026&other=x", ["October 2026", "September 2026"]),
        ("?period=2026-q3&other=2026-09", ["Q3 2026", "Q2 2026"]),
        ("?period=2026-10&other=2025", ["October 2026", "September 2026"]),
        ("?period=2999-12&other=1990-01", ["December 2999", "January 1990"]),
        ("?period=1990-01", ["January 1990", "January 1990"]),
        ("?period=1990", ["1990", "1990"]),
        ("?period=1989-12", ["October 2026", "September 2026"]),
    ],
)
def test_it_takes_months_quarters_and_years_by_their_names(browser, two_months, query, told):
    page = browser.get(f"/spend/compare/{query}")

    assert page.texts(".figures dt")[1::-1] == told
    chosen = [page.one(f"select[name={name}] option[selected]").text for name in ("period", "other")]
    assert chosen == told


@pytest.mark.parametrize(
    ("period", "oldest"), [("2026-10", "2024-11"), ("2026-q3", "2024-q4"), ("2026", "2024")]
)
def test_it_offers_to_compare_with_periods_as_long(browser, two_months, period, oldest):
    page = browser.get(f"/spend/compare/?period={period}")

    offered = [option["value"] for option in page.all("select[name=other] option")]
    assert {len(one) for one in offered} == {len(period)}
    assert offered[-1] == oldest
    assert {"2026-10", "2026-q3", "2026"} < {one["value"] for one in page.all("select[name=period] option")}


def test_a_quarter_is_compared_with_a_quarter(browser, two_months):
    page = browser.get("/spend/compare/?period=2026-q4")

    assert figures(page)[::2] == ["€48.00", "€132.00", "+€84.00"]
    assert "total after credit, not over yet" in figures(page)


def test_its_files_have_the_same_rows_and_are_in_the_audit_log(browser, two_months):
    heads, *lines = csv.reader(
        browser.get(f"/spend/compare.csv{BOTH}&table=products").html.removeprefix("\ufeff").splitlines()
    )

    assert heads == ["Product", "September\u00a02026", "October\u00a02026", "Difference", "Currency", "Note"]
    assert lines[1] == ["Old VPS", "15.00", "0.00", "-15.00", "EUR", "Gone"]
    entry = AuditEntry.objects.get(act=Act.EXPORTED)
    assert (entry.target, entry.details["rows"]) == ("spend-compared-products.csv", 9)
    assert browser.get("/spend/compare.csv?table=nothing").status == 404


def test_it_says_what_is_missing_of_each_period(browser, rows, acme, two_months):
    rows.invoice(acme, date=SEPTEMBER, total="9", number="undetailed")
    bill(rows, acme, (None, "7"), tax=None, unreadable={"tax": "?"}, number="unread", total="7", date=OCTOBER)

    page = browser.get(f"/spend/compare/{BOTH}")

    was, now = page.all("main .notes li")
    assert now.text == "October 2026: An amount of 1 invoice could not be read, not included."
    assert was.text.startswith("September 2026: Details of 1 invoice are not read yet, so")
    links = page.all(".notes a")
    assert [browser.get(link["href"]).texts("tbody .name a") for link in links] == [
        ["undetailed"],
        ["unread"],
    ]


def test_it_holds_nothing_of_an_account_whose_invoices_one_may_not_see(visit, alma, people, rows, two_months):
    hidden = rows.account("Canary")
    AccountPolicy.objects.create(account=hidden, private=True)
    bill(rows, hidden, (rows.service(hidden, product_name="Canary VPS"), "999"), date=OCTOBER)

    page = visit(alma).get(f"/spend/compare/{BOTH}")
    asked_for = visit(alma).get(f"/spend/compare/{BOTH}&account={hidden.pk}")
    file = visit(alma).get(f"/spend/compare.csv{BOTH}&account={hidden.pk}")

    assert not any("Canary" in html for html in (page.html, asked_for.html, file.html))
    assert figures(page)[2] == figures(asked_for)[2] == "€132.00"
    assert "Canary VPS" in visit(people.billing("Emil")).get(f"/spend/compare/{BOTH}").html


def test_it_asks_as_many_statements_for_many_rows_as_for_one(browser, rows, two_months):
    def asked():
        browser.get(f"/spend/compare/{BOTH}")
        with all_statements() as caught:
            browser.get(f"/spend/compare/{BOTH}")
        return len(caught)

    few = asked()
    for n in range(30):
        account = rows.account(f"Company {n}")
        bill(rows, account, (rows.service(account, product_name=f"VPS {n}"), "5"), date=OCTOBER)
    assert Invoice.objects.count() > 30
    assert asked() == few


def test_it_says_what_to_do_without_an_account(visit, people):
    page = visit(people.member("Nora")).get("/spend/compare/")

    assert page.one(".empty a")["href"] == "/keys/add/"


AMOUNT = st.decimals(-500, 500, places=3)
LINES = st.lists(st.tuples(st.sampled_from(["a", "b", "c", ""]), AMOUNT, st.just(1)), max_size=8)
PERIOD = st.tuples(LINES, AMOUNT, AMOUNT, AMOUNT)


@given(PERIOD, PERIOD)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_differences_add_up_to_that_of_the_totals(was, now):
    """Rows, what is not assigned, tax and credit: whatever an invoice has beside its lines."""
    told = []
    for lines, rest, tax, credit in (was, now):
        net = sum((amount for _key, amount, _count in lines), rest)
        told.append(partition(lines, Sums(net=net, tax=tax, credit=credit)))

    found = compare(*told)

    parts = [*found.rows, found.not_assigned, found.tax, found.credit]
    assert sum((row.amount for row in parts), Decimal(0)) == found.total.amount
    assert found.total.amount == told[1].total - told[0].total
    assert sum((row.was for row in parts), Decimal(0)) == told[0].total
    sizes = [abs(row.amount) for row in found.rows]
    assert sizes == sorted(sizes, reverse=True)
