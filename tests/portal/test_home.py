from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import AccountPolicy, NeedNote
from tests.portal.statements import all_statements
from ultahost_api.models import ApiKey, Domain, Invoice, Refresh, Service

TODAY = timezone.localdate()


def titles(page):
    return page.texts(".need .what a")


def due(page):
    return page.texts("section[aria-labelledby=due] td.name")


def test_it_shows_what_needs_the_person_first(visit, alma, rows, acme):
    rows.invoice(acme, number="late", total="5", due_date=TODAY - timedelta(days=1))
    rows.invoice(acme, number="next", total="6", due_date=TODAY)
    rows.invoice(acme, number="later", total="6", due_date=TODAY + timedelta(days=31))
    rows.invoice(acme, number="settled", total="7", status="Paid", due_date=TODAY)
    rows.domain(acme, name="ending.example", next_due_date=TODAY + timedelta(days=3))
    rows.domain(acme, name="safe.example", next_due_date=TODAY + timedelta(days=90))
    rows.service(acme, domain="stopped.example", status="Suspended")
    rows.service(acme, domain="running.example")

    page = visit(alma).get("/")

    assert titles(page) == [
        "ending.example may be lost", "stopped.example is suspended", "Invoice late is overdue",
    ]  # fmt: skip
    assert page.one("#needs .count").text == "3"
    assert due(page) == ["next"]
    assert page.texts("dl.figures dd")[0] == "€17.00"
    assert page.all("main section")[0]["aria-labelledby"] == "needs"


def test_strangers_text_is_text_in_what_needs_the_person(visit, people, rows):
    """Of names of domains, accounts, people and orders nothing becomes an element or an attribute."""
    hostile = """"'><i id=x></i>&amp;<b"""
    account = rows.account(f"A{hostile}")
    alma, boris = people.member("Alma"), people.member(f"B{hostile}")
    for person in (alma, boris):
        rows.key(person, account, f"K{hostile}")
    domain = rows.domain(account, name=f"d{hostile}", next_due_date=TODAY)
    rows.service(account, domain=f"s{hostile}", status="Suspended")
    rows.invoice(account, number=f"i{hostile}", total="5", due_date=TODAY - timedelta(days=1))
    NeedNote.objects.create(kind="domain", subject=domain.pk, person=boris)

    page = visit(alma).get("/")

    told = [f"d{hostile} may be lost", f"s{hostile} is suspended", f"Invoice i{hostile} is overdue"]
    assert titles(page) == told
    assert page.texts(".need .taker") == [f"B{hostile} does it"]
    assert page.texts(".need .account") == [f"A{hostile}"] * 3
    assert [one["aria-label"] for one in page.all(".need summary")] == [f"More: {title}" for title in told]
    assert [one.text for one in page.all(".need .do > a .visually-hidden")] == [
        f": {title}" for title in told
    ]
    assert page.all("#needs i") == page.all(".need i") == page.all(".need b") == []


def test_it_says_calmly_that_nothing_needs_the_person(visit, alma):
    page = visit(alma).get("/")

    assert page.one(".calm").text == "Nothing needs you right now."
    assert page.all(".need") == []


def test_it_shows_the_most_urgent_few_and_how_many_more_there_are(visit, alma, rows, acme):
    for days in range(30):
        rows.domain(acme, name=f"d{days:02}.example", next_due_date=TODAY + timedelta(days))

    page = visit(alma).get("/")

    assert titles(page) == [f"d{days:02}.example may be lost" for days in range(12)]
    assert page.one("#needs .count").text == "30"
    assert page.texts("section[aria-labelledby=needs] > p.quiet") == ["and 18 more, less urgent"]

    every = visit(alma).click(page, "section[aria-labelledby=needs] > p.quiet a")

    assert len(titles(every)) == 30


def test_the_ten_domains_most_at_risk_are_one_click_away(visit, alma, rows, acme):
    """They are on Home itself, and the list of all of them is one click away."""
    for days in range(12):
        rows.domain(acme, name=f"d{days:02}.example", next_due_date=TODAY + timedelta(days))
    browser = visit(alma)
    home = browser.get("/")

    at_risk = browser.click(home, "section[aria-labelledby=needs] .section-head a")

    assert titles(home)[:10] == [f"d{days:02}.example may be lost" for days in range(10)]
    assert at_risk.texts("tbody td.name a")[:10] == [f"d{days:02}.example" for days in range(10)]
    assert at_risk.all(".banner") == []


def test_it_leads_to_a_list_of_what_is_due(visit, alma, rows, acme):
    rows.invoice(acme, number="next", due_date=TODAY)
    browser = visit(alma)
    page = browser.get("/")

    rest = browser.click(page, "section[aria-labelledby=due] .section-head a")

    assert set(due(page)) <= set(rest.texts("tbody td.name"))
    assert rest.all(".banner") == []


def test_it_says_which_accounts_it_covers(visit, people, alma, rows, acme):
    rows.account("Other")
    hidden = rows.account("Canary")
    AccountPolicy.objects.create(account=hidden, private=True)
    emil = people.billing("Emil")

    assert visit(alma).get("/").one(".beneath").text == "Acme · invoices also of Other"
    assert visit(emil).get("/").one(".beneath").text == "Invoices of Acme, Canary, Other"


def test_a_list_says_which_accounts_it_covers(visit, alma, rows, acme):
    for name in ("Beta", "Gamma", "Omega"):
        rows.key(alma, rows.account(name), name)
    rows.account("Canary")
    browser = visit(alma)

    assert browser.get("/domains/").one(".beneath").text == "Acme, Beta, Gamma and 1 more account"
    assert browser.get(f"/domains/?account={acme.pk}").one(".beneath").text == "Acme"


def test_it_numbers_what_needs_attention_beside_each_noun(visit, alma, rows, acme):
    rows.invoice(acme, due_date=TODAY - timedelta(days=1))
    rows.invoice(acme, due_date=TODAY)
    rows.service(acme, status="Suspended")
    rows.domain(acme, next_due_date=TODAY)
    ApiKey.objects.update(refused_at=timezone.now())

    page = visit(alma).get("/")

    assert [text for text in page.texts(".rail .noun") if "need attention" in text] == [
        "Services 1 need attention",
        "Domains 1 need attention",
        "Invoices 1 need attention",
        "Keys 1 need attention",
    ]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ({"refused_at": timezone.now()}, "refuses"),
        ({"unreadable_at": timezone.now()}, "cannot be decrypted"),
        ({"disabled_at": timezone.now(), "disabled_because": "other_account"}, "was stopped"),
        ({"created_at": timezone.now() - timedelta(days=400)}, "is older than a year"),
    ],
)
def test_it_says_which_key_needs_attention_and_leads_to_it(visit, alma, broken, words):
    ApiKey.objects.update(**broken)
    key = ApiKey.objects.get()

    link = visit(alma).get("/").one(".need .what a")

    assert words in link.text
    assert link["href"] == f"/keys/{key.pk}/"


def test_it_tells_nobody_else_of_a_broken_key_but_the_admins(visit, people, alma):
    ApiKey.objects.update(refused_at=timezone.now())

    assert titles(visit(people.member("Ben")).get("/")) == []
    assert len(titles(visit(people.admin("Dana")).get("/"))) == 1


def test_it_says_once_what_no_longer_comes_through(visit, people, alma, rows, acme):
    Refresh.objects.create(
        account=acme, noun="invoices", broken_at=timezone.now(), trouble_words="502 <b>Bad</b> Gateway"
    )

    page = visit(alma).get("/")

    assert page.one(".banner[data-hue=soon] .words").text.startswith("Invoices of Acme: no update since")
    assert page.one(".banner[data-hue=soon] .said").text == "502 <b>Bad</b> Gateway"
    assert len(visit(people.admin("Dana")).get("/").all(".banner[data-hue=soon]")) == 1
    assert visit(people.member("Ben")).get("/").all(".banner[data-hue=soon]") == []


@pytest.mark.parametrize(
    ("trouble", "words", "why"),
    [
        ("unreachable", "Ultahost answered 502", "Ultahost gave no reason."),
        ("unreachable", "no answer arrived (ReadTimeout)", "No answer arrived."),
        ("odd", "KeyError", "Ultahost's answer cannot be read."),
        (
            "odd",
            "the page of another server was answered, and no JSON 401",
            "Something between the portal and Ultahost answered, such as a proxy or firewall.",
        ),
        ("died", "", "The workers that tried this stopped unexpectedly."),
    ],
)
def test_a_refresh_that_fails_quotes_nothing_that_ultahost_did_not_say(browser, acme, trouble, words, why):
    Refresh.objects.create(
        account=acme, noun="invoices", broken_at=timezone.now(), trouble=trouble, trouble_words=words
    )

    page = browser.get("/")

    assert page.one(".banner[data-hue=soon] .words").text.endswith(f"the portal keeps trying. {why}")
    assert page.all(".banner .said") == []


def test_it_tells_a_new_member_to_add_a_key(visit, people):
    assert visit(people.member("New")).get("/").one(".empty a")["href"] == "/keys/add/"


def test_it_shows_a_billing_user_invoices_and_nothing_else(visit, people, rows, acme):
    emil = visit(people.billing("Emil"))
    assert emil.get("/").all(".empty a") == []

    rows.invoice(acme, number="late", due_date=TODAY - timedelta(days=1))
    rows.service(acme, domain="canary.example", status="Suspended")
    page = emil.get("/")

    assert titles(page) == ["Invoice late cannot be paid here"]
    assert "canary" not in page.html
    assert page.texts(".rail .noun") == [
        "Home",
        "Invoices 1 need attention",
        "Spend",
        "Agenda",
        "Statements",
        "Payment methods",
        "History",
        "Accounts",
        "Labels",
    ]
    assert page.texts(".rail .title") == ["Money 1 need attention", "Team"]
    assert page.all("form[action=/services/]") == []


def test_it_shows_a_team_mate_no_services_domains_or_private_invoices(visit, people, alma, rows, acme):
    AccountPolicy.objects.create(account=acme, private=True)
    rows.invoice(acme, number="canary-1", due_date=TODAY - timedelta(days=1))
    rows.service(acme, domain="canary-2", status="Suspended")
    rows.domain(acme, name="canary-3", next_due_date=TODAY)

    page = visit(people.member("Ben")).get("/")

    assert "canary" not in page.html
    assert page.all(".attention") == []


def test_it_refuses_a_wrong_method(visit, alma):
    assert visit(alma).post("/").status == 405


def test_it_sends_a_stranger_to_sign_in(visit):
    assert visit().get("/").leads_to == "/sign-in/?next=/"


def test_it_has_a_page_for_what_does_not_exist(visit, alma):
    page = visit(alma).get("/nothing/")

    assert page.status == 404
    assert page.one("main a")["href"] == "/"


def test_it_answers_from_the_copy_while_ultahost_is_down(visit, people, sandbox, add_key, read_everything):
    account = sandbox.add_account("Acme", "EUR")
    account.add_invoices(1, invoicenum="late", total="5.00", duedate=str(TODAY - timedelta(days=1)))
    alma = people.member("Alma")
    add_key(alma, account)
    read_everything()
    sandbox.stop()

    assert titles(visit(alma).get("/")) == ["Invoice late is overdue"]


@pytest.mark.parametrize("role", ["member", "admin"])
def test_it_asks_as_many_queries_for_a_thousand_rows_as_for_ten(visit, people, rows, acme, role):
    reader = getattr(people, role)("Reader")
    rows.key(reader, acme)
    browser = visit(reader)

    def fill(start: int, end: int) -> None:
        of = [{"account": acme, "remote_id": number} for number in range(start, end)]
        soon = TODAY + timedelta(days=3)
        Service.objects.bulk_create(Service(status="Suspended", **row) for row in of)
        Domain.objects.bulk_create(Domain(status="Active", next_due_date=soon, **row) for row in of)
        for due in (TODAY, TODAY - timedelta(days=1)):
            rest = [row | {"remote_id": row["remote_id"] + 10_000 * due.day} for row in of]
            Invoice.objects.bulk_create(
                Invoice(status="Unpaid", currency="EUR", due_date=due, **row) for row in rest
            )

    def queries() -> int:
        with all_statements() as captured:
            browser.get("/")
        return len(captured)

    fill(0, 10)
    queries()  # notes that somebody watches the accounts
    few = queries()
    fill(10, 1000)
    assert queries() == few
    assert few <= 22
