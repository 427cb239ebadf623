"""Changes are real, refusals change nothing, and the ledger tells the two apart."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ultahost_api.sandbox import totp

CARD = {"type": "CreditCard", "card_number": "4111 1111 1111 1111", "card_expiry": "12/2030"}


def done(sandbox):
    return [(entry.action, entry.target) for entry in sandbox.ledger]


def test_it_captures_an_unpaid_invoice_once(sandbox, acme, api):
    acme.add_invoices(1, total="12.00")
    assert api.send("pay_invoice", invoiceid=1).status_code == 200
    assert api.send("pay_invoice", invoiceid=1).status_code == 400
    paid = api.data("get_invoice", invoiceid=1)
    assert (paid["status"], paid["total"]) == ("Paid", "12.00")
    assert done(sandbox) == [("pay_invoice", 1)]
    assert sandbox.ledger[0].account == acme.uuid


def test_it_captures_once_however_many_ask_at_once(sandbox, acme, api_with):
    acme.add_invoices(1)
    payers = [api_with(sandbox, sandbox.add_key(acme)) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(lambda payer: payer.send("pay_invoice", invoiceid=1).status_code, payers))
    assert sorted(codes) == [200] + [400] * 7
    assert len(sandbox.ledger) == 1


@pytest.mark.parametrize("fields", [{"paymentmethod": "banktransfer"}, {"status": "Cancelled"}])
def test_it_refuses_to_capture_what_no_card_can_pay(sandbox, acme, api, fields):
    acme.add_invoices(1, **fields)
    assert api.send("pay_invoice", invoiceid=1).status_code == 400
    assert sandbox.ledger == []


def test_it_orders_a_service_and_a_domain_with_one_invoice(sandbox, acme, api):
    made = api.data(
        "create_order",
        paymentmethod="stripe",
        pid=[1, 4],
        billingcycle=["annually", "monthly"],
        domain=["new.example.com"],
        domaintype=["register"],
        regperiod=[2],
    )
    assert made["serviceids"] == "1,2"
    assert made["domainids"] == "1"
    invoice = api.data("get_invoice", invoiceid=made["invoiceid"])
    assert (invoice["total"], len(invoice["items"])) == ("268.38", 3)  # 12 x 19.99 + 4.50 + 2 x 12.00
    assert [row["status"] for row in api.data("get_services")] == ["Pending", "Pending"]
    assert api.data("get_domain", domainid=1)["orderid"] == made["orderid"]
    assert done(sandbox) == [("create_order", made["orderid"])]


def test_it_starts_what_was_ordered_once_it_is_paid(acme, api):
    made = api.data("create_order", paymentmethod="stripe", pid=[1])
    api.send("pay_invoice", invoiceid=made["invoiceid"])
    assert api.data("get_order", orderid=made["orderid"])["status"] == "Active"
    assert acme.services[1]["status"] == "Active"


def test_it_orders_renewals(acme, api):
    acme.add_domains(1, domain="old.example.com")
    acme.add_services(1, amount="5.00")
    made = api.data(
        "create_order", paymentmethod="stripe", domainrenewals={"old.example.com": 3}, servicerenewals=[1]
    )
    assert api.data("get_invoice", invoiceid=made["invoiceid"])["total"] == "41.00"
    assert (made["serviceids"], made["domainids"]) == ("", "")


@pytest.mark.parametrize(
    "order",
    [
        {},
        {"pid": [99]},
        {"pid": [1], "billingcycle": ["daily"]},
        {"domain": ["x.example.com"], "domaintype": ["steal"]},
        {"domain": ["x.example.com"], "domaintype": ["transfer"]},
        {"domain": ["x.example.com"], "domaintype": ["register"], "regperiod": [11]},
        {"domainrenewals": {"pending.example.com": 1}},
        {"paymentmethod": "barter", "pid": [1]},
    ],
)
def test_it_refuses_an_impossible_order_whole(sandbox, acme, api, order):
    acme.add_domains(1, domain="pending.example.com", status="Pending")
    assert api.send("create_order", **{"paymentmethod": "stripe"} | order).status_code == 400
    assert (acme.orders, acme.invoices, acme.services, sandbox.ledger) == ({}, {}, {}, [])


def test_it_upgrades_and_invoices_the_difference(acme, api):
    acme.add_services(1, amount="19.99")
    upgrade = {"serviceid": 1, "type": "product", "newproductid": 2, "paymentmethod": "stripe"}
    assert api.data("upgrade_service", **upgrade) == {
        "result": "success",
        "serviceid": 1,
        "amount": "15.00",
        "currency": "EUR",
    }
    service = api.data("get_service", serviceid=1)
    assert (service["product_name"], service["amount"]) == ("Linux VPS Plus", "34.99")
    assert api.data("get_invoices")[0]["total"] == "15.00"
    assert "unpaid" in api.send("upgrade_service", **upgrade).json()["message"]


def test_it_downgrades_below_zero_without_an_invoice(acme, api):
    acme.add_services(1, amount="149.00")
    downgrade = {"serviceid": 1, "type": "product", "newproductid": 4, "paymentmethod": "stripe"}
    assert api.data("upgrade_service", **downgrade)["amount"] == "-144.50"
    assert acme.invoices == {}


def test_it_takes_one_cancellation_request(sandbox, acme, api):
    acme.add_services(1)
    request = {"serviceid": 1, "type": "End of Billing Period", "cancellationreason": "Moved"}
    assert api.data("request_cancellation", **request) == {"serviceid": 1, "type": "End of Billing Period"}
    second = api.send("request_cancellation", **request)
    assert second.status_code == 400
    assert "existing request" in second.json()["message"]
    assert api.data("get_service", serviceid=1)["status"] == "Active"
    assert len(sandbox.ledger) == 1


@pytest.mark.parametrize(
    ("fields", "command"),
    [({"_module": False}, "reboot"), ({"status": "Suspended"}, "reboot"), ({}, "format")],
)
def test_it_refuses_a_command_the_module_does_not_have(sandbox, acme, api, fields, command):
    acme.add_services(1, **fields)
    assert api.send("service_module_custom", serviceid=1, func_name=command).status_code == 400
    assert sandbox.ledger == []


def test_it_accepts_a_quote_once(sandbox, acme, api):
    acme.add_quotes(1, total="50.00")
    made = api.data("accept_quote", quoteid=1)
    assert api.data("get_quote", quoteid=1)["stage"] == "Accepted"
    assert api.data("get_invoice", invoiceid=made["invoiceid"])["total"] == "50.00"
    assert api.send("accept_quote", quoteid=1).status_code == 400
    assert done(sandbox) == [("accept_quote", 1)]


def test_it_refuses_an_expired_quote(acme, api):
    acme.add_quotes(1, validuntil="2020-01-01")
    assert "expired" in api.send("accept_quote", quoteid=1).json()["message"]


def test_it_creates_changes_and_deletes_a_contact(sandbox, acme, api):
    person = {"firstname": "Zoë", "lastname": "Müller", "email": "zoe@example.com", "invoiceemails": 1}
    number = api.data("create_contact", **person)["contact_id"]
    assert api.send("create_contact", **person | {"email": "ZOE@example.com"}).status_code == 400
    changed = api.data("update_contact", contactid=number, city="Köln")
    assert (changed["firstname"], changed["city"], changed["email_preferences"]["invoice"]) == (
        "Zoë",
        "Köln",
        1,
    )
    assert api.send("delete_contact", contactid=number).status_code == 200
    assert api.send("delete_contact", contactid=number).status_code == 404
    assert [entry[0] for entry in done(sandbox)] == ["create_contact", "update_contact", "delete_contact"]


def test_it_adds_and_deletes_a_payment_method_and_forgets_the_number(acme, api):
    number = api.data("add_payment_method", **CARD)["paymethodid"]
    (method,) = api.data("get_payment_methods")
    assert (method["id"], method["card_last_four"], method["card_type"]) == (number, "1111", "Visa")
    assert "4111" not in repr(acme.payment_methods)
    api.data("delete_payment_method", paymethodid=number)
    assert api.data("get_payment_methods") == []


@pytest.mark.parametrize(
    "method",
    [CARD | {"card_number": "4111111111111112"}, CARD | {"card_expiry": "13/2030"}, {"type": "BankAccount"}],
)
def test_it_refuses_an_incomplete_or_wrong_payment_method(acme, api, method):
    assert api.send("add_payment_method", **method).status_code == 400
    assert acme.payment_methods == {}


def test_it_keeps_nameservers_and_the_lock(acme, api):
    acme.add_domains(1)
    api.data("update_nameservers", domainid=1, ns1="a.example.net", ns2="b.example.net", ns3="c.example.net")
    api.data("manage_domain_lock", domainid=1, lockstatus="unlocked")
    assert acme.domains[1]["_nameservers"] == ["a.example.net", "b.example.net", "c.example.net"]
    assert acme.domains[1]["_locked"] is False
    assert (
        api.send("update_nameservers", domainid=1, ns1="not a host", ns2="b.example.net").status_code == 400
    )


def test_it_turns_auto_renew_into_its_opposite(acme, api):
    acme.add_domains(1)
    assert "Disabled" in api.send("toggle_autorenew", domainid=1, autorenew=0).json()["message"]
    assert api.data("get_domain", domainid=1)["donotrenew"] == 1
    assert "Enabled" in api.send("toggle_autorenew", domainid=1, autorenew=1).json()["message"]
    assert api.data("get_domain", domainid=1)["donotrenew"] == 0


def test_it_refuses_registrar_work_on_a_domain_that_is_not_active(acme, api):
    acme.add_domains(1, status="Expired")
    assert api.send("get_epp_code", domainid=1).status_code == 400
    assert api.send("manage_domain_lock", domainid=1, lockstatus="locked").status_code == 400


def test_it_changes_only_the_given_fields_of_the_account(api):
    before = api.data("get_profile")
    api.data("update_account", city="Wien", email_preferences={"affiliate": 0}, defaultgateway="banktransfer")
    after = api.data("get_profile")
    changed = {name for name in after if after[name] != before[name]}
    assert changed - {"updated_at"} == {"city"}
    assert '"affiliate":0' in api.data("update_account", city="Wien")["email_preferences"]


def test_it_changes_the_password_only_for_who_knows_it(acme, api):
    new = {"newpw": "NewPassword!", "confirmpw": "NewPassword!"}
    assert api.send("change_password", existingpw="wrong", **new).status_code == 400
    assert api.send("change_password", existingpw="OldPassword!", newpw="a", confirmpw="b").status_code == 400
    assert api.send("change_password", existingpw="OldPassword!", **new).status_code == 200
    assert acme.password == "NewPassword!"


def test_it_checks_the_code_of_the_second_factor(acme, api):
    secret = api.data("setup_2fa")["secret"]
    code = totp.code(secret, time.time())
    wrong = "000000" if code != "000000" else "111111"
    assert api.send("verify_2fa", secret=secret, code=wrong).status_code == 400
    assert api.send("verify_2fa", secret="not base32!", code=code).status_code == 400
    assert api.send("verify_2fa", secret=secret, code=code).status_code == 200
    assert acme.two_factor == secret
    assert api.send("disable_2fa", password="wrong").status_code == 400
    assert api.send("disable_2fa", password="OldPassword!").status_code == 200
    assert acme.two_factor == ""


@pytest.mark.parametrize(("at", "code"), [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")])
def test_it_makes_the_codes_of_the_standard(at, code):
    """RFC 6238, appendix B, SHA-1; the last six of its eight digits."""
    assert totp.code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", at) == code
