"""Acts on many selected domains: one confirmation, one batch."""

import pytest
from django.utils import timezone

from portal.mail import outbox
from portal.models import AuditEntry, Grant, NameserverSet, Notification
from tests.portal.selected import form_of, work
from ultahost_api import operations
from ultahost_api.models import ApiKey, Domain, Operation
from ultahost_api.sandbox import Fault

pytestmark = pytest.mark.django_db

State = Operation.State
ACTS = ("nameservers", "auto-renew-on", "auto-renew-off", "lock", "unlock", "renew")
PASSWORD = "correct horse battery"
SERVERS = "ns1.example.net\nns2.example.net"


@pytest.fixture
def accounts(sandbox):
    found = [sandbox.add_account(name, currency) for name, currency in [("Acme", "EUR"), ("Umbrella", "USD")]]
    for account in found:
        account.add_domains(3, status="Active", recurringamount="12.00", autorenew=True)
    return found


@pytest.fixture
def alma(people, add_key, accounts, read_everything):
    alma = people.member("Alma")
    for place, account in enumerate(accounts):
        add_key(alma, account, f"Key {place}")
    read_everything()
    return alma


def every():
    return Domain.objects.order_by("account__name", "name")


def select(browser, act, *domains, **others):
    """The page that asks, after the rows were selected in the list."""
    sent = {"row": [str(domain.pk) for domain in domains], "next": "/domains/?sort=name", **others}
    return browser.post(f"/domains/selected/{act}/", sent)


def confirm(browser, act, *domains, **entered):
    return browser.post(f"/domains/selected/{act}/", form_of(select(browser, act, *domains), **entered))


def done(sandbox, action):
    return [done.target for done in sandbox.ledger if done.action == action]


class TestAsking:
    def test_it_names_domains_accounts_keys_and_the_time(self, browser):
        page = select(browser, "nameservers", *every())
        assert page.one("h1").text == "Set the nameservers of 6 domains"
        assert sorted(page.texts("main td.name")) == sorted(domain.name for domain in every())
        facts = dict(zip(page.texts("main dt"), page.texts("main dd"), strict=True))
        assert facts["Time it takes"] == "less than a minute"
        assert facts["Acme"].startswith("3 domains, with the key Key 0")
        assert "yours" in facts["Umbrella"]

    def test_it_adds_renewal_amounts_per_currency(self, browser):
        Domain.objects.filter(pk=every()[5].pk).update(recurring_amount=None)
        page = select(browser, "renew", *every())
        told = [
            dd for dt, dd in zip(page.texts("main dt"), page.texts("main dd"), strict=True) if "Renewal" in dt
        ]
        assert told == ["€36.00", "$24.00 and 1 domain whose amount is not known"]

    def test_it_says_why_a_domain_is_left_out(self, browser):
        gone, ended, off, *others = every()
        Domain.objects.filter(pk=gone.pk).update(gone_at=timezone.now())
        Domain.objects.filter(pk=ended.pk).update(status="Transferred Away")
        Domain.objects.filter(pk=off.pk).update(auto_renew=False)
        Domain.objects.filter(pk__in=[one.pk for one in others]).update(auto_renew=True)

        page = select(browser, "auto-renew-off", *every())

        assert page.one("h1").text == "Turn auto-renew of 3 domains off?"
        rows = page.all("section[aria-labelledby=left-out] tbody tr")
        assert [row.text.split()[-1] for row in rows] == ["Ultahost.", "away.", "already."]

    def test_it_names_the_act_where_no_domain_needs_it(self, browser):
        Domain.objects.update(auto_renew=False)
        page = select(browser, "auto-renew-off", *every()[:2])
        assert page.one("h1").text == "Turn auto-renew of 2 domains off?"
        # On a phone a reason takes lines, as a status may not
        reasons = page.all("section[aria-labelledby=left-out] td.state")
        assert {cell["class"] for cell in reasons} == {"state why"}

    def test_it_leaves_out_what_is_under_way(self, browser):
        one, two, *_ = every()
        confirm(browser, "lock", one)
        page = select(browser, "lock", one, two)
        assert form_of(page)["row"] == [str(two.pk)]
        assert "An identical request is in progress." in page.html

    def test_it_asks_for_the_password_where_the_single_act_does(self, visit, alma):
        browser = visit(alma, proven=False)
        asks = {act for act in ACTS if "/sign-in/again/" in (select(browser, act, *every()).leads_to or "")}
        assert asks == {"nameservers", "auto-renew-off", "unlock", "renew"}

    def test_it_keeps_the_selection_while_the_password_is_asked_for(self, visit, alma):
        browser = visit(alma, proven=False)
        domains = every()[:2]
        asked = browser.follow(select(browser, "unlock", *domains))
        there = asked.one("main form input[name=next]")["value"]
        page = browser.follow(browser.post("/sign-in/again/", {"password": PASSWORD, "next": there}))
        assert form_of(page)["row"] == [str(domain.pk) for domain in domains]

    def test_it_keeps_what_was_entered_if_the_password_is_asked_for_late(self, visit, alma):
        sent = form_of(select(visit(alma), "nameservers", *every()), servers=SERVERS)
        browser = visit(alma, proven=False)
        asked = browser.follow(browser.post("/domains/selected/nameservers/", sent))
        there = asked.one("main form input[name=next]")["value"]
        page = browser.follow(browser.post("/sign-in/again/", {"password": PASSWORD, "next": there}))
        assert page.one("main textarea").text.split() == SERVERS.split()
        assert form_of(page)["form_token"] == sent["form_token"]
        assert Operation.objects.count() == 0

    def test_it_goes_back_to_the_list_without_a_selection(self, browser):
        page = select(browser, "lock")
        assert (page.status, page.leads_to) == (303, "/domains/?sort=name")
        assert browser.get("/domains/selected/lock/").leads_to == "/domains/"

    def test_it_does_not_find_another_act(self, browser):
        assert select(browser, "delete", *every()).status == 404


class TestRights:
    def test_it_takes_no_domain_that_one_may_only_view(self, visit, people, alma, sandbox):
        """By a form made by hand: also beside one that the person may change."""
        ben = people.member("Ben")
        mine, _b, _c, theirs, *_ = every()
        Grant.objects.create(user=ben, account=mine.account, level="operate", given_by=alma)
        Grant.objects.create(user=ben, account=theirs.account, level="view", given_by=alma)
        browser = visit(ben)

        assert select(browser, "lock", mine).status == 200
        assert select(browser, "lock", mine, theirs).status == 404
        sent = form_of(select(browser, "lock", mine))
        sent["row"] = [str(mine.pk), str(theirs.pk)]
        sent[f"key-{theirs.account_id}"] = str(ApiKey.objects.get(account=theirs.account).pk)
        assert browser.post("/domains/selected/lock/", sent).status == 404
        assert Operation.objects.count() == 0

    def test_it_takes_of_a_filter_what_one_may_operate(self, visit, people, alma):
        ben = people.member("Ben")
        Grant.objects.create(user=ben, account=every()[0].account, level="operate", given_by=alma)
        Grant.objects.create(user=ben, account=every()[5].account, level="view", given_by=alma)
        page = select(visit(ben), "lock", all="1", filter="")
        assert page.one("h1").text == "Lock 3 domains?"
        assert "3 domains of the filter are left out" in page.html

    def test_it_offers_nothing_to_who_may_only_view(self, visit, people, alma):
        ben = people.member("Ben")
        Grant.objects.create(user=ben, account=every()[0].account, level="view", given_by=alma)
        assert select(visit(ben), "lock", every()[0]).status == 404
        assert visit(ben).get("/domains/").all("td.pick, .bulk") == []

    def test_it_says_in_the_list_why_a_row_cannot_be_selected(self, visit, people, alma):
        ben = people.member("Ben")
        Grant.objects.create(user=ben, account=every()[0].account, level="operate", given_by=alma)
        Grant.objects.create(user=ben, account=every()[5].account, level="view", given_by=alma)
        boxes = visit(ben).get("/domains/").all("td.pick input[disabled]")
        assert len(boxes) == 3
        assert boxes[0]["title"].endswith("cannot be selected: you can only view its account.")

    def test_it_sends_with_the_named_keys_or_not_at_all(
        self, visit, people, alma, add_key, accounts, sandbox
    ):
        dana = people.admin("Dana")
        browser = visit(dana)
        sent = form_of(select(browser, "lock", *every()))
        add_key(dana, accounts[0], "Own")

        page = browser.post("/domains/selected/lock/", sent)

        assert page.status == 422
        assert "would be used. Nothing was sent." in page.one("main .errorlist").text
        assert Operation.objects.count() == 0


class TestSelectingAll:
    def test_it_takes_all_that_the_filter_finds(self, browser):
        wanted = every()[0]
        page = select(browser, "lock", every()[3], all="1", filter=f"account={wanted.account_id}&sort=name")
        assert sorted(page.texts("main td.name")) == [
            one.name for one in every().filter(account=wanted.account)
        ]

    def test_it_labels_all_that_the_filter_finds(self, browser):
        browser.post("/labels/set/domains/", {"label": "Shop", "all": "1", "filter": "renew=on"})
        on = every().filter(auto_renew=True)
        assert on.exists()
        assert {one.remark.label.name for one in on} == {"Shop"}

    def test_it_does_not_find_a_filter_that_is_none(self, browser):
        assert select(browser, "lock", all="1", filter="account=nonsense").status == 404

    def test_it_takes_at_most_the_stated_number(self, browser, monkeypatch):
        monkeypatch.setattr("portal.pages.selection.MOST", 5)
        page = select(browser, "lock", all="1", filter="")
        assert page.leads_to == "/domains/?sort=name"
        assert "Select at most 5 rows." in browser.follow(page).html

    def test_it_offers_all_where_there_are_further_pages(self, browser, alma):
        assert browser.get("/domains/").all(".bulk [name=all]") == []
        account = every()[0].account
        Domain.objects.bulk_create(
            Domain(account=account, remote_id=9000 + n, name=f"n{n}.com") for n in range(60)
        )
        assert "All 66 that match" in browser.get("/domains/?size=50").one(".bulk label:has([name=all])").text


class TestSending:
    def test_it_sends_each_and_shows_it(self, browser, sandbox):
        page = browser.follow(confirm(browser, "nameservers", *every(), servers=SERVERS))
        assert page.texts("main td.state") == ["Queued"] * 6

        work()

        page = browser.get(page.path)
        assert page.texts("main td.state") == ["Done"] * 6
        assert sorted(page.texts("main td.name a")) == sorted(one.name for one in every())
        assert "Everything finished." in page.html
        assert len(done(sandbox, "update_nameservers")) == 6

    def test_it_is_one_batch_however_often_the_page_is_sent(self, browser, sandbox):
        sent = form_of(select(browser, "lock", *every()))
        first = browser.post("/domains/selected/lock/", sent)
        second = browser.post("/domains/selected/lock/", sent)
        work()
        third = browser.post("/domains/selected/lock/", sent)
        work()
        assert first.leads_to == second.leads_to == third.leads_to
        assert Operation.objects.count() == len(done(sandbox, "manage_domain_lock")) == 6

    def test_it_sends_nothing_if_one_ended_meanwhile(self, browser):
        sent = form_of(select(browser, "lock", *every()))
        Domain.objects.filter(pk=every()[0].pk).update(status="Cancelled")
        page = browser.post("/domains/selected/lock/", sent)
        assert page.status == 422
        assert "Some rows changed meanwhile. Nothing was sent." in page.html
        assert Operation.objects.count() == 0

    def test_it_switches_auto_renew(self, browser, sandbox):
        Domain.objects.update(auto_renew=True)
        confirm(browser, "auto-renew-off", *every())
        work()
        assert set(Domain.objects.values_list("auto_renew", flat=True)) == {False}

    def test_it_tells_owners_of_an_unlock_as_a_single_one_does(self, visit, people, alma, settings):
        settings.EMAIL_URL = "smtp://localhost"
        dana = people.admin("Dana")
        confirm(visit(dana), "unlock", *every())
        work()
        outbox.unlocks()
        assert Notification.objects.filter(kind=Notification.Kind.ACT, person=alma).count() == 6

    def test_it_orders_a_renewal_of_each(self, browser, sandbox):
        methods = {
            f"method-{account}": "stripe" for account in set(every().values_list("account", flat=True))
        }
        page = browser.follow(confirm(browser, "renew", *every(), years="2", unpriced="on", **methods))
        work()
        assert browser.get(page.path).texts("main td.state") == ["Done"] * 6
        renewed = [one.parameters["domainrenewals"] for one in Operation.objects.order_by("place")]
        assert renewed == [{domain.name: 2} for domain in every()]
        assert page.texts("main td.name a") == [domain.name for domain in every()]

    def test_it_orders_nothing_without_the_tick_for_an_unknown_price(self, browser):
        page = confirm(browser, "renew", *every(), years="1")
        assert page.status == 422
        assert Operation.objects.count() == 0


class TestNameservers:
    @pytest.mark.parametrize(
        "pasted",
        [
            "ns1.example.net\nns2.example.net",
            "NS1.Example.net., ns2.example.NET.",
            "\tns1.example.net\tns2.example.net \r\n\r\n",
            "ns1.example.net;ns2.example.net",
        ],
    )
    def test_it_takes_a_list_in_any_shape(self, browser, pasted):
        confirm(browser, "nameservers", every()[0], servers=pasted)
        told = Operation.objects.get().parameters
        assert (told["ns1"], told["ns2"], "ns3" in told) == ("ns1.example.net", "ns2.example.net", False)

    def test_it_takes_unicode(self, browser):
        confirm(browser, "nameservers", every()[0], servers="ns1.münchen.de ns2.münchen.de")
        assert Operation.objects.get().parameters["ns1"] == "ns1.xn--mnchen-3ya.de"

    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("", "Enter two to five nameservers."),
            ("ns1.example.net", "Enter two to five nameservers."),
            (" ".join(f"ns{n}.example.net" for n in range(6)), "Enter two to five nameservers."),
            ("ns1.example.net nonsense", "“nonsense” is not a host name"),
            ("ns1.example.net NS1.example.net", "“ns1.example.net” is listed twice."),
        ],
    )
    def test_it_says_what_is_wrong_and_keeps_what_was_typed(self, browser, typed, words):
        page = confirm(browser, "nameservers", *every(), servers=typed)
        assert page.status == 422
        assert words in page.one("main .errorlist").text
        assert page.one("main textarea").text.strip() == typed
        assert len(form_of(page)["row"]) == 6
        assert Operation.objects.count() == 0

    def test_it_saves_a_set_for_the_team_and_uses_it(self, browser, visit, people, alma):
        confirm(browser, "nameservers", every()[0], servers=SERVERS, save_as="Ours")
        saved = NameserverSet.objects.get()
        assert (saved.name, saved.servers) == ("Ours", SERVERS.split())
        assert AuditEntry.objects.filter(target="Ours", actor=alma).exists()

        page = select(browser, "nameservers", every()[1])
        assert page.texts("select[name=saved] option") == ["None", "Ours"]
        browser.post("/domains/selected/nameservers/", form_of(page, saved=str(saved.pk)))
        assert Operation.objects.get(remote_id=every()[1].remote_id).parameters["ns2"] == "ns2.example.net"

    def test_it_saves_no_set_under_a_name_of_which_nothing_shows(self, browser):
        confirm(browser, "nameservers", every()[0], servers=SERVERS, save_as="\u200b")
        assert not NameserverSet.objects.exists()


class TestTryingAgain:
    def test_it_leads_to_a_new_confirmation_of_what_was_refused_or_not_sent(self, browser, sandbox):
        page = browser.follow(confirm(browser, "nameservers", *every(), servers=SERVERS))
        sandbox.faults.add(Fault.status(400, "Not today."), action="update_nameservers")
        sandbox.faults.add(Fault.drop(), action="update_nameservers")
        work()
        page = browser.get(page.path)
        assert sorted(page.texts("main td.state")) == ["Done"] * 4 + ["Refused", "Unknown"]
        refused = Operation.objects.get(state=State.REFUSED)
        assert page.one("#retry").text == "Retry 1 refused or not sent"

        asked = browser.follow(browser.post(f"{page.path}retry/"))

        assert asked.one("main textarea").text.split() == SERVERS.split()
        (row,) = form_of(asked)["row"]
        assert Domain.objects.get(pk=row).remote_id == refused.remote_id
        browser.post("/domains/selected/nameservers/", form_of(asked, servers=SERVERS))
        work()
        assert Operation.objects.filter(remote_id=refused.remote_id, state=State.DONE).count() == 1
        assert Operation.objects.filter(state=State.UNKNOWN).count() == 1

    @pytest.mark.parametrize("act", ["auto-renew-off", "auto-renew-on", "lock", "unlock", "renew"])
    def test_it_repeats_the_same_act(self, browser, act):
        Domain.objects.update(auto_renew=act == "auto-renew-off")
        methods = {
            f"method-{account}": "stripe" for account in set(every().values_list("account", flat=True))
        }
        page = browser.follow(confirm(browser, act, *every()[:2], years="3", unpriced="on", **methods))
        operations.stop(Operation.objects.first().batch)
        assert browser.post(f"{page.path}retry/").leads_to == f"/domains/selected/{act}/"
