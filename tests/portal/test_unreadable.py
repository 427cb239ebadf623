"""What pages, files, sums and mail say of fields that could not be read."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.mail import digests
from portal.models import Notification, ShareLink
from portal.wording import formats
from tests.portal.statements import all_statements
from ultahost_api.models import Domain, Invoice, InvoiceItem, Refresh

pytestmark = pytest.mark.django_db

PAST, AHEAD = date(2020, 1, 1), date(2099, 1, 1)


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def account(alma, rows):
    account = rows.account("Acme", "EUR")
    rows.key(alma, account)
    return account


@pytest.fixture
def browser(visit, alma, account):
    return visit(alma)


def test_it_counts_beside_a_sum_what_it_leaves_out_and_leads_there(browser, rows, account):
    rows.invoice(account, total=Decimal(5), due_date=AHEAD)
    odd = [rows.invoice(account, number=f"odd {n}", unreadable={"total": "1,044"}) for n in (1, 2)]
    rows.invoice(account, total=Decimal(7), due_date=None, unreadable={"due_date": "2026-02-30"})
    for path in ("/", "/invoices/"):
        page = browser.get(path)
        assert page.texts(".figures dd")[0] == "€12.00"
        assert "2 amounts could not be read, not included" in page.texts(".figures .note")
        assert "1 due date could not be read" in page.texts(".figures .note")
        led = browser.get(page.all(".figures .note a")[0]["href"])
        assert sorted(led.texts("td.name a")) == [str(invoice) for invoice in odd]
        assert set(led.texts("td.money")) == {"unreadable"}


def test_it_counts_paid_invoices_that_it_leaves_out(browser, rows, account):
    rows.invoice(account, status="Paid", total=Decimal(7), date=date(2026, 1, 1))
    odd = rows.invoice(account, status="Paid", total=Decimal(5), unreadable={"date": "2026-02-30"})
    page = browser.get("/")
    assert "1 paid invoice could not be read, not included" in page.texts(".figures .note")
    assert browser.click(page, ".figures .note a").texts("td.name a") == [str(odd)]


def test_it_says_nothing_where_everything_can_be_read(browser, rows, account):
    rows.invoice(account, total=Decimal(5), due_date=AHEAD)
    for path in ("/", "/invoices/"):
        assert "could not be read" not in browser.get(path).one("main").text
    assert not browser.get("/invoices/").all("tbody .unread")


@pytest.mark.parametrize("noun", ["service", "domain", "invoice", "order", "quote", "email"])
def test_it_marks_an_odd_row_and_leads_to_it(browser, rows, account, noun):
    getattr(rows, noun)(account)
    getattr(rows, noun)(account, unreadable={"date": "yester<b>day"})
    page = browser.get(f"/{noun}s/")
    [words] = [text for text in page.texts(".banner .words") if "could not be read" in text]
    assert words == "1 row has fields that could not be read."
    led = browser.click(page, ".banner[data-hue=soon] a")
    assert len(led.all("tbody tr")) == 1
    assert "Date: yester<b>day" in led.one("td.name .unread").text
    (line,) = browser.get(f"/{noun}s.csv?unreadable=any").csv()
    assert "Date: yester<b>day" in line


@pytest.mark.parametrize("noun", ["service", "domain", "invoice", "order"])
def test_it_shows_no_other_status_than_the_one_that_it_cannot_read(browser, rows, account, noun):
    getattr(rows, noun)(account, status="", unreadable={"status": "x" * 255})
    assert browser.get(f"/{noun}s/").one("td.state .quiet").text == "Unknown"


@pytest.mark.parametrize("noun", ["service", "domain", "invoice"])
def test_it_says_on_its_page_what_was_written(browser, rows, account, noun):
    row = getattr(rows, noun)(account, unreadable={"status": "x" * 255, "notes": ""})
    page = browser.get(f"/{noun}s/{row.pk}/")
    assert page.texts(".banner .words q.said") == ["x" * 255]
    assert "Notes (nothing)" in " ".join(page.texts("main .banner .words"))


@pytest.mark.parametrize("paper", ["", "print/"])
def test_it_leaves_no_amount_of_an_invoice_out_that_it_cannot_read(browser, rows, account, paper):
    odd = dict.fromkeys(["subtotal", "tax", "tax2", "credit", "total"], "1,044")
    invoice = rows.invoice(account, detailed_at=timezone.now(), unreadable=odd)
    InvoiceItem.objects.create(invoice=invoice, position=0, description="VPS", unreadable={"amount": "1,0"})

    page = browser.get(f"/invoices/{invoice.pk}/{paper}")

    assert page.texts(".banner q.said") == ["1,044"] * 5
    assert page.texts("tfoot th") == ["Subtotal", "Tax", "Second tax", "Credit used", "Total"]
    assert page.texts("td.money") == ["unreadable"] * 6
    assert "Amount: 1,0" in page.one("tbody .name .unread").text


def test_it_shows_no_due_date_in_place_of_an_unreadable_end(browser, rows, account):
    rows.domain(account, next_due_date=AHEAD, unreadable={"expiry_date": "2026-02-30"})
    assert browser.get("/domains/").one("td.date").text == "unreadable"
    facts = browser.get(f"/domains/{Domain.objects.get().pk}/")
    assert facts.texts(".facts dd")[0] == "unreadable"


@pytest.mark.parametrize(("read", "shown"), [(True, "unknown"), (False, "not read yet")])
def test_it_tells_an_unknown_switch_from_one_that_is_off(browser, rows, account, read, shown):
    detailed = "2026-01-01T00:00Z" if read else None
    domain = rows.domain(account, auto_renew=None, id_protection=False, detailed_at=detailed)
    facts = browser.get(f"/domains/{domain.pk}/")
    told = dict(zip(facts.texts("dt"), facts.texts("dd"), strict=False))
    assert (told["E-mail forwarding"], told["Auto-renew"]) == (shown, shown)
    assert told["Identity protection"] == "No"


def test_it_pays_nothing_whose_total_it_cannot_read(browser, rows, account):
    invoice = rows.invoice(account, due_date=PAST, unreadable={"total": "1,044"})
    assert not browser.get("/invoices/").all("td.pick input:not([disabled])")
    page = browser.get(f"/invoices/{invoice.pk}/pay/")
    assert page.leads_to == f"/invoices/{invoice.pk}/"
    assert "could not be read" in browser.follow(page).texts(".toast")[0]
    assert browser.get("/invoices/?status=Overdue").texts("td.name a") == [str(invoice)]


def test_it_refuses_a_payment_whose_total_became_unreadable(visit, sandbox, people, add_key, read_everything):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_invoices(1, status="Unpaid", paymentmethod="stripe", total="44.00")
    ben = people.member("Ben")
    add_key(ben, acme)
    read_everything()
    invoice, browser = Invoice.objects.get(), visit(ben)
    form = browser.get(f"/invoices/{invoice.pk}/pay/").hidden
    acme.invoices[1]["total"] = "1,044"

    page = browser.post(f"/invoices/{invoice.pk}/pay/", form)

    assert page.status == 422
    assert "could not be read" in page.one("main .errorlist li").text
    assert not [done for done in sandbox.ledger if done.action == "pay_invoice"]


def test_it_tells_in_words_when_it_begins_and_when_it_ends(browser, rows, account):
    invoice = rows.invoice(account, total=Decimal(44))
    rows.event(invoice, "unreadable", changes={"total": ["44.00", "1,044"]})
    rows.event(invoice, "readable", changes={"total": ["1,044", "1044.00"]})
    told = " ".join(browser.get("/changes/").one("main").text.split())
    assert "Total cannot be read: €44.00 → “1,044”" in told
    assert "Total can be read again: €1,044.00" in told


def test_it_mails_of_an_overdue_invoice_whose_total_it_cannot_read(alma, rows, account):
    rows.invoice(account, total=Decimal(5), due_date=PAST)
    rows.invoice(account, due_date=PAST, unreadable={"total": "1,044"})
    rows.invoice(account, total=Decimal(-5), due_date=PAST)
    digest = digests.compose(Notification.objects.create(person=alma, kind="digest", subject="today"))
    [bills] = digest.bills
    assert (len(bills.new), bills.new_total, bills.unread) == (2, Decimal(5), 1)


def test_it_says_on_a_list_what_is_not_listed(browser, account):
    Refresh.objects.create(
        account=account, noun="services", set_aside=[{"id": "<b>abc", "error": "x"}, {"id": "", "error": "x"}]
    )
    [words] = browser.get("/services/").texts(".banner .words")
    assert "2 rows of Acme are not listed, since they have no readable ID. In their place: <b>abc, –" in words


def test_it_says_what_an_account_owes_beside(browser, rows, account):
    rows.invoice(account, total=Decimal(5))
    rows.invoice(account, unreadable={"total": "1,044"})
    cell = browser.get("/accounts/").one("td.money")
    assert formats.money(Decimal(5), "EUR") in cell.text
    assert "1 amount could not be read, not included" in cell.text


def test_it_leads_from_what_an_account_owes_to_what_it_leaves_out(browser, rows, account):
    rows.invoice(account, total=Decimal(5))
    odd = rows.invoice(account, number="odd", unreadable={"total": "1,044"})
    page = browser.get("/accounts/")
    assert browser.click(page, "td.money a").texts("td.name a") == [str(odd)]


def test_it_says_of_a_statement_what_its_sums_leave_out(browser, rows, account):
    rows.invoice(account, date=date(2026, 3, 1), unreadable={"total": "1,044"})
    for path in ("/statements/?month=2026-03", f"/statements/{account.pk}/2026-03/"):
        assert "1 total could not be read, not included" in browser.get(path).one("main").text


def test_it_says_of_spend_what_it_leaves_out_and_leads_there(browser, rows, account):
    today = timezone.localdate()
    odd = rows.invoice(account, number="odd", date=today, unreadable={"total": "1,044"})
    rows.invoice(account, date=today, total=Decimal(5))
    page = browser.get("/spend/")
    [link] = [one for one in page.all("main li.bad a") if "could not be read" in one.text]
    assert browser.get(link["href"]).texts("td.name a") == [str(odd)]


def test_home_names_every_noun_with_odd_rows_and_leads_to_them(browser, rows, account):
    for noun in ("service", "domain", "invoice", "order", "quote", "email"):
        getattr(rows, noun)(account)
        getattr(rows, noun)(account, unreadable={"date": "yesterday"})
    home = browser.get("/")
    links = [one["href"] for one in home.all("main .banner a") if "unreadable=any" in one["href"]]
    assert len(links) == 6
    for link in links:
        assert len(browser.get(link).all("tbody tr")) == 1


@pytest.fixture
def shared(visit, people, account):
    """The page of a link that shows all invoices of the account."""
    link, secret = ShareLink.objects.make(people.admin("Dana"), days=7, name="Adviser", accounts=[account])
    browser = visit()
    page = browser.get(reverse("open_shared", args=[link.pk, secret])).leads_to
    return lambda: browser.get(page)


def test_it_says_by_a_share_link_what_could_not_be_read_and_is_not_listed(shared, rows, account):
    rows.invoice(account, total=Decimal(5), due_date=AHEAD)
    rows.invoice(account, number="odd", unreadable={"total": "1,044"}, due_date=AHEAD)
    rows.invoice(account, total=Decimal(7), unreadable={"due_date": "2026-02-30"})
    rows.invoice(account, total=Decimal(-9), due_date=AHEAD)
    rows.invoice(account, status="Paid", date=date(2026, 1, 1), unreadable={"total": "1,044"})
    Refresh.objects.create(account=account, noun="invoices", set_aside=[{"id": "abc", "error": "x"}])

    page = shared()

    notes = page.texts(".figures .note")
    assert notes.count("1 amount could not be read, not included") == 2  # of the open ones and of the paid
    assert "1 due date could not be read" in notes
    assert "€9.00 credit in 1 invoice, not deducted" in notes
    assert page.texts("td.money").count("unreadable") == 2
    assert page.texts("td.date").count("unreadable") == 1
    assert "1 invoice is not listed, since it has no readable ID." in page.texts(".banner .words")


def test_it_asks_the_database_the_same_with_odd_rows_and_without(browser, rows, account):
    rows.invoice(account)
    browser.get("/invoices/")
    with all_statements() as few:
        browser.get("/invoices/")
    for number in range(20):
        rows.invoice(account, number=f"{number}", unreadable={"total": "1,044"})
    with all_statements() as many:
        browser.get("/invoices/")
    assert len(many) == len(few)
