"""What belongs together, from both of its ends, and only what the reader may view."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.models import AccountPolicy, Grant
from tests.portal.statements import all_statements
from ultahost_api.models import InvoiceItem, OrderItem, links

PERIOD = "(01/11/2026 - 30/11/2026)"
RENEWAL = f"Domain Renewal - example.com - 1 Year/s {PERIOD}"
HOSTING = f"Linux VPS Basic - shop.example.com {PERIOD}"


@pytest.fixture
def things(rows, acme):
    return Things(rows, acme)


class Things:
    """A service on a domain, an order of both, its invoice and a late one."""

    def __init__(self, rows, account):
        self.account = account
        self.service = rows.service(account, product_name="Linux VPS Basic", domain="shop.example.com")
        self.domain = rows.domain(account, name="example.com")
        self.invoice = bill(rows, account, HOSTING, RENEWAL, "Late Fee (Added 05/11/2026)", number="2026-1")
        self.order = rows.order(
            account, number="9178151183", invoice_id=self.invoice.remote_id, detailed_at=timezone.now()
        )
        for position, (kind, row) in enumerate([("service", self.service), ("domain", self.domain)]):
            OrderItem.objects.create(
                order=self.order, position=position, kind=kind, remote_id=row.remote_id, text=str(row)
            )
        links.assign_again(account.pk)


def bill(rows, account, *texts, **fields):
    invoice = rows.invoice(account, total="10", detailed_at=timezone.now(), **fields)
    for position, text in enumerate(texts):
        InvoiceItem.objects.create(invoice=invoice, position=position, description=text, amount="5")
    return invoice


def path(row):
    noun = row._meta.model_name
    if noun in ("order", "email"):
        return f"/{noun}s/{row.account_id}/{row.remote_id}/"
    return f"/{noun}s/{row.pk}/"


def related(page):
    return [link["href"] for link in page.all("section[aria-labelledby=related] td.name a")]


def test_it_leads_from_a_service_to_its_domain_order_and_invoices(visit, alma, things):
    page = visit(alma).get(path(things.service))
    assert related(page) == [path(things.domain), path(things.order), path(things.invoice)]
    assert page.texts("section[aria-labelledby=related] td.name small") == [HOSTING]
    assert page.texts("section[aria-labelledby=related] td.money")[-1] == "€10.00"


def test_it_leads_from_a_domain_to_its_service_order_and_invoices(visit, alma, things):
    page = visit(alma).get(path(things.domain))
    assert related(page) == [path(things.service), path(things.order), path(things.invoice)]
    assert RENEWAL in page.texts("section[aria-labelledby=related] td.name small")


def test_it_leads_from_an_invoice_to_what_its_lines_name_and_to_its_order(visit, alma, things):
    page = visit(alma).get(path(things.invoice))
    assert [link["href"] for link in page.all("section[aria-labelledby=items] td.name > a")] == [
        path(things.service),
        path(things.domain),
    ]
    assert related(page) == [path(things.order)]
    assert page.texts("section[aria-labelledby=items] small") == ["Say what it is for"]


def test_it_tells_a_domain_its_order_by_the_order_that_its_details_name(visit, alma, things, rows, acme):
    domain = rows.domain(acme, name="other.com", order_id=things.order.remote_id)
    assert related(visit(alma).get(path(domain))) == [path(things.order)]


def test_it_says_not_assigned_only_where_one_expects_a_link(visit, alma, rows, acme):
    gone, fee = f"Linux VPS Basic - gone.example.com {PERIOD}", "Late Fee (Added 05/11/2026)"
    page = visit(alma).get(path(bill(rows, acme, gone, fee, "Add Funds")))
    assert page.texts("section[aria-labelledby=items] td.name") == [
        f"{gone}Not assigned Say what it is for", f"{fee} Say what it is for", "Add Funds Say what it is for",
    ]  # fmt: skip
    assert page.texts("section[aria-labelledby=items] small:not(:has(a))") == ["Not assigned"]


def test_it_tells_who_may_only_read_the_invoice_nothing_of_its_things(visit, people, things, rows, acme):
    reader = people.member("Reader")
    bill(rows, acme, f"Linux VPS Basic - gone.example.com {PERIOD}")
    for invoice in acme.invoices.all():
        page = visit(reader).get(path(invoice))
        assert page.status == 200
        assert not page.all("section[aria-labelledby=items] a")
        assert not page.all("section[aria-labelledby=items] small")
        assert related(page) == []


@pytest.mark.parametrize(
    ("host", "name", "belong"),
    [
        ("example.com", "example.com", True),
        ("www.EXAMPLE.com", "example.com.", True),
        ("xn--bcher-kva.de", "bücher.de", True),
        ("shop.bücher.de", "xn--bcher-kva.de", True),
        ("bucher.de", "bücher.de", False),
        ("myexample.com", "example.com", False),
        ("example.com.evil.net", "example.com", False),
        ("", "example.com", False),
        ("example.com", "", False),
    ],
)
def test_it_takes_a_service_for_one_of_a_domain_by_its_host_name(visit, alma, rows, acme, host, name, belong):
    service, domain = rows.service(acme, domain=host), rows.domain(acme, name=name)
    assert related(visit(alma).get(path(service))) == [path(domain)] * belong
    assert related(visit(alma).get(path(domain))) == [path(service)] * belong


def test_it_prefers_the_nearest_domain_from_both_ends(visit, alma, rows, acme):
    far, near = rows.domain(acme, name="example.com"), rows.domain(acme, name="shop.example.com")
    service = rows.service(acme, domain="www.shop.example.com")
    assert related(visit(alma).get(path(service))) == [path(near)]
    assert related(visit(alma).get(path(near))) == [path(service)]
    assert related(visit(alma).get(path(far))) == []


def test_it_shows_the_newest_invoices_and_the_others_at_a_click(visit, alma, things, rows, acme):
    for day in range(1, 21):
        bill(rows, acme, HOSTING, date=f"2026-10-{day:02}")
    links.assign_again(acme.pk)
    page = visit(alma).get(path(things.service))
    assert len(related(page)) == 23
    assert len(page.all("section[aria-labelledby=related] details td.name a")) == 11
    assert page.one("section[aria-labelledby=related] summary").text == "11 more"


def test_it_shows_what_was_ordered_where_it_cannot_be_read_live(visit, alma, things):
    type(things.order).objects.update(gone_at=timezone.now())
    page = visit(alma).get(path(things.order))
    assert [link["href"] for link in page.all("section[aria-labelledby=ordered] a")] == [
        path(things.service),
        path(things.domain),
    ]
    assert page.one(f"dl a[href={path(things.invoice)}]").text == "2026-1"


# E-mails


@pytest.mark.parametrize(
    ("subject", "named"),
    [
        ("Invoice #2026-1 is overdue", "invoice"),
        ("Rechnung Nr. 2026-1", "invoice"),
        ("Payment of invoice 2026-1.", "invoice"),
        ("Customer Invoice", ""),
        ("Ticket #2026-1", ""),
        ("Invoice 2026", ""),
        ("Your domain EXAMPLE.COM expires soon", "domain"),
        ("Renewal notice (example.com)", "domain"),
        ("example.com, example.org", "domain"),
        ("Your service shop.example.com is ready", "service"),
        ("myexample.com", ""),
        ("billing@example.com wrote", ""),
        ("", ""),
    ],
)
def test_it_leads_from_an_email_to_what_its_subject_names(visit, alma, things, rows, acme, subject, named):
    email = rows.email(acme, subject=subject)
    page = visit(alma).get(path(email))
    assert related(page) == ([path(getattr(things, named))] if named else [])


def test_it_takes_the_id_for_the_number_of_an_invoice_without_one(visit, alma, rows, acme):
    bare, numbered = bill(rows, acme), bill(rows, acme, number="N-1")
    for invoice, found in ((bare, [path(bare)]), (numbered, [])):
        email = rows.email(acme, subject=f"Invoice #{invoice.remote_id}")
        assert related(visit(alma).get(path(email))) == found


def test_it_names_no_invoice_when_two_are_called_the_same(visit, alma, rows, acme):
    bill(rows, acme, number="N-1"), bill(rows, acme, number="N-1")
    assert related(visit(alma).get(path(rows.email(acme, subject="Invoice N-1")))) == []


# Rights and cost


@pytest.fixture
def elsewhere(rows, acme):
    """Another account with rows of the same names and ids, and links that cross, as no refresh makes them."""

    def build(things):
        other = rows.account("Elsewhere", "USD")
        AccountPolicy.objects.create(account=other, private=True)
        theirs = Things(rows, other)
        for noun in ("service", "domain", "invoice", "order"):
            mine, row = getattr(things, noun), getattr(theirs, noun)
            type(row).objects.filter(pk=row.pk).update(remote_id=mine.remote_id)
        type(theirs.order).objects.update(invoice_id=things.invoice.remote_id)
        OrderItem.objects.filter(kind="service").update(remote_id=things.service.remote_id)
        OrderItem.objects.filter(kind="domain").update(remote_id=things.domain.remote_id)
        InvoiceItem.objects.filter(service=theirs.service).update(service=things.service)
        InvoiceItem.objects.filter(domain=theirs.domain).update(domain=things.domain)
        strange = InvoiceItem.objects.create(
            invoice=things.invoice, position=9, description="Strange", service=theirs.service
        )
        return theirs, strange

    return build


@pytest.mark.parametrize("noun", ["service", "domain", "invoice", "order", "email"])
def test_it_leads_into_no_other_account(visit, alma, things, rows, acme, elsewhere, noun):
    theirs, _ = elsewhere(things)
    things.email = rows.email(acme, subject="example.com: invoice 2026-1, shop.example.com")
    type(things.order).objects.filter(pk=things.order.pk).update(gone_at=timezone.now())
    page = visit(alma).get(path(getattr(things, noun)))
    for row in (theirs.service, theirs.domain, theirs.invoice, theirs.order):
        assert str(row.pk) not in page.html
    assert str(theirs.account.pk) not in page.html
    assert page.all("main td.name a")


def test_it_leads_an_admin_from_an_email_into_its_own_account_alone(
    visit, people, things, rows, acme, elsewhere
):
    """An admin sees the rows of the same names in the other account as well."""
    theirs, _ = elsewhere(things)
    email = rows.email(acme, subject="example.com: invoice 2026-1, shop.example.com")

    page = visit(people.admin("Admin")).get(path(email))

    assert {*related(page)} == {path(things.service), path(things.domain), path(things.invoice)}
    assert path(theirs.domain) not in page.html


def test_it_leads_an_admin_into_no_other_account_either(visit, people, things, elsewhere):
    theirs, _ = elsewhere(things)
    admin = visit(people.admin("Admin"))
    for noun in ("service", "domain"):
        assert not [
            there
            for there in related(admin.get(path(getattr(things, noun))))
            if str(theirs.invoice.pk) in there
        ]


def test_it_shows_a_viewer_what_an_owner_sees(visit, people, alma, things):
    viewer = people.member("Viewer")
    Grant.objects.create(user=viewer, account=things.account, level="view", given_by=alma)
    for row in (things.service, things.domain, things.invoice):
        assert related(visit(viewer).get(path(row))) == related(visit(alma).get(path(row))) != []


@pytest.mark.parametrize("noun", ["service", "domain", "invoice", "order", "email"])
def test_it_asks_as_many_statements_for_a_thousand_rows_as_for_ten(visit, alma, things, rows, acme, noun):
    things.email = rows.email(acme, subject="example.com: invoice 2026-1, shop.example.com")
    type(things.order).objects.filter(pk=things.order.pk).update(gone_at=timezone.now())
    browser, there = visit(alma), path(getattr(things, noun))
    fill(things, 10)
    browser.get(there)
    few, many = statements(browser, there), None
    fill(things, 990)
    many = statements(browser, there)
    assert few == many


@pytest.mark.parametrize("noun", ["service", "domain"])
def test_it_reads_them_anew_when_a_row_of_the_account_changed(visit, alma, things, rows, acme, noun):
    """A page that waits for details asks for itself every few seconds."""
    browser, there = visit(alma), path(getattr(things, noun))
    first = statements(browser, there)
    with CaptureQueriesContext(connection) as again:
        assert path(things.invoice) in related(browser.get(there))
    assert len(again) < first
    late = bill(rows, acme, HOSTING, RENEWAL)
    links.assign_again(acme.pk)
    assert path(late) in related(browser.get(there))


def test_it_reads_the_orders_of_an_invoice_once_until_one_changes(visit, alma, things, rows, acme):
    browser, there = visit(alma), path(things.invoice)
    first = statements(browser, there)
    with CaptureQueriesContext(connection) as again:
        assert path(things.order) in browser.get(there).html
    assert len(again) < first
    late = rows.order(acme, invoice_id=things.invoice.remote_id)
    assert path(late) in browser.get(there).html


def statements(browser, there):
    with all_statements() as found:
        assert browser.get(there).status == 200
    return len(found)


def fill(things, count):
    """More of everything that the pages show."""
    start = things.account.invoices.count() + 10_000

    def more(row, **fields):
        made = [type(row)(account=things.account, remote_id=start + n, **fields) for n in range(count)]
        return type(row).objects.bulk_create(made)

    bills = more(things.invoice, currency="EUR", status="Paid", total="1", detailed_at=timezone.now())
    InvoiceItem.objects.bulk_create(
        InvoiceItem(invoice=bill, position=place, description=HOSTING, **{noun: getattr(things, noun)})
        for bill in bills
        for place, noun in enumerate(("service", "domain"))
    )
    orders = more(things.order, invoice_id=things.invoice.remote_id)
    services = more(things.service, domain="s.shop.example.com")
    OrderItem.objects.bulk_create(
        OrderItem(order=order, position=0, kind=noun, remote_id=getattr(things, noun).remote_id)
        for order in orders
        for noun in ("service", "domain")
    )
    OrderItem.objects.bulk_create(
        OrderItem(order=things.order, position=9, kind="service", remote_id=service.remote_id)
        for service in services
    )
    InvoiceItem.objects.bulk_create(
        InvoiceItem(invoice=things.invoice, position=9, description=HOSTING, service=service)
        for service in services
    )
