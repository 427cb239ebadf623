from datetime import timedelta

import pytest
from django.utils import timezone

from portal.live_reads.slots import provider_call
from portal.wording import formats
from tests.portal.statements import all_statements
from ultahost_api import keys, tasks
from ultahost_api.models import LISTS, Account, ApiKey, RateWindow, Refresh, Service
from ultahost_api.sandbox import Fault

NOBODY = "00000000-0000-4000-8000-000000000000"
PATHS = ["", "replace/", "retry/", "disable/", "enable/", "remove/", "snooze/"]


@pytest.fixture
def account(sandbox):
    account = sandbox.add_account("Acme", "EUR")
    account.add_services(1, domain="shop.example")
    return account


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def held(alma, add_key, account):
    return add_key(alma, account)


def add(browser, secret, label="Shop"):
    return browser.post("/keys/add/", {"label": label, "secret": secret})


def said(page):
    return page.texts(".toast[data-hue] .words")


# Adding


def test_it_adds_a_key_and_starts_the_first_refresh(browser, sandbox, rung, account, alma):
    page = add(browser, sandbox.add_key(account))

    assert (page.status, page.leads_to) == (303, "/keys/")
    after = browser.follow(page)
    assert said(after) == ["The key opens Acme. Its first refresh has started."]
    assert after.texts("tbody td.account-cell .account") == ["Acme"]
    assert after.one("tbody .status").text == "Active"
    key = ApiKey.objects.get()
    assert (key.owner, key.label) == (alma, "Shop")
    assert Refresh.objects.due(timezone.now()).filter(account=key.account, noun="services").exists()


def test_it_offers_to_add_the_first_key_once(browser, held):
    assert len(browser.get("/keys/").all("main a[href='/keys/add/']")) == 1
    ApiKey.objects.all().delete()
    (link,) = browser.get("/keys/").all("main a[href='/keys/add/']")
    assert link.parent["class"] == "empty"


def test_it_asks_nothing_while_other_calls_take_every_place(browser, sandbox, account):
    secret = sandbox.add_key(account)

    with provider_call(), provider_call(), provider_call():
        page = add(browser, secret)

    assert (page.status, sandbox.requests) == (422, [])
    assert "The portal is busy" in page.one("main .errorlist").text
    assert add(browser, secret).status == 303


def test_it_refuses_a_key_that_ultahost_does_not_know(browser, account):
    secret = "sk_test_wrong_0123456789abcdef"

    page = add(browser, secret)

    assert page.status == 422
    assert page.texts(".errorlist li") == ["Ultahost does not know this key."]
    assert not ApiKey.objects.exists()
    assert not Account.objects.exists()
    assert secret not in page.html
    assert page.one("input[name=label]")["value"] == "Shop"


@pytest.mark.parametrize(
    "secret", ["sk_7x", "sk test with blanks 0123", "sk_test_ünicode_0123", "sk_test_a\x00b0123"]
)
def test_it_refuses_what_is_no_key_without_asking_ultahost(browser, sandbox, secret):
    page = add(browser, secret)

    assert page.status == 422
    assert page.all(".errorlist li")
    assert secret not in page.html
    assert sandbox.requests == []


def test_it_saves_a_key_unverified_while_ultahost_is_down(browser, sandbox, account):
    secret = sandbox.add_key(account)
    sandbox.stop()

    after = browser.follow(add(browser, secret))

    assert "does not answer" in said(after)[0]
    assert after.one("tbody .status").text == "Not verified yet"
    assert ApiKey.objects.get().account is None
    assert browser.get("/services/").all("tbody tr") == []

    sandbox.start()
    tasks.verify_key(str(ApiKey.objects.get().pk))
    assert browser.get("/keys/").one("tbody .status").text == "Active"


def test_it_takes_a_key_once(browser, visit, people, sandbox, account):
    secret = sandbox.add_key(account)
    add(browser, secret)

    for other, label in [(browser, "Again"), (visit(people.member("Ben")), "Mine")]:
        page = add(other, secret, label)
        assert page.status == 422
        assert page.texts(".errorlist li") == ["This key is already in the portal."]
        assert secret not in page.html
    assert ApiKey.objects.count() == 1


def test_it_takes_a_label_once_per_owner(browser, visit, people, sandbox, account):
    add(browser, sandbox.add_key(account), "Shop")

    page = add(browser, sandbox.add_key(account), "Shop")

    assert page.status == 422
    assert page.texts(".errorlist li") == ["You have another key with this label."]
    assert add(visit(people.member("Ben")), sandbox.add_key(account), "Shop").status == 303


def test_it_lets_a_user_try_five_keys_a_minute(browser, visit, people, sandbox, account):
    for number in range(5):
        assert add(browser, f"sk_test_wrong_{number:020}").status == 422
    asked = len(sandbox.requests)

    page = add(browser, sandbox.add_key(account))

    assert page.status == 422
    assert "Too many attempts" in page.one(".errorlist.nonfield li").text
    assert len(sandbox.requests) == asked
    assert add(visit(people.member("Ben")), sandbox.add_key(account)).status == 303


def test_it_asks_for_the_key_in_a_field_that_browsers_do_not_keep(browser):
    field = browser.get("/keys/add/").one("input[name=secret]")

    assert (field["type"], field["autocomplete"]) == ("password", "off")


# Replacing


def test_it_replaces_a_key_by_another_to_the_same_account(browser, sandbox, account, held):
    secret = sandbox.add_key(account)

    page = browser.post(f"/keys/{held.pk}/replace/", {"secret": secret})

    assert page.leads_to == f"/keys/{held.pk}/"
    assert f"…{secret[-4:]}" in browser.follow(page).one("h1").text
    held.refresh_from_db()
    assert held.replaced_at


@pytest.mark.usefixtures("nothing_counted")
@pytest.mark.parametrize("act", ["replace", "rotate"])
def test_it_counts_every_key_that_a_user_has_tried(browser, sandbox, account, held, act):
    for number in range(3):
        assert add(browser, f"sk_test_wrong_{number:020}").status == 422
    for number in range(2):
        page = browser.post(f"/keys/{held.pk}/{act}/", {"secret": f"sk_test_wrong_{number:020}"})
        assert page.status == 422
    asked = len(sandbox.requests)

    for path in (f"/keys/{held.pk}/replace/", f"/keys/{held.pk}/rotate/"):
        page = browser.post(path, {"secret": sandbox.add_key(account)})
        assert "Too many attempts" in page.one(".errorlist.nonfield li").text
    assert len(sandbox.requests) == asked
    assert ApiKey.objects.get().fingerprint == held.fingerprint


@pytest.mark.usefixtures("nothing_counted")
def test_it_counts_the_try_of_a_stopped_key_that_is_enabled_again(browser, held):
    for number in range(5):
        add(browser, f"sk_test_wrong_{number:020}")
    keys.disable(held)
    ApiKey.objects.update(disabled_because=ApiKey.DisabledBecause.OTHER_ACCOUNT)

    page = browser.follow(browser.post(f"/keys/{held.pk}/enable/"))

    assert "Too many attempts" in said(page)[-1]
    assert ApiKey.objects.get().state == ApiKey.State.DISABLED


def test_it_refuses_a_replacement_that_opens_another_account(browser, sandbox, held):
    secret = sandbox.add_key(sandbox.add_account("Harbour"))

    page = browser.post(f"/keys/{held.pk}/replace/", {"secret": secret})

    assert page.status == 422
    assert page.texts(".errorlist li") == ["This key opens Harbour. Add it as a new key."]
    assert secret not in page.html
    assert ApiKey.objects.get().fingerprint == held.fingerprint


def test_it_replaces_nothing_unasked_while_ultahost_is_down(browser, sandbox, account, held):
    secret = sandbox.add_key(account)
    sandbox.stop()

    page = browser.post(f"/keys/{held.pk}/replace/", {"secret": secret})

    assert page.status == 422
    assert "Nothing was changed" in page.one(".errorlist li").text
    assert ApiKey.objects.get().fingerprint == held.fingerprint


# Disabling and removing


def test_it_disables_a_key_which_then_gives_nothing_and_enables_it_again(browser, held, read_everything):
    read_everything()
    assert browser.get("/services/").texts("tbody td.name a") == ["shop.example"]

    page = browser.follow(browser.post(f"/keys/{held.pk}/disable/"))
    assert page.one(".beneath .status").text == "Disabled"
    assert browser.get("/services/").all("tbody tr") == []
    assert not Refresh.objects.exclude(next_due_at=None).exists()

    page = browser.follow(browser.post(f"/keys/{held.pk}/enable/"))
    assert page.one(".beneath .status").text == "Active"
    assert len(browser.get("/services/").all("tbody tr")) == 1
    assert not Refresh.objects.filter(next_due_at=None).exists()


def test_it_asks_before_it_removes_a_key(browser, held):
    page = browser.get(f"/keys/{held.pk}/remove/")

    assert page.one("h1").text == "Remove “Main”?"
    assert page.texts(".confirm dd") == ["Alma", "Acme", f"…{held.last_four}"]
    assert "last key to its account" in page.one(".banner").text
    assert page.one(".confirm form")["action"] == f"/keys/{held.pk}/remove/"
    held.refresh_from_db()
    assert held.removed_at is None


def test_it_forgets_the_secret_of_a_removed_key(browser, held, read_everything):
    read_everything()

    page = browser.follow(browser.post(f"/keys/{held.pk}/remove/"))

    assert said(page) == ["“Main” was removed and the stored key deleted."]
    assert page.one(".empty a")["href"] == "/keys/add/"
    assert browser.get(f"/keys/{held.pk}/").status == 404
    assert browser.get("/services/").all("tbody tr") == []
    held.refresh_from_db()
    assert (held.sealed, held.fingerprint) == ("", "")
    assert Service.objects.exists()


def test_it_warns_of_the_last_key_only_when_it_is_the_last(browser, people, add_key, account, held):
    add_key(people.member("Ben"), account)

    assert browser.get(f"/keys/{held.pk}/remove/").all(".banner") == []


# Troubles


def test_it_shows_a_refused_key_to_its_owner_with_the_stale_copy(browser, sandbox, held, read_everything):
    read_everything()
    sandbox.revoke(next(iter(sandbox.state.keys)))
    browser.post("/refresh/services/")
    read_everything()

    page = browser.get(f"/keys/{held.pk}/")

    assert page.one(".beneath .status[data-hue=bad]").text == "Refused by Ultahost"
    assert page.one(".detail .banner a")["href"] == f"/keys/{held.pk}/replace/"
    assert browser.get("/services/").texts("tbody td.name a") == ["shop.example"]


def test_it_tries_a_refused_key_again(browser, held, rung):
    ApiKey.objects.update(refused_at=timezone.now())
    form = browser.get(f"/keys/{held.pk}/").one(f"form[action=/keys/{held.pk}/retry/]")

    page = browser.follow(browser.post(form["action"]))
    assert said(page) == ["Checking this key with Ultahost again."]

    tasks.verify_key(str(held.pk))
    assert browser.get(f"/keys/{held.pk}/").one(".beneath .status").text == "Active"


def test_it_tries_again_five_times_a_minute(browser, held):
    for _ in range(5):
        browser.post(f"/keys/{held.pk}/retry/")
    ApiKey.objects.update(next_try_at=None)

    page = browser.follow(browser.post(f"/keys/{held.pk}/retry/"))

    assert "Too many attempts" in said(page)[-1]
    assert ApiKey.objects.get().next_try_at is None


def test_it_asks_for_a_key_again_that_it_cannot_open_and_breaks_nothing(
    browser, settings, held, read_everything
):
    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": [b"another sealing key of 32 bytes!"]}
    read_everything()

    page = browser.get("/keys/")

    assert page.one("tbody .status[data-hue=bad]").text == "Enter again"
    assert "Enter it again" in browser.get(f"/keys/{held.pk}/").one(".detail .banner").text
    for path in ("/", "/services/", "/invoices/", "/domains/", f"/keys/{held.pk}/remove/"):
        assert browser.get(path).status == 200


def test_it_says_that_the_account_changed_its_currency(browser, account, held, read_everything):
    account.profile["currency_code"] = "USD"
    read_everything()

    assert "from EUR to USD" in browser.get(f"/keys/{held.pk}/").one(".detail .banner").text


def test_it_shows_how_many_calls_are_left(browser, held):
    left = browser.get("/keys/").one("tbody td.number").text

    assert left.startswith("99999 of 100000 until ")


def test_it_shows_the_refreshes_of_the_account(browser, held, read_everything):
    read_everything()

    page = browser.get(f"/keys/{held.pk}/")

    assert page.texts("section[aria-labelledby=refreshes] td.name") == [
        "Profile",
        "Services",
        "Invoices",
        "Domains",
        "Orders",
        "Quotes",
        "E-mails",
        "Details",
    ]
    assert browser.get("/keys/").texts("tbody td.extra")[-1].startswith("now next at ")


def test_it_says_when_the_next_refresh_comes_and_why_then(browser, held, read_everything):
    read_everything()
    soon = timezone.now() + timedelta(minutes=1)
    Refresh.objects.filter(noun="invoices").update(next_due_at=soon, pace="budget")
    at = " ".join(formats.clock_or_moment(soon).split())
    told = browser.get("/keys/").one("tbody td.extra small")
    assert (told.text, told["title"]) == (f"next at {at}", "later, because of the rate limit")

    Refresh.objects.filter(noun="invoices").update(trouble="limited")
    rows = browser.get(f"/keys/{held.pk}/").texts("section[aria-labelledby=refreshes] td.extra")
    assert f"{at} Waiting for the rate limit" in rows

    later = timezone.now() + timedelta(days=3)
    Refresh.objects.update(next_due_at=later)
    told = browser.get(f"/keys/{held.pk}/").one("section[aria-labelledby=refreshes]").text
    assert " ".join(formats.moment(later).split()) in told


def test_it_shows_four_characters_of_a_key_and_never_more(
    browser, visit, people, sandbox, account, read_everything
):
    secret = sandbox.add_key(account)
    add(browser, secret)
    read_everything()
    key = ApiKey.objects.get()
    pages = ["/", "/keys/", "/keys/add/", "/services/", "/invoices/", "/domains/"]
    pages += [f"/keys/{key.pk}/{act}" for act in ("", "replace/", "remove/")]

    for reader in (browser, visit(people.admin("Dana"))):
        for path in pages:
            html = reader.get(path).html
            assert secret not in html
            assert secret[-5:] not in html
            assert key.fingerprint not in html
            assert key.sealed not in html
    assert f"…{secret[-4:]}" in browser.get("/keys/").html


# How they are


def named(page):
    return page.texts("tbody td.name a")


def test_it_shows_the_sick_first(visit, alma, rows):
    now = timezone.now()
    account = rows.account()
    Refresh.objects.create(account=account, noun="services", completed_at=now)
    rows.key(alma, account, "A good one")
    rows.key(alma, account, "B disabled", disabled_at=now)
    rows.key(alma, account, "C old", created_at=now - timedelta(days=400))
    rotated = rows.key(alma, account, "D rotated")
    rows.key(alma, account, "D rotated", replaces=rotated, replaced_at=now)
    waiting = rows.key(alma, account, "E waiting")
    RateWindow.objects.create(key=waiting, remaining=0, resets_at=now + timedelta(minutes=9), limit=50)
    unverified = rows.key(alma, None, "F unverified")
    ApiKey.objects.filter(pk=unverified.pk).update(verified_at=None)
    rows.key(alma, account, "G refused", refused_at=now)

    page = visit(alma).get("/keys/")

    assert [name[0] for name in named(page)] == ["G", "F", "D", "D", "C", "E", "A", "B"]
    assert page.texts("nav.chips .count") == ["1", "2", "1"]
    assert page.one(".rail a[href=/keys/][aria-current=page] .attention").text == "1 need attention"
    for show, letters in {"broken": "G", "rotated": "DD", "old": "C", "nonsense": "GFDDCEAB"}.items():
        assert "".join(name[0] for name in named(visit(alma).get(f"/keys/?show={show}"))) == letters


def test_it_says_that_no_key_is_like_that(browser, held):
    assert browser.get("/keys/?show=old").one(".empty a")["href"] == "/keys/"


def test_it_keeps_what_is_shown_when_the_list_asks_again(browser, held):
    assert browser.get("/keys/?show=old").one("section#keys")["hx-get"] == "/keys/?show=old"


def test_it_shows_when_and_in_which_words_ultahost_refused_a_key(browser, sandbox, held, read_everything):
    sandbox.faults.add(Fault.status(403, "Blocked <b>for now</b>."), action="get_services")
    read_everything()

    assert "refused now" in browser.get("/keys/").one("tbody td.date").text
    page = browser.get(f"/keys/{held.pk}/")
    assert page.one(".facts q.said").text == "Blocked <b>for now</b>."
    assert page.one(".beneath .status").text == "Active"


def test_it_shows_when_ultahost_may_be_asked_again(browser, held):
    later = timezone.now() + timedelta(minutes=20)
    RateWindow.objects.filter(key=held).update(remaining=0, resets_at=later, held_until=later)

    words = f"0 of 100000 next call at {formats.clock(later)}"
    assert browser.get("/keys/").one("tbody td.number").text == words
    assert words in browser.get(f"/keys/{held.pk}/").one(".facts").text


def test_it_says_what_only_this_key_reads(browser, people, sandbox, account, held, add_key, read_everything):
    account.add_domains(2)
    account.add_invoices(3)
    read_everything()
    words = "only key · 1 service · 2 domains · 3 invoices"
    assert browser.get("/keys/").one("td.account-cell small").text == words
    facts = browser.get(f"/keys/{held.pk}/").one(".facts").text
    assert "Depends only on this key 1 service · 2 domains · 3 invoices" in facts

    second = add_key(people.member("Ben"), account)
    assert browser.get("/keys/").all("td.account-cell small") == []
    keys.disable(second)
    assert browser.get("/keys/").one("td.account-cell small").text == words

    ApiKey.objects.filter(pk=held.pk).update(refused_at=timezone.now())
    assert browser.get("/keys/").one("td.account-cell small").text.startswith("no other key")


def test_it_counts_nothing_of_an_account_that_a_key_no_longer_opens(
    browser, sandbox, account, held, read_everything
):
    account.add_invoices(3)
    read_everything()
    keys.disable(held)
    for path in ("/keys/", f"/keys/{held.pk}/"):
        assert "invoice" not in browser.get(path).one("main").text


# Their age


@pytest.fixture
def old(held):
    ApiKey.objects.filter(pk=held.pk).update(created_at=timezone.now() - timedelta(days=366))
    return held


def test_it_marks_an_old_key_for_its_owner_and_the_admin(browser, visit, people, old):
    for reader in (browser, visit(people.admin("Dana"))):
        assert reader.get("/keys/").texts("td.state .status") == ["Active", "Old: rotate"]
        assert "is older than a year" in reader.get("/").one(f"#need-key-{old.pk} .what a").text
    assert visit(people.member("Ben")).get("/").all(".need") == []


def test_it_says_it_of_each_old_key(browser, alma, rows, old):
    second = rows.key(alma, old.account, "Second", created_at=timezone.now() - timedelta(days=500))

    entries = browser.get("/").all(".need")

    assert {entry["id"] for entry in entries} == {f"need-key-{old.pk}", f"need-key-{second.pk}"}


def test_it_does_not_mark_a_key_that_is_a_year_old_but_was_replaced(browser, old):
    ApiKey.objects.update(replaced_at=timezone.now() - timedelta(days=364))

    assert browser.get("/keys/").texts("td.state .status") == ["Active"]
    assert browser.get("/").all(".banner a[href=/keys/?show=old]") == []


def test_a_disabled_key_tells_its_owner_nothing_of_the_account(visit, rows, alma, acme, people):
    Account.objects.update(currency="USD", former_currency="EUR", currency_changed_at=timezone.now())
    key, now = rows.key(alma, acme), timezone.now()
    rows.key(people.member("Ben"), acme, "Ben's")
    Refresh.objects.bulk_create(
        Refresh(account=acme, noun=noun, broken_at=now, trouble="odd", completed_at=now, next_due_at=now)
        for noun in LISTS
    )
    words = ("currency changed", "Other keys", "next at", "Refreshes of the account", "no update since")

    def told():
        pages = [visit(alma).get(path).html for path in ("/", "/keys/", f"/keys/{key.pk}/")]
        return [word for word in words if any(word in page for page in pages)]

    assert told() == list(words)
    ApiKey.objects.filter(pk=key.pk).update(disabled_at=now)
    assert told() == []


@pytest.mark.parametrize("end", ["disabled_at", "refused_at"])
def test_it_does_not_want_an_old_key_rotated_that_is_not_in_use(browser, old, end):
    ApiKey.objects.update(**{end: timezone.now()})

    assert len(browser.get("/keys/").texts("td.state .status")) == 1
    assert browser.get("/").all(".banner a[href=/keys/?show=old]") == []


def test_it_is_quiet_about_an_old_key_for_thirty_days(browser, old):
    form = browser.get(f"/keys/{old.pk}/").one(f"form[action=/keys/{old.pk}/snooze/]")

    page = browser.follow(browser.post(form["action"]))

    assert said(page) == ["We will remind you in 30 days."]
    assert page.texts(".beneath .status") == ["Active"]
    assert browser.get("/").all(".banner a[href=/keys/?show=old]") == []
    ApiKey.objects.update(snoozed_until=timezone.now())
    assert browser.get("/keys/").texts("td.state .status") == ["Active", "Old: rotate"]


# Who sees what


def test_it_shows_an_admin_everybody_s_keys_with_their_owners(visit, people, held):
    dana = visit(people.admin("Dana"))

    assert dana.get("/keys/").one("tbody td.name small").text == f"…{held.last_four} · Alma"
    assert visit(held.owner).get("/keys/").one("tbody td.name small").text == f"…{held.last_four}"
    assert dana.get(f"/keys/{held.pk}/").status == 200
    assert dana.post(f"/keys/{held.pk}/disable/").status == 303


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("role", ["member", "billing"])
def test_it_hides_a_key_from_everybody_else(visit, people, held, role, path):
    other = visit(getattr(people, role)("Other"))

    page = other.post(f"/keys/{held.pk}/{path}") if path else other.get(f"/keys/{held.pk}/")

    assert page.status == 404
    assert ApiKey.objects.active().filter(pk=held.pk, next_try_at=None).exists()


@pytest.mark.parametrize("path", ["/keys/", "/keys/add/"])
def test_it_is_not_there_for_a_billing_user(visit, people, path):
    assert visit(people.billing("Emil")).get(path).status == 404
    assert visit(people.billing("Eva")).post(path).status == 404


@pytest.mark.parametrize("path", ["/keys/", "/keys/add/", *(f"/keys/{NOBODY}/{act}" for act in PATHS)])
def test_it_sends_a_stranger_to_sign_in(visit, path):
    assert visit().get(path).leads_to == f"/sign-in/?next={path}"


@pytest.mark.parametrize("path", PATHS)
def test_it_has_no_page_for_what_does_not_exist(browser, path):
    path = f"/keys/{NOBODY}/{path}"

    answers = {browser.get(path).status, browser.post(path).status}
    assert answers - {405} == {404}  # some are there for one method alone


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("post", "/keys/"),
        ("post", "/keys/{}/"),
        ("get", "/keys/{}/retry/"),
        ("get", "/keys/{}/snooze/"),
    ],
)
def test_it_refuses_a_wrong_method(browser, held, method, path):
    assert getattr(browser, method)(path.format(held.pk)).status == 405
    assert ApiKey.objects.get().disabled_at is None


def test_it_answers_htmx_with_the_list_alone(browser, held):
    part = browser.htmx("/keys/", "keys")

    assert part.one("body > section#keys")
    assert browser.htmx(f"/keys/{held.pk}/", "key").all("title")


def test_it_answers_while_ultahost_is_down(browser, sandbox, held):
    sandbox.stop()

    for path in ("/keys/", "/keys/add/", *(f"/keys/{held.pk}/{act}" for act in ("", "replace/", "remove/"))):
        assert browser.get(path).status == 200


@pytest.mark.parametrize("role", ["member", "admin"])
def test_it_asks_as_many_queries_for_four_hundred_keys_as_for_eight(visit, people, rows, role):
    owner = getattr(people, role)("Owner")
    browser = visit(owner)

    def fill(start: int, end: int) -> None:
        for number in range(start, end):
            account = rows.account(f"Account {number}")
            rows.key(owner, account, f"Key {number}")
            Refresh.objects.create(
                account=account, noun="services", completed_at=timezone.now() - timedelta(1)
            )
            rows.service(account)
            old = rows.key(owner, account, f"Old {number}")
            rows.key(owner, account, f"Old {number}", replaces=old, replaced_at=timezone.now())
            rows.key(owner, rows.account(f"Alone {number}"), f"Alone {number}")

    def queries() -> int:
        with all_statements() as captured:
            browser.get("/keys/")
        return len(captured)

    fill(0, 2)
    few = queries()
    fill(2, 100)
    assert queries() == few
    assert few < 15


def test_it_never_uses_a_key_again_after_it_was_removed(sandbox, held, read_everything):
    asked = len(sandbox.requests)
    keys.remove(held)

    read_everything()

    assert len(sandbox.requests) == asked
