"""How a database finds the rows of a page: in the order of an index, whatever the number of rows."""

import re
from typing import Any

import pytest
from django.db import connection

from tests.portal.statements import all_statements
from tests.portal.test_lists import NOUNS, SORTS
from ultahost_api import conf
from ultahost_api.models import InvoiceItem

TODAY = conf.today()
DOMAINS = 200
DIRECTIONS = ["", "-"]


@pytest.fixture
def admin(people, visit):
    return visit(people.admin("Ada"))


@pytest.fixture
def accounts(rows):
    return [rows.account(name) for name in ("Acme", "Beta", "Gamma", "Delta", "Epsilon", "Hidden")]


@pytest.fixture
def member(people, visit, rows, accounts):
    """Who sees most of the accounts. Conditions on the account are for members alone."""
    alma = people.member("Alma")
    for account in accounts[:-1]:
        rows.key(alma, account, label=account.name)
    return visit(alma)


@pytest.fixture
def listed_row(rows, noun, accounts):
    return getattr(rows, noun.removesuffix("s"))(accounts[0])


@pytest.mark.parametrize(("noun", "word"), SORTS)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("person", ["admin", "member"])
def test_it_takes_the_rows_of_a_page_from_an_index(request, listed_row, noun, word, direction, person):
    """Where a list of accounts is named, PostgreSQL chooses by what it knows of the rows."""
    if connection.vendor == "postgresql" and person == "member":
        pytest.skip("PostgreSQL may sort the ids here")
    browser = request.getfixturevalue(person)
    *_, ids = rows_statement(browser, noun, f"/{noun}/?sort={direction}{word}")

    plan = plan_of(ids)

    assert any(f"ultahost_{noun.removesuffix('s')}_by_" in step for step in plan), plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan
    assert not [step for step in plan if step.lstrip(" ->").startswith("Sort ")], plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="not looked into on PostgreSQL")
@pytest.mark.parametrize("noun", NOUNS)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("person", ["admin", "member"])
def test_it_sorts_the_rows_of_one_account_after_the_other(request, rows, accounts, noun, direction, person):
    browser = request.getfixturevalue(person)
    for place in range(200):
        getattr(rows, noun.removesuffix("s"))(accounts[place % len(accounts)])
    analyze()
    *_, ids = rows_statement(browser, noun, f"/{noun}/?sort={direction}account")

    plan = plan_of(ids)

    assert any("USING INDEX ultahost_account_by_name" in step for step in plan), plan
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan, plan


@pytest.mark.parametrize("noun", NOUNS)
def test_it_reads_a_page_from_the_end_that_is_nearer(admin, rows, accounts, noun):
    for _ in range(60):
        getattr(rows, noun.removesuffix("s"))(accounts[0])
    seen, offsets = [], []
    for page in (1, 2, 3):
        with all_statements() as captured:
            seen += titles(admin.get(f"/{noun}/?page={page}"))
        found = [re.search(r"OFFSET (\d+)", one["sql"]) for one in captured if "IN (SELECT" in one["sql"]]
        offsets += [int(offset[1]) for offset in found if offset]
    assert seen == titles(admin.get(f"/{noun}/?size=100"))
    assert len(seen) == 60
    assert offsets == [25]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("filled", [0, 20, 40, 60])
def test_rows_without_a_value_are_the_last_of_all_pages(admin, rows, accounts, direction, filled):
    """Also where a page has some of both, and whichever end it is read from."""
    made = [rows.invoice(accounts[0], total=n % 7 if n < filled else None) for n in range(60)]
    pages = [admin.get(f"/invoices/?sort={direction}total&page={page}") for page in (1, 2, 3)]

    known = [row for row in made if row.total is not None]
    order = [*sorted(known, key=lambda row: (row.total, row.pk), reverse=bool(direction))]
    order += sorted(made[filled:], key=lambda row: row.pk, reverse=bool(direction))
    assert [title for page in pages for title in titles(page)] == [f"/invoices/{row.pk}/" for row in order]


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_a_filter_that_most_rows_meet_leaves_the_order_to_an_index(admin, rows, accounts, direction):
    for n in range(DOMAINS):
        rows.invoice(accounts[0], status="Unpaid" if n % 9 == 0 else "Paid", total=n)
        rows.event(rows.service(accounts[0]))

    for path, noun in (
        ("/invoices/?status=Paid&sort=", "invoices"),
        ("/changes/?noun=services&sort=", "events"),
    ):
        word = {"invoices": "total", "events": "when"}[noun]
        *_, ids = rows_statement(admin, noun, f"{path}{direction}{word}")
        plan = plan_of(ids)
        assert any(f"ultahost_{noun.removesuffix('s')}_by_" in step for step in plan), plan
        assert not [step for step in plan if "TEMP B-TREE" in step], plan


def test_it_finds_what_few_rows_are_by_their_status(admin, rows, accounts):
    """An index in the order of the list would be read over all the others."""
    for n in range(DOMAINS):
        rows.invoice(accounts[0], status="Unpaid" if n % 40 == 0 else "Paid", total=n, date=TODAY)
    analyze()
    *_, ids = rows_statement(admin, "invoices", "/invoices/?status=Unpaid&sort=-date")

    assert not [step for step in plan_of(ids) if "ultahost_invoice_by_date" in step]


# Of each address the statements that have the words on the left, and the index that holds all that they read.
FIGURES = [
    ("/changes/", '"kind" AS "value"', "ultahost_event_counts"),
    ("/quotes/", "'invoices' AS", "ultahost_invoice_open"),
    ("/invoices/", "'paid some time'", "ultahost_invoice_open"),
    ("/invoices/", "'paid some time'", "ultahost_invoice_statuses"),
    ("/spend/", '"billing_cycle" AS', "ultahost_service_recurring"),
    ("/spend/", '"auto_renew" AS', "ultahost_domain_recurring"),
    ("/agenda/", '"billing_cycle" AS', "ultahost_service_recurring"),
    ("/agenda/", '"registration_period" AS', "ultahost_domain_recurring"),
    ("/agenda/", '"is_renewal"', "ultahost_invoice_open"),
]


@pytest.mark.parametrize(("path", "words", "index"), FIGURES)
def test_it_works_figures_out_from_an_index(member, rows, accounts, path, words, index):
    """PostgreSQL reads a table whole if most of its rows count."""
    if connection.vendor == "postgresql" and index != "ultahost_event_counts":
        pytest.skip("PostgreSQL may read the table whole")
    for n in range(DOMAINS):
        about = {"next_due_date": TODAY, "status": "Active" if n % 2 else "Terminated"}
        invoice = rows.invoice(
            accounts[n % 5], date=TODAY, due_date=TODAY, total=n, status="Paid" if n % 20 else "Unpaid"
        )
        service = rows.service(accounts[n % 5], amount=5, billing_cycle="Monthly", **about)
        rows.domain(accounts[n % 5], recurring_amount=5, registration_period=1, **about)
        rows.event(invoice)
        InvoiceItem.objects.create(invoice=invoice, position=0, amount=n, service=service)
    analyze()
    with all_statements() as captured:
        member.get(path)

    lines = 'FROM "ultahost_api_invoiceitem"'  # of the few invoices that are open
    asked = [one["sql"] for one in captured if words in one["sql"] and lines not in one["sql"]]
    assert asked
    for statement in asked:
        plan = plan_of(statement)
        assert any(f"INDEX {index}" in step or f"using {index}" in step for step in plan), plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL may read the table whole")
def test_it_adds_up_what_was_spent_without_reading_a_row(member, rows, accounts):
    """With many rows it would rather take another index than one of which it reads the rows."""
    for n in range(DOMAINS):
        rows.invoice(accounts[n % 5], date=TODAY, subtotal=n, total=n, status=("Paid", "Unpaid")[n % 2])
    analyze()
    with all_statements() as captured:
        member.get("/spend/")

    (sums,) = [one["sql"] for one in captured if '"first_tax"' in one["sql"]]
    assert "COVERING INDEX ultahost_invoice_sums" in plan_of(sums)[0]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL may read the table whole")
@pytest.mark.parametrize("query", ["", "?status=Paid", "?status=Cancelled"])
def test_it_adds_invoices_up_in_the_order_of_an_index(member, rows, accounts, query):
    for n in range(DOMAINS):
        rows.invoice(accounts[n % 5], date=TODAY, total=n, status=("Paid", "Cancelled", "Unpaid")[n % 3])
    analyze()
    with all_statements() as captured:
        member.get(f"/invoices/{query}")

    (sums,) = [one["sql"] for one in captured if '"undetailed"' in one["sql"]]
    plan = plan_of(sums)
    assert "INDEX ultahost_invoice_sums" in plan[0], plan
    assert not [step for step in plan if "TEMP B-TREE" in step], plan


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL may read the table whole")
@pytest.mark.parametrize("words", ['"billing_cycle" AS', '"registration_period" AS'])
def test_the_agenda_of_one_currency_looks_no_account_up(member, rows, accounts, words):
    """What recurs is grouped in the order of its index then."""
    for n in range(DOMAINS):
        told = {"next_due_date": TODAY, "status": "Active"}
        rows.service(accounts[n % 5], amount=5, billing_cycle="Monthly", **told)
        rows.domain(accounts[n % 5], recurring_amount=5, registration_period=1, **told)
    analyze()
    with all_statements() as captured:
        member.get("/agenda/")

    grouped = [one["sql"] for one in captured if "GROUP BY" in one["sql"] and "UNION" not in one["sql"]]
    (groups,) = [sql for sql in grouped if words in sql]
    assert len(plan_of(groups)) == 1, plan_of(groups)


@pytest.mark.parametrize(
    ("words", "most"),
    [('"renewal_invoice"', 12), ('"unpaid_invoice"', 12), ('"ultahost_api_event"."changes"', 10)],
)
def test_home_works_nothing_out_of_rows_that_it_does_not_show(member, rows, accounts, words, most):
    """Of these only their order is read."""
    rows.domain(accounts[0], status="Expired", expiry_date=TODAY)
    rows.event(rows.service(accounts[0], status="Suspended"))
    with all_statements() as captured:
        member.get("/")

    (statement,) = [one["sql"] for one in captured if words in one["sql"]]
    ids = re.search(rf'WHERE "ultahost_api_\w+"\."id" IN \(SELECT (.*) LIMIT {most}\)', statement)
    assert ids
    assert words not in ids[1]


def test_home_counts_what_needs_a_person_once(member, rows, accounts):
    """The menu tells the same numbers."""
    rows.domain(accounts[0], status="Expired", expiry_date=TODAY)
    with all_statements() as captured:
        page = member.get("/")

    counts = [one["sql"] for one in captured if '"counted"' in one["sql"] and '"auto_renew"' in one["sql"]]
    assert len(counts) == 1
    assert page.one("#needs")


def test_it_reads_no_json_of_each_invoice_that_spend_adds_up(member, rows, accounts):
    rows.invoice(accounts[0], date=TODAY, total=5, subtotal=5, detailed_at="2026-01-01T00:00Z")
    with all_statements() as captured:
        member.get("/spend/")

    (sums,) = [one["sql"] for one in captured if '"undetailed"' in one["sql"]]
    whole, _, subqueries = sums.partition('"id" IN (SELECT')
    assert "tax" in subqueries
    assert "JSON" not in whole.upper()
    assert " ? " not in whole


def titles(page: Any) -> list[str]:
    return [link["href"] for link in page.all("tbody td.name a")]


@pytest.mark.parametrize("noun", NOUNS)
def test_it_reads_the_rows_of_a_page_by_their_ids(admin, listed_row, noun):
    rows, _ids = rows_statement(admin, noun, f"/{noun}/?page=9999")

    assert rows.endswith(" WHERE "), rows


@pytest.mark.parametrize("person", ["admin", "member"])
def test_it_looks_nothing_up_for_each_domain_that_it_counts(request, rows, accounts, person):
    """Each page counts the domains that may be lost, and the list also those of unknown risk."""
    browser, acme = request.getfixturevalue(person), accounts[0]

    def counting():
        for _ in range(DOMAINS):
            rows.invoice(acme, date=TODAY)
            rows.event(rows.domain(acme), "appeared")
        analyze()
        with all_statements() as captured:
            browser.get("/domains/")
        counts = [one["sql"] for one in captured if '"counted"' in one["sql"]]
        assert counts
        return [cost_of(one) if connection.vendor == "postgresql" else plan_of(one) for one in counts]

    if connection.vendor == "postgresql":
        # From 100,000 on PostgreSQL compiles a statement, which takes longer than to run it. Beside what the
        # domains cost it reckons with the pages of small tables, which other tests have left empty.
        costs = zip(counting(), counting(), strict=True)
        assert all(now - was < 2 * DOMAINS for was, now in costs)
        return
    for plan in counting():
        used = [step for step in plan if "INDEX ultahost_domain_risk" in step]
        assert used
        assert all("COVERING" in step for step in used), used


def cost_of(statement: str) -> float:
    """What PostgreSQL reckons with, in units of its own."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        ((told,),) = cursor.fetchall()
    cost: float = told[0]["Plan"]["Total Cost"]
    return cost


def analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def rows_statement(browser: Any, noun: str, path: str) -> tuple[str, str]:
    """The statement that reads the rows of the page, and within it the one that finds their ids."""
    with all_statements() as captured:
        browser.get(path)
    by_id = f'"ultahost_api_{noun.removesuffix("s")}"."id" IN (SELECT '
    statements = [one["sql"] for one in captured if by_id in one["sql"]]
    (found,) = [sql for sql in statements if '"counted"' not in sql and "SUM(" not in sql]
    rows, _, rest = str(found).rpartition(by_id)
    return rows, "SELECT " + rest.rpartition(") ORDER BY ")[0]


def plan_of(statement: str) -> list[str]:
    """The steps of a statement. PostgreSQL is told to avoid what is cheap only with few rows."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for habit in ("seqscan", "sort", "incremental_sort", "bitmapscan"):
                cursor.execute(f"SET LOCAL enable_{habit} = off")
        explain = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} {statement}")
        return [str(row[-1]) for row in cursor.fetchall()]
