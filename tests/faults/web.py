"""The portal's own web server as a process that can be killed, and somebody who uses it over HTTP."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urljoin

import requests
from django.conf import settings
from selectolax.lexbor import LexborHTMLParser

from portal.running.programs import programs

Fields = list[tuple[str, str]]
# A box that is not selected is not sent, nor is what has no name.
SENT = "input[name]:is([checked], :not([type=checkbox], [type=radio]))"


class Process:
    """One of the portal's programs, with the command line that supervisord is given."""

    def __init__(self, name: str) -> None:
        (program,) = (program for program in programs(None) if program.name == name)
        self._command = program.command
        self._log = Path(settings.PORTAL_DATA_DIR, f"{name}.log")

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=settings.BASE_DIR, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Web(Process):
    """gunicorn; what supervisord does for it, ``start`` does here."""

    address = f"http://127.0.0.1:{settings.PORTAL_PORT}"

    def __init__(self) -> None:
        super().__init__("web")

    def start(self) -> None:
        super().start()
        deadline = time.monotonic() + 60
        while not self._answers():
            assert time.monotonic() < deadline, self._log.read_text()[-3000:]
            time.sleep(0.05)

    def kill_workers(self) -> None:
        """The processes that serve; their master stays, and makes new ones."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text()
        for pid in map(int, children.split()):
            os.kill(pid, signal.SIGKILL)

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.address}/livez", timeout=5).ok
        except requests.RequestException:
            return False


@dataclass(frozen=True)
class Form:
    """A form as a page held it: where it is sent, and every field with its value."""

    url: str
    fields: Fields = field(repr=False)

    def filled(self, **values: str) -> "Form":
        kept = [(name, value) for name, value in self.fields if name not in values]
        return Form(self.url, [*kept, *values.items()])


@dataclass(frozen=True)
class Answer:
    url: str
    status: int
    html: str = field(repr=False)

    @property
    def form(self) -> Form:
        """The one form of a page that changes something, with all its hidden fields."""
        page = LexborHTMLParser(self.html)
        marks = (page.css_first(f"form [name={name}]") for name in ("form_token", "login", "password"))
        form = next(mark for mark in marks if mark).parent
        while form and form.tag != "form":
            form = form.parent
        assert form
        values = [(e.attributes["name"] or "", e.attributes.get("value") or "") for e in form.css(SENT)]
        return Form(urljoin(self.url, form.attributes.get("action") or ""), values)

    @property
    def shown_state(self) -> str:
        (state, *_) = LexborHTMLParser(self.html).css(".status")
        return " ".join(state.text().split())


class Visitor:
    """A browser without a script. Any number of threads may post with it at once."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._cookies: dict[str, str] = {}
        self._password = ""
        self._proven_at = float("-inf")

    def sign_in(self, email: str, password: str) -> None:
        form = self.get("/sign-in/").form
        assert self.post(form.filled(login=email, password=password)).status == 302
        self._password = password

    def prove(self) -> None:
        """Confirm who it is, as money wants it, well before the last time is five minutes ago."""
        if time.monotonic() - self._proven_at < 120:
            return
        form = self.get("/sign-in/again/").form
        assert self.post(form.filled(password=self._password)).status == 302
        self._proven_at = time.monotonic()

    def get(self, path: str) -> Answer:
        return self._ask("GET", urljoin(self._address, path))

    def post(self, form: Form) -> Answer:
        return self._ask("POST", form.url, form.fields)

    def _ask(self, method: str, url: str, fields: Fields | None = None) -> Answer:
        with requests.Session() as session:
            session.trust_env = False  # a proxy would not reach this machine
            session.cookies.update(self._cookies)
            # A connection kept from before a kill would fail for no reason of the portal's.
            headers = {"Connection": "close"}
            answer = session.request(
                method, url, data=fields, headers=headers, allow_redirects=False, timeout=90
            )
            self._cookies |= answer.cookies.get_dict()
        return Answer(url, answer.status_code, answer.text)
