"""The contacts pages: what is read live, and what is sent when one is added, changed or deleted."""

import pytest

from portal.live_reads import reading
from portal.models import Act, AuditEntry, Grant
from portal.templatetags.parts import breakable
from ultahost_api.models import Operation
from ultahost_api.sandbox.faults import Fault


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def acme(sandbox):
    return sandbox.add_account("Acme")


@pytest.fixture
def account(alma, acme, add_key):
    return add_key(alma, acme).account


def jane(acme, **fields):
    (contact,) = acme.add_contacts(firstname="Jane", lastname="Smith", email="jane@example.com", **fields)
    return contact


def page_of(account, contact, act=""):
    return f"/contacts/{account.pk}/{contact['id']}/{act}"


# The list


def test_it_comes_at_once_and_asks_ultahost_afterwards(visit, alma, acme, account, sandbox):
    jane(acme)
    shell = visit(alma).get("/contacts/")

    assert "get_contacts" not in [request.action for request in sandbox.requests]
    assert shell.texts("#contacts td.name") == []
    assert shell.one("#contacts .skeleton noscript a")["href"] == "?live=1"
    assert visit(alma).htmx("/contacts/?live=1", "contacts").texts("td.name") == ["Jane Smith"]


def test_it_waits_for_the_whole_page_without_a_script(visit, alma, acme, account):
    jane(acme)

    page = visit(alma).get("/contacts/?live=1")

    assert page.texts("#contacts td.account-cell") == ["jane@example.com"]
    assert page.one("h1").text == "Contacts"


def test_it_shows_the_chosen_account_s_and_no_foreign_one_s(
    visit, people, alma, acme, account, sandbox, add_key
):
    other = sandbox.add_account("Other")
    other.add_contacts(firstname="Otto", lastname="Other", email="otto@example.com")
    second = add_key(alma, other, "Second").account
    foreign = add_key(people.member("Ben"), sandbox.add_account("Foreign")).account

    page = visit(alma).get(f"/contacts/?account={second.pk}&live=1")

    assert page.texts("#contacts td.name") == ["Otto Other"]
    assert visit(alma).get(f"/contacts/?account={foreign.pk}&live=1").status == 404
    assert visit(alma).get("/contacts/?account=nonsense").status == 404


def test_it_says_so_when_ultahost_does_not_answer(visit, alma, account, sandbox):
    sandbox.stop()

    page = visit(alma).get("/contacts/?live=1")

    assert page.status == 200
    assert "Ultahost does not answer" in page.one("#contacts .banner").text


def test_it_asks_somebody_without_a_key_for_one(visit, alma):
    assert visit(alma).get("/contacts/").one(".empty a")["href"] == "/keys/add/"


def test_it_calls_a_contact_without_a_name_by_its_address(visit, alma, acme, account):
    acme.contacts.clear()
    acme.add_contacts(1, firstname="", lastname="", email="desk@example.com")
    acme.add_contacts(1, firstname="", lastname="", email="")

    page = visit(alma).get(f"/contacts/?account={account.pk}&live=1")

    names = {"desk@example.com", f"#{max(acme.contacts)}"}
    assert {*page.texts("tbody td.name a")} == names
    pages = [visit(alma).get(f"/contacts/{account.pk}/{number}/?live=1") for number in acme.contacts]
    assert {page.one("h1").text for page in pages} == names


def test_it_keeps_nothing_of_the_provider_s_secrets(visit, alma, acme, account):
    contact = jane(acme)
    browser = visit(alma)

    html = browser.get(page_of(account, contact, "?live=1")).html + browser.get("/contacts/?live=1").html

    assert "Jane" in html
    assert "CANARY" not in html


def named(acme, *names):
    for name in names:
        first, last = name.split()
        acme.add_contacts(firstname=first, lastname=last, email=f"{first.lower()}@example.com")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("MUELLER", []),
        ("muller", ["Zoë Müller"]),
        ("zoe müller", ["Zoë Müller"]),
        ("ann@", ["Ann Adams"]),
        ("<b>x", []),
    ],
)
def test_it_searches_names_and_addresses(visit, alma, acme, account, words, found):
    named(acme, "Zoë Müller", "Ann Adams")

    page = visit(alma).get(f"/contacts/?live=1&q={words}")

    assert page.texts("#contacts td.name") == found
    assert len(page.all(".empty a")) == (not found)
    assert "<b>x" not in page.html


def test_it_sorts_by_name_unless_told_otherwise(visit, alma, acme, account):
    named(acme, "Zed Adams", "Ann Zimmer")
    acme.add_contacts(firstname="No", lastname="Mail", email="")
    browser = visit(alma)

    def shown(query):
        return browser.get(f"/contacts/?live=1{query}").texts("td.name")

    assert shown("") == shown("&sort=colour") == ["Zed Adams", "No Mail", "Ann Zimmer"]
    assert shown("&sort=-name") == ["Ann Zimmer", "No Mail", "Zed Adams"]
    assert shown("&sort=email") == ["Ann Zimmer", "Zed Adams", "No Mail"]
    assert shown("&sort=-email") == ["Zed Adams", "Ann Zimmer", "No Mail"]


def test_it_reads_all_pages_and_counts_and_turns_them(visit, alma, acme, account, settings, sandbox):
    settings.ULTAHOST = {**settings.ULTAHOST, "PAGE_SIZE": 10}
    acme.add_contacts(35)
    browser = visit(alma)

    page = browser.get("/contacts/?live=1")
    rest = browser.get("/contacts/" + page.one(".pager a[rel=next]")["href"])

    assert page.texts(".pager span")[0] == "1–25 of 35"
    assert len(rest.all("td.name")) == 10
    assert [seen.action for seen in sandbox.requests].count("get_contacts") == 4
    assert page.all(".banner") == []


def test_it_says_when_ultahost_has_more_than_it_reads(visit, alma, acme, account, settings):
    settings.ULTAHOST = {**settings.ULTAHOST, "PAGE_SIZE": 2}
    acme.add_contacts(20)
    browser = visit(alma)
    assert browser.get("/contacts/?live=1").all(".banner") == []

    acme.add_contacts(1)
    reading.forget(account, "contacts")

    assert "more than the 20 that were read" in browser.get("/contacts/?live=1").one(".banner").text
    assert "contacts-incomplete.csv" in browser.get("/contacts.csv").headers["Content-Disposition"]


def test_it_exports_exactly_what_is_filtered(visit, alma, acme, account):
    named(acme, "Zoë Müller", "Ann Adams", "Bob Adams")
    (wild,) = acme.add_contacts(firstname="=cmd()", lastname="Adams", email="@x")
    browser = visit(alma)

    page = browser.get("/contacts/?live=1&q=adams&sort=-name")
    lines = browser.get(page.one("a.csv")["href"]).csv()

    assert [f"{line[1]} {line[2]}" for line in lines] == ["Bob Adams", "Ann Adams", "'=cmd() Adams"]
    assert lines[-1] == ["Acme", "'=cmd()", "Adams", "'@x", str(wild["id"]), ""]
    entry = AuditEntry.objects.get(act=Act.EXPORTED)
    assert (entry.actor, entry.target, entry.account) == (alma, "contacts.csv", account)
    assert entry.details == {"rows": 3}  # not what was searched for


def test_it_leads_back_to_the_list_when_there_is_nothing_to_export(visit, alma, account, sandbox):
    sandbox.stop()
    browser = visit(alma)

    page = browser.get("/contacts.csv")

    assert page.leads_to == f"/contacts/?account={account.pk}"
    assert "Ultahost does not answer" in browser.follow(page).one(".toasts .words").text


def test_it_exports_no_foreign_account_s(visit, people, alma, account, sandbox, add_key):
    foreign = add_key(people.member("Ben"), sandbox.add_account("Foreign")).account

    assert visit(alma).get(f"/contacts.csv?account={foreign.pk}").status == 404
    assert visit(people.member("New")).get("/contacts.csv").status == 404
    assert visit(alma).post("/contacts.csv").status == 405


def test_it_offers_to_add_the_first_contact(visit, people, alma, account):
    vera = people.member("Vera")
    Grant.objects.create(user=vera, account=account, level="view", given_by=alma)
    path = "/contacts/?live=1"

    assert visit(alma).get(path).one(".empty a")["href"] == f"/contacts/{account.pk}/add/"
    assert visit(vera).get(path).all(".empty a") == []


# Adding


def filled(**fields):
    return {
        "firstname": "Jane",
        "lastname": "Smith",
        "email": "jane@example.com",
    } | fields


def add(browser, account, **fields):
    path = f"/contacts/{account.pk}/add/"
    return browser.post(path, browser.get(path).hidden | filled(**fields))


def test_it_adds_a_contact_once_however_often_the_form_is_sent(visit, alma, acme, account):
    browser = visit(alma)
    form = browser.get(f"/contacts/{account.pk}/add/").hidden | filled(country="DE", invoiceemails="on")

    first = browser.post(f"/contacts/{account.pk}/add/", form)
    second = browser.post(f"/contacts/{account.pk}/add/", form)

    assert first.status == second.status == 303
    assert first.leads_to == f"/contacts/?account={account.pk}"
    (contact,) = acme.contacts.values()
    assert (contact["country"], contact["invoiceemails"], contact["domainemails"]) == ("DE", 1, 0)
    assert Operation.objects.get().state == "done"


def test_it_shows_a_new_contact_at_once_although_the_list_was_cached(visit, alma, account):
    browser = visit(alma)
    browser.get("/contacts/?live=1")

    add(browser, account)

    assert browser.get("/contacts/?live=1").texts("#contacts td.name") == ["Jane Smith"]


def test_it_keeps_what_was_typed_when_ultahost_refuses(visit, alma, acme, account):
    jane(acme)

    page = add(visit(alma), account, lastname="Twin")

    assert page.status == 422
    assert "“Duplicate Email Address” Nothing was changed." in page.one(".errorlist.nonfield").text
    assert page.one("input[name=lastname]")["value"] == "Twin"
    assert len(acme.contacts) == 1


def test_it_leads_to_the_operation_when_nobody_knows_what_became_of_it(visit, alma, account, sandbox):
    sandbox.faults.add(Fault.drop(after_effect=True), action="create_contact")

    page = add(
        visit(alma),
        account,
    )

    assert page.leads_to == f"/activity/{Operation.objects.get(state='unknown').pk}/"


# Changing


def test_it_sends_only_what_is_different_from_what_was_shown(visit, alma, acme, account):
    contact = jane(acme, city="Berlin", generalemails=1)
    browser = visit(alma)
    form = browser.get(page_of(account, contact, "edit/")).filled
    contact["city"] = "Hamburg"  # by somebody else, meanwhile
    del form["generalemails"]

    page = browser.post(
        page_of(account, contact, "edit/"), form | {"phonenumber": "+49.301", "domainemails": "on"}
    )

    assert page.leads_to == page_of(account, contact)
    operation = Operation.objects.get()
    assert operation.parameters == {
        "contactid": contact["id"], "phonenumber": "+49.301", "generalemails": 0, "domainemails": 1,
    }  # fmt: skip
    changed = acme.contacts[contact["id"]]
    assert (changed["phonenumber"], changed["city"]) == ("+49.301", "Hamburg")
    assert (changed["generalemails"], changed["domainemails"]) == (0, 1)


def test_it_sends_nothing_when_nothing_was_changed(visit, alma, acme, account):
    contact = jane(acme, generalemails=1)
    browser = visit(alma)

    page = browser.post(
        page_of(account, contact, "edit/"), browser.get(page_of(account, contact, "edit/")).filled
    )

    assert page.status == 422
    assert "Nothing was changed, so" in page.one(".errorlist.nonfield").text
    assert not Operation.objects.exists()


def test_it_can_empty_a_field(visit, alma, acme, account):
    contact = jane(acme, city="Berlin")
    browser = visit(alma)
    form = browser.get(page_of(account, contact, "edit/")).filled

    browser.post(page_of(account, contact, "edit/"), form | {"city": ""})

    assert acme.contacts[contact["id"]]["city"] == ""


def test_it_keeps_a_country_that_nobody_knows(visit, alma, acme, account):
    contact = jane(acme, country="QQ")

    page = visit(alma).get(page_of(account, contact, "edit/"))

    assert [option["value"] for option in page.all("select[name=country] option[selected]")] == ["QQ"]


def test_it_says_why_there_is_no_form_when_the_present_values_cannot_be_read(
    visit, alma, acme, account, sandbox
):
    contact = jane(acme)
    sandbox.stop()

    page = visit(alma).get(page_of(account, contact, "edit/"))

    assert "Ultahost does not answer" in page.one(".banner").text
    assert page.all("main form") == []


# Deleting


def test_it_asks_before_it_deletes_and_then_deletes(visit, alma, acme, account):
    contact = jane(acme)
    browser = visit(alma)

    asked = browser.get(page_of(account, contact, "delete/"))
    assert "Jane Smith <jane@example.com>" in asked.texts(".confirm dd")
    assert acme.contacts

    page = browser.post(page_of(account, contact, "delete/"), asked.hidden)

    assert page.leads_to == f"/contacts/?account={account.pk}"
    assert acme.contacts == {}
    assert browser.get("/contacts/?live=1").all("#contacts td.name") == []


def test_it_takes_a_deletion_sent_twice_as_one(visit, alma, acme, account):
    contact, browser = jane(acme), visit(alma)
    form = browser.get(page_of(account, contact, "delete/")).hidden

    pages = [browser.post(page_of(account, contact, "delete/"), form) for _ in range(2)]

    assert [page.status for page in pages] == [303, 303]
    assert Operation.objects.count() == 1


def test_it_knows_no_contact_that_is_not_there(visit, alma, acme, account):
    jane(acme)

    assert visit(alma).get(f"/contacts/{account.pk}/999999/delete/").status == 404
    assert visit(alma).get(f"/contacts/{account.pk}/999999/edit/").status == 404


# Rights


@pytest.mark.parametrize("act", ["edit/", "delete/"])
def test_it_lets_a_viewer_look_and_no_more(visit, people, alma, acme, account, act):
    contact, vera = jane(acme), people.member("Vera")
    Grant.objects.create(user=vera, account=account, level="view", given_by=alma)
    browser = visit(vera)

    page = browser.get(page_of(account, contact, "?live=1"))

    assert "Jane Smith" in page.one("h1").text
    assert page.all("aside .acts") == []
    assert browser.get(page_of(account, contact, act)).status == 404
    assert browser.post(page_of(account, contact, act)).status == 404
    assert browser.post(f"/contacts/{account.pk}/add/", filled()).status == 404
    assert len(acme.contacts) == 1


def test_it_is_closed_to_everybody_else(visit, people, acme, account):
    contact = jane(acme)

    for stranger in (people.member("Ben"), people.billing("Emil")):
        assert visit(stranger).get(page_of(account, contact)).status == 404
    assert visit(people.billing("Eva")).get("/contacts/").status == 404


def test_it_breaks_an_address_after_its_sign_and_escapes_it():
    assert breakable("<b>@acme.example") == "&lt;b&gt;@<wbr>acme.example"
