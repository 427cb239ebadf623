import re
from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import AccountPolicy
from ultahost_api.models import ApiKey, Heartbeat, RateWindow, Refresh
from ultahost_api.sandbox import Fault

HTMX = {"HX-Request": "true", "HX-Target": "freshness"}
LATER = timedelta(minutes=10)


@pytest.fixture
def account(sandbox):
    account = sandbox.add_account("Acme", "EUR")
    account.add_services(3)
    return account


@pytest.fixture
def alma(people, add_key, account, read_everything):
    """Her account is fresh, and nothing of it is due."""
    alma = people.member("Alma")
    add_key(alma, account)
    read_everything()
    return alma


def due():
    return set(Refresh.objects.due(timezone.now()).values_list("noun", flat=True))


def region(page):
    return page.one("#freshness")


def test_it_says_how_old_a_list_is(visit, alma):
    page = visit(alma).get("/freshness/services/")

    assert region(page)["data-state"] == "fresh"
    assert page.one("#freshness .words").text == "Updated now"
    assert region(page)["hx-trigger"].startswith("every 30s")
    assert page.all("title") == []


def test_it_refreshes_one_noun_at_a_click(visit, alma, read_everything, account):
    account.add_services(1, domain="new.example")
    browser = visit(alma)

    page = browser.post("/refresh/services/", {"next": "/services/?q=new"})

    assert page.status == 303
    assert page.leads_to == "/services/?q=new"
    assert due() == {"services"}
    assert region(browser.get("/services/"))["data-state"] == "running"
    read_everything()
    after = browser.get("/services/?q=new")
    assert after.texts("tbody td.name a") == ["new.example"]
    assert region(after)["data-state"] == "fresh"


def test_it_answers_a_script_with_the_region_under_way(visit, alma):
    page = visit(alma).post("/refresh/services/", **HTMX)

    assert region(page)["data-state"] == "running"
    assert region(page)["hx-trigger"].startswith("every 2s")
    assert page.all("title") == []


@pytest.mark.parametrize("sign", ["a tick", "a lease"])
def test_it_waits_for_a_worker_that_gives_a_sign(visit, alma, sign):
    browser = visit(alma)
    browser.post("/refresh/services/")
    long_ago = timezone.now() - timedelta(minutes=2)
    Refresh.objects.filter(noun="services").update(next_due_at=long_ago)
    if sign == "a tick":
        Heartbeat.objects.create(name="worker", beat_at=timezone.now() - timedelta(seconds=30))
    else:
        Refresh.objects.filter(noun="services").update(lease_until=timezone.now() + timedelta(minutes=1))

    assert browser.get("/services/").one("#freshness .words").text == "Queued to refresh"


def test_it_shows_how_far_a_refresh_has_come(visit, alma, account):
    refresh = Refresh.objects.get(noun="services")
    Refresh.objects.filter(pk=refresh.pk).update(
        next_due_at=timezone.now(), pass_started_at=timezone.now(), pass_number=2, rows_total=400
    )
    refresh.pages.create(pass_number=2, offset=0, ids=[], rows=100)

    page = visit(alma).get("/freshness/services/")

    assert page.one("#freshness .words").text == "Refreshing, 100 of 400"
    assert page.one("svg.ring")["aria-valuenow"] == "25"


def test_it_watches_while_the_page_is_shown_and_two_minutes_longer(visit, alma):
    visit(alma).get("/freshness/services/")

    account = alma.api_keys.get().account
    assert account.is_watched
    assert account.watched_until <= timezone.now() + timedelta(minutes=2)


def test_it_announces_that_the_list_changed(visit, alma, read_everything):
    browser = visit(alma)
    address = region(browser.get("/services/"))["hx-get"]
    assert "HX-Trigger" not in browser.htmx(address, "freshness").headers

    Refresh.objects.filter(noun="services").update(completed_at=timezone.now() + timedelta(seconds=2))

    assert browser.htmx(address, "freshness").headers["HX-Trigger"] == '{"services-refreshed": {}}'


def test_it_refreshes_everything_one_can_see(visit, alma):
    page = visit(alma).post("/refresh/")

    assert page.leads_to == "/"
    assert due() == {"services", "invoices", "domains", "orders", "quotes", "emails"}


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_it_leads_to_pages_of_ours_alone(visit, alma, elsewhere):
    assert visit(alma).post("/refresh/", {"next": elsewhere}).leads_to == "/"
    assert visit(alma).post("/refresh/invoices/", {"next": elsewhere}).leads_to == "/invoices/"


def test_it_says_until_when_ultahost_lets_nobody_ask(visit, alma):
    until = timezone.now() + LATER
    Refresh.objects.filter(noun="services").update(trouble="limited", next_due_at=until)

    page = visit(alma).get("/freshness/services/")

    assert region(page)["data-state"] == "limited"
    assert timezone.localtime(until).strftime("%H:%M") in page.one("#freshness .words").text
    assert "disabled" in page.one("#freshness button").attributes


def test_it_counts_the_seconds_of_the_last_minute(visit, alma):
    until = timezone.now() + timedelta(seconds=40)
    Refresh.objects.filter(noun="services").update(trouble="limited", next_due_at=until)

    page = visit(alma).get("/freshness/services/")

    assert re.fullmatch(r"Rate limited for [1-4]?\d s", page.one("#freshness .words").text)
    assert region(page)["hx-trigger"].startswith("every 5s")


def test_it_says_that_it_is_limited_until_the_reset_however_often_one_clicks(visit, alma, read_everything):
    """Between two runs of the worker, and right after each of them."""
    until = timezone.now() + LATER
    RateWindow.objects.update(remaining=0, resets_at=until, held_until=until)
    browser = visit(alma)
    shown = set()

    for _ in range(10):
        shown.add(region(browser.post("/refresh/services/", **HTMX))["data-state"])
        shown.add(region(browser.get("/freshness/services/"))["data-state"])
        read_everything()
        shown.add(region(browser.get("/freshness/services/"))["data-state"])

    assert shown == {"limited"}


def test_it_says_whose_refresh_failed_and_how_old_the_copy_is(visit, alma, sandbox, read_everything):
    sandbox.faults.add(Fault.status(500), action="get_services", times=None)
    browser = visit(alma)
    browser.post("/refresh/services/")
    read_everything()

    page = browser.get("/freshness/services/")

    assert region(page)["data-state"] == "failed"
    assert page.one("#freshness .words").text == "Acme: Ultahost does not answer · Updated now"


def test_it_says_that_it_pauses_without_a_key(visit, people, alma):
    Refresh.objects.update(next_due_at=None, trouble="no_key")

    page = visit(people.admin("Dana")).get("/freshness/services/")

    assert region(page)["data-state"] == "paused"
    assert page.all("#freshness form") == []


def test_it_says_when_a_copy_has_grown_old(visit, alma):
    Refresh.objects.update(
        completed_at=timezone.now() - timedelta(hours=5), next_due_at=timezone.now() + LATER
    )

    page = visit(alma).get("/freshness/services/")

    assert region(page)["data-state"] == "stale"
    assert page.one("#freshness .words").text == "Updated 5 hr ago"


def test_it_refreshes_for_a_team_mate_the_invoices_alone(visit, people, alma):
    ben = visit(people.member("Ben"))

    ben.post("/refresh/")

    assert due() == {"invoices"}
    assert region(ben.get("/freshness/services/"))["data-state"] == "empty"


def test_it_refreshes_nothing_of_a_private_account_for_a_team_mate(visit, people, alma):
    AccountPolicy.objects.create(account=alma.api_keys.get().account, private=True)

    visit(people.member("Ben")).post("/refresh/invoices/")

    assert due() == set()


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/freshness/services/"), ("get", "/refresh/services/"), ("get", "/refresh/")],
)
def test_it_refuses_a_wrong_method(visit, alma, method, path):
    assert getattr(visit(alma), method)(path).status == 405


@pytest.mark.parametrize("path", ["/freshness/services/", "/refresh/services/", "/refresh/"])
def test_it_sends_a_stranger_to_sign_in(visit, path):
    assert visit().get(path).leads_to == f"/sign-in/?next={path}"


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", "/freshness/contacts/"), ("post", "/refresh/contacts/"), ("post", "/refresh/profile/")],
)
def test_it_knows_no_other_noun(visit, alma, method, path):
    assert getattr(visit(alma), method)(path).status == 404


def test_it_takes_a_click_while_ultahost_and_the_queue_are_down(visit, alma, sandbox, monkeypatch):
    sandbox.stop()
    monkeypatch.setattr("ultahost_api.wakeup._send", lambda *_: False)

    assert visit(alma).post("/refresh/services/").status == 303
    assert due() == {"services"}


def test_it_has_lists_refreshed_sooner_while_somebody_watches(visit, alma):
    Refresh.objects.update(completed_at=timezone.now() - timedelta(minutes=3))

    visit(alma).get("/services/")

    soon = timezone.now() + timedelta(seconds=2)
    assert Refresh.objects.due(soon).filter(noun="services").exists()


@pytest.fixture
def second(alma, sandbox, add_key, read_everything):
    """Another account of hers, as the portal has it."""
    beta = sandbox.add_account("Beta", "USD")
    beta.add_services(1)
    key = add_key(alma, beta, "Second")
    read_everything()
    return key


def test_it_names_the_account_whose_key_is_refused(visit, alma, second, read_everything):
    ApiKey.objects.filter(pk=second.pk).update(refused_at=timezone.now())
    Refresh.objects.filter(account=second.account).update(next_due_at=timezone.now())
    read_everything()
    page = visit(alma).get("/services/")
    assert region(page)["data-state"] == "failed"
    assert page.one("#freshness .words").text.startswith("Beta: No key can read this account · Updated")


def test_it_announces_an_account_that_completes_within_the_same_second(visit, alma, second):
    """Also one whose answer was older, but was written after the other's."""
    at = timezone.now().replace(microsecond=900_000)
    of_acme = Refresh.objects.filter(noun="services", account__name="Acme")
    of_beta = Refresh.objects.filter(noun="services", account__name="Beta")
    of_acme.update(completed_at=at)
    of_beta.update(completed_at=at - timedelta(minutes=5))
    browser = visit(alma)
    asks = region(browser.get("/services/"))["hx-get"]
    assert "HX-Trigger" not in browser.htmx(asks, "freshness").headers

    of_beta.update(completed_at=at - timedelta(microseconds=1000))

    assert "services-refreshed" in browser.htmx(asks, "freshness").headers["HX-Trigger"]


def test_it_announces_a_second_pass_within_the_same_second(visit, alma):
    at = timezone.now().replace(microsecond=100_000)
    refreshes = Refresh.objects.filter(noun="services")
    refreshes.update(completed_at=at)
    browser = visit(alma)
    asks = region(browser.get("/services/"))["hx-get"]

    refreshes.update(completed_at=at + timedelta(milliseconds=300))

    assert "services-refreshed" in browser.htmx(asks, "freshness").headers["HX-Trigger"]
