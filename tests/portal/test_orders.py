from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from ultahost_api.models import Order, Refresh, Service
from ultahost_api.sandbox import Fault
from ultahost_api.sandbox.replies import Reply, as_html

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_orders(3, status="Active", amount="12.00")
    acme.add_orders(1, status="Pending")
    return acme


@pytest.fixture
def alma(people, add_key, acme):
    alma = people.member("Alma")
    add_key(alma, acme)
    return alma


def asked(sandbox, action):
    return sum(seen.action == action for seen in sandbox.requests)


class TestList:
    def test_it_shows_the_orders_of_every_account_at_once(
        self, visit, alma, acme, add_key, sandbox, read_everything
    ):
        umbrella = sandbox.add_account("Umbrella", "USD")
        umbrella.add_orders(1, amount="5.00", status="Fraud")
        add_key(alma, umbrella, "Second")
        read_everything()

        page = visit(alma).get("/orders/?sort=amount")

        assert page.texts("td.money")[0] == "$5.00"
        assert page.texts("td.money").count("€12.00") == 3
        assert page.texts("td.account-cell")[0] == "Umbrella"
        assert page.one("#freshness")["data-state"] == "fresh"

    def test_it_answers_from_the_copy_while_ultahost_is_down(self, visit, alma, sandbox, read_everything):
        read_everything()
        sandbox.stop()

        assert len(visit(alma).get("/orders/").all("tbody tr")) == 4
        assert len(visit(alma).get("/orders.csv").csv()) == 4

    def test_it_exports_what_spreadsheets_run_nothing_of(self, visit, people, rows):
        ben, account = people.member("Ben"), rows.account("Acme", "EUR")
        rows.key(ben, account)
        order = rows.order(account, number="=cmd()", amount="9.50", payment_method="@stripe")

        (line,) = visit(ben).get("/orders.csv").csv()

        assert line == [
            "Acme",
            "#=cmd()",
            "",
            "Active",
            "9.50",
            "EUR",
            "'@stripe",
            "",
            str(order.remote_id),
            "",
        ]

    def test_it_says_what_was_ordered(self, visit, people, rows):
        ben, account = people.member("Ben"), rows.account("Acme", "EUR")
        rows.key(ben, account)
        order = rows.order(account, number="7")
        for place, text in enumerate(["<b>VPS</b> – a.example", "b.example"]):
            order.items.create(position=place, kind="service", text=text)
        browser = visit(ben)

        page = browser.get("/orders/")

        assert page.one("td.name small").text == "<b>VPS</b> – a.example; b.example"
        assert page.one("td.name small")["title"] == "<b>VPS</b> – a.example; b.example"
        assert browser.get("/orders.csv").csv()[0][7] == "<b>VPS</b> – a.example; b.example"

    def test_it_finds_an_order_by_what_was_ordered(self, visit, people, rows):
        ben, account = people.member("Ben"), rows.account("Acme", "EUR")
        rows.key(ben, account)
        for number, text in enumerate(["Linux VPS – a.example", "bücher.example"], start=7):
            order = rows.order(account, number=str(number), remote_id=number, amount="9.50")
            order.items.create(position=0, kind="service", text=text)
            order.save()
        browser = visit(ben)

        def found(words):
            return browser.get(f"/orders/?q={words}").texts("td.name a")

        assert found("vps") == found("a.example acme 9,50") == ["#7"]
        assert found("bucher") == found("xn--bcher-kva.example") == ["#8"]
        assert "Linux VPS – a.example" in browser.get("/search/?q=linux").one("main").text

    def test_it_finds_what_an_earlier_version_has_read(self, visit, people, rows):
        ben, account = people.member("Ben"), rows.account("Acme", "EUR")
        rows.key(ben, account)
        order = rows.order(account, number="7")
        for position, text in enumerate(["Linux VPS", "Domain a.example", ""]):
            order.items.create(position=position, kind="service", text=text)
        browser = visit(ben)
        assert browser.get("/orders/?q=linux").texts("td.name a") == []

        migration = import_module("ultahost_api.migrations.0035_orders_by_what_was_ordered")
        migration.fill(apps, SimpleNamespace(connection=connection))

        for words in ("linux", "vps a.example", "7"):
            assert browser.get(f"/orders/?q={words}").texts("td.name a") == ["#7"]

    def test_it_shows_a_team_mate_only_their_own(self, visit, people, alma, rows):
        rows.order(alma.api_keys.get().account, number="canary")
        ben = visit(people.member("Ben"))

        pages = [ben.get(path) for path in ("/orders/", "/orders/?q=canary", "/orders.csv")]

        assert [page.status for page in pages] == [200, 200, 200]
        assert pages[0].all("tbody tr") == pages[2].csv() == []
        assert "canary" not in pages[0].html + pages[2].html

    def test_it_offers_a_new_order_to_those_who_operate(self, visit, people, alma):
        assert visit(alma).get("/orders/").one(".actions a")["href"] == "/orders/new/service/"
        assert visit(people.member("Ben")).get("/orders/").all(".actions a") == []

    def test_it_says_what_to_do_without_an_account_or_an_order(self, visit, people, rows):
        ben = people.member("Ben")
        assert visit(ben).get("/orders/").one(".empty a")["href"] == "/keys/add/"

        rows.key(ben, account := rows.account())
        Refresh.objects.create(account=account, noun="orders", completed_at=timezone.now(), next_due_at=None)
        assert visit(ben).get("/orders/").one(".empty a")["href"] == "/orders/new/service/"

    def test_it_answers_reading_alone(self, visit, alma):
        assert visit(alma).post("/orders/").status == visit(alma).post("/orders.csv").status == 405


class TestDetail:
    @pytest.fixture
    def order(self, acme, alma, read_everything):
        service = acme.add_services(1, domain="new.example.com")[0]
        other = acme.add_services(1, domain="later.example.com")[0]
        invoice = acme.add_invoices(1)[0]
        order = acme.add_orders(1, invoiceid=invoice["id"], _serviceids=[service["id"], other["id"]])[0]
        read_everything()
        Service.objects.filter(remote_id=other["id"]).delete()
        return order

    def test_it_leads_to_our_rows_where_there_are_any(self, visit, alma, order):
        account = alma.api_keys.get().account
        page = visit(alma).get(f"/orders/{account.pk}/{order['id']}/?live=1")

        assert page.texts("main td.name a") == ["new.example.com"]
        assert len(page.all("main td.name")) == 2
        assert page.one("main dd a")["href"].startswith("/invoices/")

    def test_it_asks_each_time(self, visit, alma, order, sandbox):
        account = alma.api_keys.get().account
        before = asked(sandbox, "get_order")  # by the workers, for what a copy keeps
        for _ in range(2):
            visit(alma).get(f"/orders/{account.pk}/{order['id']}/?live=1")

        assert asked(sandbox, "get_order") - before == 2

    def test_it_says_when_there_is_no_such_order(self, visit, alma, acme):
        account = alma.api_keys.get().account
        page = visit(alma).htmx(f"/orders/{account.pk}/99999/?live=1", "order")

        assert "Ultahost cannot find this in the account." in page.one(".words").text
        assert page.all("[hx-trigger]") == []

    def test_it_shows_one_that_is_gone_as_it_was_last_read(self, visit, alma, order, sandbox):
        Order.objects.filter(remote_id=order["id"]).update(gone_at=timezone.now(), amount="77.00")
        account = alma.api_keys.get().account

        page = visit(alma).get(f"/orders/{account.pk}/{order['id']}/")

        assert "No longer at Ultahost" in page.one(".banner .words").text
        assert "€77.00" in page.texts(".facts dd")
        assert page.all("#order [hx-trigger]") == []

    def test_it_is_called_by_its_number(self, visit, alma, order):
        account = alma.api_keys.get().account

        page = visit(alma).get(f"/orders/{account.pk}/{order['id']}/")

        assert page.one("h1").text == f"Order #{Order.objects.get(remote_id=order['id']).number}"
        assert page.one("#order [hx-trigger=load]")["hx-get"] == "?live=1"
        told = visit(alma).get(f"/orders/{account.pk}/{order['id']}/?live=1")
        assert "Amount" in told.texts(".facts dt")
        assert "Number" not in told.texts(".facts dt")

    def test_it_says_what_is_wrong_and_tries_again_by_itself(self, visit, alma, sandbox):
        path = f"/orders/{alma.api_keys.get().account_id}/1/?live=1"
        sandbox.stop()

        page = visit(alma).htmx(path, "order")

        assert "Ultahost does not answer." in page.one("#order .words").text
        assert page.one("#order [hx-trigger]")["hx-trigger"] == "every 15s"
        assert page.one("#order .banner a")["href"] == "?live=1&tries=1"

    def test_it_counts_the_seconds_of_a_limit(self, visit, alma, sandbox):
        sandbox.faults.add(Fault.limited(30), action="get_order")

        page = visit(alma).htmx(f"/orders/{alma.api_keys.get().account_id}/1/?live=1", "order")

        words = page.one("#order .words").text
        seconds = page.one("#order [hx-trigger]")["hx-trigger"].removeprefix("every ").removesuffix("s")
        assert 25 <= int(seconds) <= 35
        assert words == f"The rate limit is used up. The page tries again by itself in {seconds} s."

    @pytest.mark.parametrize(
        ("fault", "words"),
        [
            (
                Fault.huge(),
                "Ultahost's answer is longer than 5 MB. Nothing was changed.",
            ),
            (Fault.html(), "The portal cannot read Ultahost's answer. Nothing was changed."),
            (
                Fault.instead("page", lambda: as_html(401, "Sign in")),
                "Something between the portal and Ultahost answered, such as a proxy or firewall.",
            ),
            (Fault.status(503), "Ultahost answers with an error (503). Nothing was changed."),
        ],
        ids=["too long", "no JSON", "a proxy's page", "an error"],
    )
    def test_it_says_what_was_wrong_with_an_answer(self, visit, alma, sandbox, fault, words):
        sandbox.faults.add(fault, action="get_order", times=None)

        page = visit(alma).get(f"/orders/{alma.api_keys.get().account_id}/1/?live=1")

        assert page.one("#order .banner .words").text.startswith(words)

    def test_it_asks_ever_more_seldom_for_what_cannot_be_read(self, visit, alma, sandbox):
        sandbox.faults.add(Fault.html(), action="get_order", times=None)
        browser = visit(alma)
        path, address, waits = f"/orders/{alma.api_keys.get().account_id}/1/", "?live=1", []

        for _ in range(8):
            region = browser.htmx(path + address, "order").one("#order [hx-trigger]")
            waits.append(region["hx-trigger"])
            address = region["hx-get"]

        seconds = [15, 30, 60, 120, 240, 480, 900, 900]
        assert waits == [f"every {number}s" for number in seconds]

    @pytest.mark.parametrize("tries", ["", "x", "-1", "9" * 9, "²"])
    def test_it_waits_no_longer_than_that_whatever_the_address_says(self, visit, alma, sandbox, tries):
        sandbox.stop()
        path = f"/orders/{alma.api_keys.get().account_id}/1/?live=1&tries={tries}"

        assert visit(alma).htmx(path, "order").one("#order [hx-trigger]")["hx-trigger"] == "every 15s"

    def test_it_quotes_a_refusal_and_does_not_repeat_it(self, visit, alma, sandbox):
        sandbox.faults.add(Fault.status(403, "<b>Not for you</b>"), action="get_order", times=None)

        page = visit(alma).htmx(f"/orders/{alma.api_keys.get().account_id}/1/?live=1", "order")

        assert page.one("#order q").text == "<b>Not for you</b>"
        assert page.all("#order [hx-trigger]") == []

    def test_it_quotes_nothing_where_a_refusal_has_no_words(self, visit, alma, sandbox):
        sandbox.faults.add(Fault.instead("wordless", lambda: Reply(403, b"")), action="get_order", times=None)

        page = visit(alma).htmx(f"/orders/{alma.api_keys.get().account_id}/1/?live=1", "order")

        assert "Ultahost refused this." in page.one("#order .words").text
        assert page.all("#order q") == []
        assert page.all("#order [hx-trigger]") == []
