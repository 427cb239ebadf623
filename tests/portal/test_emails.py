"""The provider's mails: a list, and bodies that are strangers' HTML and may hold passwords."""

import re
from base64 import b64encode
from hashlib import sha256

import pytest
from django.core.cache import caches
from django.utils import timezone

from portal.models import Grant
from portal.pages.foreign_html import harmless
from portal.pages.mail_bodies import as_html
from tests.portal.stored import places_of
from ultahost_api.sandbox.faults import Fault

HOSTILE = """<html><head><title>Gotcha</title><style>body{background:url(https://evil.example/s)}</style>
<script>alert(1)</script><meta http-equiv="refresh" content="0;url=https://evil.example"></head>
<body onload="alert(2)" style="color:red" class="x" id="y">
<p>Dear <b>Ada</b>, your password is hunter2-in-a-body.</p>
<img src="https://evil.example/pixel.gif"><iframe src="https://evil.example"></iframe>
<svg><a href="#">x</a></svg>
<form action="https://evil.example"><input name="password"><button>Go</button></form>
<a href="javascript:alert(3)">one</a> <a href="http://plain.example">two</a>
<a href="//evil.example/x">three</a> <a href="/sign-in/out/">seven</a> <a href="data:text/html,x">six</a>
<a href="https://good.example/path" onclick="alert(4)" target="_top">four</a>
<a href="mailto:a@example.com">five</a>
<link rel="stylesheet" href="https://evil.example/c.css"><base href="https://evil.example">
</body></html>"""


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def acme(sandbox):
    return sandbox.add_account("Acme")


@pytest.fixture
def account(alma, acme, add_key):
    return add_key(alma, acme).account


def path_of(account, email, rest=""):
    return f"/emails/{account.pk}/{email['id']}/{rest}"


# The list


def test_it_lists_the_newest_of_all_accounts_first(
    visit, alma, acme, account, sandbox, add_key, read_everything
):
    acme.add_emails(subject="Old", date="2026-01-01 10:00:00")
    acme.add_emails(subject="New", date="2026-05-01 10:00:00")
    other = sandbox.add_account("Other")
    other.add_emails(subject="Between", date="2026-03-01 10:00:00")
    add_key(alma, other, "Second")
    read_everything()

    page = visit(alma).get("/emails/")

    assert page.texts("#emails td.name") == ["New", "Between", "Old"]
    assert page.texts("#emails td.account-cell") == ["Acme", "Other", "Acme"]
    assert page.all(".chips") == []


def test_it_searches_the_subjects_of_all_pages_and_accounts(visit, alma, account, rows):
    rows.key(alma, other := rows.account("Other"), "Second")
    for number in range(40):
        rows.email(account, subject=f"Invoice {number}", date=timezone.now())
    rows.email(account, subject="Größerer Server", date="2020-01-01T10:00Z")
    rows.email(other, subject="Größerer Topf", date="2020-01-01T10:00Z")
    browser = visit(alma)

    page = browser.client.get("/emails/", {"q": "GRÖßERER"})

    assert [word in page.content.decode() for word in ("Server", "Topf", "Invoice 1<")] == [True, True, False]
    assert len(browser.get("/emails/?page=2").all("#emails td.name")) == 17


def test_it_answers_from_the_copy_while_ultahost_is_down(
    visit, alma, acme, account, sandbox, read_everything
):
    acme.add_emails(2)
    read_everything()
    sandbox.stop()

    assert len(visit(alma).get("/emails/").all("#emails td.name")) == 2
    assert len(visit(alma).get("/emails.csv").csv()) == 2


def test_it_exports_what_spreadsheets_run_nothing_of(visit, alma, account, rows):
    email = rows.email(account, subject="=cmd()", date="2026-01-01T10:00Z")

    (line,) = visit(alma).get("/emails.csv").csv()

    assert line == ["Acme", "'=cmd()", "2026-01-01 10:00:00+00:00", str(email.remote_id), ""]


def test_it_keeps_no_body_even_if_the_list_carries_one(visit, alma, acme, account, sandbox, read_everything):
    def with_bodies(answer):
        for row in answer["data"]:
            row["message"] = "hunter2-in-a-list"
        return answer

    acme.add_emails(2)
    sandbox.faults.add(Fault.edit(with_bodies), action="get_emails")
    read_everything()

    page = visit(alma).get("/emails/")

    assert len(page.all("#emails td.name")) == 2
    assert places_of("hunter2") == set()


# One of them


def test_it_shows_an_email_with_its_body_in_a_frame_that_can_do_nothing(visit, alma, acme, account):
    (email,) = acme.add_emails(subject="Hello <i>you</i>", message=HOSTILE)

    page = visit(alma).get(path_of(account, email, "?live=1"))

    assert page.one("h1").text == "Hello <i>you</i>"
    frame = page.one("iframe")
    assert frame["src"] == path_of(account, email, "text/")
    assert "allow-scripts" not in frame["sandbox"]
    assert "allow-same-origin" not in frame["sandbox"]
    assert "hunter2" not in page.html
    assert any("Invoice-1.pdf" in text for text in page.texts(".facts dd"))


def test_it_serves_the_body_as_a_document_that_loads_nothing(visit, alma, acme, account):
    (email,) = acme.add_emails(message=HOSTILE)

    page = visit(alma).get(path_of(account, email, "text/"))

    policy = {
        part.split()[0]: part.split()[1:] for part in page.headers["Content-Security-Policy"].split(";")
    }
    assert policy["default-src"] == ["'none'"]
    assert policy["frame-ancestors"] == ["'self'"]
    assert set(policy["sandbox"]) == {"allow-popups", "allow-popups-to-escape-sandbox"}
    assert "script-src" not in policy
    (style,) = re.findall("<style>(.*?)</style>", page.html, re.DOTALL)
    told = sha256(style.encode()).digest()
    assert policy["style-src"] == [f"'sha256-{b64encode(told).decode()}'"]
    assert page.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "no-store" in page.headers["Cache-Control"]
    assert "hunter2" in page.html
    assert {e.tag for e in page.all("body") + page.all("p")} == {"body", "p"}
    assert "evil.example" not in page.html


def test_it_lets_only_links_through_and_those_know_nothing_of_us():
    clean = harmless(HOSTILE)

    assert (
        '<a href="https://good.example/path" target="_blank" rel="noopener noreferrer nofollow">four</a>'
        in clean
    )
    assert 'href="mailto:a@example.com"' in clean
    assert "<b>Ada</b>" in clean
    forbidden = [
        "<script", "<style", "<img", "<iframe", "<svg", "<form", "<input", "<button", "<meta", "<link",
        "<base", "onload", "onclick", "style=", "class=", "id=", "javascript:", "data:", "alert",
        "Gotcha", "_top", "evil", "sign-in",
    ]  # fmt: skip
    assert [word for word in forbidden if word in clean] == []


@pytest.mark.parametrize(
    "target", ["http://plain.example/a?b=1", "https://good.example/", "tel:+49301234567"]
)
def test_it_keeps_where_a_link_leads(target):
    assert f'<a href="{target}" target="_blank"' in harmless(f'<p><a href="{target}">there</a></p>')


def shown(body):
    return harmless(as_html(body))


def test_it_shows_plain_text_line_by_line_with_all_of_its_words():
    clean = shown(
        "Dear Ada,\r\n\r\nBob <b@example.com> wrote:\n1 < 2 & 3 > 2\nhttps://good.example/x?a=1&b=2\n"
    )

    assert clean.startswith("<p>Dear Ada,</p>\n\n<p>Bob &lt;")
    assert '<a href="mailto:b@example.com"' in clean
    assert "wrote:<br>1 &lt; 2 &amp; 3 &gt; 2<br>" in clean
    assert '<a href="https://good.example/x?a=1&amp;b=2"' in clean


def test_it_loses_no_address_between_angle_brackets():
    clean = shown("<div>Bob <b@example.com>, see <https://good.example/x></div>")

    assert clean == "<div>Bob &lt;b@example.com&gt;, see &lt;https://good.example/x&gt;</div>"


def test_it_shows_text_that_was_escaped_as_what_it_says_and_runs_nothing_of_it():
    assert shown("Tom &amp; Jerry &lt;script&gt;") == "<p>Tom &amp; Jerry &lt;script&gt;</p>"


@pytest.mark.parametrize("alternative", ["Invoice 12", "1 &lt; 2", "&lt;script&gt;alert(1)&lt;/script&gt;"])
def test_it_shows_what_a_picture_is_of(alternative):
    clean = shown(
        f"<a href='https://good.example/'><img src=x onerror='alert(1)' alt='{alternative}'></a><img src=y>"
    )

    assert clean.startswith('<a href="https://good.example/"')
    assert clean.endswith(f">[{alternative}]</a>")


MIME = {
    "base64": """MIME-Version: 1.0
From: Ultahost <a@example.com>
Subject: Your
 server
Content-Type: multipart/alternative; boundary="xyz"

--xyz
Content-Type: text/plain; charset=utf-8

plain
--xyz
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

PHA+R3LDvMOfZSBhdXMgPGI+QmVybGluPC9iPjwvcD4=
--xyz--
""",
    "quoted-printable": """Content-Type: text/html; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

<p>Gr=FC=DFe aus <b>Ber=
lin</b></p>
""",
    "from its boundary on": """--=_part_1
Content-Type: text/html; charset=utf-8

<p>Grüße aus <b>Berlin</b></p>
--=_part_1--
""",
}


@pytest.mark.parametrize("how", MIME)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_it_decodes_a_mail_that_was_handed_out_as_it_was_sent(how, end):
    assert shown(MIME[how].replace("\n", end)).strip() == "<p>Grüße aus <b>Berlin</b></p>"


@pytest.mark.parametrize(
    "start", ["Note: this is no header\n\nDear Ada", "Content-Type: text/html; charset=none\n\nDear Ada"]
)
def test_it_shows_what_only_looks_like_mime(start):
    assert "Dear Ada" in shown(start)


def test_it_says_that_a_mail_has_no_text(visit, alma, acme, account):
    (email,) = acme.add_emails(message="<div><img src='https://evil.example/x.png'>&nbsp;<br></div>")

    assert visit(alma).get(path_of(account, email, "text/")).texts("body p") == ["It has no text."]


def test_it_stores_a_body_nowhere(visit, alma, acme, account, caplog):
    (email,) = acme.add_emails(message=HOSTILE)
    browser = visit(alma)
    caplog.set_level("DEBUG")

    assert browser.get(path_of(account, email, "?live=1")).status == 200
    assert "hunter2" in browser.get(path_of(account, email, "text/")).html

    assert places_of("hunter2") == set()
    assert "hunter2" not in caplog.text
    assert caches["live"].get(f"{account.pk}:email") is None


def test_it_says_so_in_the_frame_when_ultahost_does_not_answer(visit, alma, acme, account, sandbox):
    (email,) = acme.add_emails()
    sandbox.stop()

    assert "Ultahost does not answer" in visit(alma).get(path_of(account, email, "text/")).html
    assert "Ultahost does not answer" in visit(alma).get(path_of(account, email, "?live=1")).html


def test_it_shows_a_viewer_the_list_and_no_body(visit, people, alma, acme, account, read_everything):
    (email,) = acme.add_emails(subject="Secret things", message=HOSTILE)
    read_everything()
    vera = people.member("Vera")
    Grant.objects.create(user=vera, account=account, level="view", given_by=alma)
    browser = visit(vera)

    page = browser.get("/emails/")

    assert page.texts("#emails td.name") == ["Secret things"]
    assert page.all("#emails td.name a") == []
    assert browser.get(path_of(account, email)).status == 404
    assert browser.get(path_of(account, email, "text/")).status == 404


def test_it_is_closed_to_everybody_else(visit, people, acme, account, rows):
    (email,) = acme.add_emails()
    rows.email(account, subject="canary")
    ben = visit(people.member("Ben"))

    assert ben.get(path_of(account, email, "text/")).status == 404
    for path in ("/emails/", f"/emails/?account={account.pk}", "/emails/?q=canary", "/emails.csv"):
        assert ben.get(path).all("tbody tr") == []
        own_words = re.compile('[?]q=canary|value="(q=)?canary"|Search: (<b>)?canary')
        assert "canary" not in own_words.sub("", ben.get(path).html)
    assert visit(people.billing("Emil")).get("/emails/").status == 404
    assert visit(people.billing("Ed")).get("/emails.csv").status == 404


@pytest.mark.parametrize("path", ["/emails/", "/emails.csv"])
def test_it_answers_reading_alone(visit, alma, path):
    assert visit(alma).post(path).status == 405


def test_it_says_what_to_do_without_an_account(visit, alma):
    assert visit(alma).get("/emails/").one(".empty a")["href"] == "/keys/add/"
