"""What an operator does to a domain, seen at the registrar and on the pages that follow."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from portal.mail import outbox, sending
from portal.models import Grant, Notification
from tests.portal.stored import places_of
from ultahost_api.models import ApiKey, Domain, Operation
from ultahost_api.sandbox import Fault

CODE = "Epp&<7>\"code'"
SIGN_IN_WORDS = "correct horse battery"


@pytest.fixture
def acme(sandbox):
    account = sandbox.add_account("Acme", currency="EUR")
    account.add_domains(domain="shop.example", _epp=CODE, donotrenew=1)
    return account


@pytest.fixture
def browser(visit, alma):
    return visit(alma, proven=False)


@pytest.fixture
def confirmed(browser):
    """Who has just given their password once more."""
    browser.post("/sign-in/again/", {"password": SIGN_IN_WORDS})
    return browser


@pytest.fixture
def domain(alma):
    return Domain.objects.get()


@pytest.fixture
def remote(acme):
    """The domain as Ultahost has it now."""
    return lambda: next(iter(acme.domains.values()))


def path(domain, rest=""):
    return f"/domains/{domain.pk}/{rest}"


def send(browser, path, **fields):
    return browser.post(path, browser.get(path).hidden | fields)


def facts(page):
    return dict(zip(page.texts(".facts dt"), page.texts(".facts dd"), strict=True))


def asks_again(page, path):
    return (page.status, page.leads_to) == (303, f"/sign-in/again/?next={path.replace('/', '%2F')}")


# Nameservers


def test_it_sets_nameservers_in_small_letters_and_without_gaps(confirmed, domain, remote):
    names = {"ns1": "NS1.Example.net.", "ns2": "ns2.example.net", "ns4": "ns-4.example.org"}

    page = confirmed.follow(send(confirmed, path(domain, "nameservers/"), **names))

    assert remote()["_nameservers"] == ["ns1.example.net", "ns2.example.net", "ns-4.example.org"]
    told = facts(page)["Nameservers"]
    assert "ns-4.example.org" in told
    assert "last set here by Alma, now" in told


def test_it_sets_and_says_nameservers_as_registries_write_them(confirmed, domain, remote):
    page = confirmed.follow(
        send(confirmed, path(domain, "nameservers/"), ns1="ns1.München.de", ns2="ns2.xn--mnchen-3ya.de")
    )

    assert remote()["_nameservers"] == ["ns1.xn--mnchen-3ya.de", "ns2.xn--mnchen-3ya.de"]
    assert "ns1.xn--mnchen-3ya.de" in page.one("main").text


def test_it_begins_with_the_nameservers_that_were_set_last(confirmed, domain):
    assert "value" not in confirmed.get(path(domain, "nameservers/")).one("input[name=ns1]").attributes

    send(confirmed, path(domain, "nameservers/"), ns1="a.example.net", ns2="b.example.net")

    page = confirmed.get(path(domain, "nameservers/"))
    assert [page.one(f"input[name=ns{n}]")["value"] for n in (1, 2)] == ["a.example.net", "b.example.net"]


@pytest.mark.parametrize(
    "names",
    [
        {"ns1": "a.example.net"},
        {"ns1": "a.example.net", "ns2": "localhost"},
        {"ns1": "a.example.net", "ns2": "-b.example.net"},
        {"ns1": "a.example.net", "ns2": "192.0.2.1"},
        {"ns1": "a.example.net", "ns2": "b example.net"},
        {"ns1": "a.example.net", "ns2": "A.example.net."},
        {"ns1": "a.example.net", "ns2": "b.example.net", "ns5": f"{'c' * 64}.example.net"},
    ],
)
def test_it_refuses_what_is_no_nameserver_and_keeps_what_was_typed(confirmed, domain, sandbox, names):
    page = send(confirmed, path(domain, "nameservers/"), **names)

    assert page.status == 422
    assert page.all(".errorlist li")
    assert page.one("input[name=ns1]")["value"] == "a.example.net"
    assert sandbox.ledger == []


def test_it_quotes_the_registrar_and_keeps_what_was_typed(confirmed, domain, sandbox, remote):
    remote()["status"] = "Expired"

    page = send(confirmed, path(domain, "nameservers/"), ns1="a.example.net", ns2="b.example.net")

    assert page.status == 422
    assert "Expired at the registrar” Nothing was changed." in page.one(".errorlist.nonfield li").text
    assert page.one("input[name=ns2]")["value"] == "b.example.net"
    assert "Not available from Ultahost" in facts(confirmed.get(path(domain)))["Nameservers"]


def test_it_says_when_it_is_not_known_whether_nameservers_were_set(confirmed, domain, sandbox):
    sandbox.faults.add(Fault.drop(after_effect=True), action="update_nameservers")

    page = send(confirmed, path(domain, "nameservers/"), ns1="a.example.net", ns2="b.example.net")

    assert page.leads_to == f"/activity/{Operation.objects.get().pk}/"
    assert "result unknown" in facts(confirmed.get(path(domain)))["Nameservers"]


# The lock


def test_it_locks_a_domain(browser, domain, remote):
    remote()["_locked"] = False

    page = browser.follow(send(browser, path(domain, "lock/locked/")))

    assert remote()["_locked"] is True
    assert facts(page)["Lock"] == "Locked last set here by Alma, now"


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_wants_the_password_again_before_a_domain_is_unlocked(browser, domain, remote, method):
    where = path(domain, "lock/unlocked/")

    page = browser.get(where) if method == "get" else send(browser, where)

    assert asks_again(page, where)
    assert remote()["_locked"] is True


def test_it_unlocks_a_domain_and_says_what_that_means(confirmed, domain, remote):
    page = confirmed.get(path(domain, "lock/unlocked/"))
    assert "transfer the domain" in page.one(".banner .words").text

    after = confirmed.follow(send(confirmed, path(domain, "lock/unlocked/")))

    assert remote()["_locked"] is False
    assert facts(after)["Lock"].startswith("Unlocked")


def test_it_goes_on_where_the_password_was_asked_for(browser, domain):
    where = path(domain, "lock/unlocked/")

    page = browser.post(browser.get(where).leads_to, {"password": SIGN_IN_WORDS, "next": where})

    assert page.leads_to == where
    assert browser.follow(page).one("h1").text == "Unlock shop.example?"


def test_it_knows_two_states_of_a_lock_and_of_auto_renew(browser, domain):
    assert browser.get(path(domain, "lock/ajar/")).status == 404
    assert browser.get(path(domain, "auto-renew/perhaps/")).status == 404


# Auto-renew


def test_it_turns_auto_renew_on_and_off_and_shows_it_at_once(confirmed, domain, remote):
    page = confirmed.follow(send(confirmed, path(domain, "auto-renew/on/")))
    assert remote()["donotrenew"] == 0
    assert facts(page)["Auto-renew"].startswith("On")
    assert not page.all(f"a[href={path(domain, 'auto-renew/on/')}]")

    page = confirmed.follow(send(confirmed, path(domain, "auto-renew/off/")))
    assert remote()["donotrenew"] == 1
    assert facts(page)["Auto-renew"] == "Off"
    assert not page.all(f"a[href={path(domain, 'auto-renew/off/')}]")


def test_it_says_what_auto_renew_costs_and_what_it_does_not_do(confirmed, domain):
    on, off = (confirmed.get(path(domain, f"auto-renew/{switch}/")) for switch in ("on", "off"))

    assert "€12.00" in on.texts(".confirm dd")
    assert "You still need to pay it" in on.one(".confirm").text
    assert "You lose the domain when it expires" in off.one(".confirm").text


def test_it_leaves_the_row_as_it_was_while_the_outcome_is_unknown(browser, domain, sandbox):
    sandbox.faults.add(Fault.status(500), action="toggle_autorenew")

    page = send(browser, path(domain, "auto-renew/on/"))

    assert page.leads_to == f"/activity/{Operation.objects.get().pk}/"
    domain.refresh_from_db()
    assert domain.auto_renew is False


# The EPP code


def reveal(browser, domain):
    return browser.post(path(domain, "epp-code/"))


@pytest.mark.parametrize("method", ["get", "post"])
def test_it_wants_the_password_again_before_it_shows_a_code(browser, domain, sandbox, method):
    where = path(domain, "epp-code/")
    asked = len(sandbox.requests)

    page = browser.get(where) if method == "get" else browser.post(where)

    assert asks_again(page, where)
    assert len(sandbox.requests) == asked


def test_it_asks_for_the_code_by_post_alone(confirmed, domain, sandbox):
    asked = len(sandbox.requests)

    page = confirmed.get(path(domain, "epp-code/"))

    assert page.one("main form button").text == "Show the code"
    assert len(sandbox.requests) == asked


def test_it_shows_the_code_and_keeps_it_nowhere(confirmed, domain, sandbox, caplog):
    caplog.clear()

    page = reveal(confirmed, domain)

    assert page.one(".copyable code").text == CODE
    assert page.one(".copyable button[data-copy]")["data-copy"] == CODE
    assert "no-store" in page.headers["Cache-Control"]
    assert "code'" not in caplog.text
    assert Operation.objects.count() == 0
    assert places_of("Epp&") == set()
    assert not confirmed.get(path(domain, "epp-code/")).all(".copyable")
    reveal(confirmed, domain)
    assert [seen.action for seen in sandbox.requests].count("get_epp_code") == 2


def test_it_says_when_the_registrar_mails_the_code(confirmed, domain, remote):
    remote()["_epp"] = None

    page = reveal(confirmed, domain)

    assert "registrar sends the code" in page.one(".banner .words").text
    assert not page.all(".copyable")


def test_it_quotes_the_registrar_when_there_is_no_code(confirmed, domain, remote):
    remote()["status"] = "Expired"

    page = reveal(confirmed, domain)

    assert page.status == 422
    assert page.one(".banner .said").text == "This domain is Expired at the registrar"
    assert page.one("main form button").text == "Show the code"


def test_it_says_from_when_on_it_may_ask_when_a_limit_is_used_up(confirmed, domain, sandbox):
    sandbox.faults.add(Fault.limited(30), action="get_epp_code")

    page = reveal(confirmed, domain)

    assert page.status == 422
    assert "Try again in" in page.one(".banner .words").text


# Who, and when Ultahost is away

WRITES = ["nameservers/", "lock/locked/", "auto-renew/on/"]
NAMES = {"ns1": "a.example.net", "ns2": "b.example.net"}


@pytest.mark.parametrize("rest", WRITES)
def test_it_changes_nothing_while_ultahost_is_down(confirmed, domain, sandbox, rest):
    sandbox.stop()

    page = send(confirmed, path(domain, rest), **NAMES)

    assert confirmed.get(path(domain, rest)).status == 200
    assert page.status == 422
    assert "It was not sent, so nothing was changed" in page.one(".errorlist.nonfield li").text


def test_it_says_so_when_there_is_no_code_because_ultahost_is_down(confirmed, domain, sandbox):
    sandbox.stop()

    page = reveal(confirmed, domain)

    assert page.status == 422
    assert "does not answer" in page.one(".banner .words").text


@pytest.mark.parametrize("rest", [*WRITES, "lock/unlocked/", "epp-code/"])
def test_it_lets_those_who_only_look_do_nothing(visit, people, alma, domain, sandbox, rest):
    viewer = people.member("Ben")
    Grant.objects.create(user=viewer, account=domain.account, level="view", given_by=alma)
    asked = len(sandbox.requests)

    assert visit(viewer).get(path(domain, rest)).status == 404
    assert send(visit(viewer), path(domain, rest), **NAMES).status == 404
    assert visit(viewer).get(path(domain)).all(".page-acts a") == []
    assert len(sandbox.requests) == asked


@pytest.mark.parametrize("rest", WRITES)
def test_it_sends_a_form_once_however_often_it_comes(confirmed, domain, sandbox, rest):
    token = str(uuid4())

    for _ in range(2):
        assert send(confirmed, path(domain, rest), form_token=token, **NAMES).leads_to == path(domain)

    assert len(sandbox.ledger) == 1


def test_it_acts_for_an_operator_by_grant(visit, people, alma, domain, remote):
    operator = people.member("Ben")
    Grant.objects.create(user=operator, account=domain.account, level="operate", given_by=alma)

    send(visit(operator), path(domain, "auto-renew/on/"))

    assert remote()["donotrenew"] == 0
    assert Operation.objects.get().user == operator


@pytest.fixture
def operator(visit, people, alma, domain):
    """Who works in the account by grant, has no key to it and has just given their password again."""
    user = people.member("Ben")
    Grant.objects.create(user=user, account=domain.account, level="operate", given_by=alma)
    operator = visit(user)
    operator.post("/sign-in/again/", {"password": SIGN_IN_WORDS})
    return operator


@pytest.fixture
def mail_goes_out(settings, rung):
    """Sends what was written down, as a worker would."""
    settings.EMAIL_URL = "smtp://mail.example.com"

    def go_out():
        outbox.unlocks()
        for notification in Notification.objects.waiting().order_by("created_at"):
            sending.send(notification.pk)
        return mail.outbox

    return go_out


def test_it_tells_the_owner_who_unlocked_the_domain_and_who_saw_its_code(operator, domain, mail_goes_out):
    send(operator, path(domain, "lock/unlocked/"))
    assert reveal(operator, domain).one(".copyable code").text == CODE
    assert mail.outbox == []  # no page waits for the mail server

    asked, unlocked = mail_goes_out()

    assert "was unlocked" in unlocked.body
    assert "the EPP code" in asked.body
    for letter in (unlocked, asked):
        assert letter.to == ["alma@example.com"]
        words = letter.body.replace("\u2060", "")
        assert "Ben (ben@example.com)" in words
        assert "shop.example" in words
        assert "Epp&" not in words


def test_it_unlocks_and_tells_the_owner_whatever_is_in_the_domain_s_name(operator, domain, mail_goes_out):
    Domain.objects.update(name="shop.example\nBcc: eve@example.com")

    assert send(operator, path(domain, "lock/unlocked/")).status == 303

    (letter,) = mail_goes_out()
    assert letter.recipients() == ["alma@example.com"]
    assert "shop" not in letter.subject
    assert "Bcc" not in letter.message()


def test_it_tells_of_an_unlock_once_although_its_form_is_sent_again(operator, domain, mail_goes_out):
    form = operator.get(path(domain, "lock/unlocked/")).hidden
    for _ in range(2):
        operator.post(path(domain, "lock/unlocked/"), form)
        mail_goes_out()

    assert Operation.objects.count() == len(mail.outbox) == 1


def test_it_tells_of_an_unlock_whose_answer_was_lost_once_that_is_known(
    operator, domain, sandbox, mail_goes_out
):
    sandbox.faults.add(Fault.drop(after_effect=True), action="manage_domain_lock")
    send(operator, path(domain, "lock/unlocked/"))
    assert mail_goes_out() == []

    decided_at = timezone.now()
    Operation.objects.update(state="confirmed", read_at=decided_at, created_at=decided_at - timedelta(days=3))
    sending.look_round()

    (told,) = Notification.objects.filter(kind="act")
    assert told.facts["act"] == "unlocked"


def test_it_tells_nobody_of_what_an_owner_did_though_the_key_is_refused_since(
    confirmed, domain, mail_goes_out
):
    send(confirmed, path(domain, "lock/unlocked/"))
    assert Operation.objects.get().state == "done"
    ApiKey.objects.update(refused_at=timezone.now())

    assert mail_goes_out() == []


def test_it_tells_no_former_owner(operator, domain, mail_goes_out):
    send(operator, path(domain, "lock/unlocked/"))
    ApiKey.objects.update(disabled_at=timezone.now())

    assert mail_goes_out() == []


def test_it_asks_for_the_code_with_a_key_of_one_s_own(operator, domain, rows):
    own = rows.key(Grant.objects.get().user, domain.account)

    told = reveal(operator, domain)

    own.refresh_from_db()
    assert own.refused_at  # Ultahost does not know it
    assert "no longer works" in told.one(".banner .words").text


def test_it_tells_nobody_about_an_owner_s_own_acts(confirmed, domain, mail_goes_out):
    send(confirmed, path(domain, "lock/unlocked/"))

    assert mail_goes_out() == []


def test_it_links_to_the_client_area_where_that_is_set(browser, domain, settings):
    assert "Open at Ultahost" not in browser.get(path(domain)).html

    settings.PORTAL_PROVIDER_URL = "https://bill.example.com"

    link = browser.get(path(domain)).one(".head .actions a[target=_blank]")
    assert (
        link["href"] == f"https://bill.example.com/clientarea.php?action=domaindetails&id={domain.remote_id}"
    )


# What the page offers


def offered(browser, domain):
    shown = [link["href"] for link in browser.get(path(domain)).all(".page-acts a")]
    return [link.removeprefix(path(domain)) for link in shown if not link.startswith("/orders/")]


@pytest.mark.parametrize(
    ("told", "switches"),
    [(True, ["auto-renew/off/"]), (False, ["auto-renew/on/"]), (None, ["auto-renew/on/", "auto-renew/off/"])],
)
def test_it_offers_only_the_switch_that_changes_something(browser, domain, told, switches):
    type(domain).objects.update(auto_renew=told)
    assert [link for link in offered(browser, domain) if "auto-renew" in link] == switches


@pytest.mark.parametrize(
    ("last", "state", "likely"),
    [
        ("locked", "done", "unlocked"),
        ("unlocked", "done", "locked"),
        ("locked", "refused", "locked"),
        (None, "", "locked"),
    ],
)
def test_it_offers_the_likely_lock_first(browser, rows, domain, last, state, likely):
    if last:
        key = domain.account.keys.first()
        about = {"action": "manage_domain_lock", "about": f"domain {domain.remote_id}", "state": state}
        rows.operation(key, **about, parameters={"lockstatus": last})
    locks = [link for link in offered(browser, domain) if link.startswith("lock/")]
    assert locks[0] == f"lock/{likely}/"
    assert len(locks) == 2


@pytest.mark.parametrize("status", ["Cancelled", "Transferred Away", "Fraud"])
def test_it_offers_nothing_for_a_domain_that_is_lost(browser, domain, status):
    type(domain).objects.update(status=status)
    assert browser.get(path(domain)).all(".page-acts a") == []


@pytest.mark.parametrize(("status", "renewals"), [("Active", 1), ("Expired", 1), ("Pending Transfer", 0)])
def test_it_offers_to_renew_what_can_be_renewed(browser, domain, status, renewals):
    type(domain).objects.update(status=status)
    links = browser.get(path(domain)).all(".page-acts a[href^=/orders/new/renew-domains/]")
    assert len(links) == renewals
    assert all(f"domains={domain.pk}" in link["href"] for link in links)


def test_it_marks_nothing_red_that_loses_nothing(browser, domain):
    assert browser.get(path(domain)).all("main .danger") == []
    for rest in ("lock/unlocked/", "auto-renew/off/"):
        assert browser.get(path(domain, rest)).all("main .danger") == []
