"""Secrets that everybody would recognise, sent through every form that takes one and under every outcome.

Wherever they turn up afterwards, but for the one page that may show them, is a leak.
"""

import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, quote_plus
from uuid import uuid4

import pytest
from django.contrib.messages.storage.cookie import CookieStorage
from django.core.signals import got_request_exception
from django.test import RequestFactory
from django.utils.html import escape
from django.views.debug import ExceptionReporter

from portal.models import Switches
from tests.portal.conftest import Page, Visitor
from tests.portal.stored import everything_stored
from ultahost_api import operations
from ultahost_api.models import Domain, Operation, Service
from ultahost_api.sandbox import CANARY, Fault, totp

PICTURES_OF_SECRETS = "quickchart.io"  # the host of setup_2fa's qr_image_url, which is handed the secret

CARD = "4929137045218864"
BANK_NUMBER, BANK_CODE = "DE89370400440532013777", "CNRYDEBANKXX"
SERVICE_PASSWORD = "canary service <&'\" 1"
PRESENT_PASSWORD, NEW_PASSWORD = "canary-login", "canary-login-renewed"  # one begins like the other
OFF_PASSWORD = "canary-turn-it-off"
TRANSFER_CODE, SHOWN_CODE = "canary-epp-sent-in", "canary-epp-<&'\"-told"
ROOT_PASSWORD = "canary root & branch"
TOTP_SECRET, TOTP_CODE = "CANARYSECRETABCD", "83920174"
API_KEY, OTHER_API_KEY = "sk_test_canary_0123456789_wxyz", "sk_test_other_canary_012345_zyxw"
THIRD_API_KEY = "sk_test_third_canary_012345_xwzy"
MAILED_PASSWORD = "canary-in-a-mail"

# Of what is read live only: in fields that no documentation names
UNKNOWN = {
    "securityqans": CANARY,
    "server": {"login": CANARY, "more": [{"rootpw": CANARY}]},
    "customfields": {"customfield": [{"id": 1, "name": "Root Password", "value": CANARY}]},
}

ALL = (
    *(CARD, BANK_NUMBER, BANK_CODE, SERVICE_PASSWORD, PRESENT_PASSWORD, NEW_PASSWORD, OFF_PASSWORD),
    *(
        TRANSFER_CODE,
        SHOWN_CODE,
        ROOT_PASSWORD,
        TOTP_SECRET,
        TOTP_CODE,
        API_KEY,
        OTHER_API_KEY,
        THIRD_API_KEY,
        MAILED_PASSWORD,
        CANARY,
    ),
)


@dataclass(frozen=True)
class Form:
    """One form: where it is, what is typed, and what of that may be ``shown`` by its own answer."""

    action: str
    path: str
    typed: dict[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()


ORDER = "/orders/new/{}&payment_method=stripe&review=1"
FORMS = {
    "card": Form(
        "add_payment_method",
        "/payment-methods/{account}/add/card/",
        {"description": "Visa", "card_number": "4929 1370 4521 8864", "card_expiry": "11/2087"},
        (CARD,),
    ),
    "bank account": Form(
        "add_payment_method",
        "/payment-methods/{account}/add/bank/",
        {
            "description": "House bank",
            "bank_name": "Bank",
            "bank_account_type": "Checking",
            "bank_code": BANK_CODE,
            "bank_account": BANK_NUMBER,
        },
        (BANK_CODE, BANK_NUMBER),
    ),
    "service password": Form(
        "service_reset_password",
        "/services/{service}/password/",
        {"password": SERVICE_PASSWORD},
        (SERVICE_PASSWORD,),
    ),
    "login password": Form(
        "change_password",
        "/accounts/{account}/password/",
        {"existing": PRESENT_PASSWORD, "new": NEW_PASSWORD, "confirmed": NEW_PASSWORD},
        (PRESENT_PASSWORD, NEW_PASSWORD),
    ),
    "two-factor setup": Form("setup_2fa", "/accounts/{account}/two-factor/", shown=(TOTP_SECRET,)),
    "two-factor code": Form(
        "verify_2fa",
        "/accounts/{account}/two-factor/verify/",
        {"secret": TOTP_SECRET, "code": TOTP_CODE},
        (TOTP_SECRET, TOTP_CODE),
        shown=(TOTP_SECRET,),
    ),
    "two-factor off": Form(
        "disable_2fa", "/accounts/{account}/two-factor/off/", {"password": OFF_PASSWORD}, (OFF_PASSWORD,)
    ),
    "EPP code": Form("get_epp_code", "/domains/{domain}/epp-code/", shown=(SHOWN_CODE,)),
    "transfer order": Form(
        "create_order",
        ORDER.format("transfer/?domain=mine.example.com&years=1"),
        {"epp_code": TRANSFER_CODE, "knows": "on"},
        (TRANSFER_CODE,),
    ),
    "server order": Form(
        "create_order",
        ORDER.format("service/?product_id=1&cycle=monthly"),
        {"root_password": ROOT_PASSWORD, "knows": "on"},
        (ROOT_PASSWORD,),
    ),
    "new key": Form("get_profile", "/keys/add/", {"label": "Second", "secret": API_KEY}, (API_KEY,)),
    "other key": Form("get_profile", "/keys/{key}/replace/", {"secret": OTHER_API_KEY}, (OTHER_API_KEY,)),
    "contact": Form(
        "update_contact",
        "/contacts/{account}/{contact}/edit/",
        {"firstname": "Jane", "lastname": "Smith", "email": "new@example.com"},
    ),
    # The last: the writes before it name the old key.
    "rotated key": Form("get_profile", "/keys/{key}/rotate/", {"secret": THIRD_API_KEY}, (THIRD_API_KEY,)),
}
READS = {"setup_2fa", "get_epp_code", "get_profile"}  # of which no operation is written


class Watched(Visitor):
    """Remembers every answer."""

    def __init__(self, user: Any) -> None:
        super().__init__(user)
        self.client.raise_request_exception = False
        self.client.defaults["HTTP_ACCEPT_ENCODING"] = "gzip, br"
        self.seen: list[Page] = []

    def _page(self, response: Any) -> Page:
        page = super()._page(response)
        self.seen.append(page)
        return page


@pytest.fixture
def acme(sandbox, monkeypatch):
    acme = sandbox.add_account("Acme", "EUR")
    acme.password, acme.two_factor = PRESENT_PASSWORD, "A" * 16
    acme.add_invoices(1, paymentmethod="stripe")
    acme.add_services(1, domain="shop.example.com", password=CANARY, adminnotes=CANARY)
    acme.add_domains(1, domain="shop.example.com", _epp=SHOWN_CODE)
    acme.add_contacts(1, country="DE", **UNKNOWN)
    acme.profile |= UNKNOWN
    acme.add_payment_methods(1, remote_token=CANARY)
    acme.add_quotes(1)
    acme.add_orders(1)
    acme.add_emails(1, message=f"<p>Your password is {MAILED_PASSWORD}</p>")
    for key in (API_KEY, OTHER_API_KEY, THIRD_API_KEY):
        sandbox.add_key(acme, key)
    monkeypatch.setattr(totp, "new_secret", lambda: TOTP_SECRET)
    monkeypatch.setattr(totp, "accepts", lambda secret, code, now: (secret, code) == (TOTP_SECRET, TOTP_CODE))
    return acme


@pytest.fixture
def alma(people, acme, hold):
    alma = people.member("Alma")
    hold(alma, acme)
    Switches.objects.create(cards=True)
    return alma


@pytest.fixture
def places(alma, acme):
    """What the addresses of FORMS are filled in with."""
    key = alma.api_keys.get()
    return {
        "account": key.account_id,
        "key": key.pk,
        "service": Service.objects.get().pk,
        "domain": Domain.objects.get().pk,
        "contact": next(iter(acme.contacts)),
    }


@pytest.fixture
def browser(alma):
    browser = Watched(alma)
    browser.post("/sign-in/again/", {"password": "correct horse battery"})
    return browser


@pytest.fixture(autouse=True)
def log(caplog):
    """What is said with PORTAL_LOG_LEVEL=DEBUG."""
    for name in ("", "django"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


@pytest.fixture
def reports() -> Iterator[list[str]]:
    """What Django's error report would say of each request that broke."""
    made: list[str] = []

    def report(sender: Any, request: Any, **_: Any) -> None:
        reporter = ExceptionReporter(request, *sys.exc_info())
        made.extend([reporter.get_traceback_text(), reporter.get_traceback_html()])

    got_request_exception.connect(report)
    yield made
    got_request_exception.disconnect(report)


@pytest.fixture
def send(browser, places, acme, sandbox) -> Callable[[Form], Page]:
    def post(form: Form) -> Page:
        if form.action == "disable_2fa":
            acme.password = OFF_PASSWORD
        token = {} if form.action in READS else {"form_token": str(uuid4()), "key": str(places["key"])}
        return browser.post(form.path.format(**places), token | form.typed)

    return post


@pytest.fixture
def no_pauses(monkeypatch):
    """Between the tries of a read that fails."""
    monkeypatch.setattr("ultahost_api.client.client._FIRST_PAUSE", 0.0)


def messages_in(browser: Watched) -> str:
    cookie = browser.client.cookies.get("messages")
    return repr(CookieStorage(RequestFactory().get("/"))._decode(cookie.value)) if cookie else ""  # type: ignore[attr-defined]


def spellings(secret: str) -> set[str]:
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    return {secret, escape(secret), quote(secret), quote_plus(secret), *([grouped] if secret == CARD else [])}


SPELT = {one: [spelt.encode() for spelt in spellings(one)] for one in ALL}


def in_it(text: str | bytes) -> list[str]:
    """The canaries in it, however they are spelt."""
    raw = text.encode() if isinstance(text, str) else text
    return [one for one, spellings in SPELT.items() if any(spelt in raw for spelt in spellings)]


PAGES = (
    *("/", "/services/", "/services/{service}/", "/services.csv", "/invoices/", "/invoices.csv"),
    *("/domains/", "/domains/{domain}/", "/domains/{domain}/epp-code/", "/domains.csv"),
    *("/orders/", "/quotes/", "/quotes/{account}/1/?live=1", "/emails/"),
    *("/payment-methods/?live=1", "/contacts/?live=1", "/contacts/{account}/{contact}/?live=1"),
    *("/contacts/{account}/{contact}/edit/", "/contacts/{account}/{contact}/delete/"),
    *("/accounts/", "/accounts/{account}/?live=1", "/accounts/{account}/two-factor/", "/keys/"),
    *("/keys/{key}/", "/keys/{key}/replace/", "/keys/{key}/rotate/", "/activity/", "/activity.csv"),
)


def look_everywhere(browser: Watched, places: dict[str, Any]) -> None:
    for path in PAGES:
        browser.get(path.format(**places))
    for operation in Operation.objects.all():
        browser.get(f"/activity/{operation.pk}/")


def assert_nothing_leaked(browser: Watched, caplog: Any, may_show: dict[int, tuple[str, ...]]) -> None:
    """``may_show``: by the id of an answer, what may stand in it."""
    assert {(table, one) for table, value in everything_stored() for one in in_it(value)} == set()
    assert in_it(messages_in(browser)) == []
    assert in_it(caplog.text) == []
    assert any(page.is_compressed for page in browser.seen)
    for page in browser.seen:
        told = f"{page.html}{page.headers}{page.response.cookies}"
        where = page.response.request["PATH_INFO"]
        # The length of a compressed page tells of its secrets.
        may = () if page.is_compressed else may_show.get(id(page), ())
        assert (where, [one for one in in_it(told) if one not in may]) == (where, [])
        assert PICTURES_OF_SECRETS not in told


def quoting(form: Form) -> str:
    return f"No: {' and '.join(form.secrets or form.shown)} will not do"


OUTCOMES: dict[str, Callable[[Form], Fault | None]] = {
    "done": lambda form: None,
    "refused": lambda form: Fault.status(400, quoting(form)),
    "forbidden": lambda form: Fault.status(403, quoting(form)),
    "failed": lambda form: Fault.result_error(quoting(form)),
    "unknown": lambda form: Fault.drop(after_effect=True),
    "broken": lambda form: Fault.status(502, quoting(form), after_effect=True),
    "nonsense": lambda form: Fault.envelope(418, quoting(form)),
    "limited": lambda form: Fault.limited(30),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_it_leaves_no_secret_behind(send, browser, places, acme, sandbox, log, outcome, no_pauses):
    may_show = {}
    for form in FORMS.values():
        fault = OUTCOMES[outcome](form)
        if fault:
            sandbox.faults.add(fault, action=form.action, times=None)
        page = send(form)
        sandbox.faults.clear()
        may_show[id(page)] = form.shown
        assert page.status in {200, 303, 422, 503}
        assert outcome != "done" or set(form.shown) <= {*in_it(page.html)} or page.status == 303
        if page.leads_to:
            browser.follow(page)
    written = len(FORMS) - len([form for form in FORMS.values() if form.action in READS])
    assert outcome == "limited" or Operation.objects.count() == written
    for operation in Operation.objects.filter(state="unknown"):
        operations.look_again(operation)
        browser.post(f"/activity/{operation.pk}/decide/", {"happened": "no"})
    look_everywhere(browser, places)

    assert_nothing_leaked(browser, log, may_show)


# Something breaks on the way

ON_THE_WAY = (
    "django.forms.forms.BaseForm._clean_form",
    "ultahost_api.client.client.params.check",
    "ultahost_api.client.client.send",
    "ultahost_api.client.core.transport.Adapter.send",
    "ultahost_api.client.client.interpret",
    "ultahost_api.operations.sending._end",
    "ultahost_api.operations.sending.apply",
    "ultahost_api.crypto.sealed_columns.seal",
    "portal.http.render",
)


class Broken(Exception):
    pass


@pytest.mark.parametrize("where", ON_THE_WAY)
def test_it_tells_no_error_report_a_secret(send, browser, log, reports, where, monkeypatch):
    def breaks(*args: Any, **kwargs: Any) -> None:
        raise Broken("on the way")

    with monkeypatch.context() as patched:
        patched.setattr(where, breaks)
        pages = [send(form) for form in FORMS.values()]
    browser.get("/activity/")

    assert 500 in [page.status for page in pages]
    assert "Broken" in reports[0]
    assert [found for report in reports if (found := in_it(report))] == []
    shown = {id(page): form.shown for page, form in zip(pages, FORMS.values(), strict=True)}
    assert_nothing_leaked(browser, log, shown)
