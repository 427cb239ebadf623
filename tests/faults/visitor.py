"""A person in front of the portal: reads pages, clicks refresh, flips switches and pays, all the time."""

import re
import threading
import time
from random import Random

import requests

from tests.faults.judge import Asked, Sent
from tests.faults.provider import Provider
from ultahost_api.models import LISTS, Domain, Invoice, Operation, Service

EMAIL, PASSWORD = "alma@example.com", "correct horse battery"
PAGES = ("/", "/services/", "/invoices/", "/domains/", "/orders/", "/changes/", "/activity/", "/readyz")
_HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
LONGEST = 60.0  # seconds; a write may take 30 and its reads 10
CLOSED = {403, 404}
KEY_REFUSED = "does not work. Replace it to use this page again."
CONFIRM, CONFIRM_FIRST = (
    "/sign-in/again/",
    428,
)  # where money leads every few minutes, and how that is told here


class Visitor:
    def __init__(self, url: str, provider: Provider, random: Random) -> None:
        self.url = url
        self.provider = provider
        self.random = random
        self.pages: list[Asked] = []
        self.clicks: list[Asked] = []
        self.sent: list[Sent] = []
        self._cookies: dict[str, str] = {}
        self._stopped = threading.Event()
        self._paid: set[int] = set()

    def sign_in(self) -> None:
        session = requests.Session()
        page = session.get(f"{self.url}/sign-in/", timeout=30)
        (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text))
        fields = {"csrfmiddlewaretoken": token, "login": EMAIL, "password": PASSWORD}
        answer = session.post(f"{self.url}/sign-in/", fields, timeout=30)
        assert answer.ok, answer.text
        assert not answer.url.endswith("/sign-in/"), "the visitor could not sign in"
        self._cookies = dict(session.cookies)

    def start(self) -> None:
        hands = ((self._read_pages, 0.3), (self._click, 2.0), (self._operate, 1.5))
        self._threads = [threading.Thread(target=self._go_on, args=hand, daemon=True) for hand in hands]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(LONGEST)

    def _go_on(self, act, pause: float) -> None:
        from django.db import connection

        with requests.Session() as session:
            session.cookies.update(self._cookies)
            while not self._stopped.wait(pause):
                act(session)
        connection.close()

    # Reading

    def _read_pages(self, session: requests.Session) -> None:
        for path in (*PAGES, self._some_service()):
            self.pages.append(self._ask(session, "GET", path).without_text())

    def _some_service(self) -> str:
        row = Service.objects.present().order_by("?").first()
        return f"/services/{row.pk}/" if row else "/services/"

    # Clicking

    def _click(self, session: requests.Session) -> None:
        self.clicks.append(self._ask(session, "POST", f"/refresh/{self.random.choice(LISTS)}/"))

    def refresh_all(self) -> None:
        with requests.Session() as session:
            session.cookies.update(self._cookies)
            self.clicks.append(self._ask(session, "POST", "/refresh/"))

    # Writing

    def _operate(self, session: requests.Session) -> None:
        (self._pay if self.random.random() < 0.4 else self._flip)(session)

    def _flip(self, session: requests.Session) -> None:
        """Always to what it is not, so that reading can tell what became of it."""
        domain = Domain.objects.present().select_related("account").order_by("?").first()
        account = domain and self.provider.state.accounts[domain.account.remote_uuid]
        if not account or domain.remote_id not in account.domains:
            return
        row = account.domains[domain.remote_id]
        row["_kept"] = True  # what became of it can be read as long as it is there
        switch = "on" if row["donotrenew"] else "off"
        path = f"/domains/{domain.pk}/auto-renew/{switch}/"
        self._send(session, path, "toggle_autorenew", domain.remote_id)

    def _pay(self, session: requests.Session) -> None:
        waiting = {
            number
            for account in self.provider.accounts
            for number, row in list(account.invoices.items())
            if row.get("_kept") and number not in self._paid
        }
        invoice = Invoice.objects.present().filter(remote_id__in=waiting, status="Unpaid").first()
        if invoice is None:
            return
        self._paid.add(invoice.remote_id)
        path = f"/invoices/{invoice.pk}/pay/"
        self._send(session, path, "pay_invoice", invoice.remote_id)

    def _send(self, session: requests.Session, path: str, action: str, target: int) -> None:
        page = self._ask(session, "GET", path)
        if page.status == CONFIRM_FIRST:
            self._ask(session, "POST", CONFIRM, {"password": PASSWORD})
            page = self._ask(session, "GET", path)
        # It has gone since it was chosen, its account's key is refused, or the portal is struck.
        if page.status in {*CLOSED, CONFIRM_FIRST}:
            return
        self.pages.append(page.without_text())
        named = dict(_HIDDEN.findall(page.text))
        if "form_token" not in named:
            return
        asked = self._ask(session, "POST", path, named)
        if asked.status == CONFIRM_FIRST:  # nothing was sent
            return
        # The key was refused meanwhile, and with it went the right to write. Its owner may have entered
        # another before this looks again.
        is_told = KEY_REFUSED in asked.text
        if asked.status in CLOSED and (is_told or self._ask(session, "GET", path).status in CLOSED):
            return
        self.pages.append(asked.without_text())
        self.sent.append(Sent(named["form_token"], action, target, asked.status))

    def look_again(self, operation: Operation) -> None:
        with requests.Session() as session:
            session.cookies.update(self._cookies)
            self._ask(session, "POST", f"/activity/{operation.pk}/look-again/")

    # The way to the portal

    def _ask(
        self, session: requests.Session, method: str, path: str, fields: dict[str, str] | None = None
    ) -> Asked:
        token = {"csrfmiddlewaretoken": self._cookies.get("portal_csrf", "")} if method == "POST" else {}
        began = time.monotonic()
        try:
            answer = session.request(
                method,
                f"{self.url}{path}",
                data={**token, **(fields or {})},
                timeout=LONGEST,
                headers={"Connection": "close"},  # a kept one may be closed at the moment it is used
                allow_redirects=False,
            )
            status: int | None = answer.status_code
            leads_to = answer.headers.get("Location", "")
            if leads_to.startswith(CONFIRM):
                status = CONFIRM_FIRST
            elif leads_to.startswith("/sign-in/"):
                status = 500  # nobody signed this person out
        except requests.RequestException:
            status = None
            answer = None
        text = answer.text if answer is not None and status in {200, *CLOSED} else ""
        return Asked(f"{method} {path}", began, time.monotonic(), status, text)
