"""The domains at risk: one table made by hand, on which list, badge and mail agree."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.mail import digests
from portal.models import Grant
from tests.portal.statements import all_statements
from ultahost_api import conf
from ultahost_api.models import Domain, Invoice, InvoiceItem

OFF, PAST = "Auto-renew is off", "Its date has passed"
GRACE = "In its grace period: renew it now"
REDEMPTION = "In redemption: Ultahost can still restore it, for a fee"
RESCUE = "Expired: may still be rescued, ask Ultahost"
UNPAID = "Renewal invoice is not paid"
MISSING = "Renewal invoice is missing"
UNCLEAR = "Its renewal invoice was refunded, or its total is zero"
NOT_YET = "Auto-renew is not known yet"
TRANSFER = "The transfer has been pending for 10 days or more"
FINE = ""

# name: (what is known of it, days as numbers from today; its renewal invoice; why it is at risk)
AT_RISK = {
    "off-today": ({"due": 0, "renew": False}, "", OFF),
    "off-7": ({"due": 7, "renew": False}, "", OFF),
    "off-60": ({"due": 60, "renew": False}, "", OFF),
    "off-by-expiry": ({"due": 300, "expiry": 10, "renew": False}, "", OFF),
    "off-free": ({"due": 12, "renew": False, "amount": 0}, "", OFF),
    "off-with-bill": ({"due": 13, "renew": False}, "Unpaid", OFF),
    "not-read": ({"due": 15, "renew": None}, "", NOT_YET),
    "unpaid": ({"due": 20, "renew": True}, "Unpaid", UNPAID),
    "collected": ({"due": 21, "renew": True}, "Collections", UNPAID),
    "under-way": ({"due": 22, "renew": True}, "Payment Pending", UNPAID),
    "late-bill": ({"due": 23, "renew": True, "invoiced": -3}, "", MISSING),
    "cancelled-bill": ({"due": 24, "renew": True, "invoiced": -3}, "Cancelled", MISSING),
    "past-off": ({"due": -1, "renew": False}, "", PAST),
    "past-on": ({"due": -2, "renew": True}, "", PAST),
    "past-unpaid": ({"due": -3, "renew": True}, "Unpaid", f"{PAST}; renewal invoice is not paid"),
    "long-past": ({"expiry": -400, "renew": True}, "", PAST),
    "grace": ({"expiry": -18, "renew": True, "status": "Grace"}, "Paid", GRACE),
    "grace-bill": (
        {"expiry": -17, "status": "Grace"}, "Unpaid", f"{GRACE}; renewal invoice is not paid",
    ),
    "redemption": ({"expiry": -49, "status": "Redemption"}, "", REDEMPTION),
    "redemption-2": ({"status": "Redemption Period (Expired)"}, "", REDEMPTION),
    "expired": ({"expiry": -5, "status": "Expired"}, "", RESCUE),
    "expired-75": ({"expiry": -75, "status": "Expired"}, "", RESCUE),
    "moving-10": ({"due": 200, "status": "Pending Transfer", "since": -10}, "", TRANSFER),
}  # fmt: skip
UNKNOWN = {
    "no-date": ({"renew": True}, "", "No date is known"),
    "bad-expiry": ({"due": 90, "odd": "expiry_date"}, "", "Its expiry could not be read"),
    "bad-due": ({"expiry": 90, "odd": "next_due_date"}, "", "Its due date could not be read"),
    "far-no-details": ({"due": 90, "detailed": False}, "", "Its details are still loading"),
    "new": ({"due": 9, "detailed": False}, "", "Its details are still loading"),
    "no-status": ({"due": 90, "status": ""}, "", "Its status is not known"),
    "refunded": ({"due": 9, "renew": True, "invoiced": -9}, "Refunded", UNCLEAR),
    "no-invoice-day": ({"due": 9, "renew": True}, "", "Its renewal invoice was not found"),
}
AT_EASE = {
    "off-61": ({"due": 61, "renew": False}, "", FINE),
    "paid": ({"due": 20, "renew": True, "invoiced": -9}, "Paid", FINE),
    "bill-to-come": ({"due": 40, "renew": True, "invoiced": 26}, "", FINE),
    "bill-2-days-late": ({"due": 40, "renew": True, "invoiced": -2}, "", FINE),
    "far-free": ({"due": 200, "renew": True, "amount": 0}, "", FINE),
    "moving-9": ({"due": 5, "status": "Pending Transfer", "since": -9}, "", FINE),
    "expired-76": ({"expiry": -76, "status": "Expired"}, "", FINE),
    "cancelled": ({"due": -1, "status": "Cancelled"}, "", FINE),
    "moved": ({"due": -1, "status": "Transferred Away"}, "", FINE),
    "fraud": ({"due": -1, "status": "Fraud"}, "", FINE),
}
TABLE = AT_RISK | UNKNOWN | AT_EASE


@pytest.fixture
def table(rows, acme):
    for name, (known, bill, _why) in TABLE.items():
        _add(rows, acme, name, bill, **known)


def _add(rows, account, name, bill="", *, status="Active", renew=None, detailed=True, odd="", **known):
    now, today = timezone.now(), conf.today()
    day = {word: today + timedelta(known[word]) for word in ("due", "expiry", "invoiced") if word in known}
    domain = rows.domain(
        account,
        name=name,
        status=status,
        auto_renew=renew,
        next_due_date=day.get("due"),
        expiry_date=day.get("expiry"),
        next_invoice_date=day.get("invoiced"),
        recurring_amount=known.get("amount", 12),
        detailed_at=now if detailed else None,
        changed_at=now + timedelta(known.get("since", 0)),
        unreadable={odd: "2026-02-30"} if odd else {},
    )
    if bill:
        invoice = rows.invoice(
            account, status=bill, total="14", number=f"R-{name}", date=today - timedelta(9), detailed_at=now
        )
        InvoiceItem.objects.create(invoice=invoice, position=0, domain=domain, is_renewal=True)
    return domain


def reasons(page):
    names, words = page.texts("tbody td.name a"), page.texts("tbody td.state")
    return dict(zip(names, words, strict=True))


def wanted(part):
    return {name: why for name, (_known, _bill, why) in part.items()}


def test_it_has_forty_one_domains_in_its_table():
    assert len(TABLE) == 41


def test_list_badge_and_mail_have_the_same_domains_for_the_same_reasons(visit, alma, table):
    browser = visit(alma)

    at_risk = browser.get("/domains/?view=at-risk&size=50")
    unknown = browser.get("/domains/?view=unknown&size=50")

    assert reasons(at_risk) == wanted(AT_RISK)
    assert reasons(unknown) == wanted(UNKNOWN)
    assert at_risk.texts(".chips a")[:3] == ["All", "At risk 23", "Risk unknown 8"]
    assert at_risk.one(".rail a[href=/domains/] .attention").text == "23 need attention"
    home = browser.get("/?needs=all")
    assert home.one("#needs .count").text == "23"
    for entry in home.all(".need"):
        name = entry["id"].removeprefix("need-domain-")
        assert Domain.objects.get(pk=name).name in AT_RISK
    assert len(home.all(".need")) == 23
    mailed = digests._endings(alma)
    assert {str(ending.domain) for ending in mailed} == set(AT_RISK)


def test_it_shows_the_earlier_date_first(visit, alma, table):
    dated = [domain for domain in Domain.objects.at_risk() if domain.first_date]

    names = list(reasons(visit(alma).get("/domains/?view=at-risk&size=50")))

    assert names[:5] == ["long-past", "expired-75", "redemption", "grace", "grace-bill"]
    assert names[-1] == "redemption-2"  # whose dates are not known
    assert [row.first_date for row in dated] == sorted(row.first_date for row in dated)


def test_a_chip_leads_to_them_and_all_is_no_longer_chosen(visit, alma, table):
    browser = visit(alma)

    page = browser.click(browser.get("/domains/?status=Active"), ".chips a[id=view-at-risk]")

    assert len(reasons(page)) == 23
    assert page.all(".chips [aria-current=true]")[0]["id"] == "view-at-risk"
    assert (
        browser.click(page, ".chips a[id=status-all]").one(".chips [aria-current=true]")["id"] == "status-all"
    )


@pytest.mark.parametrize(
    ("name", "label", "path"),
    [
        ("off-7", "Turn auto-renew on", "/domains/{domain}/auto-renew/on/"),
        ("not-read", "Turn auto-renew on", "/domains/{domain}/auto-renew/on/"),
        ("off-with-bill", "Pay €14.00", "/invoices/{invoice}/pay/"),
        ("unpaid", "Pay €14.00", "/invoices/{invoice}/pay/"),
        ("grace-bill", "Pay €14.00", "/invoices/{invoice}/pay/"),
        ("late-bill", "Ask Ultahost", "https://bill.example.com/submitticket.php"),
        ("redemption", "Ask Ultahost", "https://bill.example.com/submitticket.php"),
        ("expired", "Ask Ultahost", "https://bill.example.com/submitticket.php"),
        ("under-way", "Open", "/domains/{domain}/"),
    ],
)
def test_each_has_the_act_that_helps(visit, alma, rows, acme, settings, name, label, path):
    settings.PORTAL_PROVIDER_URL = "https://bill.example.com"
    known, bill, _why = TABLE[name]
    domain = _add(rows, acme, name, bill, **known)
    invoice = Invoice.objects.first()
    browser = visit(alma)

    act = browser.get("/domains/?view=at-risk").one("td.acts-cell a")

    assert act.text == label
    assert act["href"] == path.format(domain=domain.pk, invoice=invoice and invoice.pk)
    assert path.startswith("https:") or browser.get(act["href"]).status in (200, 303)


def test_it_offers_no_act_to_a_person_who_may_only_look(visit, people, alma, rows, acme):
    viewer = people.member("Viewer")
    Grant.objects.create(user=viewer, account=acme, level="view", given_by=alma)
    for name in ("off-7", "unpaid"):
        known, bill, _why = TABLE[name]
        _add(rows, acme, name, bill, **known)

    page = visit(viewer).get("/domains/?view=at-risk")

    assert page.texts("td.acts-cell a") == ["Open", "Open"]


def test_it_tells_nothing_of_an_account_that_one_may_not_see(visit, people, rows, acme):
    _add(rows, acme, "canary.example", "Unpaid", due=3, renew=True)
    person = people.member("Ben")
    rows.key(person, rows.account("Elsewhere"))
    ben = visit(person)

    for view in ("at-risk", "unknown"):
        page = ben.get(f"/domains/?view={view}")
        assert "canary" not in page.html
        assert {"0"} >= set(page.texts(".chips .count"))
    assert "canary" not in ben.get("/domains.csv?view=at-risk").html


def test_it_says_calmly_that_none_is_at_risk(visit, alma, rows, acme):
    _add(rows, acme, "fine", due=300, renew=True)

    page = visit(alma).get("/domains/?view=at-risk")

    assert page.one(".empty p").text == "No domain is at risk here."
    assert page.texts(".chips a[id^=view-]") == ["At risk 0"]


def test_the_file_has_the_same_rows_with_their_reasons(visit, alma, table):
    lines = visit(alma).get("/domains.csv?view=at-risk").csv()

    assert {line[1]: line[12] for line in lines} == wanted(AT_RISK)


def test_it_asks_as_many_queries_for_a_thousand_rows_as_for_ten(visit, alma, rows, acme):
    browser = visit(alma)

    def fill(start, end):
        known = {"account": acme, "status": "Active", "auto_renew": True, "detailed_at": timezone.now()}
        domains = Domain.objects.bulk_create(
            Domain(remote_id=n, next_due_date=conf.today() + timedelta(5), **known) for n in range(start, end)
        )
        invoices = Invoice.objects.bulk_create(
            Invoice(account=acme, remote_id=n, status="Unpaid", currency="EUR", total=9)
            for n in range(start, end)
        )
        pairs = zip(domains, invoices, strict=True)
        InvoiceItem.objects.bulk_create(
            InvoiceItem(invoice=invoice, position=0, domain=domain, is_renewal=True)
            for domain, invoice in pairs
        )

    def queries():
        with all_statements() as captured:
            browser.get("/domains/?view=at-risk")
        return len(captured)

    fill(0, 10)
    queries()  # notes that the accounts are watched
    few = queries()
    fill(10, 1000)
    assert queries() == few
    assert few <= 12
