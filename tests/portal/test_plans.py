"""How a database finds the rows of a page: in the order of an index, whatever the number of rows."""

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
def member(people, visit, rows, acme):
    """Of several accounts, some of which they do not see. Conditions on the account are for members alone."""
    alma = people.member("Alma")
    for account in (acme, *(rows.account(name) for name in ("Beta", "Gamma", "Delta"))):
        rows.key(alma, account, label=account.name)
    rows.account("Hidden")
    return visit(alma)


@pytest.fixture
def acme(rows):
    return rows.account("Acme")


@pytest.fixture
def listed_row(rows, noun, acme):
    return getattr(rows, noun.removesuffix("s"))(acme)


@pytest.mark.parametrize(("noun", "word"), INDEXED)
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("person", ["admin", "member"])
def test_it_takes_the_rows_of_a_page_from_an_index(request, listed_row, noun, word, direction, person):
    """Rows that are equal in the first column may be sorted by the others.

    Backwards PostgreSQL sorts the ids, since its indexes begin with the empty values then. It reads an index
    also where a list of accounts is named.
    """
    if connection.vendor == "postgresql" and (direction or person == "member"):
        return
    browser = request.getfixturevalue(person)
    *_, ids = rows_statement(browser, noun, f"/{noun}/?sort={direction}{word}")

    plan = plan_of(ids)

    assert any(f"ultahost_{noun.removesuffix('s')}_by_" in step for step in plan), plan
    assert not [step for step in plan if "TEMP B-TREE FOR ORDER BY" in step], plan
    assert not [step for step in plan if step.lstrip(" ->").startswith("Sort ")], plan


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
    (found,) = [sql for sql in statements if '"counted"' not in sql]
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
