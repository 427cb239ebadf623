import pytest
from django.utils import timezone

from portal.models import Grant
from ultahost_api.models import Operation
from ultahost_api.sandbox import Fault
from ultahost_api.sandbox.replies import Reply, as_html
from ultahost_api.sandbox.rows import CANARY

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(sandbox):
    acme = sandbox.add_account("Acme", "EUR")
    acme.add_quotes(1, subject="Two <b>servers</b>", total="40.00", proposal="Good for a year")
    acme.add_quotes(1, stage="Accepted", subject="Older")
    acme.add_quotes(1, subject="Expired", validuntil="2020-01-01")
    return acme


@pytest.fixture
def alma(people, add_key, acme):
    alma = people.member("Alma")
    add_key(alma, acme)
    return alma


@pytest.fixture
def path(alma, acme):
    account = alma.api_keys.get().account
    return lambda index=0: f"/quotes/{account.pk}/{[*acme.quotes][index]}/"


def accept(browser, path):
    return browser.post(path + "accept/", browser.get(path + "accept/").hidden)


def accepted(sandbox):
    return [done.target for done in sandbox.ledger if done.action == "accept_quote"]


def test_it_lists_quotes_with_what_they_cost(visit, alma, read_everything):
    read_everything()

    page = visit(alma).htmx("/quotes/", "quotes")

    stages = dict(zip(page.texts("td.name"), page.texts("td.state"), strict=True))
    assert (stages["Older"], stages["Expired"]) == ("Accepted", "Expired")
    assert set(page.texts("td.name")) == {"Two <b>servers</b>", "Older", "Expired"}
    assert "€40.00" in page.texts("td.money")
    assert page.all("main") == []


def test_it_answers_from_the_copy_while_ultahost_is_down(visit, alma, path, sandbox, read_everything):
    read_everything()
    sandbox.stop()

    assert len(visit(alma).get("/quotes/").all("tbody tr")) == len(visit(alma).get("/quotes.csv").csv()) == 3
    assert visit(alma).get(path()).one("#quote noscript a")["href"] == "?live=1"
    assert "Ultahost does not answer." in visit(alma).get(path() + "?live=1").one("main .words").text


def test_it_numbers_the_quotes_that_wait_for_an_answer(visit, alma, rows):
    account = alma.api_keys.get().account
    past, future = "2020-01-01", "2999-01-01"
    rows.quote(account, stage="Delivered", valid_until=future)
    rows.quote(account, stage="On Hold", valid_until=None)
    rows.quote(account, stage="Delivered", valid_until=past)
    rows.quote(account, stage="Accepted", valid_until=future)
    rows.quote(account, stage="Delivered", gone_at=timezone.now())
    rows.quote(rows.account("Foreign"), stage="Delivered")

    assert visit(alma).get("/quotes/").one(".rail a[href=/quotes/] .attention").text == "2 need attention"


def test_it_exports_what_spreadsheets_run_nothing_of(visit, people, rows):
    ben, account = people.member("Ben"), rows.account("Acme", "EUR")
    rows.key(ben, account)
    quote = rows.quote(account, subject="=cmd()", total="9.50", valid_until="2999-07-01")

    (line,) = visit(ben).get("/quotes.csv").csv()

    expected = ["Acme", "'=cmd()", "Delivered", "", "2999-07-01", "9.50", "EUR", str(quote.remote_id), ""]
    assert line == expected


def test_it_shows_a_team_mate_only_their_own(visit, people, alma, rows):
    rows.quote(alma.api_keys.get().account, subject="canary")
    ben = visit(people.member("Ben"))

    page, export = ben.get("/quotes/"), ben.get("/quotes.csv")

    assert page.all("tbody tr") == export.csv() == page.all(".attention") == []
    assert ben.get("/quotes/?q=canary").all("tbody tr") == []
    assert "canary" not in page.html
    assert page.one(".empty a")["href"] == "/keys/add/"


def test_it_shows_one_that_is_gone_as_it_was_last_read(visit, alma, path, rows):
    account = alma.api_keys.get().account
    quote = rows.quote(account, subject="Old offer", total="5.00", gone_at=timezone.now())

    page = visit(alma).get(f"/quotes/{account.pk}/{quote.remote_id}/")

    assert "No longer at Ultahost" in page.one(".banner .words").text
    assert page.one("h1").text == "Old offer"
    assert f"Quote {quote.remote_id}" in page.one(".beneath").text
    assert "€5.00" in page.texts(".facts dd")
    assert page.all("#quote [hx-trigger]") == []


@pytest.mark.parametrize("address", ["/quotes/", "/quotes.csv"])
def test_it_answers_reading_alone(visit, alma, address):
    assert visit(alma).post(address).status == 405


def test_it_shows_the_items_and_no_note_of_the_provider_s_own(visit, alma, path):
    page = visit(alma).get(path() + "?live=1")

    assert page.texts("#quote tbody td.name") == ["Windows VPS - Basic Windows VPS"]
    assert page.texts("#quote tbody td.number") == ["1"]
    assert "Good for a year" in page.one("#quote").text
    assert CANARY not in page.html


def test_it_leaves_no_amount_out_that_it_cannot_read(visit, alma, path, acme):
    odd = next(iter(acme.quotes.values()))
    odd |= {"tax1": "1,044", "tax2": "1,044", "items": [odd["items"][0] | {"unitprice": "1,044"}]}

    page = visit(alma).get(path() + "?live=1")

    assert page.texts("#quote tfoot th") == ["Subtotal", "Tax", "Second tax", "Total"]
    assert page.texts("#quote tfoot td").count("unreadable") == 2
    assert "Price: 1,044" in page.one("#quote tbody .name .unread").text
    assert page.texts("#quote tbody td.money")[0] == "unreadable"


def test_it_says_what_is_accepted_and_for_how_much(visit, alma, path):
    page = visit(alma).get(path() + "accept/")

    told = dict(zip(page.texts("main dt"), page.texts("main dd"), strict=True))
    assert (told["Quote"], told["Total"], told["Account"]) == ("Two <b>servers</b>", "€40.00", "Acme")


def test_the_question_for_the_password_names_the_total_in_the_currency_of_the_quote(
    visit, alma, path, read_everything
):
    read_everything()
    account = alma.api_keys.get().account
    account.currency, account.former_currency, account.currency_changed_at = "USD", "EUR", timezone.now()
    account.save()
    browser = visit(alma, proven=False)

    question = browser.follow(browser.get(path() + "accept/"))

    assert question.one(".purpose").text.endswith(", €40.00")


def test_it_accepts_once_and_has_the_list_read_again(visit, alma, path, sandbox, read_everything):
    browser = visit(alma)
    read_everything()
    data = browser.get(path() + "accept/").hidden

    first, second = (browser.post(path() + "accept/", data) for _ in range(2))

    assert len(accepted(sandbox)) == 1
    assert first.leads_to == second.leads_to == f"/activity/{Operation.objects.get().pk}/"
    assert browser.get("/quotes/").one("#freshness")["data-state"] == "running"
    read_everything()
    assert browser.get("/quotes/").texts("td.state").count("Accepted") == 2


def test_it_leads_to_the_invoice_once_our_copy_has_it(visit, alma, path, rows, acme):
    browser = visit(alma)
    data = browser.get(path() + "accept/").hidden
    browser.post(path() + "accept/", data)
    invoice = rows.invoice(alma.api_keys.get().account)
    type(invoice).objects.filter(pk=invoice.pk).update(remote_id=Operation.objects.get().result["invoiceid"])

    assert browser.post(path() + "accept/", data).leads_to == f"/invoices/{invoice.pk}/"


def test_it_quotes_a_refusal(visit, alma, path, acme, sandbox):
    sandbox.faults.add(Fault.status(400, "This quote has expired"), action="accept_quote")

    page = accept(visit(alma), path())

    assert page.status == 422
    assert "Ultahost refused: “This quote has expired” Nothing was changed." in page.one("main").text
    assert accepted(sandbox) == []


def test_it_quotes_nothing_where_a_refusal_has_no_words(visit, alma, path, sandbox):
    sandbox.faults.add(Fault.instead("wordless", lambda: Reply(400, b"{}")), action="accept_quote")

    page = accept(visit(alma), path())

    words = "Ultahost refused this. Ultahost gave no reason. Nothing was changed."
    assert page.texts("main .errorlist li") == [words]


@pytest.mark.parametrize("status", [401, 403])
def test_it_says_that_a_proxy_did_not_let_it_through(visit, alma, path, sandbox, status):
    sandbox.faults.add(Fault.instead("page", lambda: as_html(status, "Sign in")), action="accept_quote")
    browser = visit(alma)

    page = accept(browser, path())

    reason = "Something between the portal and Ultahost answered, such as a proxy or firewall."
    assert page.texts("main .errorlist li") == [f"{reason} Nothing was changed."]
    told = browser.get(f"/activity/{Operation.objects.get().pk}/").one("main").text
    assert "Ultahost did not receive it. Nothing was changed; you can try again." in told
    assert reason in told
    assert "refused it" not in told


def test_it_leads_to_the_operation_when_the_outcome_is_unknown(visit, alma, path, sandbox):
    sandbox.faults.add(Fault.status(502, after_effect=True), action="accept_quote")

    page = accept(visit(alma), path())

    assert page.leads_to == f"/activity/{Operation.objects.get(state='unknown').pk}/"


def test_it_offers_to_accept_only_what_can_be_accepted_by_those_who_may(visit, people, alma, path):
    carla = people.member("Carla")
    account = alma.api_keys.get().account
    Grant.objects.create(user=carla, account=account, level="view", given_by=alma)

    assert len(visit(alma).get(path() + "?live=1").all(".page-acts a")) == 1
    assert visit(alma).get(path(1) + "?live=1").all(".page-acts a") == []
    assert visit(alma).get(path(2) + "?live=1").all(".page-acts a") == []
    assert visit(carla).get(path() + "?live=1").all(".page-acts a") == []
    assert visit(carla).get(path() + "accept/").status == 404


def test_it_sends_nothing_for_an_accepted_quote(visit, alma, path, sandbox):
    page = accept(visit(alma), path(1))

    assert "already accepted. Nothing was sent." in page.one("main .errorlist").text
    assert accepted(sandbox) == []


def test_by_its_address_too_it_says_why_a_quote_cannot_be_accepted(visit, alma, path, acme, sandbox):
    expired = [*acme.quotes.values()][2]
    expired["validuntil"] = "2026-02-14"
    browser = visit(alma)

    page = browser.get(path(2) + "accept/")

    words = "This quote expired on 14 Feb 2026. Ask Ultahost for a new one."
    assert page.one("main .banner .words").text == words
    assert page.all("main form button") == []
    answer = browser.post(path(2) + "accept/", page.hidden)
    assert answer.one("main .errorlist").text == f"{words} Nothing was sent."
    assert browser.get(path(1) + "accept/").all("main form button") == []
    acme.quotes[expired["id"]]["stage"] = "Dead"
    assert "in its current stage" in browser.get(path(2) + "accept/").one("main .banner .words").text
    assert accepted(sandbox) == []


def test_it_accepts_a_total_to_its_last_decimal(visit, alma, path, acme, sandbox):
    quote = next(iter(acme.quotes.values()))
    quote["total"] = "12.345"
    browser = visit(alma)
    form = browser.get(path() + "accept/").hidden
    quote["total"] = "12.346"
    assert browser.post(path() + "accept/", form).status == 422
    assert accepted(sandbox) == []

    assert accept(browser, path()).status == 303
    assert accepted(sandbox) == [quote["id"]]


def test_it_accepts_no_other_total_than_the_page_showed(visit, alma, path, acme, sandbox):
    browser = visit(alma)
    form = browser.get(path() + "accept/")
    next(iter(acme.quotes.values()))["total"] = "400.00"

    page = browser.post(path() + "accept/", form.hidden)

    words = "Ultahost now asks for 400.00 instead of 40.00. Refresh and check it. Nothing was sent."
    assert page.texts("main .errorlist li") == [words]
    assert page.hidden["agreed"] == "400.00"
    assert accepted(sandbox) == []

    browser.post(path() + "accept/", page.hidden)
    assert len(accepted(sandbox)) == 1


def test_it_offers_nothing_to_agree_to_while_the_total_cannot_be_read(visit, alma, path, sandbox):
    browser = visit(alma)
    form = browser.get(path() + "accept/").hidden
    sandbox.faults.add(Fault.status(403, "Not now."), action="get_quote", times=2)

    page = browser.get(path() + "accept/")
    assert "Not now." in page.one("main dl").text
    assert page.all("main form button") == []

    page = browser.post(path() + "accept/", form | {"agreed": ""})
    assert page.texts("main .errorlist li") == ["This page showed no total. Nothing was sent."]
    assert page.all("main form button") == []
    assert accepted(sandbox) == []


def test_it_agrees_to_a_quote_of_nothing(visit, alma, path, acme, sandbox):
    next(iter(acme.quotes.values()))["total"] = "0.00"
    browser = visit(alma)
    form = browser.get(path() + "accept/").hidden
    next(iter(acme.quotes.values()))["total"] = "5.00"

    assert (
        "now asks for 5.00 instead of 0.00" in browser.post(path() + "accept/", form).one(".errorlist").text
    )
    assert accepted(sandbox) == []
