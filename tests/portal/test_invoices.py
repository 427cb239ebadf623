import csv
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from portal.models import AccountPolicy, Grant, ShareLink
from ultahost_api import keys
from ultahost_api.models import Invoice, InvoiceItem, Refresh

TODAY = timezone.localdate()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


@pytest.fixture
def secret(rows, acme):
    """An invoice of a private account."""
    AccountPolicy.objects.create(account=acme, private=True)
    return rows.invoice(acme, number="canary-1", total="77.77", due_date=YESTERDAY)


def titles(page):
    return page.texts("tbody td.name a")


def figures(page):
    return [words for words in page.texts("dl.figures dd") if "paid" not in words]


def test_it_shows_every_account_s_invoices_to_every_member(visit, people, rows, acme):
    rows.invoice(acme, number="A-1", total="1234.50", due_date=YESTERDAY, date=date(2026, 6, 6))
    rows.invoice(rows.account("Harbour", "USD"), number="H-1", total="5.00", date=date(2026, 5, 6))

    page = visit(people.member("Ben")).get("/invoices/")

    assert titles(page) == ["A-1", "H-1"]
    assert page.texts("td.account-cell") == ["Acme", "Harbour"]
    assert page.texts("td.money") == ["€1,234.50", "$5.00"]
    assert page.texts("td.state") == ["Overdue", "Unpaid"]


def test_it_names_an_invoice_without_a_number_by_its_id(visit, alma, rows, acme):
    invoice, browser = rows.invoice(acme, date=date(2026, 10, 5)), visit(alma)
    link, secret = ShareLink.objects.make(alma, days=7, name="Adviser")
    adviser = visit()
    adviser.get(f"/s/{link.pk}.{secret}")
    files = ["/invoices.csv", f"/statements/{acme.pk}/2026-10.csv"]

    assert titles(browser.get("/invoices/")) == [f"#{invoice.remote_id}"]
    for file in (*map(browser.get, files), adviser.get(f"/s/{link.pk}/invoices.csv")):
        names, line = csv.reader(file.html.removeprefix("\ufeff").splitlines())
        assert line[names.index("Number" if "Number" in names else "Invoice")] == f"#{invoice.remote_id}"


def test_it_sums_each_currency_for_itself(visit, alma, rows, acme):
    harbour = rows.account("Harbour", "USD")
    rows.invoice(acme, total="0.10", due_date=YESTERDAY)
    rows.invoice(acme, total="0.20", due_date=TOMORROW)
    rows.invoice(acme, total="50", status="Paid", date=TODAY)
    rows.invoice(acme, total="60", status="Paid", date=date(TODAY.year - 1, 12, 31))
    rows.invoice(acme, total="70", gone_at=timezone.now())
    rows.invoice(harbour, total="9.99", status="Collections")

    page = visit(alma).get("/invoices/")

    assert page.texts("dl.figures dt") == ["Open in EUR", "Open in USD"]
    assert page.texts("dl.figures dd") == [
        "€0.30",
        "€0.10 overdue in 1 invoice",
        f"€50.00 invoiced in {TODAY.year} and paid",
        "$9.99",
        "nothing overdue",
        f"$0.00 invoiced in {TODAY.year} and paid",
    ]


def test_it_sums_the_chosen_account_whatever_status_is_shown(visit, alma, rows, acme):
    harbour = rows.account("Harbour", "EUR")
    rows.invoice(acme, total="1")
    rows.invoice(harbour, total="2")
    browser = visit(alma)

    assert figures(browser.get("/invoices/"))[0] == "€3.00"
    assert figures(browser.get("/invoices/?status=Paid"))[0] == "€3.00"
    assert figures(browser.get(f"/invoices/?account={harbour.pk}&status=Paid"))[0] == "€2.00"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=Open", ["collected", "due", "late", "pending"]),
        ("status=Overdue", ["late"]),
        ("status=Unpaid", ["due"]),
        ("status=Paid", ["paid"]),
        ("since=2026-03-02", ["late", "paid"]),
        ("until=2026-03-02", ["due", "late"]),
        ("since=2026-03-02&until=2026-03-02", ["late"]),
    ],
)
def test_it_filters_by_what_is_owed_and_by_date(visit, alma, rows, acme, query, found):
    rows.invoice(acme, number="due", due_date=TODAY, date=date(2026, 3, 1))
    rows.invoice(acme, number="late", due_date=YESTERDAY, date=date(2026, 3, 2))
    rows.invoice(acme, number="paid", due_date=YESTERDAY, date=date(2026, 3, 3), status="Paid")
    rows.invoice(acme, number="pending", due_date=YESTERDAY, status="Payment Pending")
    rows.invoice(acme, number="collected", due_date=YESTERDAY, status="Collections")

    browser = visit(alma)

    assert titles(browser.get(f"/invoices/?sort=number&{query}")) == found
    assert [line[1] for line in browser.get(f"/invoices.csv?sort=number&{query}").csv()] == found


def test_it_shows_the_newest_first_unless_told_otherwise(visit, alma, rows, acme):
    rows.invoice(acme, number="old", date=date(2025, 1, 1))
    rows.invoice(acme, number="new", date=date(2026, 1, 1))

    assert titles(visit(alma).get("/invoices/")) == ["new", "old"]


def test_it_exports_the_invoices(visit, alma, rows, acme):
    invoice = rows.invoice(
        acme, number="A-1", total="10.00", date=date(2026, 1, 2), due_date=YESTERDAY, payment_method="stripe"
    )

    (line,) = visit(alma).get("/invoices.csv").csv()

    assert line == [
        "Acme",
        "A-1",
        str(invoice.remote_id),
        "2026-01-02",
        YESTERDAY.isoformat(),
        "Overdue",
        "10.00",
        "EUR",
        "stripe",
        "",
        "",
        "",
        "",
        "",
        "",
    ]


def test_it_opens_an_invoice_with_its_items(visit, alma, rows, acme):
    read = {"subtotal": "12", "tax": "2.28", "credit": "1", "detailed_at": timezone.now()}
    invoice = rows.invoice(acme, number="A-1", total="13.28", notes="<b>Thanks</b>", **read)
    InvoiceItem.objects.create(invoice=invoice, position=0, description="VPS", amount="12")
    browser = visit(alma)

    page = browser.click(browser.get("/invoices/"), "tbody td.name a")

    assert page.one("h1").text == "Invoice A-1"
    assert page.texts("tbody td") == ["VPS Say what it is for", "€12.00"]
    assert page.texts("tfoot td") == ["€12.00", "€2.28", "-€1.00", "€13.28"]
    assert "<b>Thanks" not in page.html


def test_it_says_that_the_items_were_not_read_yet(visit, alma, rows, acme):
    page = visit(alma).get(f"/invoices/{rows.invoice(acme).pk}/")

    assert "not read yet" in page.texts("#invoice p")
    assert page.all("#invoice table") == []


def test_it_has_the_details_of_an_opened_invoice_read_and_asks_for_them(visit, alma, rows, acme):
    invoice = rows.invoice(acme)
    browser = visit(alma)

    assert browser.get(f"/invoices/{invoice.pk}/").one("#invoice")["hx-trigger"] == "every 2s"
    Invoice.objects.update(details_wanted_at=None, detailed_at=timezone.now())
    assert "hx-get" not in browser.htmx(f"/invoices/{invoice.pk}/", "invoice").one("#invoice").attributes


# Who sees what


def test_it_hides_a_private_account_s_invoices_from_other_members(visit, people, rows, secret):
    rows.invoice(rows.account("Open Ltd"), number="shown", total="1")
    ben = visit(people.member("Ben"))

    search = f"/invoices/?q={secret.remote_id}"
    for path in ("/invoices/", search, "/invoices/?status=Overdue", "/", "/invoices.csv"):
        html = ben.get(path).html
        assert "canary" not in html
        assert "77.77" not in html
        assert "Acme" not in html
    assert titles(ben.get("/invoices/")) == ["shown"]
    assert figures(ben.get("/invoices/"))[0] == "€1.00"
    assert ben.get(f"/invoices/{secret.pk}/").status == 404
    assert ben.get("/").all(".attention") == []
    assert ben.get("/freshness/invoices/").one("#freshness")["data-state"] == "empty"


def test_it_shows_a_private_account_s_invoices_to_those_who_look_after_it(
    visit, people, alma, rows, acme, secret
):
    viewer = people.member("Vera")
    Grant.objects.create(user=viewer, account=acme, given_by=alma)

    for reader in (alma, viewer, people.billing("Emil"), people.admin("Dana")):
        assert titles(visit(reader).get("/invoices/")) == ["canary-1"]
        assert visit(reader).get(f"/invoices/{secret.pk}/").status == 200


def test_it_shows_a_billing_user_the_invoices_of_all_and_no_way_to_add_a_key(visit, people, rows, acme):
    emil = visit(people.billing("Emil"))
    assert emil.get("/invoices/").all(".empty a") == []

    rows.invoice(acme, number="A-1")
    assert titles(emil.get("/invoices/")) == ["A-1"]


@pytest.mark.parametrize("path", ["/invoices/", "/invoices.csv", "/invoices/{}/"])
def test_it_refuses_a_wrong_method(visit, alma, rows, acme, path):
    assert visit(alma).post(path.format(rows.invoice(acme).pk)).status == 405


@pytest.mark.parametrize("path", ["/invoices/", "/invoices.csv", "/invoices/{}/"])
def test_it_sends_a_stranger_to_sign_in(visit, alma, rows, acme, path):
    path = path.format(rows.invoice(acme).pk)

    assert visit().get(path).leads_to == f"/sign-in/?next={path}"


def test_it_has_no_page_for_what_does_not_exist(visit, alma):
    assert visit(alma).get(f"/invoices/{uuid4()}/").status == 404


# Two keys to one account


@pytest.fixture
def shared(sandbox, people, add_key, read_everything):
    """Alma and Carla hold a key each to one account with three invoices."""
    account = sandbox.add_account("Acme", "EUR")
    account.add_invoices(3, total="10.00", status="Unpaid")
    alma, carla = people.member("Alma"), people.member("Carla")
    held = [add_key(alma, account), add_key(carla, account)]
    read_everything()
    return alma, carla, account, held


def test_it_counts_an_invoice_once_however_many_keys_open_its_account(visit, people, shared):
    for reader in (*shared[:2], people.admin("Dana")):
        browser = visit(reader)
        page = browser.get("/invoices/")
        assert len(titles(page)) == 3
        assert figures(page)[0] == "€30.00"
        assert len(browser.get("/invoices.csv").csv()) == 3
        assert browser.get("/").texts("dl.figures dd")[0] == "€30.00"


@pytest.mark.parametrize("lost", [0, 1])
def test_it_goes_on_when_one_of_two_keys_is_removed(visit, shared, read_everything, lost):
    alma, _, account, held = shared
    keys.remove(held[lost])
    account.add_invoices(1, total="1.00", status="Unpaid")

    visit(alma).post("/refresh/invoices/")
    read_everything()

    assert figures(visit(alma).get("/invoices/"))[0] == "€31.00"
    assert not Refresh.objects.filter(next_due_at=None).exists()


def test_it_goes_on_when_one_of_two_keys_is_refused(visit, sandbox, shared, read_everything):
    alma, carla, account, held = shared
    sandbox.revoke(next(key for key in sandbox.state.keys if key.endswith(held[0].last_four)))
    account.add_invoices(1, total="1.00", status="Unpaid")

    visit(carla).post("/refresh/invoices/")
    read_everything()

    held[0].refresh_from_db()
    assert held[0].state == "refused"
    for reader in (alma, carla):
        assert figures(visit(reader).get("/invoices/"))[0] == "€31.00"


def test_it_answers_from_the_copy_while_ultahost_is_down(visit, sandbox, shared):
    sandbox.stop()
    browser = visit(shared[0])

    page = browser.get("/invoices/")

    assert len(titles(page)) == 3
    assert browser.get(page.all("tbody td.name a")[0]["href"]).texts("tbody td.name") == [
        "Linux VPS Basic Say what it is for"
    ]
    assert len(browser.get("/invoices.csv").csv()) == 3


def test_it_finds_those_with_credit(browser, rows, acme):
    read = {"detailed_at": timezone.now(), "date": timezone.localdate(), "status": "Paid"}
    rows.invoice(acme, number="used", total="0", subtotal="10", credit="10", tax="0", tax2="0", **read)
    rows.invoice(acme, number="too-much", total="-2", subtotal="10", credit="12", tax="0", tax2="0", **read)
    rows.invoice(acme, number="none", total="10", subtotal="10", credit="0", tax="0", tax2="0", **read)
    rows.invoice(acme, number="unread", total="10")

    page = browser.get("/invoices/?credit=used")

    assert sorted(page.texts("tbody .name a")) == ["too-much", "used"]
    assert any("Credit was used" in pill for pill in page.texts(".pills a"))
    assert page.one("select[name=credit] option[selected]").text == "Credit was used"
    assert browser.get("/invoices/?credit=below").texts("tbody .name a") == ["too-much"]
    (link,) = [a for a in browser.get("/spend/").all("table[data-sheet=products] a") if a.text == "Credit"]
    assert sorted(browser.get(link["href"]).texts("tbody .name a")) == ["too-much", "used"]
