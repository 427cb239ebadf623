"""Accounts at a glance, and the provider's own login behind each: with a key of one's own alone."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.models import Grant
from ultahost_api.models import Operation
from ultahost_api.sandbox.faults import Fault

PASSWORD = "correct horse battery"


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def acme(sandbox):
    return sandbox.add_account("Acme")


@pytest.fixture
def account(alma, acme, add_key):
    return add_key(alma, acme).account


@pytest.fixture
def confirmed(visit, alma):
    """Alma's browser, in which she has just given her password again."""
    browser = visit(alma)
    browser.post("/sign-in/again/", {"password": PASSWORD})
    return browser


# Looking


def test_it_lists_the_accounts_that_one_sees(visit, people, alma, account, add_key, sandbox):
    add_key(people.member("Carla"), sandbox.accounts[0], "Second")
    add_key(people.member("Ben"), sandbox.add_account("Foreign"))

    page = visit(alma).get("/accounts/")

    assert page.texts("td.name") == ["Acme"]
    assert page.texts("td.number") == ["2"]
    assert page.texts("td.account-cell") == ["EUR"]


def test_it_holds_its_query_count(visit, alma, rows):
    browser = visit(alma)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert browser.get("/accounts/").status == 200
        return len(captured)

    rows.key(alma, rows.account("First"), "First")
    few = queries()
    for number in range(8):
        rows.key(alma, rows.account(f"Account {number}"), f"Key {number}")
    assert queries() == few


def test_it_shows_the_profile_as_ultahost_has_it_now(visit, alma, acme, account):
    acme.profile.update(city="Lübeck", country="DE", credit="12.50")

    page = visit(alma).get(f"/accounts/{account.pk}/?live=1")

    facts = page.texts("#account dd")
    assert "10001 Lübeck" in facts
    assert "Germany" in facts
    assert "€12.50" in facts


def test_it_says_so_when_ultahost_does_not_answer(visit, alma, account, sandbox):
    sandbox.stop()

    page = visit(alma).get(f"/accounts/{account.pk}/?live=1")

    assert page.one("h1").text == "Acme"
    assert "Ultahost does not answer" in page.one("#account .banner").text


# Whose it is

LOGIN_PAGES = ["edit/", "password/", "two-factor/", "two-factor/verify/", "two-factor/off/"]


@pytest.mark.parametrize("path", LOGIN_PAGES)
def test_it_asks_for_the_password_again_and_keeps_nothing_that_was_posted(visit, alma, account, path):
    browser = visit(alma, proven=False)
    url = f"/accounts/{account.pk}/{path}"

    for page in (browser.get(url), browser.post(url, {"new": "typed-secret", "form_token": uuid4()})):
        assert page.status == 303
        assert page.leads_to == f"/sign-in/again/?next={url.replace('/', '%2F')}"
    assert "typed-secret" not in str(dict(browser.client.session))
    assert not Operation.objects.exists()


def test_it_leads_back_once_the_password_was_given(visit, alma, account):
    browser = visit(alma, proven=False)
    url = f"/accounts/{account.pk}/password/"

    asked = browser.follow(browser.get(url))
    page = browser.post(
        "/sign-in/again/", {"password": PASSWORD, "next": asked.one("input[name=next]")["value"]}
    )

    assert page.leads_to == url
    assert browser.get(url).status == 200


@pytest.mark.parametrize("path", LOGIN_PAGES)
def test_it_is_for_the_owner_of_a_key_alone(visit, people, alma, account, path):
    olga, dana = people.member("Olga"), people.admin("Dana")
    Grant.objects.create(user=olga, account=account, level="operate", given_by=alma)

    for stranger in (olga, dana, people.member("Ben"), people.billing("Emil")):
        browser = visit(stranger)
        browser.post("/sign-in/again/", {"password": PASSWORD})
        assert browser.get(f"/accounts/{account.pk}/{path}").status == 404
        assert browser.post(f"/accounts/{account.pk}/{path}").status == 404

    assert visit(dana).get(f"/accounts/{account.pk}/").texts("aside .why") == []


# Changing the profile


def test_it_sends_only_what_was_changed(confirmed, acme, account):
    url = f"/accounts/{account.pk}/edit/"
    form = confirmed.get(url).filled
    acme.profile["phonenumber"] = "+1.999"  # by somebody else, meanwhile

    page = confirmed.post(url, form | {"city": "Lübeck", "email": "new@example.com"})

    assert page.leads_to == f"/accounts/{account.pk}/"
    assert Operation.objects.get().parameters == {"city": "Lübeck", "email": "new@example.com"}
    assert (acme.profile["city"], acme.profile["phonenumber"]) == ("Lübeck", "+1.999")


def test_it_sends_the_settings_that_ultahost_never_tells_only_when_they_are_chosen(confirmed, acme, account):
    url = f"/accounts/{account.pk}/edit/"

    confirmed.post(url, confirmed.get(url).filled | {"marketing_emails_opt_in": "1", "domain": "0"})

    assert Operation.objects.get().parameters == {
        "marketing_emails_opt_in": "1", "email_preferences": {"domain": 0},
    }  # fmt: skip
    assert acme.profile["_email_preferences"]["domain"] == 0
    assert acme.profile["_email_preferences"]["invoice"] == 1


def test_it_sends_nothing_when_nothing_was_changed(confirmed, account):
    url = f"/accounts/{account.pk}/edit/"

    page = confirmed.post(url, confirmed.get(url).filled)

    assert page.status == 422
    assert "Nothing is different" in page.one(".errorlist.nonfield").text
    assert not Operation.objects.exists()


def test_it_keeps_what_was_typed_when_ultahost_refuses(confirmed, acme, account, sandbox):
    url = f"/accounts/{account.pk}/edit/"
    form = confirmed.get(url).filled | {"city": "Lübeck"}
    sandbox.faults.add(Fault.status(400, "Not today"), action="update_account")

    page = confirmed.post(url, form)

    assert "“Not today” Nothing was changed." in page.one(".errorlist.nonfield").text
    assert page.one("input[name=city]")["value"] == "Lübeck"
    assert confirmed.post(url, page.filled).status == 303
    assert acme.profile["city"] == "Lübeck"


def test_it_uses_the_person_s_own_key(visit, people, acme, account, add_key, sandbox):
    carla = people.member("Carla")
    hers = add_key(carla, acme)
    browser = visit(carla)
    browser.post("/sign-in/again/", {"password": PASSWORD})
    url = f"/accounts/{account.pk}/edit/"

    browser.post(url, browser.get(url).filled | {"city": "Lübeck"})

    assert Operation.objects.get().key == hers


# The password


def change_password(browser, account, **fields):
    path = f"/accounts/{account.pk}/password/"
    typed = {"existing": "old-secret-1", "new": "new-secret-22", "confirmed": "new-secret-22"}
    return browser.post(path, browser.get(path).hidden | typed | fields)


def test_it_changes_the_password(confirmed, acme, account, caplog):
    acme.password = "old-secret-1"
    caplog.set_level("DEBUG")

    page = change_password(confirmed, account)

    assert page.leads_to == f"/accounts/{account.pk}/"
    assert acme.password == "new-secret-22"
    operation = Operation.objects.get()
    assert "secret" not in str(vars(operation))
    assert "new-secret-22" not in caplog.text


def test_it_renders_no_password_back_when_ultahost_refuses(confirmed, acme, account):
    acme.password = "something else"

    page = change_password(confirmed, account)

    assert page.status == 422
    assert (
        "“Your existing password was incorrect” Nothing was changed." in page.one(".errorlist.nonfield").text
    )
    assert "old-secret-1" not in page.html
    assert "new-secret-22" not in page.html
    assert acme.password == "something else"


def test_it_wants_the_new_password_twice(confirmed, acme, account):
    page = change_password(confirmed, account, confirmed="different-9")

    assert page.status == 422
    assert "different" in page.one(".errorlist").text
    assert "different-9" not in page.html
    assert not Operation.objects.exists()


def test_it_changes_the_password_once_however_often_the_form_is_sent(confirmed, acme, account, sandbox):
    acme.password = "old-secret-1"
    token = str(uuid4())

    pages = [change_password(confirmed, account, form_token=token) for _ in range(2)]

    assert [page.status for page in pages] == [303, 303]
    assert [request.action for request in sandbox.requests].count("change_password") == 1


def test_it_leads_to_the_operation_when_nobody_knows_what_became_of_it(confirmed, acme, account, sandbox):
    acme.password = "old-secret-1"
    sandbox.faults.add(Fault.drop(after_effect=True), action="change_password")

    page = change_password(confirmed, account)

    assert page.leads_to == f"/activity/{Operation.objects.get(state='unknown').pk}/"
