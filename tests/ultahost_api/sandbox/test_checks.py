import pytest
import requests

SECRET = "sk-never-in-a-log"


@pytest.mark.parametrize(
    ("action", "parameters", "word"),
    [
        ("get_service", {}, "serviceid"),
        ("get_service", {"serviceid": "abc"}, "serviceid"),
        ("get_invoices", {"limit": "ten"}, "limit"),
        ("get_invoices", {"limit": 0}, "limit"),
        ("get_invoices", {"offset": -1}, "offset"),
        ("request_cancellation", {"serviceid": 1, "type": "Whenever"}, "type"),
        ("create_order", {"paymentmethod": "stripe", "pid": 1}, "pid"),
        ("create_order", {"paymentmethod": "stripe", "domainrenewals": [1]}, "domainrenewals"),
        ("toggle_autorenew", {"domainid": 1, "autorenew": "maybe"}, "autorenew"),
        ("get_service", {"serviceid": True}, "serviceid"),
    ],
)
def test_it_refuses_wrong_parameters_by_name(api, action, parameters, word):
    answer = api.send(action, method="POST", **parameters)
    assert answer.status_code == answer.json()["status"] == 400
    assert word in answer.json()["message"]


def test_it_refuses_an_unknown_action(api):
    answer = requests.get(
        api.url, params={"action": "get_everything"}, headers={"x-api-key": api.key}, timeout=5
    )
    assert (answer.status_code, answer.json()["message"]) == (400, "Unknown action")


@pytest.mark.parametrize(("action", "method"), [("pay_invoice", "GET"), ("get_profile", "DELETE")])
def test_it_refuses_an_undocumented_method(acme, api, action, method):
    acme.add_invoices(1)
    assert api.send(action, method=method, invoiceid=1).status_code == 400
    assert acme.invoices[1]["status"] == "Unpaid"


@pytest.mark.parametrize("body", ["{half", "[1, 2]", "null"])
def test_it_refuses_a_body_that_is_no_object(api, body):
    answer = requests.post(api.url, data=body, headers={"x-api-key": api.key}, timeout=5)
    assert answer.status_code == 400


@pytest.mark.parametrize("key", ["", "sk_test_nobody_knows_this_one"])
def test_it_refuses_a_missing_or_unknown_key(api, key):
    api.key = key
    answer = api.send("get_profile")
    assert (answer.status_code, answer.json()["status"]) == (401, 401)
    assert "X-RateLimit-Remaining" in answer.headers


def test_it_knows_one_path_only(api):
    assert requests.get(api.url.replace("/v1", "/v2"), timeout=5).status_code == 404


def test_it_masks_secret_parameters_in_the_log_and_the_ledger(sandbox, acme, api):
    acme.add_services(1)
    api.send("service_reset_password", serviceid=1, servicepassword=SECRET)
    api.send("add_payment_method", type="CreditCard", card_number=SECRET)
    api.send("get_profile", method="POST", password=SECRET)
    api.send("no_such_action", method="POST", token=SECRET)
    assert sandbox.ledger[0].parameters["serviceid"] == 1
    assert SECRET not in repr((sandbox.requests, sandbox.ledger))
    assert api.key not in repr((sandbox.requests, sandbox.ledger))
    assert sandbox.requests[0].key == api.key[-4:]
