"""Every write and every secret read, done by a person in a real browser and read back afterwards.

What the API reads back is looked at on the portal's own pages, the rest in the sandbox's ledger.
"""

import re
import time
from decimal import Decimal

from playwright.sync_api import Page, expect

from tests.browser.conftest import Ledger, Ultahost, Visitor
from tests.browser.hands import (
    act,
    confirm,
    follow,
    hears,
    money,
    number_of,
    open_account,
    open_first,
    open_service_with_module,
    press,
    prove,
    type_in,
)
from ultahost_api.sandbox import totp
from ultahost_api.sandbox.accounts import DEFAULT_PASSWORD

MASKED = "•••"
CARD = "4111 1111 1111 1111"


def test_it_runs_commands_sets_a_made_password_upgrades_and_cancels(visitor: Visitor, ledger: Ledger) -> None:
    page = visitor.sign_in("alma").prove().page
    number = open_service_with_module(visitor)

    for words, command, done in (("Start", "start", "Started"), ("Reboot", "reboot", "Rebooted")):
        confirm(page, words, words)
        hears(page, f"{done} ")
        (*_, effect) = ledger("service_module_custom")
        assert (effect["target"], effect["parameters"]["func_name"]) == (number, command)
    assert len(ledger("service_module_custom")) == 2

    act(page, "Set a new password")
    dialog = page.get_by_role("dialog")
    field, meter = dialog.locator("[name=password]"), dialog.locator("meter")
    expect(meter).to_be_hidden()
    press(dialog, "Make a strong one")
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value(re.compile(r"^[\w-]{20}$"))
    assert meter.evaluate("meter => meter.value >= meter.high")
    made = field.input_value()
    press(dialog, "Make a strong one")
    assert field.input_value() != made
    press(dialog, "Set the password")
    hears(page, "Set a new password for ")
    (effect,) = ledger("service_reset_password")
    assert (effect["target"], effect["parameters"]["servicepassword"]) == (number, MASKED)

    act(page, "Upgrade")
    page.locator("[name=product]").select_option(label="Dedicated Server X1")
    page.locator("[name=payment_method]").select_option("stripe")
    page.locator("[name=knows]").check()
    press(page, "Order the upgrade")
    hears(page, "Ordered the upgrade of ")
    (effect,) = ledger("upgrade_service")
    assert (effect["target"], effect["parameters"]["newproductid"]) == (number, 5)

    act(page, "Request cancellation")
    type_in(dialog, reason="It moved.")
    press(dialog, "Request cancellation")
    hears(page, "Requested the cancellation of ")
    expect(page.locator(".banner")).to_contain_text(
        "Alma Lindqvist requested cancellation at the end of the billing period"
    )
    expect(page.get_by_role("link", name="Request cancellation")).to_have_count(0)
    (effect,) = ledger("request_cancellation")
    assert (effect["target"], effect["parameters"]["cancellationreason"]) == (number, "It moved.")
    assert visitor.complaints == []


def test_it_sets_nameservers_lock_and_renewal_and_shows_the_epp_code(
    visitor: Visitor, ledger: Ledger
) -> None:
    page = visitor.sign_in("ben").page
    open_first(visitor, "/domains/?q=kaffeerösterei.de")
    expect(page.locator("#domain")).to_contain_text("Details read", timeout=30_000)
    number, address = number_of(page), page.url

    act(page, "Nameservers")
    prove(page)
    type_in(page, ns1="ns1.elsewhere.example", ns2="NS2.elsewhere.example.")
    press(page, "Set the nameservers")
    hears(page, "set to ns1.elsewhere.example, ns2.elsewhere.example")
    registrar = page.locator("#domain .facts").first
    expect(registrar).to_contain_text("ns1.elsewhere.example")
    expect(registrar).to_contain_text("ns2.elsewhere.example")
    (effect,) = ledger("update_nameservers")
    assert (effect["target"], effect["parameters"]["ns2"]) == (number, "ns2.elsewhere.example")

    renewal = page.locator("dt:text-is('Auto-renew') + dd")
    confirm(page, "Turn auto-renew on", "Turn on")
    hears(page, "Turned auto-renew of kaffeerösterei.de on")
    expect(renewal).to_contain_text("Creates an invoice you still need to pay")
    confirm(page, "Turn auto-renew off", "Turn off")
    hears(page, "Turned auto-renew of kaffeerösterei.de off")
    expect(renewal).not_to_contain_text("Creates an invoice you still need to pay")
    switched = [
        (effect["target"], effect["parameters"]["autorenew"]) for effect in ledger("toggle_autorenew")
    ]
    assert [(target, int(on)) for target, on in switched] == [(number, 1), (number, 0)]

    act(page, "Unlock")
    press(page, "Unlock")
    hears(page, "Unlocked kaffeerösterei.de")
    expect(registrar).to_contain_text("Unlocked")
    confirm(page, "Lock", "Lock")
    hears(page, "Locked kaffeerösterei.de")
    expect(registrar).to_contain_text("Locked")
    statuses = [effect["parameters"]["lockstatus"] for effect in ledger("manage_domain_lock")]
    assert statuses == ["unlocked", "locked"]

    act(page, "EPP code")
    press(page, "Show the code")
    expect(page.locator(".copyable code")).to_have_text("Epp&<1>\"code'")
    assert len(ledger.asked("get_epp_code")) == 1
    page.goto(address)
    expect(page.locator("body")).not_to_contain_text("Epp&")
    open_first(visitor, "/domains/?q=atelier-lumiere.fr")
    act(page, "EPP code")
    press(page, "Show the code")
    expect(page.locator(".banner")).to_contain_text("sends the code to the owner")
    assert visitor.complaints == []


def payable_by_card(visitor: Visitor) -> list[tuple[str, Decimal]]:
    """What its confirmation says of every open invoice that a card pays."""
    page = visitor.page
    page.get_by_label("Select all").check()
    press(page, "Pay selected")
    page.wait_for_url("**/invoices/pay/**")
    rows = page.locator("tbody tr").all()
    told = [(row.locator(".name").inner_text(), money(row.locator(".money").inner_text())) for row in rows]
    assert money(page.locator(".figures dd").inner_text()) == sum(owed for _, owed in told)
    by_card = [row.get_by_role("cell", name="Card", exact=True).count() > 0 for row in rows]
    page.go_back()
    return [one for one, is_it in zip(told, by_card, strict=True) if is_it]


def test_it_pays_one_invoice_and_several_and_the_buttons_say_the_sums(
    visitor: Visitor, ledger: Ledger
) -> None:
    page = visitor.sign_in("carla").prove().page
    visitor.visit("/invoices/?status=Open")
    expect(page.locator("#freshness")).to_contain_text("Updated", timeout=60_000)
    (name, owed), *others = payable_by_card(visitor)[:3]

    follow(page, name)
    number = number_of(page)
    button = page.get_by_role("link", name=re.compile(r"^Pay .*\d"))
    assert money(button.inner_text()) == owed
    button.click()
    verb = page.get_by_role("dialog").get_by_role("button", name=re.compile(r"^Pay .*\d"))
    assert money(verb.inner_text()) == owed
    verb.click()
    hears(page, "Paid invoice ")
    expect(page.locator(".beneath")).to_contain_text("Paid")
    expect(button).to_have_count(0)
    assert [effect["target"] for effect in ledger("pay_invoice")] == [number]

    visitor.visit("/invoices/?status=Open")
    for name, _ in others:
        page.get_by_label(f"Select invoice {name}", exact=True).check()
    press(page, "Pay selected")
    page.wait_for_url("**/invoices/pay/**")
    assert money(page.locator(".figures dd").inner_text()) == sum(owed for _, owed in others)
    button = page.get_by_role("button", name=re.compile(r"^Pay 2 invoices, "))
    assert money(button.inner_text().rpartition(" ")[2]) == sum(owed for _, owed in others)
    button.click()
    expect(page.locator("tbody .state")).to_have_text(["Done", "Done"], timeout=60_000)
    expect(page.locator("#batch")).to_contain_text("All payments finished.")
    assert len(ledger("pay_invoice")) == 3
    for path in [link.get_attribute("href") or "" for link in page.locator("tbody .name a").all()]:
        visitor.visit(path)
        expect(page.locator(".beneath")).to_contain_text("Paid")
    assert visitor.complaints == []


def test_it_orders_a_service_and_a_transfer_and_accepts_a_quote(visitor: Visitor, ledger: Ledger) -> None:
    page = visitor.sign_in("carla").prove().page
    visitor.visit("/orders/")
    follow(page, "New order")
    page.get_by_role("link", name="Mail Hosting Business").click()
    page.locator("[name=cycle]").select_option("annually")
    expect(page.locator("#order-summary")).to_contain_text("Annually")
    page.locator("[name=payment_method]").select_option("stripe")
    type_in(page, domain="post.example.com")
    press(page, "Review the order")
    expect(page.locator(".confirm")).to_contain_text("Mail Hosting Business")
    page.locator("[name=knows]").check()
    press(page, "Place the order")
    hears(page, "Ordered ")
    visitor.visit("/orders/")
    expect(page.locator("tbody .money").first).to_have_text("€87.00")
    page.locator("tbody .name a").first.click()
    expect(page.locator("main")).to_contain_text("€87.00")

    visitor.visit("/orders/")
    follow(page, "New order")
    follow(page, "Transfer a domain here")
    page.locator("[name=payment_method]").select_option("stripe")
    type_in(page, domain="moved.example.com")
    press(page, "Review the order")
    type_in(page, epp_code="a-secret-of-the-registrar")
    page.locator("[name=knows]").check()
    press(page, "Place the order")
    hears(page, "Ordered ")
    hosted, moved = ledger("create_order")
    assert (hosted["parameters"]["pid"], hosted["parameters"]["domain"]) == ([6], ["post.example.com"])
    assert moved["parameters"]["domain"] == ["moved.example.com"]
    assert moved["parameters"]["eppcode"] == MASKED

    visitor.visit("/quotes/")
    follow(page, "VPS Quote")
    page.wait_for_url(re.compile(r"/quotes/.+/\d+/"))
    number = int(page.url.rstrip("/").rpartition("/")[2])
    address = page.url
    confirm(page, "Accept the quote", "Accept the quote")
    hears(page, "Accepted the quote ")
    page.goto(address)
    expect(page.locator("#quote .status")).to_have_text("Accepted")
    expect(page.get_by_role("link", name="Accept the quote")).to_have_count(0)
    assert [effect["target"] for effect in ledger("accept_quote")] == [number]
    assert visitor.complaints == []


def test_it_orders_an_addon_a_registration_and_renewals(
    visitor: Visitor, ledger: Ledger, ultahost: Ultahost
) -> None:
    page = visitor.sign_in("dana").prove().page
    visitor.visit("/catalogue/products/add/")
    type_in(page, name="Daily backups", remote_id="31")
    page.locator("[name=kind]").select_option("addon")
    press(page, "Save")
    follow(page, "Mail Hosting Business")
    page.locator("[name=takes_addons]").check()
    press(page, "Save")
    visitor.visit("/domains/?status=Active")
    expect(page.locator("#freshness")).to_contain_text("Updated", timeout=60_000)
    visitor.visit("/orders/new/service/")
    page.locator("select[name=account]").select_option(label="North Pier Ltd")
    expect(page).to_have_url(re.compile("account="))
    account = page.url.partition("?")[2]
    page.get_by_role("link", name="Mail Hosting Business").click()
    page.get_by_label("Daily backups").check()
    type_in(page, domain="with-backups.example.com")
    place_order(page)

    visitor.visit(f"/orders/new/register/?{account}")
    type_in(page, domain="brand-new.example.com")
    page.locator("[name=years]").select_option("2")
    place_order(page)

    visitor.visit(f"/orders/new/renew-domains/?{account}")
    name = page.locator("tbody label").first.inner_text().strip()
    page.locator("[name=domains]").first.check()
    place_order(page)

    visitor.visit(f"/orders/new/renew-services/?{account}")
    page.locator("[name=services]").first.check()
    page.locator("[name=services]").last.check()
    place_order(page)

    addon, registered, domains, services = (effect["parameters"] for effect in ledger("create_order"))
    assert (addon["pid"], addon["addons"]) == ([6], ["31"])
    assert (registered["domain"], registered["domaintype"]) == (["brand-new.example.com"], ["register"])
    assert [int(years) for years in registered["regperiod"]] == [2]
    assert {domain: int(years) for domain, years in domains["domainrenewals"].items()} == {name: 1}
    renewed = [ultahost("dana", "get_service", serviceid=number) for number in services["servicerenewals"]]
    assert len(renewed) == 2

    visitor.visit(f"/orders/?{account}")
    page.locator("tbody .name a").nth(2).click()  # the newest first
    expect(page.get_by_role("region", name="Domains")).to_contain_text("brand-new.example.com")
    page.go_back()
    paid = sum(Decimal(service["amount"]) for service in renewed)
    assert money(page.locator("tbody .money").first.inner_text()) == paid
    assert visitor.complaints == []


def place_order(page: Page) -> None:
    page.locator("[name=payment_method]").select_option("stripe")
    press(page, "Review the order")
    expect(page.locator(".confirm")).to_be_visible()
    for tick in page.locator("[name=knows]").all():  # where no price is known
        tick.check()
    press(page, "Place the order")
    hears(page, "Ordered ")


def test_it_adds_and_deletes_a_bank_account_and_a_card(visitor: Visitor, ledger: Ledger) -> None:
    page = visitor.sign_in("dana").prove().page
    visitor.visit("/catalogue/cards/")
    press(page, "Allow card numbers")
    page.wait_for_url("**/catalogue/")
    visitor.visit("/payment-methods/")
    choice = page.locator("select[name=account]")
    choice.select_option(label="North Pier Ltd")
    expect(page).to_have_url(re.compile("account="))

    follow(page, "Add a bank account")
    type_in(
        page, bank_name="Pier Savings", bank_code="20051234", bank_account="GB00123456", description="Pier"
    )
    press(page, "Add the bank account")
    hears(page, "Added a ")
    bank = page.locator("tbody tr", has_text="Pier Savings")
    expect(bank).to_be_visible()
    follow(page, "Add a card")
    type_in(page, card_number=CARD, card_expiry="09/2031", description="Harbour card")
    press(page, "Add the card")
    hears(page, "Added a ")
    card = page.locator("tbody tr", has_text="Harbour card")
    expect(card).to_contain_text("•••• 1111")
    for effect in ledger("add_payment_method"):
        secrets = {"bank_code", "bank_account", "card_number", "card_expiry"} & effect["parameters"].keys()
        assert secrets
        assert {effect["parameters"][name] for name in secrets} == {MASKED}

    for row in (bank, card):
        follow(row, "Delete")
        press(page.get_by_role("dialog"), "Delete the payment method")
        hears(page, "Deleted a payment method")
        expect(row).to_have_count(0)
    page.reload()
    expect(page.locator("#payment-methods")).to_contain_text("Business Checking")
    expect(bank.or_(card)).to_have_count(0)
    added = [effect["target"] for effect in ledger("add_payment_method")]
    assert [effect["target"] for effect in ledger("delete_payment_method")] == added

    visitor.visit("/catalogue/cards/")
    press(page, "Turn it off")
    visitor.visit("/payment-methods/")
    expect(page.get_by_role("link", name="Add a card")).to_have_count(0)
    assert visitor.complaints == []


def test_it_adds_changes_and_deletes_a_contact(visitor: Visitor, ledger: Ledger) -> None:
    page = visitor.sign_in("dana").prove().page
    page.wait_for_timeout(62_000)  # the orders before used up her window
    open_account(visitor, "North Pier Ltd")
    follow(page.locator("aside"), "Contacts")
    follow(page, "Add a contact")
    type_in(page, firstname="Ürsula", lastname="Zwölf", email="ursula@example.com", city="Köln")
    page.locator("[name=country]").select_option("DE")
    page.locator("[name=invoiceemails]").check()
    press(page, "Add the contact")
    hears(page, "Added the contact ")

    follow(page, "Ürsula Zwölf")
    invoices = page.locator("dt:text-is('Invoices and reminders') + dd")
    expect(invoices).to_have_text("Yes")
    follow(page, "Edit")
    expect(page.locator("[name=city]")).to_have_value("Köln")
    type_in(page, city="Bremen")
    page.locator("[name=invoiceemails]").uncheck()
    press(page, "Save")
    hears(page, "Changed the contact ")
    expect(page.locator("#contact")).to_contain_text("Bremen")
    expect(invoices).to_have_text("No")
    (effect,) = ledger("update_contact")
    assert effect["parameters"].keys() == {"contactid", "city", "invoiceemails"}

    confirm(page, "Delete", "Delete the contact")
    hears(page, "Deleted the contact ")
    expect(page.locator("#contacts .pager")).to_be_visible()
    expect(page.get_by_role("link", name="Ürsula Zwölf")).to_have_count(0)
    targets = [effect["target"] for name in ("create_contact", "delete_contact") for effect in ledger(name)]
    assert targets[0] == targets[1] == effect["target"]
    assert visitor.complaints == []


def test_it_changes_the_account_its_password_and_its_second_factor(visitor: Visitor, ledger: Ledger) -> None:
    page = visitor.sign_in("ben").page
    open_account(visitor, "Open Harbour Labs")
    follow(page, "Edit")
    prove(page)
    expect(page.locator("[name=city]")).to_have_value("Exampleton")
    type_in(page, city="Port Łódź")
    page.locator("[name=support][value='0']").check()
    press(page, "Save")
    hears(page, "Changed the account details")
    expect(page.locator("#account")).to_contain_text("Port Łódź")
    (effect,) = ledger("update_account")
    assert effect["parameters"] == {"city": "Port Łódź", "email_preferences": {"support": 0}}

    follow(page, "Change password")
    type_in(page, existing=DEFAULT_PASSWORD, new="A quay by night 7", confirmed="A quay by night 7")
    press(page, "Change the password")
    hears(page, "Changed the password at Ultahost")
    assert len(ledger("change_password")) == 1

    follow(page, "Two-factor sign-in")
    press(page, "Set it up")
    expect(page.get_by_role("img", name="QR code of the secret")).to_be_visible()
    secret = page.locator("p.mono").inner_text()
    type_in(page, code="000000")
    press(page, "Turn it on")
    expect(page.locator("form .errorlist")).to_contain_text("The code is invalid or has expired")
    assert page.locator("p.mono").inner_text() == secret
    expect(page.locator("[name=code]")).to_have_value("")
    (refusal,) = visitor.complaints  # Chromium's own, of every such status
    assert "422" in refusal
    visitor.complaints.clear()
    type_in(page, code=totp.code(secret, time.time()))
    press(page, "Turn it on")
    hears(page, "Turned on two-factor sign-in at Ultahost")
    assert len(ledger("verify_2fa")) == len(ledger.asked("setup_2fa")) == 1

    follow(page, "Two-factor sign-in")
    expect(page.locator("main")).to_contain_text("The portal last turned it on:")
    follow(page, "Turn it off")
    dialog = page.get_by_role("dialog")
    type_in(dialog, password="A quay by night 7")  # the new one: the change took effect
    press(dialog, "Turn it off")
    hears(page, "Turned off two-factor sign-in at Ultahost")
    assert len(ledger("disable_2fa")) == 1
    assert visitor.complaints == []
