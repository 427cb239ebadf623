import pytest

from ultahost_api.sandbox import CANARY


def ids(answer):
    return [row["id"] for row in answer.json()["data"]]


def test_it_pages_newest_first_and_caps_the_limit(acme, api):
    acme.add_invoices(23)
    first = api.send("get_invoices", limit=50).json()
    assert [row["id"] for row in first["data"]] == list(range(23, 13, -1))
    assert first["meta"] == {
        "total_records": 23,
        "limit": 10,
        "current_offset": 0,
        "has_more": True,
        "next_offset": 10,
        "prev_offset": None,
        "total_pages": 3,
    }
    last = api.send("get_invoices", limit=10, offset=20).json()
    assert [row["id"] for row in last["data"]] == [3, 2, 1]
    assert (last["meta"]["has_more"], last["meta"]["next_offset"], last["meta"]["prev_offset"]) == (
        False,
        None,
        10,
    )


def test_it_answers_an_empty_page_past_the_end(acme, api):
    acme.add_services(2)
    answer = api.send("get_services", offset=40).json()
    assert answer["data"] == []
    assert answer["meta"]["has_more"] is False


@pytest.mark.parametrize("action", ["get_services", "get_orders", "get_invoices", "get_domains"])
def test_it_filters_by_status(acme, api, action):
    noun = action.removeprefix("get_")
    getattr(acme, f"add_{noun}")(2, status="Active")
    getattr(acme, f"add_{noun}")(3, status="Cancelled")
    answer = api.send(action, status="Cancelled").json()
    assert answer["meta"]["total_records"] == 3
    assert {row["status"] for row in answer["data"]} == {"Cancelled"}


def test_it_sorts_invoices_by_any_listed_field(acme, api):
    for total in ("9.00", "100.00", "20.00"):
        acme.add_invoices(1, total=total)
    assert ids(api.send("get_invoices", sort="ASC_total")) == [1, 3, 2]
    assert ids(api.send("get_invoices", sort="DESC_total")) == [2, 3, 1]
    assert ids(api.send("get_invoices", sort="ASC_id")) == [1, 2, 3]


@pytest.mark.parametrize(
    ("action", "sort"),
    [
        ("get_domains", "DESC_id"),
        ("get_services", "DESC_notes"),
        ("get_invoices", "id"),
        ("get_invoices", "DESC_notes"),
        ("get_orders", "UP_id"),
    ],
)
def test_it_refuses_a_sort_it_does_not_know(api, action, sort):
    assert api.send(action, sort=sort).status_code == 400


@pytest.mark.parametrize(
    ("action", "parameter", "noun"),
    [
        ("get_service", "serviceid", "services"),
        ("get_order", "orderid", "orders"),
        ("get_invoice", "invoiceid", "invoices"),
        ("get_email", "emailid", "emails"),
        ("get_quote", "quoteid", "quotes"),
        ("get_contact", "contactid", "contacts"),
        ("get_domain", "domainid", "domains"),
    ],
)
def test_it_hides_what_belongs_to_another_account(sandbox, api, action, parameter, noun):
    other = sandbox.add_account(company="Other", currency="USD")
    (row,) = getattr(other, f"add_{noun}")(1)
    answer = api.send(action, **{parameter: row["id"]})
    assert answer.status_code == 404
    assert answer.json() == {"status": 404, "message": answer.json()["message"]}
    assert api.send(f"get_{noun}").json()["data"] == []


def test_it_shows_one_account_to_each_of_its_keys_until_one_is_revoked(sandbox, acme, api, api_with):
    second = api_with(sandbox, sandbox.add_key(acme))
    assert second.data("get_profile")["uuid"] == api.data("get_profile")["uuid"] == acme.uuid
    sandbox.revoke(second.key)
    assert second.send("get_profile").status_code == 401
    assert api.send("get_profile").status_code == 200


def test_it_takes_reads_as_post_too_as_the_page_says(api, acme):
    acme.add_services(1)
    answer = api.send("get_service", method="POST", serviceid=1)
    assert answer.json()["data"]["id"] == 1


def test_it_lays_canaries_where_a_good_client_drops_fields(acme, api):
    acme.add_contacts(1)
    acme.add_quotes(1)
    contact = api.data("get_contact", contactid=1)
    assert contact["password"] == contact["pwresetkey"] == CANARY
    assert api.data("get_quote", quoteid=1)["adminnotes"] == CANARY


def test_it_escapes_an_epp_code_or_says_that_it_is_mailed(acme, api):
    acme.add_domains(1)
    acme.add_domains(1, _epp="a&b<c>")
    assert api.data("get_epp_code", domainid=1) == {"result": "success", "na": True}
    assert api.data("get_epp_code", domainid=2) == {"result": "success", "eppcode": "a&amp;b&lt;c&gt;"}


def test_it_never_shows_its_own_fields(acme, api):
    acme.add_services(1)
    acme.add_domains(1)
    shown = [
        *api.data("get_profile"),
        *api.data("get_service", serviceid=1),
        *api.data("get_domain", domainid=1),
    ]
    assert [name for name in shown if name.startswith("_")] == []
