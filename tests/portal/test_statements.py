"""The invoices of a month of one account: page, paper and file."""

import csv
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from portal.acts import labels
from portal.models import AccountPolicy, Act, AuditEntry, Label, Remark
from tests.portal.conftest import Element
from tests.portal.statements import all_statements
from ultahost_api.models import AssignedLine, InvoiceItem, Refresh

OCTOBER = "2026-10"


@pytest.fixture
def bill(rows, acme):
    """An invoice whose details were read, with a line for each text."""

    def bill(*texts, account=acme, net="10.00", tax="1.90", tax2="0", credit="0", **fields):
        amounts = {"subtotal": net, "tax": tax, "tax2": tax2, "credit": credit}
        total = sum(map(Decimal, (net, tax, tax2))) - Decimal(credit)
        told = {"date": date(2026, 10, 5), "total": total, "detailed_at": timezone.now(), "status": "Paid"}
        invoice = rows.invoice(account, **told | amounts | fields)
        for position, text in enumerate(texts):
            InvoiceItem.objects.create(invoice=invoice, position=position, description=text, amount="1")
        return invoice

    return bill


def path(account, month=OCTOBER, ending="/"):
    return f"/statements/{account.pk}/{month}{ending}"


def cells(page, name):
    """Of one column."""
    place = [title.lower() for title in page.texts("thead th")].index(name.lower())
    return [Element(row.node.css("td")[place]).text for row in page.all("tbody tr")]


def table(page):
    return [row.text for row in page.all("tbody tr")]


def foot(page):
    """Of each row its cells that are not empty, each with the head of its column."""
    heads = page.texts("thead th")
    return [_under(heads, row) for row in page.all("tfoot tr")]


def _under(heads, row):
    name, *cells = [Element(node) for node in row.node.css("th, td")]
    place = int(name.attributes.get("colspan", 1))
    told = [name.text]
    for head, cell in zip(heads[place:], cells, strict=True):
        told += [f"{head} {cell.text}"] if cell.text else []
    return told


def test_it_adds_up_to_the_cent_in_currencies_of_two_no_and_three_decimals(visit, alma, bill, acme):
    bill(net="100.10", tax="19.02")
    bill(net="0.20", tax="0.04", tax2="0.01", credit="0.25")  # all of it by credit
    bill(net="-5.05", tax="-0.96", status="Unpaid")  # a negative line alone
    bill(net="7.00", tax="1.33", status="Refunded")
    bill(net="0", tax="0", number="FREE-1")
    bill(net="1980", tax="198", currency="JPY")
    bill(net="12.345", tax="0.617", currency="KWD", status="Unpaid")

    assert foot(visit(alma).get(path(acme))) == [
        ["Total of October 2026 · EUR 5 invoices",
         "Net €102.25", "Tax €19.44", "Credit used €0.25", "Total €121.44", "Paid €119.12"],
        ["Total of October 2026 · JPY 1 invoice",
         "Net ¥1,980", "Tax ¥198", "Credit used ¥0", "Total ¥2,178", "Paid ¥2,178"],
        ["Total of October 2026 · KWD 1 invoice, KWD 12.962 still open",
         "Net KWD 12.345", "Tax KWD 0.617", "Credit used KWD 0.000", "Total KWD 12.962", "Paid KWD 0.000"],
    ]  # fmt: skip


def test_it_has_the_invoices_that_are_dated_in_the_month(visit, alma, bill, acme):
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)]
    for day in days:
        bill(date=day, number=f"on-{day}")
    bill(number="gone", gone_at=timezone.now())
    bill(number="undated", date=None, unreadable={"date": "5 Brumaire"})

    page = visit(alma).get(path(acme))

    assert page.texts("tbody td.name a") == ["on-2026-10-01", "on-2026-10-31"]
    assert "1 invoice has no readable date, so it is in no statement." in page.one("main").text


@pytest.mark.parametrize(("month", "last"), [("2028-02", "29"), ("2026-02", "28"), ("2026-12", "31")])
def test_it_knows_the_last_day_of_each_month(visit, alma, bill, acme, month, last):
    bill(date=date.fromisoformat(f"{month}-{last}"), number="last")

    assert visit(alma).get(path(acme, month)).texts("tbody td.name a") == ["last"]


@pytest.mark.parametrize("how", [{"status": "Cancelled"}, {"status": "Draft"}, {"only_moves_money": True}])
def test_it_lists_what_is_no_spend_and_counts_it_in_no_sum(visit, alma, bill, acme, how):
    bill(number="A-1")
    bill(number="A-2", **how)

    page = visit(alma).get(path(acme))

    assert page.texts("tbody td.name a") == ["A-1", "A-2"]
    assert foot(page)[0][:2] == ["Total of October 2026 · EUR 1 invoice", "Net €10.00"]
    assert page.texts("tbody td.state .status + .quiet") == ["Not counted"]
    assert "1 invoice is listed and not counted" in page.one("main").text


def test_it_says_what_each_was_for_and_which_services_are_named(visit, alma, rows, acme, bill):
    shop = rows.service(acme, domain="shop.example.com")
    invoice = bill("Linux VPS Basic - shop.example.com", "Late Fee")
    invoice.items.filter(position=0).update(service=shop)

    page = visit(alma).get(path(acme))

    assert page.one("tbody td.for").text == "Linux VPS Basic - shop.example.com; Late Fee"
    assert page.texts("tbody td.extra:not(.number)")[1] == "shop.example.com"
    # Where a row has them in a second line, no head stands over them
    heads = [span["data-head"] for span in page.all("tbody [data-head]")]
    assert heads == ["For", "Services and domains"]


def test_page_paper_and_file_have_the_same_columns(visit, alma, bill, acme):
    bill("VPS", number="=1+1", credit="2.00")
    browser = visit(alma)

    page, paper = browser.get(path(acme)), browser.get(path(acme, ending="/print/"))
    titles, *lines = csv.reader(
        browser.get(path(acme, ending=".csv")).html.removeprefix("\ufeff").splitlines()
    )

    assert page.texts("thead th") == paper.texts("thead th")
    assert titles[2:11] == page.texts("thead th")[2:]
    assert titles[11:] == ["Currency", "Could not be read"]
    assert lines == [
        ["2026-10-05", "'=1+1", "VPS", "", "", "Paid", "10.00", "1.90", "2.00", "9.90", "9.90", "EUR", ""]
    ]
    assert "Refresh" not in paper.html
    assert paper.one("h1").text == "Statement of Acme, October\u00a02026".replace("\u00a0", " ")


def test_the_file_is_in_the_audit_log(visit, alma, bill, acme):
    bill()

    visit(alma).get(path(acme, ending=".csv"))

    entry = AuditEntry.objects.get(act=Act.EXPORTED)
    assert (entry.account, entry.target, entry.details["rows"]) == (acme, "statement-2026-10.csv", 1)


def test_it_leaves_blank_what_was_not_read_and_says_so(visit, alma, rows, acme):
    rows.invoice(acme, date=date(2026, 10, 1), total="5")
    rows.invoice(
        acme, date=date(2026, 10, 2), total="5", detailed_at=timezone.now(), subtotal="5",
        unreadable={"tax": "ten"},
    )  # fmt: skip
    browser = visit(alma)

    page, file = browser.get(path(acme)), browser.get(path(acme, ending=".csv")).csv()

    assert "not read yet" in table(page)[0]
    assert "unreadable" in table(page)[1]
    assert [row[6:8] for row in file] == [["", ""], ["5.00", ""]]
    assert "Details of 1 not read yet" in page.one("tfoot").text
    assert "Net or tax of 1 could not be read" in page.one("tfoot").text


def test_one_account_s_file_of_last_month_is_four_clicks_from_home(visit, alma, bill, acme):
    last_month = timezone.localdate().replace(day=1) - timedelta(days=1)
    bill(number="of-last-month", date=last_month)
    browser = visit(alma)

    page = browser.click(browser.get("/"), ".rail a[href=/statements/]")
    page = browser.click(page, "tbody td.name a")
    file = browser.click(page, ".head a[href$=.csv]")

    assert [row[1] for row in file.csv()] == ["of-last-month"]


def test_it_sums_up_every_account_of_a_month(visit, alma, rows, acme, bill):
    bill(number="A-1")
    bill(account=rows.account("Harbour", "USD"), status="Unpaid")
    rows.account("Quiet", "EUR")

    page = visit(alma).get(f"/statements/?month={OCTOBER}")

    assert page.texts("tbody td.name") == ["Acme", "Harbour", "Quiet"]
    assert page.texts("tbody td.money") == ["€11.90", "$11.90", ""]
    assert foot(page) == [
        ["All accounts · EUR", "Invoices 1", "Net €10.00", "Tax €1.90", "Credit used €0.00",
         "Total €11.90", "Paid €11.90", "Open €0.00"],
        ["All accounts · USD", "Invoices 1", "Net $10.00", "Tax $1.90", "Credit used $0.00",
         "Total $11.90", "Paid $0.00", "Open $11.90"],
    ]  # fmt: skip


def test_its_sums_stand_in_the_foot_of_the_table_on_each_page_and_on_paper(visit, alma, bill, acme):
    """A cell has the class of its column, so that both show or hide together where there is no room."""
    bill(status="Unpaid")
    browser = visit(alma)

    for address in (f"/statements/?month={OCTOBER}", path(acme), path(acme, ending="/print/")):
        page = browser.get(address)
        row = page.one("tfoot tr").node
        classes = [cell["class"] for cell in page.all("thead th")]
        assert not page.all(".sums")
        assert [Element(cell)["class"] for cell in row.css("td")] == classes[-len(row.css("td")) :]
        assert len(classes) == int(row.css_first("th").attributes.get("colspan", 1)) + len(row.css("td"))


@pytest.mark.parametrize("wrong", ["2026-13", "2026-1", "0001-01", "9999-12", "october", "2026-10-01"])
def test_it_knows_no_other_months(visit, alma, acme, wrong):
    assert visit(alma).get(path(acme, wrong)).status == 404
    assert visit(alma).get(f"/statements/?month={wrong}").status == 200


def test_it_shows_nothing_of_an_account_whose_invoices_one_may_not_see(visit, people, rows, bill, alma):
    theirs = rows.account("Canary")
    AccountPolicy.objects.create(account=theirs, private=True)
    bill(account=theirs, number="canary-1")
    ben = visit(alma)

    for ending in ("/", "/print/", ".csv"):
        assert ben.get(path(theirs, ending=ending)).status == 404
    assert "Canary" not in ben.get(f"/statements/?month={OCTOBER}").html
    assert visit(people.billing("Emil")).get(path(theirs)).texts("tbody td.name a") == ["canary-1"]


def test_it_names_to_billing_no_service(visit, people, rows, acme, bill):
    invoice = bill("A line")
    invoice.items.update(service=rows.service(acme, domain="hidden.example.com"))

    page = visit(people.billing("Emil")).get(path(acme))

    assert page.one("tbody td.for").text == "A line"
    assert "hidden.example.com" not in page.html


def test_it_asks_as_many_statements_for_many_rows_as_for_one(visit, alma, rows, acme, bill):
    browser = visit(alma)

    def asked(count):
        for n in range(count):
            bill("x").items.update(service=rows.service(acme, domain=f"{n}.example.com"))
        browser.get(path(acme))
        with all_statements() as caught:
            browser.get(path(acme))
        return len(caught)

    assert asked(1) == asked(40)


def test_the_list_of_invoices_has_the_same_amounts_and_services_in_its_file(visit, alma, rows, acme, bill):
    invoice = bill("x", credit="2.00", tax2="0.50")
    invoice.items.update(domain=rows.domain(acme, name="example.com"))
    browser = visit(alma)

    lines = browser.get("/invoices.csv").html.removeprefix("\ufeff").splitlines()
    titles = lines[0].replace('"', "").split(",")
    told = dict(zip(titles, browser.get("/invoices.csv").csv()[0], strict=True))

    assert (told["Net"], told["Tax"], told["Credit used"]) == ("10.00", "2.40", "2.00")
    assert told["Services and domains"] == "example.com"


def test_it_says_on_which_label_each_was_booked_as_the_list_does(visit, alma, people, rows, acme, bill):
    """Billing sees the labels of lines, and not what these are of."""
    invoice = bill("x")
    domain = rows.domain(acme, name="example.com")
    labels.set_remark(alma, domain, "Shop", "")
    invoice.items.update(domain=domain)
    for n, name in enumerate(("Club", "Shop")):
        line = AssignedLine.objects.create(account=acme, key=f"key {n}")
        Remark.objects.create(line=line, label=Label.objects.get_or_create(name=name)[0])
        InvoiceItem.objects.create(invoice=invoice, position=n + 5, description=name, assigned=line)
    for reader in (alma, people.billing("Emil")):
        browser = visit(reader)
        for file in (path(acme, ending=".csv"), "/invoices.csv"):
            titles = browser.get(file).html.removeprefix("\ufeff").splitlines()[0].replace('"', "").split(",")
            told = dict(zip(titles, browser.get(file).csv()[0], strict=True))
            assert told["Label"] == "Shop; Club"
        assert "Shop; Club" in browser.get(path(acme)).html


def test_the_list_can_show_them_too_with_as_many_statements_for_many_rows(visit, alma, rows, acme, bill):
    alma.columns = {"invoices": ["number", "net", "tax", "credit", "service", "label"]}
    alma.save()
    browser = visit(alma)

    def asked(count):
        for n in range(count):
            bill("x").items.update(service=rows.service(acme, domain=f"{n}.example.com"))
        browser.get("/invoices/")
        with all_statements() as caught:
            page = browser.get("/invoices/")
        assert "0.example.com" in page.html
        return len(caught)

    assert asked(1) == asked(20)


def test_each_month_can_be_chosen_from_a_menu(visit, alma, bill, acme):
    bill(date=date(2025, 3, 9))
    browser = visit(alma)

    page = browser.get(f"/statements/?month={OCTOBER}")
    other = browser.click(page, ".months .sheet a[href='/statements/?month=2025-03']")
    own = browser.click(browser.get(path(acme)), f".months .sheet a[href='{path(acme, '2025-03')}']")

    assert page.one(".months .sheet a[aria-current] .visually-hidden").text == "October 2026"
    assert page.texts(".months .sheet b") == ["2026", "2025"]
    assert other.texts("tbody td.money") == ["€11.90"]
    assert own.texts("tbody td.name a")


def test_a_month_that_has_no_invoices_can_be_chosen_too(visit, alma, bill, acme):
    bill(date=date(1970, 1, 1))  # as an empty date may come

    page = visit(alma).get("/statements/?month=2999-05")

    years = page.texts(".months .sheet b")
    assert (years[:2], years[-1], len(years)) == (["2999", "2026"], "2006", 22)
    assert page.one(".months .sheet a[aria-current]")["href"] == "/statements/?month=2999-05"


def test_the_list_leads_to_the_files_of_an_account_and_of_the_month(visit, alma, bill, acme):
    bill(number="A-1")
    bill(number="A-2", date=date(2026, 11, 1))
    browser = visit(alma)
    page = browser.get(f"/statements/?month={OCTOBER}")

    assert [row[1] for row in browser.click(page, "tbody a[href$=.csv]").csv()] == ["A-1"]
    assert [row[1] for row in browser.click(page, ".head a[href^='/invoices.csv']").csv()] == ["A-1"]


def test_it_says_how_old_the_invoices_are_and_reads_them_anew(visit, alma, bill, acme):
    bill()
    now = timezone.now()
    Refresh.objects.create(
        account=acme, noun="invoices", completed_at=now, next_due_at=now + timedelta(hours=1)
    )
    browser = visit(alma)

    for where, region in ((f"/statements/?month={OCTOBER}", "statements"), (path(acme), "statement")):
        page = browser.get(where)
        assert "Updated" in page.one("#freshness").text
        part = browser.htmx(page.one(f"#{region}")["hx-get"], region)
        assert part.all(f"#{region} table")
        assert not part.all("h1")


def test_it_says_what_to_do_without_an_account(visit, people):
    page = visit(people.member("Nora")).get("/statements/")

    assert page.one(".empty a")["href"] == "/keys/add/"


@pytest.mark.parametrize("ending", ["/", "/print/"])
def test_it_names_the_first_lines_of_a_long_invoice_and_counts_the_others(visit, alma, bill, acme, ending):
    lines = [f"Virtual server {n}" for n in range(300)]
    bill(*lines, number="long")
    bill(*lines[:5], number="short")
    bill("A" * 20_000, number="one")
    browser = visit(alma)

    page = browser.get(path(acme, ending=ending))

    assert sorted(cells(page, "For")) == [
        "A" * 300 + "…",
        "; ".join(lines[:5]),
        "; ".join(lines[:5]) + "; and 295 more lines, in the CSV file",
    ]
    assert lines[5] not in page.html
    rows = {row[1]: row[2] for row in browser.get(path(acme, ending=".csv")).csv()}
    assert rows["long"] == "; ".join(lines)
    assert rows["one"] == "A" * 20_000


def test_it_names_the_first_services_of_a_long_invoice_and_counts_the_others(visit, alma, rows, bill, acme):
    invoice = bill(*(f"Server {n}" for n in range(7)))
    for item in invoice.items.all():
        item.service = rows.service(acme, domain=f"vps-{item.position}.example")
        item.save()

    told = cells(visit(alma).get(path(acme)), "Services and domains")

    assert told == ["; ".join(f"vps-{n}.example" for n in range(5)) + "; and 2 more, in the CSV file"]
