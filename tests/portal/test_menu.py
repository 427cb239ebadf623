"""The menu: groups that fold, one entry for the history, and what a phone has at its bottom."""

from urllib.parse import urljoin

import pytest


@pytest.fixture
def alma(people, rows):
    alma = people.member("Alma")
    rows.key(alma, rows.account("Acme"))
    return alma


def folds(page):
    return {one["data-fold"]: "open" in one.attributes for one in page.all(".rail details")}


def test_it_groups_the_pages(visit, dana):
    page = visit(dana).get("/")
    assert page.texts(".rail .title") == ["Money", "E-mail", "Team"]
    assert [link["href"] for link in page.all(".rail > ul > li > a.noun")] == [
        "/",
        "/services/",
        "/domains/",
        "/changes/",
    ]
    assert set(folds(page).values()) == {True}


def test_it_keeps_groups_folded_but_for_that_of_the_page(visit, alma):
    browser = visit(alma)
    browser.client.cookies["folded"] = "money.team"

    assert folds(browser.get("/")) == {"money": False, "mail": True, "team": False}
    assert folds(browser.get("/invoices/")) == {"money": True, "mail": True, "team": False}
    assert folds(browser.get("/keys/")) == {"money": False, "mail": True, "team": True}


@pytest.mark.parametrize("odd", ["", "...", "<script>", "money,team", "ä", "." * 5000])
def test_it_ignores_an_odd_cookie(visit, alma, odd):
    browser = visit(alma)
    browser.client.cookies["folded"] = odd
    assert set(folds(browser.get("/")).values()) == {True}


def test_it_has_one_entry_for_the_history_with_a_tab_for_each_page(visit, alma, dana):
    for person, addresses in (
        (alma, ["/changes/", "/activity/"]),
        (dana, ["/changes/", "/activity/", "/audit/"]),
    ):
        for address in addresses:
            page = visit(person).get(address)
            assert page.one("h1").text == "History"
            assert [tab["href"] for tab in page.all(".page-tabs a")] == addresses
            assert page.one(".page-tabs a[aria-current]")["href"] == address
            assert page.one(".rail a[aria-current]").text == "History"


def test_it_marks_the_history_on_the_page_of_an_operation(visit, alma, rows):
    operation = rows.operation(alma.api_keys.get())
    page = visit(alma).get(f"/activity/{operation.pk}/")
    assert page.one(".rail a[aria-current]").text == "History"


def test_it_marks_what_the_page_stands_under(visit, alma, rows):
    rows.service(alma.api_keys.get().account)
    page = visit(alma).get("/nameservers/")

    assert page.one(".rail .noun[aria-current]")["href"] == "/labels/"
    more = ".bottom > li > details:not(:has(.title)) > summary[aria-current]"
    assert len(page.all(more)) == 1
    for path, marked in (("/keys/", "More"), ("/emails/", "More"), ("/invoices/", "Money"), ("/", "Home")):
        page = visit(alma).get(path)
        found = page.all(".bottom > li > .noun[aria-current], .bottom > li > details > .noun[aria-current]")
        assert [one.text.split()[0] for one in found] == [marked]


def test_it_has_home_services_domains_money_and_more_on_a_phone(visit, alma, people):
    page = visit(alma).get("/invoices/")
    assert page.texts(".bottom > li > .noun, .bottom > li > details > .noun") == [
        "Home",
        "Services",
        "Domains",
        "Money",
        "More",
    ]
    assert page.one(".bottom summary[aria-current]").text == "Money"
    money = page.all(".bottom details")[0]
    assert [node.attributes["href"] for node in money.node.css("a")][:2] == ["/invoices/", "/spend/"]

    page = visit(people.billing("Emil")).get("/")
    assert page.texts(".bottom > li > .noun, .bottom > li > details > .noun") == ["Home", "Money", "More"]


@pytest.mark.parametrize("person", ["alma", "dana"])
def test_it_leads_everywhere_from_a_phone_too(visit, request, person):
    page = visit(request.getfixturevalue(person)).get("/")
    assert {link["href"] for link in page.all(".bottom a.noun")} == {
        link["href"] for link in page.all(".rail a.noun")
    }


@pytest.mark.parametrize("role", ["member", "billing", "admin"])
def test_it_leads_to_no_page_that_is_not_there(visit, people, alma, role):
    browser = visit(getattr(people, role)("Nora"))
    page = browser.get("/")
    links = {urljoin("/", link["href"]) for link in page.all(".rail a[href], main a[href], .bottom a[href]")}
    assert {link for link in links if browser.get(link).status == 404} == set()
    assert not page.all("main a[href^='?view=at-risk']")


def test_it_adds_up_what_needs_attention_in_a_folded_group(visit, alma, rows):
    account = alma.api_keys.get().account
    for _ in range(2):
        rows.invoice(account, due_date="2020-01-01", total=5)
    rows.quote(account)
    browser = visit(alma)
    browser.client.cookies["folded"] = "money"
    assert browser.get("/").texts(".rail .title .attention") == ["3 need attention"]
