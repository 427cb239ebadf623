"""The columns that a person sees in a list; the file has all."""

import pytest
from django.utils import timezone

from portal.models import User
from portal.views.operations import LISTING as OPERATIONS
from tests.portal.statements import all_statements


def heads(page):
    return [head.text for head in page.all("thead th") if head.text]


def choose(browser, path, *columns, **more):
    page = browser.get(path)
    (there,) = [one["value"] for one in page.all("input[form=choose-columns]")]
    return browser.post(page.one("#choose-columns")["action"], {"column": columns, "next": there} | more)


def test_it_shows_the_chosen_columns_of_a_list_to_this_person(browser, visit, people, rows, acme):
    rows.invoice(acme, number="A-1", total="5", payment_method="stripe")
    rows.account("Beta")
    assert heads(browser.get("/invoices/")) == ["Invoice", "Status", "Account", "Date", "Due", "Total"]

    back = choose(browser, "/invoices/?sort=due&status=Unpaid", "total", "payment_method", "currency")

    assert back.leads_to == "/invoices/?sort=due&status=Unpaid"
    page = browser.follow(back)
    assert heads(page) == ["Invoice", "Total", "Currency", "Payment method"]
    assert page.texts("tbody td:not(.pick)") == ["A-1", "€5.00", "EUR", "stripe"]
    assert heads(browser.htmx("/invoices/", "invoices")) == heads(page)
    assert heads(browser.get("/services/")) != heads(page)
    assert heads(visit(people.member("Ben")).get("/invoices/"))[1] == "Status"


def test_it_leaves_the_only_account_to_the_head_of_the_list_unless_it_was_chosen(browser, rows, acme):
    rows.invoice(acme)
    page = browser.get("/invoices/")
    assert heads(page) == ["Invoice", "Status", "Date", "Due", "Total"]
    assert "Acme" in page.one("header.head").text
    assert "account" not in [box["value"] for box in page.all("#choose-columns input[checked]")]

    choose(browser, "/invoices/", "status", "account", "date", "due", "total")

    assert heads(browser.get("/invoices/")) == ["Invoice", "Status", "Account", "Date", "Due", "Total"]


def test_it_ticks_the_columns_that_are_shown_and_takes_the_usual_ones_again(browser, rows, acme):
    rows.invoice(acme)
    usual = heads(browser.get("/invoices/"))
    choose(browser, "/invoices/", "total")
    page = browser.get("/invoices/")
    assert [box["value"] for box in page.all("#choose-columns input[checked]")] == ["total"]

    choose(browser, "/invoices/", "total", usual="1")

    assert heads(browser.get("/invoices/")) == usual


def test_it_keeps_all_columns_in_the_file(browser, rows, acme):
    rows.invoice(acme)
    before = browser.get("/invoices.csv").html

    choose(browser, "/invoices/", "total")

    assert browser.get("/invoices.csv").html == before


@pytest.mark.parametrize("columns", [[], ["nonsense"], ["number"], ["pick"], ["\0"], ["x" * 500]])
def test_it_shows_the_usual_columns_where_none_is_known(browser, rows, acme, columns):
    rows.invoice(acme)
    usual = heads(browser.get("/invoices/"))

    assert choose(browser, "/invoices/", *columns).status == 303

    assert heads(browser.get("/invoices/")) == usual


@pytest.mark.parametrize("noun", ["service", "invoice", "domain", "order", "quote", "email"])
def test_it_can_show_every_column_of_a_list(browser, rows, acme, noun):
    getattr(rows, noun)(acme)
    page = browser.get(f"/{noun}s/")
    every = [box["value"] for box in page.all("#choose-columns input[type=checkbox]")]

    choose(browser, f"/{noun}s/", *every)

    shown = browser.get(f"/{noun}s/")
    assert shown.status == 200
    assert len(heads(shown)) == len(every) + 1
    assert len(shown.all("tbody td")) >= len(every) + 1


def test_it_leads_nowhere_else(browser, alma):
    assert browser.post("/columns/invoices/", {"next": "https://evil.example/"}).leads_to == "/"
    assert browser.post("/columns/invoices/", {"column": ["x"] * 100}).status == 303
    assert len(User.objects.get(pk=alma.pk).columns["invoices"]) <= 40


def test_it_shows_why_a_domain_is_at_risk_whatever_was_chosen(browser, rows, acme):
    rows.domain(acme, auto_renew=False, next_due_date=timezone.localdate())

    choose(browser, "/domains/", "registrar")

    assert heads(browser.get("/domains/")) == ["Domain", "Registrar"]
    at_risk = browser.get("/domains/?view=at-risk")
    assert heads(at_risk)[:3] == ["Domain", "Why", "When"]
    assert at_risk.one("td.acts-cell a")


def test_it_keeps_nothing_for_a_list_that_does_not_exist(browser, alma):
    assert browser.post("/columns/nonsense/", {"column": ["status"]}).status == 404

    alma.refresh_from_db()
    assert alma.columns == {}


def test_it_asks_no_more_statements_for_more_operations_with_every_column(visit, people, rows, acme):
    """Two people decided and withdrew each, which is told by columns that are not shown at first."""
    ada = people.admin("Ada")
    key = rows.key(ada, acme)
    ada.columns = {"operations": [column.name for column in OPERATIONS.choosable]}
    ada.save()
    browser = visit(ada)

    def queries(count: int) -> int:
        for number in range(count):
            others = [people.member(f"{word} {count}-{number}") for word in ("Decider", "Withdrawer")]
            about = dict(zip(("settled_by", "withdrawn_by"), others, strict=True))
            told = {"action": "upgrade_service", "result": {"amount": "5.00"}}
            rows.operation(key, "service 7", withdrawn_at=timezone.now(), **told, **about)
        with all_statements() as asked:
            page = browser.get("/activity/")
        assert f"Withdrawer {count}-0" in " ".join(page.texts("tbody td"))
        return len(asked)

    queries(1)
    few = queries(2)
    assert queries(9) == few <= 12
