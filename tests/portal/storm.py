"""Strangers who take their time and sign in at once, and what somebody else notices of it."""

import json
import re
import threading
import time
from dataclasses import dataclass, fields
from itertools import chain
from statistics import mean
from typing import Self
from urllib.parse import urlencode

from tests.portal.web_server import HALF_A_HEADER, PREPARE, Browser, WebServer

PEOPLE = """
import json
from django.test import Client
from portal.models import Role, User
for number in range(25):
    person = User.objects.create_user(
        f"person{number}@example.com", "correct horse battery", name=f"Person {number}", role=Role.MEMBER
    )
client = Client()
client.force_login(person)
print(json.dumps({name: cookie.value for name, cookie in client.cookies.items()}))
"""
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Figures:
    livez: list[float]  # seconds that each request took
    page: list[float]
    peaks: list[int]  # MB
    statuses: list[int]

    @classmethod
    def measure(cls, server: WebServer, browser: Browser, strangers=(), statuses=()) -> Self:
        """While one of the ``strangers`` is at work, and three times at least."""
        livez, page = [], []
        while any(stranger.is_alive() for stranger in strangers) or len(page) < 3:
            livez.append(_seconds(Browser(server.port), "/livez"))
            page.append(_seconds(browser, "/"))
        return cls(livez, page, server.peaks, statuses)

    @classmethod
    def of(cls, several: "list[Figures]") -> Self:
        """All of them together."""
        names = [field.name for field in fields(cls)]
        return cls(*(list(chain.from_iterable(getattr(one, name) for one in several)) for name in names))

    @property
    def is_as_promised(self) -> bool:
        return mean(self.livez) < 1 and mean(self.page) < 2 and max(self.peaks) < 200

    def serves_others(self, usual: Self) -> bool:
        """/livez within a second, a page within two; longer where the machine does other things."""
        livez, page = max(1, 5 * mean(usual.livez)), max(2, 5 * mean(usual.page))
        return mean(self.livez) < livez and mean(self.page) < page

    def __str__(self) -> str:
        return (
            f"/livez {mean(self.livez):.2f} s (at most {max(self.livez):.2f}),"
            f" a page {mean(self.page):.2f} s (at most {max(self.page):.2f}),"
            f" at most {max(self.peaks)} MB a worker,"
            f" {self.statuses.count(302)} signed in, {self.statuses.count(200)} refused,"
            f" {self.statuses.count(503)} told to wait"
        )


def prepare(server: WebServer) -> Browser:
    """A database with people; a browser in which one of them is signed in."""
    said = server.run(PREPARE + PEOPLE)
    browser = Browser(server.port)
    browser.cookies = json.loads(said.splitlines()[-1])
    return browser


def together(number: int, act) -> list[threading.Thread]:
    """``act(0)`` to ``act(number - 1)``, none of which begins before all are there."""
    barrier = threading.Barrier(number)

    def begin(index: int) -> None:
        barrier.wait()
        act(index)

    threads = [threading.Thread(target=begin, args=[index]) for index in range(number)]
    for thread in threads:
        thread.start()
    return threads


def warm(server: WebServer) -> None:
    """What a worker loads with its first page is no part of any storm."""
    for thread in together(16, lambda _: Browser(server.port).get("/sign-in/")):
        thread.join()


def storm(server: WebServer, browser: Browser, *, slow: int = 40, sign_ins: int = 50) -> Figures:
    """The addresses are known and unknown in turn, and each comes from elsewhere."""
    strangers = [Browser(server.port) for _ in range(sign_ins)]
    tokens = [_token(stranger) for stranger in strangers]
    statuses: list[int] = []

    def sign_in(number: int) -> None:
        known = "person" if number % 2 else "nobody"
        form = {"login": f"{known}{number // 2}@example.com", "password": "correct horse battery"}
        body = urlencode(form | {"csrfmiddlewaretoken": tokens[number]}).encode()
        elsewhere = {"X-Forwarded-For": f"10.0.{number}.1"}
        statuses.append(strangers[number].ask("POST", "/sign-in/", body, FORM | elsewhere).status)

    waiting = [server.connect(HALF_A_HEADER) for _ in range(slow)]
    figures = Figures.measure(server, browser, together(sign_ins, sign_in), statuses)
    for client in waiting:
        client.close()
    return figures


def _token(browser: Browser) -> str:
    return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', browser.get("/sign-in/").html)[1]


def _seconds(browser: Browser, path: str) -> float:
    began = time.monotonic()
    assert browser.get(path).status == 200
    return time.monotonic() - began
