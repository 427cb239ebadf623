"""Share links as admins make, watch and revoke them."""

from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.models import AccountPolicy, Act, AuditEntry, ShareLink
from tests.portal.stored import places_of

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def browser(visit, dana):
    return visit(dana)


def add(browser, **fields):
    scope = "chosen" if "accounts" in fields else "all"
    return browser.post("/share-links/add/", {"name": "Adviser", "days": "7", "scope": scope} | fields)


def secret_on(page):
    return page.one(".made-link input")["value"].rpartition(".")[2]


def said(page):
    return page.texts(".toast[data-hue] .words")


def test_it_makes_a_link_and_shows_its_address_once(browser, dana, acme):
    page = add(browser, accounts=[acme.pk], statuses=["Paid"], since="2026-01-01", until="2026-12-31")

    link = ShareLink.objects.get()
    address = page.one(".made-link input")["value"]
    secret = secret_on(page)
    assert address == f"http://localhost:8000/s/{link.pk}.{secret}"
    assert len(secret) >= 43  # 256 bits in base64
    assert (link.name, link.made_by, link.statuses) == ("Adviser", dana, ["Paid"])
    assert (link.since, link.until) == (date(2026, 1, 1), date(2026, 12, 31))
    assert ([*link.accounts.all()], link.every_account) == ([acme], False)
    for path in ("/share-links/", f"/share-links/{link.pk}/", f"/share-links/{link.pk}/revoke/", "/audit/"):
        assert secret not in browser.get(path).html


def test_it_makes_another_secret_each_time(browser):
    assert len({secret_on(add(browser)) for _ in range(5)}) == 5


def test_it_stores_the_secret_nowhere(browser):
    secret = secret_on(add(browser))

    assert ShareLink.objects.exists()
    assert places_of(secret) == set()


def test_it_ends_after_seven_days_unless_told_otherwise(browser):
    assert browser.get("/share-links/add/").one("input[name=days]")["value"] == "7"
    add(browser, days="90")

    left = ShareLink.objects.get().expires_at - timezone.now()
    assert timedelta(days=89, hours=23) < left <= timedelta(days=90)


@pytest.mark.parametrize(
    "bad",
    [
        {"days": "0"},
        {"days": "91"},
        {"days": ""},
        {"name": ""},
        {"accounts": NOBODY},
        {"statuses": "Made up"},
        {"since": "2026-02-01", "until": "2026-01-31"},
        {"since": "yesterday"},
        {"since": "0002-11-21"},
    ],
)
def test_it_makes_none_from_a_bad_form(browser, bad):
    page = add(browser, **bad)

    assert page.status == 422
    assert page.all(".errorlist li")
    assert not ShareLink.objects.exists()


@pytest.mark.parametrize("days", [0, 91])
def test_it_makes_none_that_lives_too_long_by_any_way(dana, days):
    with pytest.raises(ValueError, match="1 to 90 days"):
        ShareLink.objects.make(dana, days=days, name="Adviser")


def test_it_says_which_accounts_are_private(browser, rows, acme):
    AccountPolicy.objects.create(account=rows.account("Secret Ltd"), private=True)

    labels = browser.get("/share-links/add/").texts("#id_accounts label")

    assert labels == ["Acme", "Secret Ltd (private)"]


def test_it_offers_the_statuses_that_occur(browser, rows, acme):
    rows.invoice(acme, status="Brand new")

    labels = browser.get("/share-links/add/").texts("#id_statuses label")

    assert labels[:3] == ["Unpaid, including overdue", "Payment pending", "Paid"]
    assert labels[-1] == "Brand new"


def from_list(browser, query):
    """The page as it comes from a list of invoices with this query string."""
    page = browser.get("/share-links/add/", Referer=f"http://testserver/invoices/?{query}")
    return browser.follow(page) if query else page


WIDER = "A link cannot keep every filter of the list. Check what it shows."
EVERY_OPEN = {"Unpaid", "Payment Pending", "Collections"}


@pytest.mark.parametrize(
    ("query", "ticked", "days", "is_wider"),
    [
        ("", set(), ("", ""), False),
        ("status=Paid&since=2025-01-01&until=2025-12-31", {"Paid"}, ("2025-01-01", "2025-12-31"), False),
        ("status=Overdue", {"Unpaid"}, ("", ""), True),
        ("status=Credit", EVERY_OPEN, ("", ""), True),
        ("status=Open", EVERY_OPEN, ("", ""), True),
        ("period=last-quarter&sort=total&page=2", set(), ("2026-07-01", "2026-09-30"), False),
        ("period=last-quarter&since=2026-09-02", set(), ("2026-09-02", "2026-09-30"), False),
        ("since=nonsense&status=%3Cb%3E", set(), ("", ""), True),
        ("account=nonsense", set(), ("", ""), True),
        ("q=vps", set(), ("", ""), True),
    ],
)
@time_machine.travel("2026-11-30 12:00", tick=False)
def test_it_begins_with_what_the_list_showed(visit, dana, query, ticked, days, is_wider):
    page = from_list(visit(dana), query)

    assert page.status == 200
    assert {box["value"] for box in page.all("[name=statuses][checked]")} == ticked
    shown = [page.one(f"[name={name}]").attributes.get("value", "") for name in ("since", "until")]
    assert tuple(shown) == days
    assert (WIDER in page.texts("main p.quiet")) == is_wider


def test_what_it_begins_with_stays_where_the_password_is_asked_first(visit, dana):
    asked = visit(dana, proven=False).get(
        "/share-links/add/", Referer="http://testserver/invoices/?status=Paid"
    )

    assert asked.leads_to.endswith("?next=%2Fshare-links%2Fadd%2F%3Fstatus%3DPaid")


def test_it_still_says_so_beside_an_error(visit, dana):
    page = visit(dana).post("/share-links/add/?status=Overdue", {"name": ""})

    assert page.status == 422
    assert WIDER in page.texts("main p.quiet")


def test_it_begins_with_the_account_of_the_list(browser, acme, rows):
    rows.account("Other")
    page = from_list(browser, f"account={acme.pk}&q=vps")

    assert [box["value"] for box in page.all("[name=accounts][checked]")] == [str(acme.pk)]
    assert page.one("[name=scope][checked]")["value"] == "chosen"
    assert WIDER in page.texts("main p.quiet")


@pytest.mark.parametrize(
    "page", ["http://evil.example/invoices/?status=Paid", "http://testserver/?status=Paid", "http://[evil/"]
)
def test_it_begins_empty_from_any_other_page(browser, acme, page):
    assert browser.get("/share-links/add/", Referer=page).all("[checked]") == []


def test_it_notes_in_the_audit_log_who_made_and_revoked_it(browser):
    add(browser)
    link = ShareLink.objects.get()
    browser.post(f"/share-links/{link.pk}/revoke/")
    browser.post(f"/share-links/{link.pk}/revoke/")

    revoked, made = AuditEntry.objects.filter(noun="share_link")
    assert (made.act, made.target, made.target_id, made.actor_name) == (
        Act.LINK_MADE, "Adviser", str(link.pk), "Dana",
    )  # fmt: skip
    assert revoked.act == Act.LINK_REVOKED
    assert browser.get("/audit/?status=share_link").all("#audit td.name a")[0]["href"] == (
        f"/share-links/{link.pk}/"
    )


def test_it_lists_links_with_what_became_of_them(browser, dana):
    live, revoked, lapsed = (ShareLink.objects.make(dana, days=7, name=name)[0] for name in "ABC")
    revoked.revoke(dana)
    ShareLink.objects.filter(pk=lapsed.pk).update(expires_at=timezone.now())
    live.note_view()

    page = browser.get("/share-links/")

    assert page.texts("tbody td.name") == ["C", "B", "A"]
    assert page.texts("tbody td.state") == ["Expired", "Revoked", "Active"]
    assert page.texts("tbody td.number") == ["0", "0", "1"]


def test_it_says_what_to_do_while_there_is_none(browser):
    assert browser.get("/share-links/").one(".empty a")["href"] == "/share-links/add/"


def test_it_asks_the_database_the_same_for_many(browser, dana):
    counts = []
    for number in (2, 20):
        for _ in range(number):
            ShareLink.objects.make(dana, days=7, name="Adviser")[0].revoke(dana)
        with CaptureQueriesContext(connection) as queries:
            browser.get("/share-links/")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_it_shows_what_is_in_a_link(browser, rows, acme, dana):
    rows.invoice(acme, status="Paid")
    rows.invoice(acme, status="Unpaid")
    link, _ = ShareLink.objects.make(dana, days=7, name="Adviser", accounts=[acme], statuses=["Paid"])

    facts = browser.get(f"/share-links/{link.pk}/").texts("dl.facts dd")

    assert facts[:4] == ["Acme", "Paid", "any day", "1"]

    dana.language = "de"
    dana.save()
    assert browser.get(f"/share-links/{link.pk}/").texts("dl.facts dd")[1] == "Bezahlt"


def test_it_revokes_after_a_confirmation(browser, dana):
    link, _ = ShareLink.objects.make(dana, days=7, name="Adviser")
    page = browser.click(browser.get(f"/share-links/{link.pk}/"), ".acts a")
    assert page.one("h1").text == "Revoke the link for “Adviser”?"
    assert link.state == "live"

    page = browser.follow(browser.post(f"/share-links/{link.pk}/revoke/"))

    assert said(page) == ["Link revoked: “Adviser”."]
    assert page.one(".status").text == "Revoked"
    assert page.all(".acts") == []


PATHS = ["/share-links/", "/share-links/add/", "/share-links/{}/", "/share-links/{}/revoke/"]


@pytest.mark.parametrize("role", ["member", "billing"])
def test_it_is_there_for_admins_alone(visit, people, dana, role):
    link, _ = ShareLink.objects.make(dana, days=7, name="Adviser")
    other = visit(getattr(people, role)("Other"))

    for path in PATHS:
        assert other.get(path.format(link.pk)).status == 404
        assert other.post(path.format(link.pk), {"name": "Mine", "days": "7"}).status == 404
    assert ShareLink.objects.get().state == "live"
    assert "/share-links/" not in other.get("/invoices/").html
    assert visit().get("/share-links/").leads_to == "/sign-in/?next=/share-links/"


def test_it_has_no_page_for_a_link_that_does_not_exist(browser):
    assert browser.get(f"/share-links/{NOBODY}/").status == 404
    assert browser.post(f"/share-links/{NOBODY}/revoke/").status == 404


def test_it_refuses_a_wrong_method(browser, dana):
    link, _ = ShareLink.objects.make(dana, days=7, name="Adviser")

    assert browser.post("/share-links/").status == 405
    assert browser.post(reverse("share_link", args=[link.pk])).status == 405


def test_it_answers_while_ultahost_is_down(browser, sandbox, dana):
    link, _ = ShareLink.objects.make(dana, days=7, name="Adviser")
    sandbox.stop()

    for path in PATHS:
        assert browser.get(path.format(link.pk)).status == 200


@pytest.mark.parametrize("chosen", [{}, {"scope": "chosen"}, {"scope": "everything"}])
def test_it_refuses_a_link_of_which_nobody_said_what_it_shows(browser, acme, chosen):
    page = browser.post("/share-links/add/", {"name": "Adviser", "days": "7"} | chosen)
    assert page.status == 422
    assert page.all(".errorlist")
    assert not ShareLink.objects.exists()


def test_it_refuses_all_accounts_beside_some(browser, acme):
    page = add(browser, scope="all", accounts=[acme.pk])
    assert page.status == 422
    assert not ShareLink.objects.exists()
