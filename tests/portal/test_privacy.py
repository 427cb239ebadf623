"""Making an account private: for other members it is nowhere from the next click on."""

import pytest
from django.core import mail

from portal.mail import sending
from portal.models import AccountPolicy, Act, AuditEntry, Grant, Notification, ShareLink
from ultahost_api import keys

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def acme(rows, alma):
    acme = rows.account("Acme")
    rows.key(alma, acme)
    return acme


def page_of(account):
    return f"/accounts/{account.pk}/"


def switch(browser, account, to):
    return browser.post(f"{page_of(account)}private/{to}/")


def said(page):
    return page.texts(".toast[data-hue] .words")


def is_private(account):
    return AccountPolicy.objects.filter(account=account, private=True).exists()


def test_it_makes_private_after_a_confirmation_and_opens_again(browser, acme):
    form = browser.click(browser.get(page_of(acme)), f"a[href=/accounts/{acme.pk}/private/on/]")
    assert form.one("h1").text == "Make Acme private?"
    assert form.texts(".confirm .banner") == []
    assert not is_private(acme)

    page = browser.follow(switch(browser, acme, "on"))

    assert said(page) == ["Acme is private."]
    assert "Private" in page.texts(".beneath .status")
    assert page.one("#reach p.quiet").text == "This account is private: no other member can see its invoices."
    form = browser.click(page, f"a[href=/accounts/{acme.pk}/private/off/]")
    assert form.one("h1").text == "Open Acme to the team?"

    page = browser.follow(switch(browser, acme, "off"))

    assert said(page) == ["All members can now read the invoices of Acme."]
    assert page.texts(".beneath .status") == []
    assert not is_private(acme)


def test_it_is_noted_once_however_often_it_is_asked(browser, acme):
    for to in ("off", "on", "on", "off", "off"):
        switch(browser, acme, to)

    entries = AuditEntry.objects.filter(noun="account").order_by("seq")
    assert [(one.act, one.who, one.account) for one in entries] == [
        (Act.MADE_PRIVATE, "Alma", acme), (Act.MADE_PUBLIC, "Alma", acme),
    ]  # fmt: skip


def test_it_tells_the_owners_when_an_admin_does_it(visit, people, browser, acme, settings):
    settings.EMAIL_URL = "smtp://localhost"

    switch(browser, acme, "on")
    assert not Notification.objects.exists()
    switch(visit(people.admin("Dana")), acme, "off")
    sending.send(Notification.objects.get().pk)

    assert [one.to for one in mail.outbox] == [["alma@example.com"]]
    assert "Account opened to the team" in mail.outbox[0].body
    assert "By: Dana" in mail.outbox[0].body


def test_it_says_which_links_go_on_showing_it(browser, people, acme):
    dana = people.admin("Dana")
    named = [ShareLink.objects.make(dana, days=7, name="Adviser", accounts=[acme])[0] for _ in range(3)]
    ShareLink.objects.make(dana, days=7, name="Everything")
    named[0].revoke(dana)

    (warning,) = browser.get(f"{page_of(acme)}private/on/").texts(".confirm .banner")

    assert warning.startswith("2 share links to this account still show its invoices.")


def test_it_asks_who_it_is(visit, alma, acme):
    browser = visit(alma, proven=False)

    for page in (browser.get(f"{page_of(acme)}private/on/"), switch(browser, acme, "on")):
        assert page.leads_to.startswith("/sign-in/again/?next=")
    assert not is_private(acme)


@pytest.mark.parametrize("name", ["viewer", "operator", "member", "billing", "former"])
def test_it_is_for_owners_of_a_live_key_and_admins(visit, people, rows, alma, acme, name):
    person = people.billing("Bill") if name == "billing" else people.member("Mia")
    if name in {"viewer", "operator", "billing"}:
        level = "view" if name == "viewer" else "operate"
        Grant.objects.create(user=person, account=acme, level=level, given_by=alma)
    if name == "former":
        keys.disable(rows.key(person, acme))
    other = visit(person)

    assert other.get(f"{page_of(acme)}private/on/").status == 404
    assert switch(other, acme, "on").status == 404
    assert not is_private(acme)


def test_it_answers_no_wrong_method_nor_a_stranger_nor_what_is_not_there(visit, browser, acme):
    url = f"{page_of(acme)}private/on/"

    assert browser.client.put(url).status_code == 405
    assert visit().post(url).leads_to == f"/sign-in/?next={url}"
    assert browser.post(url.replace(str(acme.pk), NOBODY)).status == 404
    assert browser.get(f"{page_of(acme)}private/perhaps/").status == 404


# Where the invoices of an account show, and to whom

PLACES = {
    "list": "/invoices/",
    "search": "/invoices/?q=anary-invoic",
    "account": "/invoices/?account={account}",
    "file": "/invoices.csv",
    "page": "/invoices/{invoice}/",
    "print": "/invoices/{invoice}/print/",
    "feed": "/changes/",
    "file of the feed": "/changes.csv",
    "home": "/",
    "accounts": "/accounts/",
    "file of accounts": "/accounts.csv",
}
TRACES = ("canary-invoice", "77.77", "Acme")


@pytest.fixture
def invoice(acme, rows):
    invoice = rows.invoice(acme, number="canary-invoice", total="77.77", due_date="2020-01-01")
    rows.event(invoice)
    return invoice


@pytest.fixture
def shows(acme, invoice):
    """Where anything of it shows, and what the menu counts."""

    def look(browser):
        places = {"account": acme.pk, "invoice": invoice.pk}
        told = {name: browser.get(path.format(**places)).html for name, path in PLACES.items()}
        counts = set(browser.get("/invoices/").texts("nav.rail .attention"))
        return {name for name, html in told.items() if any(one in html for one in TRACES)}, counts

    return look


ALL = ({*PLACES}, {"1 need attention"})


def test_it_is_nowhere_for_other_members_from_the_next_click_on(visit, people, browser, acme, shows):
    mia = visit(people.member("Mia"))
    assert shows(mia) == ALL

    switch(browser, acme, "on")
    assert shows(mia) == (set(), set())
    assert mia.get("/freshness/invoices/").texts("[data-state=empty]") == [""]

    switch(browser, acme, "off")
    assert shows(mia) == ALL


def test_it_hides_nothing_from_those_who_have_to_do_with_it(visit, people, alma, browser, acme, shows):
    viewer = people.member("Vera")
    Grant.objects.create(user=viewer, account=acme, level="view", given_by=alma)

    switch(browser, acme, "on")

    for person in (alma, viewer, people.billing("Bill"), people.admin("Dana")):
        seen, _counts = shows(visit(person))
        assert seen == {*PLACES}


def test_it_leaves_links_to_every_account_at_once(visit, people, browser, acme, invoice):
    dana = people.admin("Dana")
    named, of_all = (
        ShareLink.objects.make(dana, days=7, name="Adviser", accounts=accounts) for accounts in ([acme], [])
    )
    browsers = []
    for link, secret in (named, of_all):
        holder = visit()
        holder.get(f"/s/{link.pk}.{secret}")
        browsers.append((holder, f"/s/{link.pk}/"))

    switch(browser, acme, "on")

    assert ["canary-invoice" in holder.get(path).html for holder, path in browsers] == [True, False]
