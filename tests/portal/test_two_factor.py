"""The second factor of an account's login at the provider: its secret stands on one page alone."""

import time
from uuid import uuid4

import pytest
from qrcode.main import QRCode

from portal.pages import qr
from tests.portal.stored import places_of
from ultahost_api.models import Operation
from ultahost_api.sandbox import totp
from ultahost_api.sandbox.faults import Fault


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def acme(sandbox):
    return sandbox.add_account("Acme")


@pytest.fixture
def account(alma, acme, add_key):
    return add_key(alma, acme).account


@pytest.fixture
def browser(visit, alma):
    browser = visit(alma)
    browser.post("/sign-in/again/", {"password": "correct horse battery"})
    return browser


@pytest.fixture
def url(account):
    return f"/accounts/{account.pk}/two-factor/"


def set_up(browser, url):
    page = browser.post(url)
    return page, {name: page.one(f"input[name={name}]")["value"] for name in ("secret", "form_token", "key")}


def test_it_asks_ultahost_for_nothing_before_somebody_wants_it(browser, url, sandbox):
    assert browser.get(url).status == 200
    assert "setup_2fa" not in [request.action for request in sandbox.requests]


def test_it_draws_the_code_itself_and_names_nobody_else_s_site(browser, url, account):
    page, form = set_up(browser, url)

    path = page.all("svg.qr path")[1]["d"]
    secret = form["secret"]
    label = account.email.replace("@", "%40")
    assert path == qr.draw(f"otpauth://totp/Ultahost%3A{label}?secret={secret}&issuer=Ultahost").path
    assert secret in page.one("p.mono").text.replace(" ", "")
    assert "quickchart" not in page.html
    assert "no-store" in page.headers["Cache-Control"]


def test_it_draws_what_the_library_means():
    drawing = qr.draw("hello")

    code = QRCode(border=4, error_correction=0)
    code.add_data("hello")
    code.make()
    dark = sum(map(sum, code.get_matrix()))
    assert drawing.size == len(code.get_matrix())
    assert drawing.path.count("M") == dark


def test_it_turns_it_on_with_the_right_code(browser, url, acme, account):
    _, form = set_up(browser, url)

    page = browser.post(f"{url}verify/", form | {"code": totp.code(form["secret"], time.time())})

    assert page.leads_to == f"/accounts/{account.pk}/"
    assert acme.two_factor == form["secret"]
    assert "last turned it on" in browser.get(url).html


def test_it_shows_the_same_secret_again_after_a_wrong_code(browser, url, acme):
    _, form = set_up(browser, url)
    wrong = "000000" if totp.code(form["secret"], time.time()) != "000000" else "000001"

    page = browser.post(f"{url}verify/", form | {"code": wrong})

    assert page.status == 422
    assert "“The code is invalid or has expired” Nothing was changed." in page.one(".errorlist.nonfield").text
    assert page.one("input[name=secret]")["value"] == form["secret"]
    assert page.all("svg.qr")
    assert "value" not in page.one("input[name=code]").attributes
    assert acme.two_factor == ""


def test_it_keeps_the_secret_nowhere(browser, url, caplog):
    caplog.set_level("DEBUG")
    _, form = set_up(browser, url)
    browser.post(f"{url}verify/", form | {"code": totp.code(form["secret"], time.time())})

    assert places_of(form["secret"]) == set()
    assert form["secret"] not in caplog.text


@pytest.mark.parametrize("secret", ["", "not base32!", "<svg>", "A" * 500])
def test_it_takes_nothing_but_base32_for_a_secret(browser, url, secret):
    page = browser.post(f"{url}verify/", {"secret": secret, "code": "123456", "form_token": uuid4()})

    assert page.leads_to == url
    assert not Operation.objects.exists()


def test_it_shows_no_secret_that_is_no_base32(browser, url, sandbox):
    def twisted(answer):
        answer["data"]["secret"] = "https://evil.example/"
        return answer

    sandbox.faults.add(Fault.edit(twisted), action="setup_2fa")

    page = browser.post(url)

    assert "evil" not in page.html
    assert page.one(".banner").text
    assert page.all("svg.qr") == []


def test_it_begins_again_when_the_password_s_page_came_between(browser, url):
    assert browser.get(f"{url}verify/").leads_to == url


def test_it_turns_it_off_with_the_password(browser, url, acme, account):
    acme.password, acme.two_factor = "their-password", "A" * 16

    asked = browser.get(f"{url}off/")
    page = browser.post(f"{url}off/", asked.hidden | {"password": "their-password"})

    assert asked.one("h1").text == "Turn two-factor sign-in off?"
    assert page.leads_to == f"/accounts/{account.pk}/"
    assert acme.two_factor == ""
    assert "their-password" not in str(vars(Operation.objects.get()))


def test_it_renders_no_password_back_when_ultahost_refuses(browser, url, acme):
    acme.password, acme.two_factor = "their-password", "A" * 16

    page = browser.post(f"{url}off/", browser.get(f"{url}off/").hidden | {"password": "a-wrong-one"})

    assert "“Your password was incorrect” Nothing was changed." in page.one(".errorlist.nonfield").text
    assert "a-wrong-one" not in page.html
    assert acme.two_factor


def test_it_says_so_when_ultahost_does_not_answer(browser, url, sandbox):
    sandbox.stop()

    page = browser.post(url)

    assert "Ultahost does not answer" in page.one(".banner").text
