"""Every read in a real browser: what the portal shows is what Ultahost tells the same key."""

import re
from collections import Counter
from decimal import Decimal

from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import Ultahost, Visitor
from tests.browser.hands import fact, follow, money, names, number_of, open_account, open_first
from ultahost_api.sandbox import CANARY

WHOLE_PAGE = 100


def test_it_lists_the_services_and_shows_one(visitor: Visitor, ultahost: Ultahost) -> None:
    page = visitor.sign_in("ben").page
    open_first(visitor, "/services/?status=Active")
    service = ultahost("ben", "get_service", serviceid=number_of(page))
    expect(page.locator("#service")).to_contain_text("Details read", timeout=30_000)
    assert page.get_by_role("heading", level=1).inner_text() == (service["domain"] or service["product_name"])
    assert money(fact(page, "Amount").inner_text()) == Decimal(service["amount"])
    expect(fact(page, "Amount")).to_contain_text(service["billingcycle"])
    expect(fact(page, "Address")).to_contain_text(service["dedicatedip"])
    expect(fact(page, "Nameservers")).to_contain_text(service["ns1"])

    visitor.visit(f"/services/?size={WHOLE_PAGE}")
    there = ultahost("ben", "get_services", limit=WHOLE_PAGE)
    assert Counter(names(page)) == Counter(row["domain"] or row["product_name"] for row in there)
    assert visitor.complaints == []


def test_it_lists_the_domains_and_shows_one(visitor: Visitor, ultahost: Ultahost) -> None:
    page = visitor.sign_in("ben").page
    open_first(visitor, "/domains/?q=bücherstube.de")
    domain = ultahost("ben", "get_domain", domainid=number_of(page))
    expect(page.locator("#domain")).to_contain_text("Details read", timeout=30_000)
    assert page.get_by_role("heading", level=1).inner_text() == domain["domain"]
    assert money(fact(page, "Renewal").inner_text().split("for")[0]) == Decimal(domain["recurringamount"])
    expect(fact(page, "Registrar")).to_have_text(domain["registrar"])
    expect(fact(page, "Identity protection")).to_have_text("Yes" if domain["idprotection"] else "No")

    visitor.visit(f"/domains/?size={WHOLE_PAGE}")
    there = ultahost("ben", "get_domains", limit=WHOLE_PAGE)
    assert Counter(names(page)) == Counter(row["domain"] for row in there)
    assert visitor.complaints == []


def test_it_lists_the_invoices_and_shows_one(visitor: Visitor, ultahost: Ultahost) -> None:
    page = visitor.sign_in("ben").page
    open_first(visitor, "/invoices/?q=USD-")
    invoice = ultahost("ben", "get_invoice", invoiceid=number_of(page))
    expect(page.locator("#invoice")).to_contain_text("Details read", timeout=30_000)
    assert page.get_by_role("heading", level=1).inner_text() == f"Invoice {invoice['invoicenum']}"
    assert money(fact(page, "Total").inner_text()) == Decimal(invoice["total"])
    for item in invoice["items"]:
        expect(page.get_by_role("row", name=item["description"]).first).to_be_visible()

    visitor.visit(f"/invoices/?q=USD-&status=Overdue&size={WHOLE_PAGE}")
    there = ultahost("ben", "get_invoices", status="Unpaid", limit=WHOLE_PAGE)
    late = [row for row in there if row["invoicenum"] and row["duedate"] < f"{timezone.localdate()}"]
    assert sorted(names(page)) == sorted(row["invoicenum"] for row in late)
    assert visitor.complaints == []


def test_it_lists_the_orders_and_shows_one(visitor: Visitor, ultahost: Ultahost) -> None:
    page = visitor.sign_in("alma").page
    visitor.visit("/orders/?size=50")
    there = ultahost("alma", "get_orders", limit=50)
    assert Counter(names(page)) == Counter(f"#{row['ordernum']}" for row in there)
    page.locator("tbody .name a").last.click()  # of the newest not every one has a service
    page.wait_for_url(re.compile(r"/orders/.+/\d+/"))
    number = int(page.url.rstrip("/").split("/")[-1])
    order = ultahost("alma", "get_order", orderid=number)
    assert money(fact(page, "Amount").inner_text()) == Decimal(order["amount"])
    expect(page.locator("h1")).to_contain_text(str(order["ordernum"]))
    (service,) = order["services"]
    expect(page.get_by_role("region", name="Services")).to_contain_text(
        service["domain"] or service["product_name"]
    )
    # The list as it was, also after the rest of the page was read.
    expect(page.locator(".back")).to_have_attribute("href", "/orders/?size=50")
    assert visitor.complaints == []


def test_it_lists_the_quotes_and_shows_one(visitor: Visitor, ultahost: Ultahost) -> None:
    page = visitor.sign_in("alma").page
    visitor.visit("/quotes/")
    there = ultahost("alma", "get_quotes")
    assert Counter(names(page)) == Counter(row["subject"] for row in there)
    follow(page, "Migration to <b>bigger</b> servers – Größe L")
    page.wait_for_url(re.compile(r"/quotes/.+/\d+/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Migration to <b>bigger</b> servers – Größe L")
    number = int(page.url.rstrip("/").rpartition("/")[2])
    expect(page.locator(".beneath")).to_contain_text(f"Quote {number}")
    quote = ultahost("alma", "get_quote", quoteid=number)
    expect(page.locator(".beneath .status")).to_have_text("On hold")
    assert money(fact(page, "Total").inner_text()) == Decimal(quote["total"])
    for item in quote["items"]:
        expect(page.get_by_role("row", name=item["description"])).to_be_visible()
    assert visitor.complaints == []


def test_it_lists_the_emails_and_shows_one_in_a_frame_that_runs_nothing(
    visitor: Visitor, ultahost: Ultahost
) -> None:
    page = visitor.sign_in("alma").page
    elsewhere: list[str] = []
    page.on("request", lambda asked: asked.url.startswith(visitor.address) or elsewhere.append(asked.url))
    visitor.visit("/emails/?size=50")
    there = ultahost("alma", "get_emails", limit=50)
    assert Counter(names(page)) == Counter(row["subject"] for row in there)

    hostile = next(row for row in there if "New Server" in row["subject"])
    assert "<script>" in ultahost("alma", "get_email", emailid=hostile["id"])["message"]
    page.get_by_role("link", name=hostile["subject"]).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(hostile["subject"])
    expect(fact(page, "To")).to_contain_text("buchhaltung@atelier.example")
    letter = page.frame_locator("iframe.letter")
    expect(letter.locator("body")).to_contain_text("Thank you for your order.")
    assert letter.locator("script, img, form, input, body style, [onload], [href^=javascript]").count() == 0
    assert (
        letter.locator("body").evaluate("body => getComputedStyle(body).fontFamily")
        == "system-ui, sans-serif"
    )
    assert "allow-scripts" not in (page.locator("iframe.letter").get_attribute("sandbox") or "allow-scripts")
    assert elsewhere == []
    assert visitor.complaints == []


def test_it_lists_the_announcements_and_shows_one(visitor: Visitor, ultahost: Ultahost) -> None:
    page = visitor.sign_in("ben").page
    visitor.visit("/announcements/")
    there = ultahost("ben", "get_announcements")
    assert Counter(names(page)) == Counter(row["title"] for row in there)
    terms = next(row for row in there if row["title"] == "Change of terms")
    assert "<script>" in ultahost("ben", "get_announcement", announcementid=terms["id"])["announcement"]
    follow(page, terms["title"])
    expect(page.get_by_role("heading", level=1)).to_have_text(terms["title"])
    letter = page.frame_locator("iframe.letter")
    expect(letter.get_by_role("link", name="new terms")).to_have_attribute(
        "href", "https://example.com/terms"
    )
    assert letter.locator("script").count() == 0
    assert visitor.complaints == []


def test_it_lists_the_payment_methods(visitor: Visitor, ultahost: Ultahost) -> None:
    page = visitor.sign_in("ben").page
    visitor.visit("/payment-methods/")
    rows = page.locator("#payment-methods tbody tr")
    there = ultahost("ben", "get_payment_methods")
    expect(rows).to_have_count(len(there))
    for method in there:
        row = rows.filter(has_text=method["description"])
        expect(row).to_contain_text(method.get("card_last_four") or method["bank_name"])
    assert visitor.complaints == []


def test_it_lists_the_contacts_and_shows_one(visitor: Visitor, ultahost: Ultahost) -> None:
    page = visitor.sign_in("ben").page
    visitor.visit("/contacts/")
    there = ultahost("ben", "get_contacts", limit=50)
    assert Counter(names(page)) == Counter(f"{row['firstname']} {row['lastname']}" for row in there)
    zoe = next(row for row in there if row["firstname"] == "Zoë")
    contact = ultahost("ben", "get_contact", contactid=zoe["id"])
    follow(page, "Zoë Müller-Österreich")
    expect(fact(page, "E-mail address")).to_contain_text(contact["email"])
    expect(fact(page, "Country")).to_contain_text("United States")
    expect(fact(page, "Invoices and reminders")).to_have_text("Yes" if contact["invoiceemails"] else "No")
    assert CANARY not in page.content()
    assert visitor.complaints == []


def test_it_shows_the_account(visitor: Visitor, ultahost: Ultahost) -> None:
    page = visitor.sign_in("ben").page
    open_account(visitor, "Open Harbour Labs")
    profile = ultahost("ben", "get_profile")
    assert money(fact(page, "Credit").inner_text()) == Decimal(profile["credit"])
    expect(fact(page, "Currency")).to_have_text("USD")
    expect(fact(page, "E-mail address")).to_contain_text(profile["email"])
    expect(fact(page, "Company")).to_have_text(profile["companyname"])
    assert visitor.complaints == []
