"""Accounts at a glance, and the provider's own login behind each: with a key of one's own alone."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from portal.models import AccountPolicy, Grant
from portal.wording import formats
from tests.portal.statements import all_statements
from ultahost_api import conf
from ultahost_api.models import Account, Operation, Refresh
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


@pytest.fixture
def seen(people, rows, alma):
    """Five accounts, each of which Alma has in another way; of the last she has nothing."""
    ben = people.member("Ben")
    accounts = {name: rows.account(name) for name in ("Own", "Viewed", "Worked", "Team", "Hidden")}
    rows.key(alma, accounts["Own"], "Shop")
    rows.key(alma, accounts["Own"], "Spare", refused_at=timezone.now())
    rows.key(alma, accounts["Team"], "Disabled", disabled_at=timezone.now())
    for name, level in {"Viewed": "view", "Worked": "operate"}.items():
        Grant.objects.create(user=alma, account=accounts[name], level=level, given_by=ben)
        AccountPolicy.objects.create(account=accounts[name], private=name == "Worked")
    AccountPolicy.objects.create(account=accounts["Hidden"], private=True)
    return accounts


def listed(page):
    """What stands of each account under one class of cell."""
    names = page.texts("td.name")
    return lambda cell: dict(zip(names, page.texts(f"td.{cell}"), strict=True))


def test_it_lists_every_account_with_how_one_reaches_it(visit, alma, seen):
    page = visit(alma).get("/accounts/")

    assert listed(page)("account-cell") == {
        "Own": "Your key “Shop”; your key “Spare”, which does not work",
        "Team": "Team: invoices",
        "Viewed": "View, from Ben",
        "Worked": "Operate, from Ben",
    }
    assert listed(page)("state")["Worked"] == "Private"
    assert [link["href"] for link in page.all("td.name a")] == [
        f"/accounts/{seen['Own'].pk}/",
        f"/invoices/?account={seen['Team'].pk}",
        f"/accounts/{seen['Viewed'].pk}/",
        f"/accounts/{seen['Worked'].pk}/",
    ]


@pytest.mark.parametrize(("role", "how"), [("admin", "Admin"), ("billing", "Billing: invoices")])
def test_it_lists_all_of_them_to_admins_and_billing(visit, people, rows, seen, role, how):
    person = getattr(people, role)("Person")
    Grant.objects.create(user=person, account=seen["Hidden"], level="operate", given_by=people.admin("Ada"))

    ways = listed(visit(person).get("/accounts/"))("account-cell")

    assert set(ways) == {*seen}
    assert ways["Own"] == how
    assert ways["Hidden"] == f"{'Pay' if role == 'billing' else 'Operate'}, from Ada"


def test_it_leads_billing_to_the_invoices(visit, people, seen):
    page = visit(people.billing("Bill")).get("/accounts/")

    assert {link["href"] for link in page.all("td.name a")} == {
        f"/invoices/?account={account.pk}" for account in seen.values()
    }


def test_it_says_what_each_owes_in_its_own_currency_and_what_is_due_first(visit, alma, rows):
    acme, beta = rows.account("Acme", "EUR"), rows.account("Beta", "USD")
    today = conf.today()
    rows.invoice(acme, total="10.10", due_date=today + timedelta(days=9))
    rows.invoice(acme, total="0.20", due_date=today + timedelta(days=3), status="Payment Pending")
    rows.invoice(acme, total="7.00", currency="GBP")
    rows.invoice(acme, total="500.00", due_date=today - timedelta(days=9), status="Paid")
    rows.invoice(acme, total="900.00", due_date=today - timedelta(days=9), gone_at=timezone.now())
    rows.invoice(beta, total="3.00", due_date=today - timedelta(days=1))

    page = visit(alma).get("/accounts/")

    assert listed(page)("money") == {"Acme": "€10.30 + £7.00", "Beta": "$3.00"}
    assert listed(page)("date") == {
        "Acme": formats.day(today + timedelta(days=9)).replace("\xa0", " "),
        "Beta": formats.day(today - timedelta(days=1)).replace("\xa0", " "),
    }
    assert len(page.all("td.date.bad")) == 1
    assert page.texts("td.extra")[::2] == ["EUR", "USD"]


def test_it_says_how_old_the_copy_of_each_is(visit, alma, rows):
    fresh, stuck, unread = rows.account("Fresh"), rows.account("Stuck"), rows.account("Unread")
    hour = timezone.now() - timedelta(hours=1)
    later = timezone.now() + timedelta(hours=1)
    Refresh.objects.create(account=fresh, noun="invoices", completed_at=hour, next_due_at=later)
    Refresh.objects.create(
        account=stuck, noun="invoices", completed_at=hour, next_due_at=later, trouble="unreachable"
    )
    Refresh.objects.create(account=unread, noun="invoices", next_due_at=later)

    ages = dict(zip("FSU", visit(alma).get("/accounts/").texts("td.extra")[1::2], strict=True))

    assert ages == {
        "F": "1 hr ago",
        "S": "Stuck: Ultahost does not answer · Updated 1 hr ago",
        "U": "Not read yet",
    }


def test_it_finds_sorts_and_exports_them(visit, alma, seen, rows):
    rows.invoice(seen["Viewed"], total="5.00", due_date=conf.today())
    browser = visit(alma)

    assert browser.get("/accounts/?q=ben").texts("td.name") == ["Viewed", "Worked"]
    assert browser.get("/accounts/?q=hidden").texts("td.name") == []
    assert browser.get("/accounts/?sort=-owed").texts("td.name")[0] == "Viewed"
    assert browser.get("/accounts/?sort=due").texts("td.name")[0] == "Viewed"
    lines = browser.get("/accounts.csv?q=viewed").csv()
    assert lines == [
        ["Viewed", "View, from Ben", "no", "5.00", "EUR", "", "0", str(conf.today()), ""],
    ]  # fmt: skip


def test_it_says_what_to_do_while_there_is_none(visit, alma, people):
    assert visit(alma).get("/accounts/").one(".empty a")["href"] == "/keys/add/"
    assert visit(people.billing("Bill")).get("/accounts/").texts(".empty a") == []


def test_it_asks_the_database_the_same_for_ten_and_for_two_hundred(visit, alma, people, rows):
    browser, ben = visit(alma), people.member("Ben")

    def add(count):
        for number in range(count):
            account = rows.account(f"Account {number}")
            rows.key(alma, account, f"{account.pk}")
            Grant.objects.create(user=alma, account=account, given_by=ben)
            AccountPolicy.objects.create(account=account, private=True)
            rows.invoice(account, total="1.00")
            Refresh.objects.create(account=account, noun="invoices", pass_started_at=timezone.now())

    counts = []
    for more in (10, 190):
        add(more)
        with all_statements() as captured:
            page = browser.get("/accounts/?size=250")
        assert len(page.all("tbody tr")) == len(page.texts("td.name")) == Account.objects.count()
        counts.append(len(captured))
    assert counts[0] == counts[1] < 25


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

    links = [link["href"] for link in visit(dana).get(f"/accounts/{account.pk}/").all("aside a")]
    assert not {f"/accounts/{account.pk}/{page}" for page in LOGIN_PAGES} & {*links}


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
    assert "Nothing was changed, so" in page.one(".errorlist.nonfield").text
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
