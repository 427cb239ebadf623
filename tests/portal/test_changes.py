"""What the refreshes saw change: the feed on the home page, the page of all of it, and each row's history."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from portal.models import AccountPolicy, Grant
from tests.portal.statements import all_statements
from ultahost_api.models import Event, Operation


def paid(rows, account, **fields):
    invoice = rows.invoice(account, number="123", status="Paid")
    return invoice, rows.event(invoice, changes={"status": ["Unpaid", "Paid"]}, **fields)


class TestWords:
    @pytest.mark.parametrize(
        ("noun", "changes", "words"),
        [
            ("invoice", {"status": ["Unpaid", "Payment Pending"]}, "Unpaid → Payment pending"),
            ("invoice", {"total": ["10.00", "1234.50"]}, "Total: €10.00 → €1,234.50"),
            ("invoice", {"due_date": ["2026-06-06", None]}, "Due: 6 Jun 2026 → –"),
            ("domain", {"auto_renew": [True, False]}, "Auto-renew: on → off"),
            ("domain", {"registrar": ["", "Enom"]}, "Registrar: – → Enom"),
            ("quote", {"stage": ["On Hold", "Martian"]}, "On hold → Martian"),
            (
                "service",
                {"amount": ["5.00", None], "status": ["Pending", "Active"]},
                "Pending → Active; Amount: €5.00 → –",
            ),
        ],
    )
    def test_it_says_what_a_row_was_and_is(self, visit, alma, rows, acme, noun, changes, words):
        rows.event(getattr(rows, noun)(acme), changes=changes)

        (line,) = visit(alma).get("/changes/").texts("ol.history li")

        assert line.endswith(f"of Acme: {words}")

    def test_a_very_long_value_takes_no_page(self, visit, alma, rows, acme):
        rows.event(rows.service(acme), changes={"product_name": ["<b>" + "Enterprise" * 40, "VPS"]})

        cut = visit(alma).get("/changes/").one("ol.history .clamped")
        assert cut.text.endswith("Enterprise → VPS")
        assert cut["title"] == cut.text

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("appeared", "Order #9 of Acme: new"),
            ("gone", "Order #9 of Acme: no longer at Ultahost"),
            ("returned", "Order #9 of Acme: back at Ultahost; Active → Fraud"),
        ],
    )
    def test_it_says_what_is_new_gone_and_back(self, visit, alma, rows, acme, kind, words):
        changes = {"status": ["Active", "Fraud"]} if kind == "returned" else {}
        rows.event(rows.order(acme, number="9"), kind, changes=changes)

        assert visit(alma).get("/changes/").one("ol.history li").text.endswith(words)

    @pytest.mark.parametrize("kind", ["stopped", "recovered"])
    @pytest.mark.parametrize("noun", ["invoices", "emails", "profile", "details"])
    def test_it_tells_what_happened_to_a_whole_noun(self, visit, alma, acme, kind, noun):
        Event.objects.create(account=acme, noun=noun, kind=kind)

        page = visit(alma).get("/changes/")

        links = [link["href"] for link in page.all("ol.history a")]
        assert "of Acme: " in page.one("ol.history li").text
        assert links == ([f"/{noun}/?account={acme.pk}"] if noun in {"invoices", "emails"} else [])

    @pytest.mark.parametrize("noun", ["service", "invoice", "domain", "order", "quote"])
    def test_it_leads_to_the_row(self, visit, alma, rows, acme, noun):
        row = getattr(rows, noun)(acme)
        rows.event(row, "appeared")
        browser = visit(alma)

        page = browser.click(browser.get("/changes/"), "ol.history a")

        assert page.status == 200
        assert page.one("h1").text.endswith((str(row), str(row.remote_id)))

    @pytest.mark.parametrize(
        "wild", ["<script>alert(1)</script>", "{{7*7}}{% now %}", "%(name)s&lt;", '"><b>x']
    )
    def test_it_shows_strangers_text_as_text(self, visit, alma, rows, acme, wild):
        type(acme).objects.update(name=wild)
        domain = rows.domain(acme, name=wild)
        rows.event(domain, changes={"registrar": [wild, wild], "status": [wild, ""]})
        said = f"{wild} → –; Registrar: {wild} → {wild}"
        browser = visit(alma)

        for path in ("/changes/", "/"):
            assert browser.get(path).one("ol.history li").text == f"now Domain {wild} of {wild}: {said}"
        assert browser.get(f"/domains/{domain.pk}/").one("ol.history li").text == f"now {said}"
        assert browser.get("/changes.csv").csv()[0][-1] == said
        assert browser.client.get("/changes/", {"q": wild}).content.decode().count("<script>") == 0


class TestList:
    def test_it_shows_the_newest_first_a_page_at_a_time(self, visit, alma, rows, acme):
        service = rows.service(acme)
        start = timezone.now() - timedelta(days=1)
        for n in range(30):
            rows.event(service, "appeared", name=f"row-{n}", at=start + timedelta(minutes=n))

        browser = visit(alma)
        page = browser.get("/changes/")
        older = browser.click(page, ".pager a[rel=next]")

        assert page.texts("ol.history a")[:2] == ["Service row-29", "Service row-28"]
        assert older.texts("ol.history a")[-1] == "Service row-0"
        assert page.texts(".pager span")[0] == "1–25 of 30"

    def test_it_filters_by_everything_it_says(self, visit, alma, rows, acme):
        rows.key(alma, umbrella := rows.account("Umbrella"), "Second")
        old = datetime.fromisoformat("2026-01-01T12:00Z")
        rows.event(rows.service(acme, domain="a.example"), "appeared", at=old)
        rows.event(rows.domain(umbrella, name="b.example"), "gone")
        browser = visit(alma)

        def shown(query):
            return browser.get(f"/changes/?{query}").texts("ol.history a")

        a, b = "Service a.example", "Domain b.example"
        assert shown("") == [b, a]
        assert shown("q=a.example") == shown("noun=services") == shown("status=appeared") == [a]
        assert shown(f"account={umbrella.pk}") == shown("since=2026-01-02") == [b]
        assert shown("until=2026-01-01") == shown("since=2026-01-01&until=2026-01-01") == [a]
        assert browser.get("/changes/").texts(".chips a") == ["All", "New 1", "Gone 1"]
        assert browser.get("/changes/?noun=nonsense").all(".banner .words")

    def test_it_exports_exactly_what_is_filtered(self, visit, alma, rows, acme):
        at = datetime.fromisoformat("2026-01-01T12:00+00:00")
        invoice, _ = paid(rows, acme, at=at, name="=cmd()")
        rows.event(rows.service(acme), "appeared")
        browser = visit(alma)

        export = browser.get(browser.get("/changes/?noun=invoices").one("a.csv")["href"])

        expected = ["2026-01-01T12:00:00+00:00", "Acme", "Invoices", "'=cmd()", str(invoice.remote_id)]
        assert export.csv() == [[*expected, "Changed", "Unpaid → Paid"]]

    def test_it_answers_htmx_with_the_list_alone(self, visit, alma, rows, acme):
        paid(rows, acme)

        part = visit(alma).htmx("/changes/", "changes")

        assert part.one("body > section#changes")
        assert part.all("title") == []

    def test_it_says_when_nothing_has_changed(self, visit, alma):
        page = visit(alma).get("/changes/")

        assert "No changes at Ultahost yet" in page.one(".empty").text
        assert page.all("a.csv") == []

    @pytest.mark.parametrize("path", ["/changes/", "/changes.csv"])
    def test_it_answers_reading_alone_and_sends_a_stranger_to_sign_in(self, visit, alma, path):
        assert visit(alma).post(path).status == 405
        assert visit().get(path).leads_to == f"/sign-in/?next={path}"

    @pytest.mark.parametrize("path", ["/changes/?size=250", "/"])
    def test_it_asks_as_many_queries_for_many_events_as_for_few(self, visit, alma, rows, acme, path):
        made = [getattr(rows, noun)(acme) for noun in ("service", "invoice", "domain", "order", "quote")]
        browser = visit(alma)

        def queries():
            with all_statements() as captured:
                browser.get(path)
            return len(captured)

        def happen(times):
            for _ in range(times):
                for row in made:
                    rows.event(row, changes={"status": ["a", "b"]})

        happen(1)
        queries()  # notes that somebody watches the accounts
        few = queries()
        happen(30)
        assert queries() == few


class TestRights:
    @pytest.fixture
    def everything(self, rows, acme):
        """One event of each noun, and of an invoice."""
        for noun in ("service", "domain", "order", "quote", "invoice"):
            rows.event(getattr(rows, noun)(acme), "appeared", name=f"canary-{noun}")
        Event.objects.create(account=acme, noun="emails", kind="stopped", name="canary-stopped")

    def seen(self, browser):
        feed = [browser.get(path).texts("ol.history a") for path in ("/changes/", "/")]
        exported = browser.get("/changes.csv").csv()
        found = browser.get("/changes/?q=canary").texts("ol.history a")
        assert len(feed[0]) == len(feed[1]) == len(exported)
        assert len(found) == len([line for line in exported if line[3]])
        return len(exported)

    def test_it_shows_events_to_those_who_see_their_rows(self, visit, people, alma, everything):
        assert self.seen(visit(alma)) == 6
        assert self.seen(visit(people.admin("Dana"))) == 6
        assert self.seen(visit(people.billing("Emil"))) == 1
        assert self.seen(visit(people.member("Ben"))) == 1

    def test_it_hides_a_private_account_s_invoices_too(self, visit, people, alma, acme, everything):
        AccountPolicy.objects.create(account=acme, private=True)
        ben, vera = visit(people.member("Ben")), people.member("Vera")
        Grant.objects.create(user=vera, account=acme, level="view", given_by=alma)

        assert self.seen(ben) == 0
        for path in ("/changes/", "/changes.csv", "/", f"/changes/?account={acme.pk}"):
            assert "canary" not in ben.get(path).html
            assert "Acme" not in ben.get(path).html
        assert ben.get("/changes/").texts(".chips a") == []
        assert self.seen(visit(people.billing("Emil"))) == 1
        assert self.seen(visit(vera)) == 6


class TestHome:
    def test_it_shows_the_newest_ten_and_leads_to_all(self, visit, alma, rows, acme):
        service = rows.service(acme)
        for n in range(12):
            rows.event(service, "appeared", name=f"row-{n}")

        page = visit(alma).get("/")

        assert page.texts("ol.history a")[:2] == ["Service row-11", "Service row-10"]
        assert len(page.all("ol.history li")) == 10
        assert page.one("section[aria-labelledby=changes] header a")["href"] == "/changes/"

    def test_it_says_how_long_ago(self, visit, alma, rows, acme):
        paid(rows, acme, at=timezone.now() - timedelta(minutes=3, seconds=10))

        line = visit(alma).get("/").one("ol.history li")

        assert line.text == "3 min ago Invoice 123 of Acme: Unpaid → Paid"

    def test_it_shows_what_a_real_refresh_saw(self, visit, people, sandbox, add_key, read_everything):
        account = sandbox.add_account("Acme", "EUR")
        account.add_invoices(1, invoicenum="123", total="5.00")
        alma = people.member("Alma")
        add_key(alma, account)
        read_everything()
        account.invoices[1] |= {"status": "Paid", "total": "0.00"}
        visit(alma).post("/refresh/invoices/")
        read_everything()

        (line,) = visit(alma).get("/").texts("ol.history li")

        assert line == "now Invoice 123 of Acme: Unpaid → Paid; Total: €5.00 → €0.00"


class TestHistory:
    @pytest.mark.parametrize("noun", ["service", "invoice", "domain", "quote"])
    def test_it_joins_what_happened_and_what_was_sent(self, visit, alma, rows, acme, noun):
        row = getattr(rows, noun)(acme)
        about = f"{noun} {row.remote_id}"
        now = timezone.now()
        key = alma.api_keys.get()
        operation = rows.operation(key, about, created_at=now - timedelta(hours=2))
        rows.event(row, changes={"amount": ["1.00", "2.00"]}, at=now - timedelta(hours=1))
        rows.event(row, "appeared", at=now - timedelta(hours=3))
        rows.event(getattr(rows, noun)(acme), "gone")
        rows.operation(key, f"{about}0")
        by_number = f"{acme.pk}/{row.remote_id}"

        page = visit(alma).get(f"/{noun}s/{by_number if noun == 'quote' else row.pk}/")

        assert page.texts("ol.history li") == [
            "1 hr ago Amount: €1.00 → €2.00",
            "2 hr ago Paid · Alma",
            "3 hr ago new",
        ]
        assert page.one("ol.history a")["href"] == f"/activity/{operation.pk}/"

    @pytest.mark.parametrize(("noun", "told"), [("invoice", "invoiceid"), ("order", "orderid")])
    def test_it_names_the_operation_that_made_the_row(self, visit, alma, rows, acme, noun, told):
        row = getattr(rows, noun)(acme)
        for number in (row.remote_id, row.remote_id + 1):
            about = {"action": "create_order", "noun": "order", "subject": f"{number}", "remote_id": None}
            rows.operation(alma.api_keys.get(), **about, result={told: number})
        by_number = f"{acme.pk}/{row.remote_id}"

        page = visit(alma).get(f"/{noun}s/{by_number if noun == 'order' else row.pk}/")

        assert [line.endswith("Place an order · Alma") for line in page.texts("ol.history li")] == [True]

    def test_it_runs_one_command_s_name_after_the_number(self, visit, alma, rows, acme):
        service = rows.service(acme)
        about = f"service {service.remote_id} reboot"
        rows.operation(alma.api_keys.get(), about, action="service_module_custom")

        page = visit(alma).get(f"/services/{service.pk}/")

        assert page.one("ol.history li").text.endswith("Run a command on a service · Alma")

    def test_it_tells_others_who_sent_it_if_they_have_to_do_with_the_account(
        self, visit, people, alma, rows, acme
    ):
        invoice = rows.invoice(acme)
        rows.operation(alma.api_keys.get(), f"invoice {invoice.remote_id}")
        vera, emil = people.member("Vera"), people.billing("Emil")
        Grant.objects.create(user=vera, account=acme, level="view", given_by=alma)
        path = f"/invoices/{invoice.pk}/"

        assert visit(vera).get(path).texts("ol.history .who") == ["· Alma"]
        assert visit(vera).get(path).all("ol.history a") == []
        ben = people.member("Ben")
        assert visit(ben).get(path).all("ol.history") == []
        assert visit(emil).get(path).all("ol.history") == []

        Operation.objects.update(user=ben)  # who had a grant then
        assert visit(ben).get(path).texts("ol.history .who") == ["· Ben"]
        assert visit(emil).get(path).all("ol.history") == []

    def test_it_shows_the_newest_thirty(self, visit, alma, rows, acme):
        service = rows.service(acme)
        for number in range(40):
            rows.event(service, changes={"amount": [str(number), str(number + 1)]})

        page = visit(alma).get(f"/services/{service.pk}/")

        assert len(page.all("ol.history li")) == 30
        assert page.texts("ol.history li")[0].endswith("€39.00 → €40.00")


def test_the_tabs_stand_where_they_do_on_each_page_of_the_history(visit, people):
    """Each has one line under its title, also without rows, so that nothing jumps from one to the next."""
    browser = visit(people.admin("Dana"))
    page = browser.get("/changes/")

    for tab in page.all(".page-tabs a"):
        assert len(browser.get(tab["href"]).all(".head .beneath > span")) == 1
