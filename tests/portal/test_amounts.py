"""Amounts on pages: what is shown is what is agreed to, sent and compared."""

from datetime import date
from decimal import Decimal

import pytest

from portal.wording import formats
from ultahost_api.models import Invoice, Operation

pytestmark = pytest.mark.django_db

PAST, AHEAD = "2020-01-01", "2099-01-01"


@pytest.fixture
def unpaid(sandbox, people, add_key, read_everything):
    """An unpaid invoice of this total, as the person who may pay it sees it."""

    def make(total, currency="EUR", **fields):
        acme = sandbox.add_account("Acme", currency)
        acme.add_invoices(1, status="Unpaid", paymentmethod="stripe", total=total, **fields)
        alma = people.member("Alma")
        add_key(alma, acme)
        read_everything()
        return alma, Invoice.objects.get(), acme

    return make


def paid(sandbox):
    return [done.target for done in sandbox.ledger if done.action == "pay_invoice"]


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("12.3450", "KWD", "KWD\u00a012.345"),
        ("12", "KWD", "KWD\u00a012.000"),
        ("1980.0000", "JPY", "¥1,980"),
        ("1980.5000", "JPY", "¥1,980.50"),
        ("12938.7000", "VND", "₫12,938.70"),
        ("2.1250", "EUR", "€2.125"),
        ("19.9900", "EUR", "€19.99"),
        ("0.0001", "EUR", "€0.0001"),
        ("-120", "USD", "-$120.00"),
        ("12.3450", "", "12.345"),
        ("12", "", "12.00"),
    ],
)
def test_it_shows_an_amount_with_all_its_decimals(amount, currency, shown):
    assert formats.money(Decimal(amount), currency) == shown


@pytest.mark.parametrize(
    ("total", "currency", "shown"),
    [("12.345", "KWD", "KWD 12.345"), ("1980.50", "JPY", "¥1,980.50"), ("12938.70", "VND", "₫12,938.70")],
)
def test_it_pays_exactly_what_the_page_names(visit, unpaid, sandbox, total, currency, shown):
    alma, invoice, _acme = unpaid(total, currency)
    browser = visit(alma)
    form = browser.get(f"/invoices/{invoice.pk}/pay/")
    assert form.one("main button.primary").text == f"Pay {shown}"
    assert Decimal(form.hidden["agreed"]) == Decimal(total)

    assert browser.post(f"/invoices/{invoice.pk}/pay/", form.hidden).status == 303

    assert paid(sandbox) == [invoice.remote_id]


def test_it_pays_several_exactly(visit, unpaid, sandbox):
    alma, invoice, _acme = unpaid("12.345", "KWD")
    browser = visit(alma)
    page = browser.get(f"/invoices/pay/?invoice={invoice.pk}")
    assert "KWD 12.345" in page.texts("main dd")
    assert Decimal(page.hidden["amounts"]) == Decimal("12.345")

    assert browser.post("/invoices/pay/", page.hidden).status == 303

    assert Operation.objects.get().agreed_total == Decimal("12.345")


@pytest.mark.parametrize(
    ("agreed", "asked"), [("12.345", "12.346"), ("12.341", "12.342"), ("5.0002", "5.0001")]
)
def test_it_refuses_a_total_that_differs_in_the_last_decimal(visit, unpaid, sandbox, agreed, asked):
    """Also where both are alike once they are rounded."""
    alma, invoice, acme = unpaid(agreed, "KWD")
    browser = visit(alma)
    form = browser.get(f"/invoices/{invoice.pk}/pay/")
    acme.invoices[invoice.remote_id]["total"] = asked

    page = browser.post(f"/invoices/{invoice.pk}/pay/", form.hidden)

    assert (page.status, paid(sandbox)) == (422, [])
    assert f"asks for {asked} instead of {agreed}" in page.one("main .errorlist li").text


@pytest.mark.parametrize("total", ["-120.00", "0.00"])
def test_it_offers_no_payment_of_nothing(visit, unpaid, sandbox, total):
    alma, invoice, _acme = unpaid(total, duedate=PAST)
    browser = visit(alma)

    assert not browser.get(f"/invoices/{invoice.pk}/").all(f"a[href=/invoices/{invoice.pk}/pay/]")
    assert not browser.get("/invoices/").all("td.pick input:not([disabled])")
    assert browser.get(f"/invoices/{invoice.pk}/pay/").leads_to == f"/invoices/{invoice.pk}/"
    assert browser.get(f"/invoices/pay/?invoice={invoice.pk}").all("main form") == []


@pytest.mark.parametrize("total", ["-120.00", "0.00"])
def test_it_sends_no_payment_of_what_became_nothing(visit, unpaid, sandbox, total):
    alma, invoice, acme = unpaid("120.00")
    browser = visit(alma)
    form = browser.get(f"/invoices/{invoice.pk}/pay/").hidden
    acme.invoices[invoice.remote_id]["total"] = total

    page = browser.post(f"/invoices/{invoice.pk}/pay/", form | {"agreed": total})

    assert (page.status, paid(sandbox)) == (422, [])
    assert "nothing to pay" in page.one("main .errorlist li").text


@pytest.mark.parametrize("total", ["-120.00", "0.00"])
def test_it_warns_of_nothing_that_asks_for_no_money(visit, unpaid, total):
    alma, _invoice, _acme = unpaid(total, duedate=PAST)
    page = visit(alma).get("/")
    assert page.one(".calm")
    assert not page.all(".need")
    assert visit(alma).get("/invoices/?status=Overdue").texts("td.name") == []
    assert visit(alma).get("/invoices/?status=Open").texts("td.name") == []


def test_it_shows_a_credit_as_one(visit, unpaid):
    alma, invoice, _acme = unpaid("-120.00", duedate=AHEAD)
    page = visit(alma).get("/invoices/")
    assert (page.texts("td.state .status"), page.texts("td.money")) == (["Credit"], ["-€120.00"])
    assert page.texts(".figures dd")[:2] == ["€0.00", "nothing overdue"]
    assert "€120.00 credit in 1 invoice, not deducted" in page.texts(".figures dd")
    assert visit(alma).get(f"/invoices/{invoice.pk}/").texts(".beneath .status") == ["Credit"]


def test_it_exports_an_amount_with_all_its_decimals(visit, people, rows):
    alma = people.member("Alma")
    account = rows.account(currency="KWD")
    rows.key(alma, account)
    for total in ("12.3450", "5.0000", "-0.5000"):
        rows.invoice(account, total=Decimal(total), date=date(2026, 1, 1))
    lines = visit(alma).get("/invoices.csv?sort=total").csv()
    assert [line[6] for line in lines] == ["-0.50", "5.00", "12.345"]


def test_it_finds_an_amount_by_all_its_decimals(visit, people, rows):
    alma = people.member("Alma")
    account = rows.account(currency="KWD")
    rows.key(alma, account)
    for total in ("12.3450", "12.3400"):
        rows.invoice(account, number=total, total=Decimal(total))
    assert visit(alma).get("/invoices/?q=12.345").texts("td.name a") == ["12.3450"]
