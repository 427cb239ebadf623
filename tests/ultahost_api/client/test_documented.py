"""The provider's documentation, held against the client: documented/ has its examples, one file an action."""

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ultahost_api.client import (
    ACTIONS,
    Client,
    EppCode,
    InvoiceItem,
    NewOrder,
    OrderedService,
    QuoteItem,
    Secret,
)

DOCUMENTED = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in (Path(__file__).parent / "documented").glob("*.json")
}

# How each action is called so that it sends what the documentation's example sends.
CALLS: dict[str, Callable[[Client], Any]] = {
    "get_profile": lambda c: c.profile.get(),
    "update_account": lambda c: c.profile.update(
        first_name="John", last_name="Doe", email="john@example.com", country="TR"
    ),
    "change_password": lambda c: c.profile.change_password("OldPassword!", "NewPassword!"),
    "setup_2fa": lambda c: c.two_factor.setup(),
    "verify_2fa": lambda c: c.two_factor.verify("DQUEKJKFTHNFKOS5", "123456"),
    "disable_2fa": lambda c: c.two_factor.disable("CurrentPassword!"),
    "get_services": lambda c: c.services.page(status="Active").records,
    "get_service": lambda c: c.services.get(130),
    "request_cancellation": lambda c: c.services.request_cancellation(
        143, type="Immediate", reason="No longer needed"
    ),
    "service_reset_password": lambda c: c.services.reset_password(130, "NewStrongPass!2026"),
    "service_module_custom": lambda c: c.services.run_command(130, "reboot"),
    "upgrade_service": lambda c: c.services.upgrade(
        123, type="product", payment_method="stripe", new_product_id=5
    ),
    "get_orders": lambda c: c.orders.page(status="Pending").records,
    "get_order": lambda c: c.orders.get(160),
    "create_order": lambda c: c.orders.create("stripe", pid=[1], billing_cycle=["monthly"]),
    "get_invoices": lambda c: c.invoices.page(status="Unpaid", sort="DESC_date").records,
    "get_invoice": lambda c: c.invoices.get(198),
    "pay_invoice": lambda c: c.invoices.pay(1234),
    "get_payment_methods": lambda c: c.payment_methods.list(),
    "add_payment_method": lambda c: c.payment_methods.add(
        "CreditCard", description="Personal Visa", card_number="4111111111111111", card_expiry="12/2030"
    ),
    "delete_payment_method": lambda c: c.payment_methods.delete(1),
    "get_emails": lambda c: c.emails.page().records,
    "get_email": lambda c: c.emails.get(511),
    "get_announcements": lambda c: c.announcements.page().records,
    "get_announcement": lambda c: c.announcements.get(2),
    "get_quotes": lambda c: c.quotes.page().records,
    "get_quote": lambda c: c.quotes.get(1),
    "accept_quote": lambda c: c.quotes.accept(1),
    "get_contacts": lambda c: c.contacts.page().records,
    "get_contact": lambda c: c.contacts.get(1),
    "create_contact": lambda c: c.contacts.create(
        first_name="John",
        last_name="Doe",
        email="john.doe@example.com",
        company_name="Acme",
        phone_number="+90.5012345678",
        country="TR",
        general_emails=True,
        invoice_emails=True,
        support_emails=True,
    ),
    "update_contact": lambda c: c.contacts.update(5, first_name="John", invoice_emails=True),
    "delete_contact": lambda c: c.contacts.delete(5),
    "get_domains": lambda c: c.domains.page(status="Active").records,
    "get_domain": lambda c: c.domains.get(15),
    "update_nameservers": lambda c: c.domains.update_nameservers(17, ["ns1.example.com", "ns2.example.com"]),
    "manage_domain_lock": lambda c: c.domains.set_lock(17, True),
    "get_epp_code": lambda c: c.domains.get_epp_code(17),
    "toggle_autorenew": lambda c: c.domains.set_auto_renew(17, True),
}


@pytest.fixture
def documented(server, make_client):
    """What a call makes of the documented answer."""

    def call(action: str) -> Any:
        server.answer(server.reply(200, DOCUMENTED[action]["answer"]))
        return CALLS[action](make_client(page_size=10))

    return call


def test_it_knows_all_39_actions_and_no_other():
    assert set(DOCUMENTED) == set(CALLS) == set(ACTIONS)
    assert len(ACTIONS) == 39


@pytest.mark.parametrize("action", sorted(DOCUMENTED))
def test_it_sends_what_the_documentation_sends(action, documented, server, key):
    documented(action)

    example = DOCUMENTED[action]
    assert server.sent.method == example["method"] == ACTIONS[action].method
    assert server.sent.action == action
    assert server.sent.parameters == example["parameters"]
    assert server.sent.headers["x-api-key"] == key


@pytest.mark.parametrize("action", sorted(DOCUMENTED))
def test_it_reads_every_documented_answer(action, documented):
    read = documented(action)

    assert read is not None
    assert read != ()


@pytest.mark.parametrize(
    ("action", "unnamed"),
    [
        ("get_profile", {"currency", "taxexempt"}),
        ("get_service", set()),
        ("get_order", set()),
        ("get_invoice", set()),
        ("get_email", {"userid", "message_data", "retry_count", "created_at", "updated_at", "campaign_id"}),
        ("get_announcement", set()),
        ("get_quote", {"userid"}),
        ("get_contact", {"userid", "subaccount", "permissions"}),
        (
            "get_domain",
            {"userid", "subscriptionid", "promoid", "reminders", "synced", "created_at", "updated_at"},
        ),
    ],
)
def test_it_names_the_documented_fields_and_keeps_the_rest(action, unnamed, documented):
    assert set(documented(action).extra) == unnamed


@pytest.mark.parametrize("action", [name for name, action in ACTIONS.items() if action.paged])
def test_it_names_every_field_of_a_list(action, documented):
    assert [record.extra for record in documented(action)] == [{}] * len(documented(action))


def test_it_reads_a_profile(documented):
    profile = documented("get_profile")

    assert profile.uuid == "3f780121-c5ba-4573-ae4b-01483cff101a"
    assert (profile.first_name, profile.company_name, profile.phone_number) == (
        "John",
        "Acme Inc.",
        "+1.5555550123",
    )
    assert (profile.credit, profile.currency_code) == (Decimal("150.00"), "USD")
    assert profile.created_at == datetime(2026, 3, 2, 11, 8, tzinfo=UTC)


def test_it_reads_services(documented):
    service = documented("get_services")[1]

    assert asdict(service) == {
        "id": 125,
        "product_name": "Linux VPS Basic",
        "domain": "example.com",
        "amount": Decimal("19.99"),
        "billing_cycle": "Monthly",
        "next_due_date": date(2026, 6, 4),
        "next_invoice_date": date(2026, 6, 4),
        "status": "Active",
        "registration_date": date(2026, 5, 4),
        "unreadable": {},
        "extra": {},
    }


def test_it_reads_a_service(documented):
    service = documented("get_service")

    assert (service.dedicated_ip, service.assigned_ips, service.nameservers) == ("", (), ())
    assert service.amount == Decimal("19.99")


def test_it_reads_an_upgrade(documented):
    upgrade = documented("upgrade_service")

    assert (upgrade.amount, upgrade.currency) == (Decimal("9.99"), "USD")


def test_it_reads_orders(documented):
    (order,) = documented("get_orders")

    assert (order.id, order.number, order.amount) == (175, "9178151183", Decimal("10.00"))
    assert order.date == datetime(2026, 5, 6, 14, 42, 31, tzinfo=UTC)


def test_it_reads_an_order(documented):
    order = documented("get_order")

    assert (order.invoice_id, order.domains) == (183, ())
    assert order.services == (
        OrderedService(
            id=129,
            product_name="Basic Windows VPS",
            domain="",
            amount=Decimal("19.99"),
            billing_cycle="Monthly",
            status="Pending",
        ),
    )


def test_it_reads_a_new_order_with_ids_inside_texts(documented):
    assert documented("create_order") == NewOrder(
        id=201, invoice_id=230, service_ids=(), addon_ids=(), domain_ids=(29,)
    )


def test_it_reads_invoices(documented):
    (invoice,) = documented("get_invoices")

    assert (invoice.id, invoice.number, invoice.status) == (198, "", "Paid")
    assert (invoice.total, invoice.date, invoice.due_date) == (
        Decimal("0.00"),
        date(2026, 5, 6),
        date(2026, 5, 6),
    )


def test_it_reads_an_invoice(documented):
    invoice = documented("get_invoice")

    assert (invoice.subtotal, invoice.credit, invoice.total) == (
        Decimal("10.00"),
        Decimal("10.00"),
        Decimal("0.00"),
    )
    assert invoice.items == (
        InvoiceItem(
            id=205, description="Addon - SSL (06/05/2026 - 05/06/2026)", amount=Decimal("10.00"), taxed=False
        ),
    )


def test_it_reads_payment_methods_with_their_day_first_dates(documented):
    (method,) = documented("get_payment_methods")

    assert (method.id, method.type, method.bank_name) == (1, "BankAccount", "Chase Bank")
    assert method.last_updated == datetime(2026, 6, 15, 12, 46, tzinfo=UTC)
    assert "remote_token" not in method.extra


def test_it_reads_an_email_with_its_attachments_inside_a_text(documented):
    email = documented("get_email")

    assert email.attachments == ("Invoice-138.pdf",)
    assert (email.to, email.failed) == ("John Doe <john.doe@example.com>", False)


def test_it_reads_an_announcement(documented):
    announcement = documented("get_announcement")

    assert announcement.body == "We will be performing scheduled maintenance on our servers."
    assert announcement.published


def test_it_reads_a_quote_without_its_admin_notes(documented):
    quote = documented("get_quote")

    assert (quote.stage, quote.total, quote.sent_on) == ("On Hold", Decimal("19.99"), None)
    assert quote.items == (
        QuoteItem(
            id=1,
            description="Windows VPS - Basic Windows VPS",
            quantity=Decimal(1),
            unit_price=Decimal("19.99"),
            discount=Decimal("0.00"),
            taxable=True,
        ),
    )


def test_it_reads_a_contact_without_its_password(documented):
    contact = documented("get_contact")

    assert (contact.address2, contact.general_emails, contact.created_at) == ("Suite 200", False, None)


def test_it_reads_domains(documented):
    (domain,) = documented("get_domains")

    assert (domain.name, domain.registration_period, domain.recurring_amount) == (
        "example.com",
        1,
        Decimal("0.00"),
    )


def test_it_reads_a_domain(documented):
    domain = documented("get_domain")

    assert (domain.expiry_date, domain.next_due_date) == (None, date(2027, 5, 5))
    assert (domain.auto_renew, domain.id_protection, domain.order_id) == (True, False, 146)


def test_it_takes_na_for_an_epp_code_that_is_mailed(documented):
    assert documented("get_epp_code") == EppCode(code=None, mailed=True)


def test_it_reads_an_epp_code_out_of_html(server, client):
    server.answer(server.ok({"result": "success", "eppcode": "a&amp;b&lt;c&#039;d"}))

    assert client.domains.get_epp_code(17) == EppCode(code=Secret("a&b<c'd"), mailed=False)


def test_it_leaves_out_the_picture_of_a_second_factor(documented):
    assert asdict_names(documented("setup_2fa")) == {"secret"}


@pytest.mark.parametrize("secret", [None, "", "not base32!", "ABC"])
def test_it_takes_only_a_real_second_factor(secret, server, client):
    server.answer(server.ok({"secret": secret}))

    with pytest.raises(Exception, match="holds no secret"):
        client.two_factor.setup()


def test_it_returns_the_new_ids(documented):
    assert documented("create_contact") == 6
    assert documented("add_payment_method") == 1
    assert documented("accept_quote") == 232


@pytest.mark.parametrize("data", [None, [], {}, {"orderid": "?", "amount": "?"}, "done"])
@pytest.mark.parametrize(
    "action", ["create_order", "upgrade_service", "accept_quote", "create_contact", "add_payment_method"]
)
def test_it_never_takes_a_done_write_for_a_failure(action, data, server, make_client):
    server.answer(server.reply(200, {"status": 200, "message": "done", "data": data}))

    CALLS[action](make_client())


def asdict_names(record: Any) -> set[str]:
    return set(record.__dataclass_fields__)
