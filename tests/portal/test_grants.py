"""Grants: who gives them, what they open and what they never open, and that they end at once."""

from threading import Thread

import pytest
from django.core import mail
from django.db import connection
from django.utils import timezone

from portal.mail import sending
from portal.models import AccountPolicy, Act, AuditEntry, Grant, Notification
from ultahost_api import keys
from ultahost_api.models import ApiKey

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def ben(people):
    return people.member("Ben")


@pytest.fixture
def acme(rows, alma):
    acme = rows.account("Acme")
    rows.key(alma, acme, "Shop")
    return acme


@pytest.fixture
def granted(alma, ben, acme):
    return Grant.objects.create(user=ben, account=acme, level="view", given_by=alma)


def page_of(account):
    return f"/accounts/{account.pk}/"


def give(browser, account, person, level="view"):
    return browser.post(f"{page_of(account)}grants/add/", {"person": person.pk, "level": level})


def change(browser, grant, level):
    return browser.post(f"{page_of(grant.account)}grants/{grant.pk}/", {"level": level})


def take(browser, grant):
    return browser.post(f"{page_of(grant.account)}grants/{grant.pk}/take/")


def said(page):
    return page.texts(".toast[data-hue] .words")


def refused(page):
    assert page.status == 422
    (words,) = page.texts(".errorlist li")
    return words


def reach(page):
    """Who reaches the account: name, what they may, how."""
    cells = (page.texts(f"#reach td.{cell}") for cell in ("name", "state", "account-cell"))
    return [*zip(*cells, strict=True)]


def last():
    entry = AuditEntry.objects.first()
    return entry.act, entry.who, entry.target, entry.account, entry.details


# Giving


@pytest.mark.parametrize(("level", "word"), [("view", "View"), ("operate", "Operate")])
def test_it_gives_a_grant(browser, alma, ben, acme, level, word):
    form = browser.click(browser.get(page_of(acme)), f"a[href=/accounts/{acme.pk}/grants/add/]")
    assert form.texts("select[name=person] option") == ["Choose a person", "Ben, ben@example.com"]

    page = browser.follow(give(browser, acme, ben, level))

    grant = Grant.objects.get()
    assert (grant.user, grant.account, grant.level, grant.given_by) == (ben, acme, level, alma)
    assert said(page) == [f"Ben now has access to Acme: {word}."]
    assert ("Ben", word, "Access given by Alma") in reach(page)
    assert last() == (Act.GRANT_GIVEN, "Alma", "Ben", acme, {"level": level})


def test_it_asks_who_gives_it_and_keeps_what_was_typed(visit, alma, ben, acme):
    browser = visit(alma, proven=False)
    path = f"{page_of(acme)}grants/add/"

    asked = give(browser, acme, ben, "operate")
    assert asked.leads_to == f"/sign-in/again/?next={path.replace('/', '%2F')}"
    assert not Grant.objects.exists()

    browser.post("/sign-in/again/", {"password": "correct horse battery"})
    form = browser.get(path)
    assert form.one("option[selected]").text == "Ben, ben@example.com"
    assert form.one("input[type=radio][checked]")["value"] == "operate"


def told():
    """What a worker mails now: to whom, and the words."""
    mail.outbox.clear()
    for notification in Notification.objects.waiting():
        sending.send(notification.pk)
    return [(one.to[0], one.body) for one in mail.outbox]


def test_it_tells_the_person_and_the_owners_by_mail(visit, people, browser, ben, acme, settings):
    settings.EMAIL_URL = "smtp://localhost"
    mia = people.member("Mia")

    give(browser, acme, ben)
    ((to, words),) = told()
    assert to == ben.email
    assert "You now have access to the account Acme: View." in words
    assert "By: Alma (alma@" in words

    give(visit(people.admin("Dana")), acme, mia, "operate")
    (to_alma, words_to_alma), (to_mia, words_to_mia) = sorted(told())
    assert (to_alma, to_mia) == ("alma@example.com", mia.email)
    assert "Access given: Mia, Operate" in words_to_alma
    assert "You now have access to the account Acme: Operate." in words_to_mia

    take(visit(people.admin("Dora")), Grant.objects.get(user=mia))
    ((to, words),) = told()
    assert to == "alma@example.com"
    assert "Access removed: Mia, Operate" in words


def test_it_tells_nobody_of_a_grant_that_is_gone_before_the_mail_goes(browser, ben, acme, settings):
    settings.EMAIL_URL = "smtp://localhost"
    give(browser, acme, ben)
    take(browser, Grant.objects.get(user=ben))
    assert told() == []


def test_it_lets_nobody_raise_their_own(visit, granted, acme, ben, rows):
    """With a grant and a key to the account, which Ultahost refuses."""
    key = rows.key(ben, acme, "Refused")
    type(key).objects.filter(pk=key.pk).update(refused_at=timezone.now())

    page = change(visit(ben), granted, "operate")

    assert "This is your own access. Ask another person to change it." in page.texts(".errorlist li")
    assert Grant.objects.get().level == "view"


def test_it_lets_nobody_give_more_than_they_have(browser, ben, acme):
    """A key that Ultahost refuses lets its owner look at the last copy, and no more."""
    ApiKey.objects.update(refused_at=timezone.now())

    words = "Ultahost refuses your key. Replace it before you give more than View."
    assert refused(give(browser, acme, ben, "operate")) == words
    assert give(browser, acme, ben, "view").status == 303
    assert refused(change(browser, Grant.objects.get(), "operate")) == words


def test_it_tells_nobody_of_an_account_whose_role_is_billing_now(visit, people, alma, ben, acme, settings):
    settings.EMAIL_URL = "smtp://localhost"
    type(alma).objects.filter(pk=alma.pk).update(role="billing")
    give(visit(people.admin("Dana")), acme, ben)
    assert [to for to, _ in told()] == [ben.email]


def test_it_gives_none_to_oneself(visit, people, browser, alma, acme):
    assert refused(give(browser, acme, alma)) == "You cannot give access to yourself. Ask another person."
    dana = people.admin("Dana")
    assert "You cannot give access to yourself" in refused(give(visit(dana), acme, dana))
    assert not Grant.objects.exists()


def test_it_says_who_gets_nothing_by_a_grant(browser, people, rows, acme):
    carla = people.member("Carla")
    rows.key(carla, acme)
    gone, dana, bill = people.member("Gone", is_active=False), people.admin("Dana"), people.billing("Bill")

    assert refused(give(browser, acme, gone)) == "Gone is deactivated and cannot sign in."
    assert refused(give(browser, acme, dana)) == "Dana is an admin and has access to all accounts."
    assert refused(give(browser, acme, carla)) == "Carla has a key to this account."
    assert refused(give(browser, acme, bill)) == (
        "Bill can already read all invoices through the role Billing. Choose Operate to let them pay."
    )
    assert not Grant.objects.exists()
    assert browser.get(f"{page_of(acme)}grants/add/").texts("select[name=person] option") == [
        "Choose a person", "Bill, bill@example.com",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "typed", [{}, {"person": NOBODY, "level": "view"}, {"person": "x", "level": "view"}, {"level": "own"}]
)
def test_it_gives_none_from_a_bad_form(browser, ben, acme, typed):
    page = browser.post(f"{page_of(acme)}grants/add/", {"person": ben.pk} | typed)

    assert page.status == 422
    assert page.all(".errorlist li")
    assert not Grant.objects.exists()


def test_it_lets_billing_pay_and_nothing_else(visit, browser, people, rows, acme):
    bill, invoice, service = people.billing("Bill"), rows.invoice(acme, total="5"), rows.service(acme)
    theirs = visit(bill)
    assert theirs.get(f"/invoices/{invoice.pk}/pay/").status == 404

    page = browser.follow(give(browser, acme, bill, "operate"))

    assert said(page) == ["Bill now has access to Acme: Pay."]
    assert theirs.get(f"/invoices/{invoice.pk}/pay/").status == 200
    assert theirs.get(f"/payment-methods/?account={acme.pk}").status == 200
    for path in (page_of(acme), f"/services/{service.pk}/", f"/services/{service.pk}/cancel/"):
        assert theirs.get(path).status == 404
    change(browser, Grant.objects.get(), "view")
    assert Grant.objects.get().level == "operate"


def test_it_says_of_a_second_grant_what_the_first_is_and_leaves_it(
    visit, people, browser, ben, acme, granted
):
    words = "Ben already has access to this account: View, given by Alma. Change that instead."

    for who in (browser, visit(people.admin("Dana"))):
        assert refused(give(who, acme, ben, "operate")) == words

    granted.refresh_from_db()
    assert (granted.level, Grant.objects.count()) == ("view", 1)
    assert not AuditEntry.objects.filter(act=Act.GRANT_GIVEN).exists()


@pytest.mark.django_db(transaction=True)
def test_it_keeps_one_of_two_that_are_given_at_once(visit, people, browser, ben, acme):
    dana = visit(people.admin("Dana"))
    pages = {}

    def post(name, who, level):
        pages[name] = give(who, acme, ben, level).status
        connection.close()

    racers = [Thread(target=post, args=args) for args in (("a", browser, "view"), ("d", dana, "operate"))]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join(30)

    assert sorted(pages.values()) == [303, 422]
    winner = "Alma" if pages["a"] == 303 else "Dana"
    entry = AuditEntry.objects.get(act=Act.GRANT_GIVEN)
    assert (entry.who, entry.details["level"]) == (winner, Grant.objects.get().level)


# Changing and taking away


def test_it_changes_one_which_is_then_of_whoever_changed_it(visit, people, granted, acme):
    dana = people.admin("Dana")
    browser = visit(dana)
    form = browser.get(f"{page_of(acme)}grants/{granted.pk}/")
    assert form.one("input[type=radio][checked]")["value"] == "view"

    page = browser.follow(change(browser, granted, "operate"))

    assert said(page) == ["The access of Ben to Acme: Operate."]
    assert ("Ben", "Operate", "Access given by Dana") in reach(page)
    assert last() == (Act.GRANT_CHANGED, "Dana", "Ben", acme, {"before": "view", "level": "operate"})
    before = Grant.objects.get().given_at
    change(browser, granted, "operate")
    assert Grant.objects.get().given_at == before
    assert AuditEntry.objects.filter(act=Act.GRANT_CHANGED).count() == 1


def test_it_changes_nothing_that_somebody_else_changed_meanwhile(browser, granted, monkeypatch):
    def change_first(*args):
        Grant.objects.update(level="operate")

    monkeypatch.setattr("portal.forms.grants.ChangeForm.check", change_first)

    page = change(browser, granted, "operate")

    assert refused(page) == "This access was changed or removed since you opened this page. Check it again."
    assert Grant.objects.get().given_at == granted.given_at
    assert not AuditEntry.objects.filter(act=Act.GRANT_CHANGED).exists()


def test_it_takes_one_away_after_a_confirmation(browser, granted, acme):
    form = browser.click(browser.get(page_of(acme)), f"a[href=/accounts/{acme.pk}/grants/{granted.pk}/take/]")
    assert form.one("h1").text == "Remove the access of Ben?"
    assert Grant.objects.exists()

    page = browser.follow(take(browser, granted))

    assert said(page) == ["The access of Ben to Acme was removed."]
    assert not Grant.objects.exists()
    assert last() == (Act.GRANT_TAKEN, "Alma", "Ben", acme, {"level": "view"})


def test_it_says_so_when_somebody_was_quicker(browser, granted):
    take(browser, granted)

    for act in (take, lambda *args: change(*args, "operate")):
        page = browser.follow(act(browser, granted))
        assert said(page)[-1] == "This access has already been removed."
    assert AuditEntry.objects.filter(noun="account").count() == 1


# Who reaches the account


def test_it_shows_who_reaches_the_account_and_how(visit, people, rows, browser, ben, acme, granted):
    carla, bill = people.member("Carla"), people.billing("Bill")
    people.admin("Dana")
    rows.key(carla, acme, "Old", disabled_at=granted.given_at)
    Grant.objects.create(user=bill, account=acme, level="operate", given_by=carla)
    gone = people.member("Gone", is_active=False)
    Grant.objects.create(user=gone, account=acme, level="operate", given_by=granted.given_by)
    page = browser.get(page_of(acme))

    last_four = {key.label: key.last_four for key in acme.keys.all()}
    assert reach(page) == [
        ("Alma", "Everything", f"Key “Shop” …{last_four['Shop']}"),
        ("Carla", "Disabled", f"Key “Old” …{last_four['Old']}"),
        ("Ben", "View", "Access given by Alma"),
        ("Bill", "Pay", "Access given by Carla who can no longer give access"),
        ("Gone Deactivated", "Nothing", "Access given by Alma"),
        ("Bill", "Read invoices", "Role Billing"),
        ("Dana", "Operate", "Role Admin"),
    ]
    assert "All other members can see its invoices" in page.one("#reach p.quiet").text


def test_it_shows_that_to_nobody_who_may_not_give_grants(visit, ben, acme, granted):
    page = visit(ben).get(page_of(acme))

    assert page.status == 200
    assert page.all("#reach") == []
    assert page.all(f"a[href=/accounts/{acme.pk}/grants/add/]") == []
    assert "Alma" not in page.html


def test_it_keeps_a_grant_whose_giver_lost_the_right(visit, people, alma, ben, acme, granted, rows):
    keys.disable(alma.api_keys.get())

    assert visit(ben).get(page_of(acme)).status == 200
    dana = visit(people.admin("Dana"))
    assert ("Ben", "View", "Access given by Alma who can no longer give access") in reach(
        dana.get(page_of(acme))
    )
    for page in (give(visit(alma), acme, ben), take(visit(alma), granted)):
        assert page.status == 404


# Rights


@pytest.mark.parametrize("name", ["viewer", "operator", "member", "billing", "refused"])
def test_it_is_not_there_for_whoever_may_not_give_grants(visit, people, rows, alma, ben, acme, granted, name):
    person = people.billing("Bill") if name == "billing" else people.member("Mia")
    if name in {"viewer", "operator", "billing"}:
        level = "view" if name == "viewer" else "operate"
        Grant.objects.create(user=person, account=acme, level=level, given_by=alma)
    if name == "refused":  # verified elsewhere alone
        rows.key(person, rows.account("Elsewhere"))
    other = visit(person)

    for path in ("add/", f"{granted.pk}/", f"{granted.pk}/take/"):
        assert other.get(f"{page_of(acme)}grants/{path}").status == 404
        assert (
            other.post(f"{page_of(acme)}grants/{path}", {"person": person.pk, "level": "operate"}).status
            == 404
        )
    assert Grant.objects.get(user=ben).level == "view"


@pytest.mark.parametrize("role", ["member", "admin"])
def test_it_does_not_reach_grants_on_another_account(visit, people, rows, granted, acme, role):
    """Nor tell of them: under an account of one's own they are not there."""
    mia, other = getattr(people, role)("Mia"), rows.account("Other")
    rows.key(mia, other)
    browser = visit(mia)

    for path in (f"{page_of(other)}grants/{granted.pk}/", f"{page_of(other)}grants/{granted.pk}/take/"):
        assert browser.post(path, {"level": "operate"}).leads_to == page_of(other)
        assert "Ben" not in browser.get(page_of(other)).one("#reach").text
    assert Grant.objects.get().level == "view"


def test_it_answers_no_wrong_method_nor_a_stranger_nor_what_is_not_there(visit, browser, acme, granted):
    for path in ("add/", f"{granted.pk}/", f"{granted.pk}/take/"):
        url = f"{page_of(acme)}grants/{path}"
        assert browser.client.put(url).status_code == 405
        assert visit().get(url).leads_to == f"/sign-in/?next={url}"
        assert visit().post(url).leads_to == f"/sign-in/?next={url}"
        assert browser.get(url.replace(str(acme.pk), NOBODY)).status == 404
    assert browser.follow(browser.get(f"{page_of(acme)}grants/{NOBODY}/")).status == 200


def test_it_works_while_ultahost_is_down(sandbox, browser, ben, acme):
    sandbox.stop()

    assert give(browser, acme, ben).status == 303
    assert take(browser, Grant.objects.get()).status == 303


# What it opens, before, during and after: of an account that is private


@pytest.fixture
def full(rows, acme, sandbox):
    """One of everything, each with a name that nothing else has."""
    AccountPolicy.objects.create(account=acme, private=True)
    full = {
        "services": rows.service(acme, domain="canary-service.example", status="Suspended"),
        "domains": rows.domain(acme, name="canary-domain.example"),
        "orders": rows.order(acme, number="canary-order"),
        "quotes": rows.quote(acme, subject="canary-quote"),
        "emails": rows.email(acme, subject="canary-email"),
        "invoices": rows.invoice(
            acme, number="canary-invoice", total="77.77", due_date="2020-01-01", status="Unpaid"
        ),
    }
    for noun in ("services", "domains", "orders", "quotes", "invoices"):
        rows.event(full[noun])
    return full


NOUNS = ("services", "domains", "orders", "quotes", "emails", "invoices")


def sees(browser, acme):
    """The canaries that turn up anywhere, and how."""
    found = set()
    for noun in NOUNS:
        canary = f"canary-{noun.removesuffix('s')}"
        for how, path in {
            "listed": f"/{noun}/",
            "searched": f"/{noun}/?q={canary[2:-1]}",
            "filtered": f"/{noun}/?account={acme.pk}",
            "exported": f"/{noun}.csv",
            "found": f"/search/?q={canary[2:-1]}",
        }.items():
            if canary in browser.get(path).html:
                found.add((noun, how))
        if canary in browser.get("/changes/").html and canary in browser.get("/changes.csv").html:
            found.add((noun, "changed"))
    home = browser.get("/").html
    found |= {("invoices", "totalled")} if "77.77" in home else set()
    found |= {("account", "listed")} if "Acme" in browser.get("/accounts/").html else set()
    found |= {("account", "exported")} if "Acme" in browser.get("/accounts.csv").html else set()
    found |= {("attention", one.text) for one in browser.get("/keys/").all("nav.rail a .attention")}
    return found


EVERYWHERE = {
    *((noun, how) for noun in NOUNS for how in ("listed", "searched", "filtered", "exported", "found")),
    *((noun, "changed") for noun in NOUNS if noun != "emails"),
    ("invoices", "totalled"), ("account", "listed"), ("account", "exported"),
    ("attention", "1 need attention"),
}  # fmt: skip

# With a grant to view, and to operate.
PAGES = [
    "/accounts/{account}/", "/services/{services}/", "/domains/{domains}/", "/invoices/{invoices}/",
    "/invoices/{invoices}/print/", "/orders/{account}/1/", "/quotes/{account}/1/",
    "/contacts/?account={account}",
]  # fmt: skip
# With one to operate alone: bodies of mails, and every write.
CLOSED = [
    "/emails/{account}/1/", "/emails/{account}/1/text/", "/payment-methods/?account={account}",
    "/services/{services}/cancel/", "/services/{services}/password/", "/services/{services}/upgrade/",
    "/domains/{domains}/nameservers/", "/domains/{domains}/lock/locked/", "/domains/{domains}/epp-code/",
    "/domains/{domains}/auto-renew/on/", "/invoices/{invoices}/pay/", "/contacts/{account}/add/",
    "/payment-methods/{account}/add/bank/", "/quotes/{account}/1/accept/",
]  # fmt: skip
# With a key of one's own alone, or as an admin.
NEVER = [
    "/accounts/{account}/edit/", "/accounts/{account}/password/", "/accounts/{account}/two-factor/",
    "/accounts/{account}/grants/add/", "/accounts/{account}/private/on/", "/keys/{key}/", "/audit/",
    "/people/", "/share-links/", "/payment-methods/{account}/add/card/",
]  # fmt: skip


def opened(browser, acme, full, paths):
    places = {noun: row.pk for noun, row in full.items()}
    places |= {"account": acme.pk, "key": acme.keys.get().pk}
    return [path for path in paths if browser.get(path.format(**places)).status != 404]


@pytest.mark.parametrize("level", ["view", "operate"])
def test_it_opens_the_account_while_it_is_held_and_not_a_click_longer(visit, browser, ben, acme, full, level):
    theirs = visit(ben)

    def look():
        return sees(theirs, acme), opened(theirs, acme, full, [*PAGES, *CLOSED, *NEVER])

    assert look() == (set(), [])
    give(browser, acme, ben, level)
    assert look() == (EVERYWHERE, PAGES if level == "view" else [*PAGES, *CLOSED])
    take(browser, Grant.objects.get())
    assert look() == (set(), [])


def test_it_opens_no_other_account(visit, browser, ben, acme, full, rows, people):
    other = rows.account("Other")
    AccountPolicy.objects.create(account=other, private=True)
    rows.service(other, domain="canary-of-another.example")
    give(browser, acme, ben, "operate")
    theirs = visit(ben)

    assert "canary-of-another" not in theirs.get("/services/").html
    assert theirs.get(page_of(other)).status == 404


def test_it_is_dead_at_once_with_whoever_is_deactivated(visit, people, ben, acme, granted, full):
    theirs = visit(ben)
    dana = visit(people.admin("Dana"))
    assert theirs.get(page_of(acme)).status == 200

    dana.post(f"/people/{ben.pk}/deactivate/")

    assert theirs.get(page_of(acme)).status == 302
    assert ("Ben Deactivated", "Nothing", "Access given by Alma") in reach(dana.get(page_of(acme)))
    assert "deactivated" in refused(change(dana, granted, "operate"))


def test_it_follows_the_role_of_whoever_holds_it(visit, people, ben, acme, granted, full):
    theirs, dana = visit(ben), visit(people.admin("Dana"))

    dana.post(f"/people/{ben.pk}/role/", {"role": "billing"})

    assert theirs.get(page_of(acme)).status == 404
    assert ("Ben", "Nothing more", "Access given by Alma") in reach(dana.get(page_of(acme)))


def test_it_asks_the_database_the_same_for_many(browser, people, alma, acme, django_assert_max_num_queries):
    def queries():
        with django_assert_max_num_queries(40) as captured:
            browser.get(page_of(acme))
        return len(captured)

    counts = []
    for number in range(12):
        person = people.member(f"Person{number}")
        Grant.objects.create(user=person, account=acme, given_by=person)
        counts.append(queries())
    assert len({*counts}) == 1
