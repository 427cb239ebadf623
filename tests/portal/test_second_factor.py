"""An app, passkeys and recovery codes, from being set up to being lost."""

import json
import re
import time
from types import SimpleNamespace
from urllib.parse import unquote

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.db import connection

from portal.models import Switches
from tests.portal.passkeys import Passkey
from ultahost_api.crypto import sealed_columns
from ultahost_api.sandbox import totp

PASSWORD = "correct horse battery"
APP, CODES, ADD = "/sign-in/ways/app/", "/sign-in/ways/codes/", "/sign-in/ways/passkeys/add/"
pytestmark = [
    pytest.mark.django_db(transaction=True),  # signals and mails wait for the commit
    pytest.mark.usefixtures("nothing_counted"),
]


@pytest.fixture
def alma(people):
    return people.member("Alma")


def set_up_app(browser):
    """The seed that the page showed, and the recovery codes that followed."""
    seed = browser.get(APP).one("p.mono").text.replace(" ", "")
    page = browser.follow(browser.post(APP, {"code": totp.code(seed, time.time())}))
    return seed, page.texts(".recovery-codes code")


def told(page):
    return json.loads(page.one("#passkey-options").text)


def add_passkey(browser):
    passkey = Passkey()
    form = {"name": "Laptop", "passwordless": "on", "credential": passkey.create(told(browser.get(ADD)))}
    return passkey, browser.post(ADD, form)


def sign_in(browser, email="alma@example.com"):
    return browser.post("/sign-in/", {"login": email, "password": PASSWORD})


def sign_in_by_passkey(browser, passkey):
    options = json.loads(browser.get("/sign-in/passkey/", Accept="application/json").html)
    return browser.post("/sign-in/passkey/", {"credential": passkey.get(options)})


def is_in(browser):
    return browser.get("/").status == 200


# An app


def test_it_asks_for_a_code_of_the_app_after_the_password(visit, alma):
    seed, _ = set_up_app(visit(alma))
    browser = visit()

    page = browser.follow(sign_in(browser))
    assert page.one("h1").text == "Two-factor sign-in"
    assert not is_in(browser)
    assert browser.post("/sign-in/second-factor/", {"code": "000000"}).all(".errorlist li")
    assert not is_in(browser)

    browser.post("/sign-in/second-factor/", {"code": totp.code(seed, time.time())})
    assert is_in(browser)


def test_it_takes_a_code_once(visit, alma):
    seed, _ = set_up_app(visit(alma))

    with time_machine.travel(time.time(), tick=False):
        for browser, lets_in in [(visit(), True), (visit(), False)]:
            sign_in(browser)
            browser.post("/sign-in/second-factor/", {"code": totp.code(seed, time.time())})
            assert is_in(browser) == lets_in


@pytest.mark.parametrize("away", [-30, 0, 30])
def test_it_takes_the_code_before_and_the_next_one_too_each_once(visit, alma, away):
    """The clock of a phone, and somebody who types slowly."""
    seed, _ = set_up_app(visit(alma))
    middle = time.time() // 30 * 30 + 15
    code = totp.code(seed, middle + away)

    for second, lets_in in [(0, True), (1, False), (35, False), (70, False)]:
        with time_machine.travel(middle + second, tick=False):
            sign_in(browser := visit())
            browser.post("/sign-in/second-factor/", {"code": code[:3] + " " * second + code[3:]})
            assert is_in(browser) == lets_in


def test_it_takes_a_code_once_of_two_that_send_it_at_once(visit, alma, monkeypatch):
    """Each looks before the other has kept it. allauth itself forgets a code after one period."""
    seed, _ = set_up_app(visit(alma))
    middle = time.time() // 30 * 30 + 15
    code = totp.code(seed, middle + 30)
    both_look_first = SimpleNamespace(get=lambda _key: None, add=cache.add)
    monkeypatch.setattr("portal.forms.second_factor.cache", both_look_first)

    for second, lets_in in [(0, True), (40, False)]:
        with time_machine.travel(middle + second, tick=False):
            sign_in(browser := visit())
            browser.post("/sign-in/second-factor/", {"code": code})
            assert is_in(browser) == lets_in


def test_it_takes_a_code_in_two_groups_as_apps_show_it(visit, alma):
    """Where the app is set up, after the password, and where one confirms."""
    middle = time.time() // 30 * 30 + 15

    def code():
        digits = totp.code(seed, time.time())
        return f"{digits[:3]} {digits[3:]}"

    with time_machine.travel(middle, tick=False):
        setting_up = visit(alma)
        seed = setting_up.get(APP).one("p.mono").text.replace(" ", "")
        assert setting_up.follow(setting_up.post(APP, {"code": code()})).all(".recovery-codes code")
    with time_machine.travel(middle + 60, tick=False):
        sign_in(browser := visit())
        browser.post("/sign-in/second-factor/", {"code": code()})
        assert is_in(browser)
    with time_machine.travel(middle + 600, tick=False):
        assert browser.get("/keys/add/").leads_to.startswith("/sign-in/again/")
        browser.post("/sign-in/again/code/", {"code": code(), "next": "/keys/add/"})
        assert browser.get("/keys/add/").status == 200


@pytest.mark.parametrize("away", [-60, 60])
def test_it_takes_no_code_of_another_minute(visit, alma, away):
    seed, _ = set_up_app(visit(alma))
    middle = time.time() // 30 * 30 + 15

    with time_machine.travel(middle, tick=False):
        sign_in(browser := visit())
        browser.post("/sign-in/second-factor/", {"code": totp.code(seed, middle + away)})

    assert not is_in(browser)


def test_it_confirms_by_no_code_that_was_used(visit, alma):
    seed, _ = set_up_app(visit(alma))
    with time_machine.travel(middle := time.time() // 30 * 30 + 15, tick=False):
        code = totp.code(seed, middle)
        sign_in(browser := visit())
        browser.post("/sign-in/second-factor/", {"code": code})

    with time_machine.travel(middle + 35, tick=False):
        browser.post("/sign-in/again/code/", {"code": code, "next": "/keys/add/"})
        assert browser.get("/keys/add/").leads_to.startswith("/sign-in/again/")


def test_it_shows_the_seed_as_a_picture_of_our_own(visit, alma):
    page = visit(alma).get(APP)

    assert page.one("svg.qr path[fill=black]")["d"]
    assert "data:image" not in page.html
    assert page.headers["Cache-Control"] == "private, no-store"


def test_it_keeps_the_seed_sealed_from_the_first_moment(visit, alma):
    browser = visit(alma)
    seed = browser.get(APP).one("p.mono").text.replace(" ", "")

    (session,) = Session.objects.all()
    assert seed not in str(session.get_decoded())
    assert browser.post(APP, {"code": "000000"}).one("p.mono").text.replace(" ", "") == seed
    browser.post(APP, {"code": totp.code(seed, time.time())})

    with connection.cursor() as cursor:
        cursor.execute("SELECT data FROM mfa_authenticator")
        rows = str(cursor.fetchall())
    assert seed not in rows
    assert rows.count("v1.") == 2
    assert all("v1." not in str(session.get_decoded()) for session in Session.objects.all())


def test_it_opens_no_seed_that_waits_in_the_session_of_another(visit, people, alma):
    mine, theirs = visit(alma), visit(people.member("Ben"))
    seed = mine.get(APP).one("p.mono").text.replace(" ", "")
    session = theirs.client.session
    session["mfa.totp.secret"] = mine.client.session["mfa.totp.secret"]
    session.save()

    theirs.post(APP, {"code": totp.code(seed, time.time())})

    assert not Authenticator.objects.exists()


def test_it_reseals_seeds_and_they_still_fit(visit, alma, settings):
    old, new = settings.ULTAHOST["SEALING_KEYS"][0], b"n" * 32
    seed, codes = set_up_app(visit(alma))

    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": [new, old]}
    done = {target[2]: counts for target, *counts in sealed_columns.reseal() if len(target) == 4}
    assert done == {"secret": [1, 0], "seed": [1, 0]}
    assert [counts for _, *counts in sealed_columns.reseal()] == [[0, 0]] * 3

    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": [new]}
    for code in (totp.code(seed, time.time()), codes[0]):
        sign_in(browser := visit())
        browser.post("/sign-in/second-factor/", {"code": code})
        assert is_in(browser)


def test_it_says_so_when_a_seed_cannot_be_opened_any_more(visit, alma, settings):
    set_up_app(visit(alma))
    settings.ULTAHOST = settings.ULTAHOST | {"SEALING_KEYS": [b"x" * 32]}
    sign_in(browser := visit())

    page = browser.post("/sign-in/second-factor/", {"code": "000000"})

    assert "can no longer read your two-factor sign-in" in page.one(".errorlist li").text
    assert visit(alma).get("/sign-in/ways/").status == 200


# Recovery codes


def test_it_shows_recovery_codes_once_and_takes_each_once(visit, alma):
    browser = visit(alma)
    _, codes = set_up_app(browser)
    assert len(set(codes)) == 10

    again = browser.get(CODES)
    assert again.all(".recovery-codes") == []
    assert [code for code in codes if code in again.html] == []

    for lets_in in (True, False):
        sign_in(other := visit())
        other.post("/sign-in/second-factor/", {"code": codes[3]})
        assert is_in(other) == lets_in
    assert "9 unused codes" in visit(alma).get("/sign-in/ways/").one("main").text


def test_it_makes_new_codes_in_place_of_the_old(visit, alma):
    browser = visit(alma)
    _, old = set_up_app(browser)

    new = browser.follow(browser.post("/sign-in/ways/codes/new/")).texts(".recovery-codes code")

    assert len(new) == 10
    assert set(new).isdisjoint(old)
    sign_in(other := visit())
    other.post("/sign-in/second-factor/", {"code": old[0]})
    assert not is_in(other)


# Passkeys


def test_it_signs_in_by_a_passkey_alone(at_localhost, alma):
    passkey, page = add_passkey(at_localhost(alma))
    assert page.leads_to == CODES
    browser = at_localhost()

    assert sign_in_by_passkey(browser, passkey).leads_to == "/"
    assert browser.get("/").one(".menu.user summary").text == "Alma"


def test_it_asks_for_the_passkey_after_the_password(at_localhost, alma):
    passkey, _ = add_passkey(at_localhost(alma))
    browser = at_localhost()

    page = browser.follow(sign_in(browser))
    assert not is_in(browser)
    browser.post("/sign-in/second-factor/", {"credential": passkey.get(told(page))})

    assert is_in(browser)


@pytest.mark.parametrize("broken", ["stranger", "removed", "used challenge", "nonsense"])
def test_it_lets_no_other_passkey_in(at_localhost, alma, broken):
    mine = at_localhost(alma)
    passkey, _ = add_passkey(mine)
    browser = at_localhost()
    options = json.loads(browser.get("/sign-in/passkey/", Accept="application/json").html)
    if broken == "stranger":
        known, passkey = passkey, Passkey()
        passkey.id, passkey.user = known.id, known.user
    if broken == "removed":
        (row,) = Authenticator.objects.filter(type="webauthn")
        mine.post(f"/sign-in/ways/passkeys/{row.pk}/remove/")
    credential = "{}" if broken == "nonsense" else passkey.get(options)
    if broken == "used challenge":
        browser.get("/sign-in/passkey/", Accept="application/json")

    browser.post("/sign-in/passkey/", {"credential": credential})

    assert not is_in(browser)


def test_it_lets_no_deactivated_person_in_by_a_passkey(at_localhost, alma):
    passkey, _ = add_passkey(at_localhost(alma))
    alma.deactivate()
    browser = at_localhost()

    assert sign_in_by_passkey(browser, passkey).leads_to == "/sign-in/inactive/"
    assert not is_in(browser)


def test_it_renames_and_removes_a_passkey(at_localhost, alma, people):
    browser = at_localhost(alma)
    add_passkey(browser)
    row = Authenticator.objects.get(type="webauthn")
    path = f"/sign-in/ways/passkeys/{row.pk}/"

    page = browser.follow(browser.post(path, {"name": "<Desk>"}))
    assert page.texts("td.name") == ["<Desk>"]
    assert "“<Desk>”" in browser.get(f"{path}remove/").one("h1").text
    stranger = at_localhost(people.member("Ben"))
    for act in ("", "remove/"):
        assert stranger.post(f"{path}{act}", {"name": "Mine"}).status == 404

    page = browser.follow(browser.post(f"{path}remove/"))
    assert page.all("td.name") == []
    assert not Authenticator.objects.exists()  # recovery codes stand in for nothing now


def test_it_confirms_by_a_passkey_and_goes_on_to_what_was_wanted(at_localhost, alma):
    passkey, _ = add_passkey(at_localhost(alma))
    browser = at_localhost()
    sign_in_by_passkey(browser, passkey)

    page = browser.follow(browser.get("/keys/add/"))
    assert page.one("h1").text == "Confirm it's you"
    assert page.texts("main .aside a") == ["Use a code", "Use the password"]
    wanted = {"next": page.one("main form input[name=next]")["value"]}
    wrong = browser.post("/sign-in/again/passkey/", {"credential": "{}"} | wanted)
    assert unquote(wrong.leads_to) == "/sign-in/again/passkey/?next=/keys/add/"

    right = {"credential": passkey.get(told(browser.follow(wrong)))} | wanted
    assert browser.post("/sign-in/again/passkey/", right).leads_to == "/keys/add/"
    assert browser.get("/keys/add/").all("input[name=secret]")


def test_it_confirms_by_a_code(visit, alma):
    seed, _ = set_up_app(visit(alma))
    browser = visit(alma, proven=False)

    page = browser.post("/sign-in/again/code/", {"code": totp.code(seed, time.time()), "next": "/keys/add/"})

    assert page.leads_to == "/keys/add/"
    assert browser.get("/keys/add/").all("input[name=secret]")


# Changing it


@pytest.mark.parametrize("path", [APP, f"{APP}off/", CODES, f"{CODES}new/", ADD])
def test_it_wants_to_know_who_it_is_before_any_change(visit, alma, path):
    if path != APP:
        set_up_app(visit(alma))
    browser = visit(alma, proven=False)

    for page in [browser.get(path)] + [browser.post(path)] * (path != CODES):
        assert unquote(page.leads_to) == f"/sign-in/again/?next={path}"


@pytest.mark.parametrize("act", [f"{APP}off/", f"{CODES}new/", "add", "remove"])
def test_it_ends_the_other_sessions_with_every_change(at_localhost, alma, act):
    browser = at_localhost(alma)
    set_up_app(browser)
    add_passkey(browser)
    elsewhere, unlisted = at_localhost(alma), at_localhost(alma)
    assert is_in(elsewhere)
    row = Authenticator.objects.get(type="webauthn")

    if act == "add":
        add_passkey(browser)
    else:
        browser.post(f"/sign-in/ways/passkeys/{row.pk}/remove/" if act == "remove" else act)

    assert (is_in(browser), is_in(elsewhere), is_in(unlisted)) == (True, False, False)


def test_it_tells_by_mail_where_mail_is_set_up(visit, alma, settings):
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    browser = visit(alma)

    set_up_app(browser)
    browser.post(f"{APP}off/")

    assert [message.to for message in mail.outbox] == [["alma@example.com"]] * 2
    assert not re.search(r"\b[A-Z2-7]{32}\b", "".join(message.body for message in mail.outbox))


def test_it_changes_what_was_asked_for_though_no_mail_can_be_sent(visit, alma, settings):
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    _, codes = set_up_app(visit(alma))

    assert len(codes) == 10


def test_it_asks_for_it_also_after_a_forgotten_password(visit, alma):
    set_up_app(visit(alma))
    browser = visit()
    browser.post("/sign-in/password/forgotten/", {"email": alma.email})
    (link,) = re.findall(r"http://localhost:8000(\S+)", mail.outbox[-1].body)
    form = browser.follow(browser.get(link)).one("main form")

    browser.post(form["action"], {"password1": "a staple of batteries", "password2": "a staple of batteries"})
    browser.post("/sign-in/", {"login": alma.email, "password": "a staple of batteries"})

    assert not is_in(browser)
    assert browser.get("/sign-in/second-factor/").one("h1").text == "Two-factor sign-in"


def test_it_is_removed_from_the_shell_for_whoever_lost_everything(visit, alma, capsys):
    browser = visit(alma)
    set_up_app(browser)

    call_command("portal_user", "remove-second-factor", "ALMA@example.com")

    assert "two-factor sign-in of" in capsys.readouterr().out
    assert not is_in(browser)
    sign_in(again := visit())
    assert is_in(again)
    with pytest.raises(CommandError, match="is no user"):
        call_command("portal_user", "remove-second-factor", "eve@example.com")


# Required of everybody


@pytest.fixture
def required(db):
    Switches.objects.update_or_create(pk=1, defaults={"second_factor": True})


@pytest.mark.parametrize("path", ["/", "/keys/add/", "/invoices.csv", "/people/"])
def test_it_leads_whoever_owes_one_to_setting_it_up(visit, dana, required, path):
    browser = visit(dana)

    page = browser.get(path)
    assert page.leads_to == "/sign-in/ways/"
    assert "Your team requires two-factor sign-in" in browser.follow(page).one("main .banner").text
    assert browser.post("/refresh/").leads_to == "/sign-in/ways/"
    assert browser.htmx(path, "keys").headers["HX-Redirect"] == "/sign-in/ways/"


def test_it_opens_the_portal_once_it_is_set_up(visit, dana, required):
    browser = visit(dana)

    _, codes = set_up_app(browser)

    assert codes
    assert is_in(browser)
    assert browser.get("/people/").status == 200


def test_it_asks_whoever_owes_one_for_the_password_once(visit, alma, required):
    browser = visit()

    sign_in(browser)

    assert browser.get("/").leads_to == "/sign-in/ways/"
    _, codes = set_up_app(browser)
    assert len(codes) == 10


def test_it_lets_whoever_owes_one_sign_out(visit, alma, required):
    browser = visit(alma)

    browser.post("/sign-in/out/")

    assert browser.get("/").leads_to == "/sign-in/?next=/"


def test_it_wants_it_of_nobody_by_default_and_says_that_there_is_one(visit, alma):
    browser = visit(alma)
    assert browser.get("/").one("main .banner a")["href"] == "/sign-in/ways/"

    set_up_app(browser)

    assert browser.get("/").all("main .banner") == []
