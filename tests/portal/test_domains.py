from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from ultahost_api.models import Domain

TODAY = timezone.localdate()


def titles(page):
    return page.texts("tbody td.name a")


def test_it_shows_the_domains_of_the_accounts_one_holds_keys_to(visit, alma, rows, acme):
    rows.domain(acme, name="shop.example", recurring_amount="12", auto_renew=False, next_due_date=TODAY)

    page = visit(alma).get("/domains/")

    assert titles(page) == ["shop.example"]
    assert page.one("td.money").text == "€12.00"
    assert page.one("td.extra .status[data-hue=soon]").text == "Off"
    assert page.one("td.date.soon time")["datetime"] == TODAY.isoformat()


def test_a_row_has_one_status_and_what_may_become_of_an_active_domain_is_more(visit, alma, rows, acme):
    soon, read = TODAY + timedelta(days=5), {"detailed_at": timezone.now()}
    rows.domain(acme, name="a-lost", status="Active", auto_renew=False, expiry_date=soon)
    rows.domain(acme, name="b-fine", status="Active", auto_renew=True, expiry_date=date(2099, 1, 1), **read)
    rows.domain(acme, name="c-late", status="Grace", expiry_date=soon)

    assert visit(alma).get("/domains/?sort=name").texts("td.state") == ["Auto-renew off", "Active", "Grace"]


def test_it_orders_by_the_expiry_and_where_that_is_blank_by_the_due_date(visit, alma, rows, acme):
    rows.domain(acme, name="second", expiry_date=date(2027, 2, 1), next_due_date=date(2026, 1, 1))
    rows.domain(acme, name="first", next_due_date=date(2027, 1, 1))
    rows.domain(acme, name="unknown")

    page = visit(alma).get("/domains/")

    assert titles(page) == ["first", "second", "unknown"]
    assert page.texts("td.date")[2] == "–"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("renew=on", ["on"]),
        ("renew=off", ["off"]),
        ("view=at-risk", ["off", "past"]),
        ("view=at-risk&renew=off", ["off"]),
        ("view=unknown", ["undated"]),
    ],
)
def test_it_filters_by_renewal_and_risk(visit, alma, rows, acme, query, found):
    read = {"detailed_at": timezone.now()}
    rows.domain(acme, name="on", auto_renew=True, expiry_date=TODAY + timedelta(days=61), **read)
    rows.domain(acme, name="off", auto_renew=False, expiry_date=TODAY + timedelta(days=30))
    rows.domain(acme, name="undated")
    rows.domain(acme, name="past", next_due_date=TODAY - timedelta(days=1))
    rows.domain(acme, name="ended", next_due_date=TODAY, status="Cancelled")

    assert titles(visit(alma).get(f"/domains/?sort=name&{query}")) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("period=next-30-days", ["both", "due", "expires"]),
        ("period=next-30-days&view=at-risk", ["both", "due", "expires"]),
        (f"since={TODAY + timedelta(days=5)}&until={TODAY + timedelta(days=9)}", ["due", "expires"]),
        (f"until={TODAY + timedelta(days=3)}", ["both"]),
        (f"since={TODAY + timedelta(days=200)}", ["later"]),
    ],
)
def test_it_filters_by_the_earlier_day_and_misses_none_whose_other_day_is_blank(
    visit, alma, rows, acme, query, found
):
    off = {"auto_renew": False, "detailed_at": timezone.now()}
    days = [TODAY + timedelta(days=n) for n in (3, 6, 8, 300)]
    rows.domain(acme, name="both", next_due_date=days[0], expiry_date=days[2], **off)
    rows.domain(acme, name="due", next_due_date=days[1], **off)
    rows.domain(acme, name="expires", expiry_date=days[2], **off)
    rows.domain(acme, name="later", next_due_date=days[3], expiry_date=days[3], **off)
    rows.domain(acme, name="undated", **off)
    browser = visit(alma)

    page = browser.get(f"/domains/?sort=name&{query}")

    assert titles(page) == found
    assert sorted(line[1] for line in browser.get(f"/domains.csv?sort=name&{query}").csv()) == found


@pytest.mark.parametrize("query", ["renew=maybe", "view=never"])
def test_it_says_which_choice_it_does_not_know(visit, alma, rows, acme, query):
    rows.domain(acme)

    page = visit(alma).get(f"/domains/?{query}")

    assert titles(page) == []
    assert page.all(".banner .words")


def test_it_opens_a_domain(visit, alma, rows, acme):
    read = {"detailed_at": timezone.now(), "dns_management": True, "id_protection": False}
    rows.domain(
        acme, name="shop.example", registrar="enom", registration_period=2, notes="<i>ours</i>", **read
    )
    browser = visit(alma)

    page = browser.click(browser.get("/domains/"), "tbody td.name a")

    assert page.one("h1").text == "shop.example"
    assert {"enom", "Yes", "No", "Not available from Ultahost"} <= set(page.texts("dl.facts dd"))
    assert "<i>ours" not in page.html


def test_it_says_not_read_yet_and_never_no_where_no_detail_was_read(visit, alma, rows, acme):
    page = visit(alma).get(f"/domains/{rows.domain(acme, detailed_at=None).pk}/")

    answers = page.texts(".option dd")
    assert set(answers) == {"not read yet"}
    assert (
        page.texts("#domain dd").count("not read yet") == len(answers) + 3
    )  # the expiry, auto-renew and the payment method


def test_it_has_the_details_of_an_opened_domain_read_and_asks_for_them(visit, alma, rows, acme):
    domain = rows.domain(acme, detailed_at=None)
    browser = visit(alma)

    assert browser.get(f"/domains/{domain.pk}/").one("#domain")["hx-trigger"] == "every 2s"
    Domain.objects.update(details_wanted_at=None, detailed_at=timezone.now())
    assert "hx-get" not in browser.htmx(f"/domains/{domain.pk}/", "domain").one("#domain").attributes


def test_it_exports_the_domains(visit, alma, rows, acme):
    unread = {"detailed_at": None}
    domain = rows.domain(acme, name="shop.example", recurring_amount="12.00", auto_renew=True, **unread)
    rows.domain(acme, name="unread.example", **unread)

    lines = visit(alma).get("/domains.csv?sort=name").csv()

    assert lines[0] == [
        "Acme", "shop.example", "Active", "", "", "on", "12.00", "EUR", "", "", "", str(domain.remote_id),
        "Its details are still loading", "", "", "", "", "", "",
    ]  # fmt: skip
    assert lines[1][5] == ""


@pytest.mark.parametrize("path", ["/domains/", "/domains.csv", "/domains/{}/"])
def test_it_refuses_a_wrong_method(visit, alma, rows, acme, path):
    assert visit(alma).post(path.format(rows.domain(acme).pk)).status == 405


def test_it_shows_a_team_mate_only_their_own(visit, people, alma, rows, acme):
    theirs = rows.domain(acme, name="canary.example", next_due_date=TODAY)
    ben = visit(people.member("Ben"))

    assert "canary" not in ben.get("/domains/").html
    assert "canary" not in ben.get("/").html
    assert ben.get("/domains.csv").csv() == []
    assert ben.get(f"/domains/{theirs.pk}/").status == 404
    assert ben.get("/domains/").all(".attention") == []


@pytest.mark.parametrize("path", ["/domains/", "/domains.csv", "/domains/{}/"])
def test_it_sends_a_stranger_to_sign_in(visit, alma, rows, acme, path):
    path = path.format(rows.domain(acme).pk)

    assert visit().get(path).leads_to == f"/sign-in/?next={path}"


def test_it_has_no_page_for_what_does_not_exist(visit, alma):
    assert visit(alma).get(f"/domains/{uuid4()}/").status == 404


def test_it_tells_whoever_has_no_key_to_add_one(visit, people, rows, acme):
    rows.domain(acme)

    assert visit(people.member("New")).get("/domains/").one(".empty a")["href"] == "/keys/add/"


def test_it_answers_from_the_copy_while_ultahost_is_down(visit, people, sandbox, add_key, read_everything):
    account = sandbox.add_account("Acme", "EUR")
    account.add_domains(1, domain="shop.example", registrar="enom")
    alma = people.member("Alma")
    add_key(alma, account)
    read_everything()
    sandbox.stop()
    browser = visit(alma)

    page = browser.get("/domains/")

    assert titles(page) == ["shop.example"]
    assert "enom" in browser.click(page, "tbody td.name a").texts("dl.facts dd")
    assert len(browser.get("/domains.csv").csv()) == 1
