from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone


def titles(page):
    return page.texts("tbody td.name a")


def test_it_shows_the_services_of_the_accounts_one_holds_keys_to(visit, alma, rows, acme):
    due = timezone.localdate() + timedelta(days=3)
    rows.service(
        acme,
        product_name="VPS Basic",
        domain="shop.example",
        amount="1234.50",
        billing_cycle="Monthly",
        next_due_date=due,
    )

    page = visit(alma).get("/services/")

    assert titles(page) == ["shop.example"]
    assert page.one("td.name small").text == "VPS Basic"
    assert page.one("td.state .status[data-hue=good]").text == "Active"
    assert not page.all("td.account-cell")  # of one account the head of the list names it
    assert page.one("td.money").text == "€1,234.50"
    assert page.one("td.date time")["datetime"] == due.isoformat()


def test_it_opens_a_service(visit, alma, rows, acme):
    service = rows.service(
        acme,
        domain="shop.example",
        dedicated_ip="192.0.2.7",
        assigned_ips=["192.0.2.8"],
        nameservers=["ns1.x"],
    )
    browser = visit(alma)

    page = browser.click(browser.get("/services/"), "tbody td.name a")

    assert page.one("h1").text == "shop.example"
    assert page.texts("#service .copyable code") == ["192.0.2.7", "192.0.2.8", "ns1.x"]
    assert str(service.remote_id) in page.texts("dd code")


def test_it_says_not_read_yet_where_no_detail_was_read(visit, alma, rows, acme):
    service = rows.service(acme)
    path = f"/services/{service.pk}/"

    assert "not read yet" in visit(alma).get(path).texts("#service dd span")

    rows.service(acme)
    type(service).objects.filter(pk=service.pk).update(detailed_at=timezone.now())
    assert "not read yet" not in visit(alma).get(path).one("#service").text


def test_it_has_the_details_of_an_opened_service_read_and_asks_for_them(visit, alma, rows, acme):
    service = rows.service(acme)
    browser = visit(alma)

    opened = browser.get(f"/services/{service.pk}/")
    part = browser.htmx(f"/services/{service.pk}/", "service")

    assert opened.one("#service")["hx-trigger"] == "every 2s"
    assert part.one("body > #service")
    service.refresh_from_db()
    assert service.awaits_details


def test_it_leads_to_the_open_invoices_where_none_names_a_suspended_service(visit, alma, rows, acme):
    service, active = rows.service(acme, status="Suspended"), rows.service(acme)
    browser = visit(alma)

    link = browser.get(f"/services/{service.pk}/").one(".banner a")

    assert link["href"] == f"/invoices/?status=Open&account={acme.pk}"
    assert not browser.get(f"/services/{active.pk}/").all(".banner")
    invoice = rows.invoice(acme, status="Unpaid", total="5")
    invoice.items.create(position=1, description="VPS", amount="5", service=service)
    page = browser.get(f"/services/{service.pk}/")
    assert not page.all(".banner")
    assert page.one(".page-acts a.primary")["href"] == f"/invoices/{invoice.pk}/pay/"


def test_it_does_not_ask_again_each_time_the_page_asks(visit, alma, rows, acme):
    service = rows.service(acme)

    visit(alma).htmx(f"/services/{service.pk}/", "service")

    service.refresh_from_db()
    assert service.details_wanted_at is None


@pytest.mark.parametrize("noun", ["service", "domain"])
def test_it_offers_no_write_to_what_is_gone(visit, alma, rows, acme, noun):
    make, browser = getattr(rows, noun), visit(alma)
    here, gone = make(acme), make(acme, gone_at=timezone.now())

    assert browser.get(f"/{noun}s/{here.pk}/").all(".page-acts a")
    assert browser.get(f"/{noun}s/{gone.pk}/").all(".page-acts a") == []


def test_it_says_that_a_service_is_gone_and_still_shows_it(visit, alma, rows, acme):
    service = rows.service(acme, domain="old.example", gone_at=timezone.now())

    page = visit(alma).get(f"/services/{service.pk}/")

    assert page.one("h1").text == "old.example"
    assert "No longer at Ultahost" in page.one(".banner .words").text


def test_it_exports_the_services(visit, alma, rows, acme):
    service = rows.service(acme, domain="=cmd()", product_name="VPS", amount="10.00")

    (line,) = visit(alma).get("/services.csv").csv()

    assert line == [
        "Acme",
        "VPS",
        "'=cmd()",
        "Active",
        "10.00",
        "EUR",
        "",
        "",
        "",
        str(service.remote_id),
        "",
        "",
        "",
    ]


def test_it_sorts_by_what_is_due_first_unless_told_otherwise(visit, alma, rows, acme):
    rows.service(acme, domain="later", next_due_date="2027-01-01")
    rows.service(acme, domain="sooner", next_due_date="2026-01-01")

    assert titles(visit(alma).get("/services/")) == ["sooner", "later"]
    assert titles(visit(alma).get("/services/?sort=colour")) == ["sooner", "later"]


@pytest.mark.parametrize("path", ["/services/", "/services.csv", "/services/{}/"])
def test_it_refuses_a_wrong_method(visit, alma, rows, acme, path):
    assert visit(alma).post(path.format(rows.service(acme).pk)).status == 405


def test_it_shows_a_team_mate_only_their_own(visit, people, alma, rows, acme):
    theirs = rows.service(acme, domain="canary.example")
    ben = visit(people.member("Ben"))

    assert titles(ben.get("/services/")) == []
    assert ben.get("/services/?q=canary").all("tbody tr") == []
    assert ben.get("/services.csv").csv() == []
    assert ben.get(f"/services/{theirs.pk}/").status == 404
    assert "canary" not in ben.get("/services/").html


@pytest.mark.parametrize("path", ["/services/", "/services.csv", "/services/{}/"])
def test_it_sends_a_stranger_to_sign_in(visit, alma, rows, acme, path):
    path = path.format(rows.service(acme).pk)

    assert visit().get(path).leads_to == f"/sign-in/?next={path}"


def test_it_has_no_page_for_what_does_not_exist(visit, alma):
    assert visit(alma).get(f"/services/{uuid4()}/").status == 404


def test_it_tells_whoever_has_no_key_to_add_one(visit, people, rows, acme):
    rows.service(acme)

    assert visit(people.member("New")).get("/services/").one(".empty a")["href"] == "/keys/add/"


def test_it_answers_from_the_copy_while_ultahost_is_down(visit, people, sandbox, add_key, read_everything):
    account = sandbox.add_account("Acme", "EUR")
    (row,) = account.add_services(1, domain="shop.example", dedicatedip="192.0.2.7")
    alma = people.member("Alma")
    add_key(alma, account)
    read_everything()
    sandbox.stop()
    browser = visit(alma)

    page = browser.get("/services/")

    assert titles(page) == ["shop.example"]
    assert page.one("#freshness")["data-state"] == "fresh"
    assert "192.0.2.7" in browser.click(page, "tbody td.name a").texts(".copyable code")
    assert browser.get("/services.csv").csv()[0][-4] == str(row["id"])
