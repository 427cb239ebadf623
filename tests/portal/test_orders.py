import pytest

from ultahost_api.models import Service
from ultahost_api.sandbox import Fault

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
    def test_it_brings_the_page_before_it_asks_ultahost(self, visit, alma, sandbox):
        page = visit(alma).get("/orders/")

        assert asked(sandbox, "get_orders") == 0
        assert page.one("#orders [hx-trigger=load]")["hx-get"] == "?live=1"
        assert page.one("#orders noscript a")["href"] == "?live=1"

    def test_it_brings_the_content_to_htmx_alone_and_the_whole_page_to_others(self, visit, alma):
        partial = visit(alma).htmx("/orders/?live=1", "orders")
        whole = visit(alma).get("/orders/?live=1")

        assert partial.all("main") == []
        assert len(partial.all("#orders tbody tr")) == len(whole.all("main #orders tbody tr")) == 4
        assert whole.texts("td.money")[1] == "€12.00"

    def test_it_asks_once_a_minute(self, visit, alma, sandbox):
        for _ in range(3):
            visit(alma).get("/orders/?live=1")

        assert asked(sandbox, "get_orders") == 1

    def test_it_filters_by_status(self, visit, alma):
        page = visit(alma).get("/orders/?live=1&status=Pending")

        assert page.texts("td.state") == ["Pending"]
        assert visit(alma).get("/orders/?status=Nonsense").status == 404

    def test_it_turns_pages(self, visit, alma, acme):
        acme.add_orders(60)
        page = visit(alma).get("/orders/?live=1")

        older = visit(alma).get("/orders/" + page.one("a[rel=next]")["href"] + "&live=1")

        assert (len(page.all("tbody tr")), len(older.all("tbody tr"))) == (50, 14)
        assert not set(page.texts("td.name")) & set(older.texts("td.name"))
        assert older.one("a[rel=prev]").text == "Newer"

    def test_it_shows_one_account_at_a_time(self, visit, alma, add_key, sandbox):
        umbrella = sandbox.add_account("Umbrella", "USD")
        umbrella.add_orders(1, amount="5.00")
        key = add_key(alma, umbrella, "Second")

        page = visit(alma).get(f"/orders/?account={key.account_id}&live=1")

        assert page.texts("td.money") == ["$5.00"]
        assert page.texts("select[name=account] option") == ["Acme", "Umbrella"]

    def test_it_does_not_find_another_s_account(self, visit, people, add_key, sandbox, alma):
        ben = people.member("Ben")
        theirs = add_key(ben, sandbox.add_account("Umbrella", "USD")).account_id

        assert visit(alma).get(f"/orders/?account={theirs}&live=1").status == 404
        assert visit(alma).get("/orders/?account=nonsense").status == 404

    def test_it_says_what_is_wrong_and_tries_again_by_itself(self, visit, alma, sandbox):
        sandbox.stop()

        page = visit(alma).htmx("/orders/?live=1", "orders")

        assert "Ultahost does not answer." in page.one("#orders .words").text
        assert page.one("#orders [hx-trigger]")["hx-trigger"] == "every 15s"
        assert page.one("#orders a")["href"] == "?live=1"

    def test_it_counts_the_seconds_of_a_limit(self, visit, alma, sandbox):
        sandbox.faults.add(Fault.limited(30), action="get_orders")

        page = visit(alma).htmx("/orders/?live=1", "orders")

        words = page.one("#orders .words").text
        seconds = page.one("#orders [hx-trigger]")["hx-trigger"].removeprefix("every ").removesuffix("s")
        assert 25 <= int(seconds) <= 35
        assert words == f"The rate limit is used up. The page tries again by itself in {seconds} seconds."

    def test_it_quotes_a_refusal_and_does_not_repeat_it(self, visit, alma, sandbox):
        sandbox.faults.add(Fault.status(403, "<b>Not for you</b>"), action="get_orders", times=None)

        page = visit(alma).htmx("/orders/?live=1", "orders")

        assert page.one("#orders q").text == "<b>Not for you</b>"
        assert page.all("#orders [hx-trigger]") == []

    def test_it_says_what_to_do_without_an_account(self, visit, people):
        page = visit(people.member("Ben")).get("/orders/")

        assert page.one(".empty a")["href"] == "/keys/add/"

    def test_it_answers_reading_alone(self, visit, alma):
        assert visit(alma).post("/orders/").status == 405


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
        for _ in range(2):
            visit(alma).get(f"/orders/{account.pk}/{order['id']}/?live=1")

        assert asked(sandbox, "get_order") == 2

    def test_it_says_when_there_is_no_such_order(self, visit, alma, acme):
        account = alma.api_keys.get().account
        page = visit(alma).htmx(f"/orders/{account.pk}/99999/?live=1", "order")

        assert "Ultahost has no such thing in this account." in page.one(".words").text
        assert page.all("[hx-trigger]") == []
