"""Every answer has exactly the keys of the documented sample."""

import json
import time

import pytest

from ultahost_api.client.core.actions import ACTIONS
from ultahost_api.sandbox import totp
from ultahost_api.sandbox.answers import ANSWERS

META = "total_records limit current_offset has_more next_offset prev_offset total_pages"
PERSON = "firstname lastname companyname email address1 address2 city state postcode country phonenumber"
SERVICE = "id product_name domain amount billingcycle nextduedate nextinvoicedate status regdate"
ORDER = "id ordernum amount paymentmethod status date"
INVOICE = "id invoicenum date duedate total status paymentmethod"
QUOTE = "id subject stage validuntil datecreated total"
DOMAIN = (
    "id domain firstpaymentamount recurringamount registrationperiod registrationdate nextduedate status"
    " registrar"
)
MAILS = "generalemails productemails domainemails invoiceemails supportemails affiliateemails"

LISTS = {
    "get_services": SERVICE,
    "get_orders": ORDER,
    "get_invoices": INVOICE,
    "get_emails": "id date subject",
    "get_announcements": "id date title",
    "get_quotes": QUOTE,
    "get_contacts": "id firstname lastname email",
    "get_domains": DOMAIN,
}

# (action, parameters, the keys of data)
OBJECTS = (
    (
        "get_profile",
        {},
        f"id uuid {PERSON} tax_id currency credit taxexempt status language created_at updated_at"
        " currency_code",
    ),
    ("get_service", {"serviceid": 1}, f"{SERVICE} dedicatedip assignedips ns1 ns2"),
    ("get_order", {"orderid": 1}, f"{ORDER} invoiceid notes services domains"),
    ("get_invoice", {"invoiceid": 1}, f"{INVOICE} subtotal credit tax tax2 notes items"),
    (
        "get_email",
        {"emailid": 1},
        "id userid subject message date to cc bcc attachments pending message_data failed failure_reason"
        " retry_count created_at updated_at campaign_id",
    ),
    (
        "get_announcement",
        {"announcementid": 1},
        "id date title announcement published parentid language created_at updated_at",
    ),
    (
        "get_quote",
        {"quoteid": 1},
        f"{QUOTE} userid {PERSON} tax_id currency subtotal tax1 tax2 proposal customernotes adminnotes"
        " lastmodified datesent dateaccepted items",
    ),
    (
        "get_contact",
        {"contactid": 1},
        f"id userid {PERSON} tax_id subaccount password permissions {MAILS} pwresetkey created_at updated_at"
        " pwresetexpiry",
    ),
    (
        "get_domain",
        {"domainid": 1},
        f"{DOMAIN} userid orderid type expirydate subscriptionid promoid nextinvoicedate additionalnotes"
        " paymentmethod dnsmanagement emailforwarding idprotection is_premium donotrenew reminders synced"
        " created_at updated_at",
    ),
    ("get_epp_code", {"domainid": 1}, "result na"),
    ("setup_2fa", {}, "secret qr_image_url manual_entry_code"),
    ("request_cancellation", {"serviceid": 1, "type": "Immediate"}, "serviceid type"),
    ("service_reset_password", {"serviceid": 1, "servicepassword": "NewStrongPass!2026"}, "result"),
    ("service_module_custom", {"serviceid": 1, "func_name": "reboot"}, "result"),
    (
        "create_order",
        {"paymentmethod": "stripe", "pid": [1], "billingcycle": ["monthly"]},
        "orderid invoiceid serviceids addonids domainids",
    ),
    (
        "upgrade_service",
        {"serviceid": 1, "type": "product", "newproductid": 5, "paymentmethod": "stripe"},
        "result serviceid amount currency",
    ),
    ("pay_invoice", {"invoiceid": 1}, "result"),
    (
        "add_payment_method",
        {"type": "CreditCard", "card_number": "4111111111111111", "card_expiry": "12/2030"},
        "paymethodid",
    ),
    ("accept_quote", {"quoteid": 1}, "invoiceid"),
    (
        "create_contact",
        {"firstname": "John", "lastname": "Doe", "email": "john.doe@example.com"},
        "contact_id details",
    ),
    (
        "update_contact",
        {"contactid": 1, "firstname": "John", "invoiceemails": 1},
        f"contactid {PERSON} tax_id email_preferences",
    ),
    (
        "update_nameservers",
        {"domainid": 1, "ns1": "ns1.example.com", "ns2": "ns2.example.com"},
        "domainid ns1 ns2",
    ),
    (
        "update_account",
        {"firstname": "John", "country": "TR"},
        f"{PERSON} defaultgateway billingcid language marketing_emails_opt_in emailoptout email_preferences"
        " updated_at",
    ),
)

# Answers without data.
BARE = (
    ("delete_payment_method", {"paymethodid": 1}),
    ("delete_contact", {"contactid": 1}),
    ("manage_domain_lock", {"domainid": 1, "lockstatus": "locked"}),
    ("toggle_autorenew", {"domainid": 1, "autorenew": 1}),
    ("change_password", {"existingpw": "OldPassword!", "newpw": "NewPassword!", "confirmpw": "NewPassword!"}),
)


@pytest.fixture
def furnished(sandbox, acme, api):
    """One row of every noun, so that every id is 1."""
    sandbox.add_announcements(1)
    acme.add_services(1)
    acme.add_orders(1, _serviceids=[1], _domainids=[1])
    acme.add_invoices(1)
    acme.add_payment_methods(1)
    acme.add_emails(1)
    acme.add_quotes(1)
    acme.add_contacts(1)
    acme.add_domains(1)
    return api


def keys(text):
    return set(text.split())


@pytest.mark.parametrize("action", LISTS)
def test_it_lists_rows_with_the_documented_keys(furnished, action):
    answer = furnished.send(action).json()
    assert set(answer) == {"status", "message", "meta", "data"}
    assert set(answer["meta"]) == keys(META)
    assert set(answer["data"][0]) == keys(LISTS[action])


@pytest.mark.parametrize(("action", "parameters", "documented"), OBJECTS)
def test_it_answers_with_the_documented_keys(furnished, action, parameters, documented):
    answer = furnished.send(action, **parameters).json()
    assert set(answer) == {"status", "message", "data"}, answer
    assert set(answer["data"]) == keys(documented)


@pytest.mark.parametrize(("action", "parameters"), BARE)
def test_it_answers_without_data_where_the_sample_has_none(furnished, action, parameters):
    assert set(furnished.send(action, **parameters).json()) == {"status", "message"}


def test_it_lists_payment_methods_without_paging(furnished):
    answer = furnished.send("get_payment_methods").json()
    assert set(answer) == {"status", "message", "data"}
    assert set(answer["data"][0]) == keys(
        "id type description gateway_name contact_type contact_id bank_name remote_token last_updated"
    )


def test_it_answers_verify_2fa_and_disable_2fa_without_data(furnished):
    secret = furnished.data("setup_2fa")["secret"]
    code = totp.code(secret, time.time())
    for answer in (
        furnished.send("verify_2fa", secret=secret, code=code),
        furnished.send("disable_2fa", password="OldPassword!"),
    ):
        assert (answer.status_code, set(answer.json())) == (200, {"status", "message"})


def test_it_nests_the_documented_lines(furnished):
    assert set(furnished.data("get_invoice", invoiceid=1)["items"][0]) == keys("id description amount taxed")
    assert set(furnished.data("get_quote", quoteid=1)["items"][0]) == keys(
        "id quoteid description quantity unitprice discount taxable created_at updated_at"
    )
    assert set(furnished.data("get_order", orderid=1)["services"][0]) == keys(
        "id product_name domain amount billingcycle status"
    )
    details = furnished.data("create_contact", firstname="A", lastname="B", email="a@example.com")["details"]
    assert set(details) == keys(f"clientid {PERSON} tax_id email_preferences {MAILS}")


def test_it_keeps_the_documented_oddities_of_types(furnished):
    """Amounts are text, email preferences an object here and text there, attachments JSON in a string."""
    assert furnished.data("get_invoice", invoiceid=1)["total"] == "19.99"
    assert json.loads(furnished.data("get_email", emailid=1)["attachments"]) == ["Invoice-1.pdf"]
    assert isinstance(furnished.data("update_contact", contactid=1, city="X")["email_preferences"], dict)
    text = furnished.data("update_account", city="X")["email_preferences"]
    assert json.loads(text) == dict.fromkeys(json.loads(text), 1)
    assert furnished.data("get_quote", quoteid=1)["dateaccepted"] == "0000-00-00"
    assert furnished.data("get_payment_methods")[0]["last_updated"][2::3][0] == "/"


def test_it_answers_every_action_of_the_table(furnished):
    tested = {*LISTS, *(row[0] for row in OBJECTS), *(row[0] for row in BARE)}
    tested |= {"get_payment_methods", "verify_2fa", "disable_2fa"}
    assert ANSWERS.keys() == ACTIONS.keys() == tested
