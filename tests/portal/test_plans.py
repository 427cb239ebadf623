"""How a database finds the rows of a page: in the order of an index, whatever the number of rows."""

import re
from typing import Any

import pytest
from django.db import connection

from tests.portal.statements import all_statements
from tests.portal.test_lists import NOUNS, SORTS
from ultahost_api import conf

TODAY = conf.today()
DOMAINS = 200
DIRECTIONS = ["", "-"]
# What is at risk is worked out for each domain, with two dates that no index has.
INDEXED = [(noun, word) for noun, word in SORTS if word != "risk"]


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


@pytest.mark.parametrize(("noun", "word"), INDEXED)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("person", ["admin", "member"])
def test_it_takes_the_rows_of_a_page_from_an_index(request, listed_row, noun, word, direction, person):
    """Backwards PostgreSQL sorts the ids, since its indexes begin with the empty values then.

    Where a list of accounts is named, it chooses by what it knows of the rows.
    """
    if connection.vendor == "postgresql" and (direction or person == "member"):
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
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
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


def titles(page: Any) -> list[str]:
    return [link["href"] for link in page.all("tbody td.name a")]


@pytest.mark.parametrize("noun", NOUNS)
def test_it_reads_the_rows_of_a_page_by_their_ids(admin, listed_row, noun):
    rows, _ids = rows_statement(admin, noun, f"/{noun}/?page=9999")

    assert rows.endswith(" WHERE "), rows


def test_it_looks_nothing_up_for_each_domain_that_it_counts(admin, rows):
    """Each page counts the domains that may be lost, and the list also those of unknown risk."""
    acme = rows.account("Acme")
    for _ in range(DOMAINS):
        rows.invoice(acme, date=TODAY)
        rows.event(rows.domain(acme), "appeared")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with all_statements() as captured:
        admin.get("/domains/")

    for counts in (one["sql"] for one in captured if '"counted"' in one["sql"]):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {counts}")
                ((told,),) = cursor.fetchall()
            # From 100,000 on PostgreSQL compiles a statement, which takes longer than to run it.
            assert told[0]["Plan"]["Total Cost"] < 2 * DOMAINS, told
        else:
            assert [step for step in plan_of(counts) if "COVERING INDEX ultahost_domain_risk" in step]


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
