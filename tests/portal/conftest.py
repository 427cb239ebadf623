"""A team, its rows, and a visitor who asks pages for what CSS selectors find."""

import csv
import gzip
import re
import time
from collections.abc import Callable, Iterator
from functools import cached_property
from itertools import count
from typing import Any
from urllib.parse import urljoin
from uuid import uuid4

import brotli
import pytest
from allauth.account.internal.flows.login import record_authentication
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.test import Client
from django.utils import timezone
from selectolax.lexbor import LexborHTMLParser, LexborNode

from portal.mail import messages
from portal.models import Notification, User
from portal.sign_in import after_answer
from ultahost_api.models import (
    Account,
    ApiKey,
    Domain,
    Email,
    Event,
    Invoice,
    Operation,
    Order,
    Quote,
    Refresh,
    Service,
)
from ultahost_api.models.cached import Cached
from ultahost_api.refresh import runs

VALUE = re.compile(r"""(\[[\w-]+[~|^$*]?=)([^"'\]]+)\]""")


class Element:
    def __init__(self, node: LexborNode) -> None:
        self.node = node

    def __getitem__(self, attribute: str) -> str:
        return self.attributes[attribute]

    @property
    def tag(self) -> str:
        return str(self.node.tag)

    @property
    def attributes(self) -> dict[str, str]:
        return {name: value or "" for name, value in self.node.attributes.items()}

    @property
    def text(self) -> str:
        return " ".join(self.node.text().split())

    @property
    def parent(self) -> "Element":
        assert self.node.parent
        return Element(self.node.parent)

    @property
    def ancestors(self) -> Iterator["Element"]:
        """The nearest first."""
        node = self.node.parent
        while node and node.is_element_node:
            yield Element(node)
            node = node.parent


_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
}


class Page:
    def __init__(self, response: Any) -> None:
        self.response = response
        self.status: int = response.status_code
        self.headers = response.headers

    @property
    def html(self) -> str:
        response = self.response
        content = response.getvalue() if response.streaming else response.content
        return _UNPACK[self.headers.get("Content-Encoding", "")](content).decode()

    @property
    def is_compressed(self) -> bool:
        return "Content-Encoding" in self.headers

    @property
    def path(self) -> str:
        return str(self.response.request["PATH_INFO"])  # type: ignore[attr-defined]

    @property
    def leads_to(self) -> str:
        return str(self.headers.get("Location", ""))

    @cached_property
    def document(self) -> LexborHTMLParser:
        return LexborHTMLParser(self.html)

    def all(self, selector: str) -> list[Element]:
        """By CSS; the values of attributes may stand without quotes: ``a[href=/keys/]``."""
        return [Element(node) for node in self.document.css(VALUE.sub(r'\1"\2"]', selector))]

    def one(self, selector: str) -> Element:
        found = self.all(selector)
        assert len(found) == 1, f"{len(found)} elements are {selector}"
        return found[0]

    def texts(self, selector: str) -> list[str]:
        return [element.text for element in self.all(selector)]

    @property
    def filled(self) -> dict[str, str]:
        """What a browser would send of the page's form without anybody typing."""
        sent = {}
        for field in self.all("main form input"):
            is_box = field["type"] in {"checkbox", "radio"}
            if not is_box or "checked" in field.attributes:
                sent[field["name"]] = field.attributes.get("value", "on" if is_box else "")
        for choice in self.all("main form select"):
            chosen = [o["value"] for o in self.all(f"select[name={choice['name']}] option[selected]")]
            sent[choice["name"]] = chosen[0] if chosen else ""
        sent |= {
            field["name"]: field.node.text().removeprefix("\n") for field in self.all("main form textarea")
        }
        return sent

    @property
    def hidden(self) -> dict[str, str]:
        """What the page's form brings back without anybody typing: token, key, total."""
        found = self.all("main form input[type=hidden]")
        return {field["name"]: field["value"] for field in found if "value" in field.attributes}

    def csv(self) -> list[list[str]]:
        """The lines after the titles."""
        return list(csv.reader(self.html.removeprefix("\ufeff").splitlines()))[1:]


class Visitor:
    """A browser without a script; with ``htmx`` a browser with one.

    Somebody ``proven`` has confirmed a moment ago that it is them, as some acts want it.
    """

    def __init__(self, user: User | None, *, proven: bool = True) -> None:
        self.client = Client()
        if user:
            self.client.force_login(User.objects.get(pk=user.pk))  # the test's own copy may be old
            request = HttpRequest()
            request.session = self.client.session
            request.session.update(
                {"seen_at": time.time(), "signed_in_at": time.time()}
            )  # as after a first click
            if proven:
                record_authentication(request, user, "password", reauthenticated=True)
            request.session.save()

    def get(self, path: str, **headers: str) -> Page:
        return self._page(self.client.get(path, headers=headers))

    def post(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> Page:
        return self._page(self.client.post(path, data or {}, headers=headers))

    def follow(self, page: Page) -> Page:
        return self.get(page.leads_to)

    def click(self, page: Page, selector: str) -> Page:
        return self.get(urljoin(page.path, page.one(selector)["href"]))

    def htmx(self, path: str, target: str, **headers: str) -> Page:
        return self.get(path, **{"HX-Request": "true", "HX-Target": target} | headers)

    def _page(self, response: HttpResponseBase) -> Page:
        return Page(response)


@pytest.fixture
def visit(db):
    """``visit(alma).get("/invoices/")``; ``visit()`` is nobody."""
    return lambda user=None, **how: Visitor(user, **how)


@pytest.fixture
def away(visit, people, rows, acme):
    """A visitor who was away for an hour, so that the next click would be noted."""
    alma = people.admin("Alma")
    rows.key(alma, acme)
    visitor = visit(alma)
    visitor.client.raise_request_exception = False
    session = visitor.client.session
    session["seen_at"] = time.time() - 3600
    session.save()
    return visitor


@pytest.fixture(autouse=True)
def nothing_waits(monkeypatch):
    """Mails that leave after the answer leave before it, where a test can see them."""
    monkeypatch.setattr(after_answer, "run", after_answer.attempt)


@pytest.fixture
def at_localhost(visit):
    """A browser at the one address where http is good enough for passkeys."""

    def go(*arguments, **how):
        visitor = visit(*arguments, **how)
        visitor.client.defaults["HTTP_HOST"] = "localhost"
        return visitor

    return go


@pytest.fixture
def nothing_counted(db):
    """No guesses of the test before: a flush spares the cache's table, which belongs to no model."""
    cache.clear()


@pytest.fixture
def rows(db) -> "Rows":
    return Rows()


class Rows:
    """Cached rows as a refresh would have written them, without any Ultahost."""

    def __init__(self) -> None:
        self.numbers = count(1)

    def account(self, name: str = "Acme", currency: str = "EUR") -> Account:
        number = next(self.numbers)
        return Account.objects.create(remote_uuid=f"uuid-{number}", name=name, currency=currency)

    def key(self, owner: User, account: Account, label: str = "Main", **fields: Any) -> ApiKey:
        key = ApiKey(owner=owner, account=account, label=label, verified_at=timezone.now(), **fields)
        key.put(f"sk_test_{next(self.numbers):020}")
        key.save()
        return key

    def service(self, account: Account, **fields: Any) -> Service:
        return Service.objects.create(**self._of(account) | {"status": "Active"} | fields)

    def domain(self, account: Account, **fields: Any) -> Domain:
        """With details: those of a new account are awaited, and till then its risk is unknown."""
        usual = {"status": "Active", "detailed_at": timezone.now()}
        return Domain.objects.create(**self._of(account) | usual | fields)

    def invoice(self, account: Account, **fields: Any) -> Invoice:
        usual = {"status": "Unpaid", "currency": account.currency}
        return Invoice.objects.create(**self._of(account) | usual | fields)

    def order(self, account: Account, **fields: Any) -> Order:
        usual = {"status": "Active", "currency": account.currency}
        return Order.objects.create(**self._of(account) | usual | fields)

    def quote(self, account: Account, **fields: Any) -> Quote:
        return Quote.objects.create(
            **self._of(account) | {"stage": "Delivered", "currency": account.currency} | fields
        )

    def email(self, account: Account, **fields: Any) -> Email:
        return Email.objects.create(**self._of(account) | fields)

    def event(self, row: Cached, kind: str = "changed", **fields: Any) -> Event:
        """What a refresh would have told of a row."""
        fields = {"account": row.account, "row_id": row.pk, "remote_id": row.remote_id} | fields
        noun = f"{row._meta.model_name}s"
        return Event.objects.create(noun=noun, kind=kind, **{"name": str(row)} | fields)

    def operation(self, key: ApiKey, about: str = "invoice 7", **fields: Any) -> Operation:
        """``about`` is what it was sent for: ``invoice 7``."""
        noun, _, subject = about.partition(" ")
        told = {"noun": noun, "subject": subject, "remote_id": int(subject.split()[0])}
        fields = {"action": "pay_invoice", "state": "done"} | told | fields
        assert key.account
        return Operation.objects.create(
            user=key.owner,
            key=key,
            account=key.account,
            key_last_four=key.last_four,
            idempotency_key=uuid4(),
            **fields,
        )

    def _of(self, account: Account) -> dict[str, Any]:
        return {"account": account, "remote_id": next(self.numbers)}


@pytest.fixture
def acme(rows):
    return rows.account("Acme")


@pytest.fixture
def hold(request):
    """``hold(alma, acme)`` adds a key of hers. If the account is one of the sandbox, all of it is read."""

    def add(owner, account, label="Main"):
        if isinstance(account, Account):
            request.getfixturevalue("rows").key(owner, account, label)
        else:
            request.getfixturevalue("add_key")(owner, account, label)
            request.getfixturevalue("read_everything")()

    return add


@pytest.fixture
def alma(people, acme, hold):
    """She holds a key to Acme, a row of ours or an account that the test's file makes at the sandbox."""
    alma = people.member("Alma")
    hold(alma, acme)
    return alma


@pytest.fixture
def browser(visit, alma):
    return visit(alma)


@pytest.fixture
def dana(people):
    return people.admin("Dana")


@pytest.fixture
def read_everything(rung):
    """What the workers would do: every refresh that is due, the details too."""

    def read() -> None:
        for _ in range(2):
            for pk in Refresh.objects.due(timezone.now()).order_by("pk").values_list("pk", flat=True):
                runs.run(pk)

    return read


@pytest.fixture
def slow_letters(monkeypatch):
    """Of workers that begin together, each has claimed its mail, or tried to, before one has its words."""
    letter = messages.letter

    def slowly(notification: Notification) -> Any:
        time.sleep(0.5)
        return letter(notification)

    monkeypatch.setattr(messages, "letter", slowly)
