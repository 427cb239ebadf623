"""What the holder of a share link sees, and that nobody else sees anything."""

import contextlib
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.log_masking import masked
from portal.models import AccountPolicy, Act, AuditEntry, ShareLink
from portal.running.programs import programs
from tests import migrated
from tests.settings import BASE_DIR
from ultahost_api.models import Noun, Refresh

NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(autouse=True)
def fresh_limits(db):
    cache.clear()


@pytest.fixture
def share(dana):
    def share(**scope):
        link, secret = ShareLink.objects.make(dana, days=7, name="Adviser", **scope)
        return link, reverse("open_shared", args=[link.pk, secret])

    return share


@pytest.fixture
def opened(share, visit):
    """A browser that has opened a link, and the link's page."""

    def opened(**scope):
        _, address = share(**scope)
        browser = visit()
        return browser, browser.get(address).leads_to

    return opened


def numbers(page):
    return page.texts("tbody td.name")


# The door


def test_it_swaps_the_secret_for_a_cookie_of_the_page_alone(share, visit, acme):
    link, address = share(accounts=[acme])
    browser = visit()

    answer = browser.get(address)

    assert (answer.status, answer.leads_to) == (302, f"/s/{link.pk}/")
    cookie = browser.client.cookies["portal_share"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/s/{link.pk}/", True, "Lax")
    assert address.rpartition(".")[2] not in f"{answer.html}{answer.headers}{cookie.value}"
    assert browser.follow(answer).status == 200


def test_it_sends_its_cookie_over_https_alone_where_the_portal_is_https(share, visit, settings):
    settings.SESSION_COOKIE_SECURE, settings.SHARE_COOKIE_NAME = True, "__Secure-share"
    browser = visit()

    browser.get(share()[1])

    assert browser.client.cookies["__Secure-share"]["secure"] is True


def test_it_needs_no_session_and_makes_none(opened):
    browser, page = opened()

    assert browser.get(page).status == 200
    assert not Session.objects.exists()
    assert set(browser.client.cookies) == {"portal_share"}


def test_it_shows_nothing_without_having_been_opened(share, visit):
    link, _ = share()

    page = visit().get(f"/s/{link.pk}/")

    assert page.status == 404
    assert page.one("h1").text == "This link has expired or is incomplete"


@pytest.mark.parametrize(
    "wrong", ["x", "", "A" * 43, lambda secret: secret[:-1], lambda secret: secret + "A", str.swapcase]
)
def test_it_gives_a_wrong_secret_no_cookie_and_the_same_way(share, visit, wrong):
    link, address = share()
    head, _, secret = address.rpartition(".")
    browser = visit()

    answer = browser.get(f"{head}.{(wrong(secret) if callable(wrong) else wrong) or '%20'}")

    assert (answer.status, answer.leads_to) == (302, f"/s/{link.pk}/")
    assert not browser.client.cookies
    assert browser.follow(answer).status == 404


def test_it_tells_nothing_of_links_that_never_were(visit, share):
    made_up = visit().get(f"/s/{NOBODY}/")
    real = visit().get(f"/s/{share()[0].pk}/")

    assert made_up.status == real.status == 404
    assert made_up.html == real.html
    assert visit().get(f"/s/{NOBODY}.secret").status == 302


def test_it_takes_the_pass_of_one_link_for_no_other(opened, share, acme, rows):
    rows.invoice(acme, number="A-1")
    browser, _ = opened(statuses=["Paid"])
    other, _ = share()
    stolen = browser.client.cookies["portal_share"].value

    browser.client.cookies["portal_share"] = stolen  # now sent to every path

    assert browser.get(f"/s/{other.pk}/").status == 404


def test_it_is_dead_at_the_request_after_it_was_revoked(opened, share, visit, dana, rows, acme):
    rows.invoice(acme, number="A-1")
    browser, page = opened()
    assert numbers(browser.get(page)) == ["A-1"]

    ShareLink.objects.get().revoke(dana)

    for path in (page, f"{page}invoices.csv"):
        gone = browser.get(path)
        assert gone.status == 404
        assert "A-1" not in gone.html


def test_it_is_dead_when_it_has_expired(opened):
    browser, page = opened()
    expires_at = ShareLink.objects.get().expires_at

    with time_machine.travel(expires_at - timedelta(seconds=5), tick=False):
        assert browser.get(page).status == 200
    with time_machine.travel(expires_at, tick=False):
        assert browser.get(page).status == browser.get(f"{page}invoices.csv").status == 404


def test_it_is_dead_when_opened_too_late(share, visit, dana):
    link, address = share()
    link.revoke(dana)
    browser = visit()

    assert browser.follow(browser.get(address)).status == 404
    assert not browser.client.cookies


def test_it_keeps_out_of_indexes_caches_and_referrers(share, visit, opened):
    browser, page = opened()
    _, address = share()
    for answer in (
        browser.get(page), browser.get(f"{page}invoices.csv"), visit().get(address), visit().get(page),
        browser.post(page),
    ):  # fmt: skip
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer.headers["Cache-Control"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def test_it_takes_thirty_requests_a_minute_from_an_address(opened):
    browser, page = opened()  # the first of them

    answers = [browser.get(page).status for _ in range(31)]

    assert answers == [200] * 29 + [429] * 2
    assert browser.get(f"{page}invoices.csv").status == 429
    busy = browser.get(page)
    assert busy.one("h1").text == "Too many requests"
    assert "no-store" in busy.headers["Cache-Control"]


def test_it_leads_on_whoever_asks_too_often_and_gives_them_no_cookie(share, visit):
    _, address = share()
    browser = visit()
    for _ in range(30):
        browser.get(f"/s/{NOBODY}.guess")

    answer = browser.get(address)

    assert answer.status == 302  # an error would be logged with its address
    assert not browser.client.cookies


def test_it_limits_each_address_by_itself(opened, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    browser, page = opened()
    for _ in range(31):
        browser.get(page, **{"X-Forwarded-For": "203.0.113.7"})

    assert browser.get(page, **{"X-Forwarded-For": "203.0.113.7"}).status == 429
    assert browser.get(page, **{"X-Forwarded-For": "203.0.113.8"}).status == 200


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_it_has_no_way_to_write(opened, share, method):
    browser, page = opened()
    _, address = share()

    for path in (page, f"{page}invoices.csv", address):
        assert getattr(browser.client, method)(path).status_code == 405
    html = browser.get(page)
    assert html.all("form") == html.all("input") == []
    assert {a["href"] for a in html.all("a")} <= {"#main", f"{page}invoices.csv"}


def test_it_changes_nothing_but_its_counter(opened, rows, acme):
    rows.invoice(acme)
    browser, page = opened()

    with CaptureQueriesContext(connection) as queries:
        browser.get(page)

    written = {
        re.split(r'"', query["sql"])[1]
        for query in queries
        if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))
    }
    assert written == {"portal_sharelink", "portal_cache"}


def test_it_counts_its_views(opened, visit):
    browser, page = opened()
    assert ShareLink.objects.get().views == 0

    browser.get(page)
    browser.get(f"{page}invoices.csv")
    visit().get(page)

    link = ShareLink.objects.get()
    assert link.views == 2
    assert timezone.now() - link.last_seen_at < timedelta(minutes=1)


def test_it_notes_in_the_audit_log_where_it_was_opened_and_exported(opened):
    browser, page = opened()
    browser.get(f"{page}invoices.csv")

    exported, came = AuditEntry.objects.all()
    assert (came.act, came.target, came.who, came.ip) == (
        Act.LINK_OPENED, "Adviser", "not signed in", "127.0.0.1",
    )  # fmt: skip
    assert (exported.act, exported.target, exported.details) == (Act.EXPORTED, "Adviser", {"rows": 0})


# What it shows


def test_it_shows_the_fields_of_its_list_and_no_other(opened, rows, acme):
    canary = "canary-that-no-link-shows"
    type(acme).objects.update(email=canary)
    rows.invoice(
        acme,
        number="A-1",
        remote_id=7_001_002,
        date=date(2026, 5, 4),
        due_date=date(2026, 6, 7),
        total="19.99",
        status="Paid",
        payment_method=canary,
        notes=canary,
        extra={"x": canary},
        credit="4711.17",
        subtotal="4711.17",
        tax="4711.17",
    )
    browser, page = opened()

    shown, file = browser.get(page), browser.get(f"{page}invoices.csv")

    assert shown.texts("tbody td") == ["A-1", "Paid", "Acme", "4 May 2026", "7 Jun 2026", "€19.99"]
    assert file.csv() == [["A-1", "Acme", "2026-05-04", "2026-06-07", "Paid", "19.99", "EUR", ""]]
    for page in (shown, file):
        for hidden in (canary, "4711", "4,711", "7001002", "Adviser", "Dana"):
            assert hidden not in page.html


def test_it_calls_an_invoice_without_a_number_by_its_id(opened, rows, acme):
    rows.invoice(acme, number="", remote_id=4711)
    browser, page = opened()

    assert numbers(browser.get(page)) == ["#4711"]


@pytest.fixture
def three(rows, acme):
    """Acme with EUR, Beta with USD, and Secret, which is private."""
    beta, secret = rows.account("Beta", "USD"), rows.account("Secret")
    AccountPolicy.objects.create(account=secret, private=True)
    past, ahead = timezone.localdate() - timedelta(days=3), timezone.localdate() + timedelta(days=3)
    rows.invoice(acme, number="A-overdue", total="10", due_date=past, date=date(2026, 3, 1))
    rows.invoice(acme, number="A-open", total="5", due_date=ahead, date=date(2026, 2, 1))
    rows.invoice(acme, number="A-paid", total="7", status="Paid", date=date(2025, 1, 1))
    rows.invoice(acme, number="A-gone", total="99", gone_at=timezone.now())
    rows.invoice(beta, number="B-open", total="20", due_date=ahead, date=date(2026, 1, 1))
    rows.invoice(secret, number="S-open", total="40", due_date=ahead, date=date(2024, 1, 1))
    return {"acme": acme, "beta": beta, "secret": secret}


def test_it_shows_private_accounts_only_when_they_are_named(opened, three):
    browser, page = opened()
    assert numbers(browser.get(page)) == ["A-overdue", "A-open", "B-open", "A-paid"]
    assert "Secret" not in browser.get(page).html

    browser, page = opened(accounts=[three["secret"], three["beta"]])
    assert numbers(browser.get(page)) == ["B-open", "S-open"]


def test_it_hides_an_account_that_becomes_private_from_links_that_do_not_name_it(opened, three):
    browser, page = opened()
    AccountPolicy.objects.create(account=three["acme"], private=True)

    assert numbers(browser.get(page)) == ["B-open"]


@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        ({"statuses": ["Paid"]}, ["A-paid"]),
        ({"statuses": ["Unpaid"]}, ["A-overdue", "A-open", "B-open"]),
        ({"since": date(2026, 2, 1)}, ["A-overdue", "A-open"]),
        ({"until": date(2026, 1, 1)}, ["B-open", "A-paid"]),
        ({"since": date(2026, 1, 1), "until": date(2026, 2, 1)}, ["A-open", "B-open"]),
        ({"since": date(2030, 1, 1)}, []),
    ],
)
def test_it_keeps_to_its_scope_on_the_page_and_in_the_file(opened, three, scope, shown):
    browser, page = opened(**scope)

    assert numbers(browser.get(page)) == shown
    assert [line[0] for line in browser.get(f"{page}invoices.csv").csv()] == shown


def test_it_takes_nothing_from_the_query_string(opened, three):
    browser, page = opened(accounts=[three["beta"]])

    for query in (f"account={three['acme'].pk}", "status=Paid", "gone=1", "q=A", "page=99", "size=1"):
        assert numbers(browser.get(f"{page}?{query}")) == ["B-open"]


def test_it_adds_up_each_currency_by_itself_and_says_what_is_overdue(opened, three):
    browser, page = opened()

    figures = [" ".join(figure.text.split()) for figure in browser.get(page).all("dl.figures div")]

    assert figures == [
        "Open in EUR €15.00 €10.00 overdue in 1 invoice €7.00 paid in 1 invoice",
        "Open in USD $20.00 nothing overdue $0.00 paid in 0 invoices",
    ]
    assert browser.get(page).texts("tbody td.state") == ["Overdue", "Unpaid", "Unpaid", "Paid"]


def test_it_says_how_many_of_its_rows_are_in_no_sum(opened, rows, acme):
    rows.invoice(acme, total=5)
    browser, page = opened(accounts=[acme])
    assert not browser.get(page).all(".covers")

    rows.invoice(acme, total=5, number="MASS", only_moves_money=True)

    assert browser.get(page).texts(".covers") == ["1 deposit or payment of other invoices, not included."]


def test_it_claims_nothing_about_what_it_does_not_cover(opened, three):
    browser, page = opened(statuses=["Paid"])
    assert browser.get(page).texts("dl.figures dt") == ["Paid in EUR"]

    browser, page = opened(statuses=["Unpaid"])
    assert "paid in" not in browser.get(page).one("dl.figures").text


def test_it_says_how_old_it_is_and_when_it_ends(opened, acme, rows):
    rows.invoice(acme)
    browser, page = opened()
    assert "Not read yet" in browser.get(page).one(".beneath").text

    lately = timezone.now() - timedelta(minutes=30)
    Refresh.objects.create(account=acme, noun=Noun.INVOICES, completed_at=lately)

    words = browser.get(page).one(".beneath").text
    assert words.startswith("Updated 30 min ago · link expires on")
    Refresh.objects.update(completed_at=timezone.now() - timedelta(days=2))
    assert browser.get(page).one(".beneath").text.startswith("Updated 2 days ago, older than usual")


def test_it_shows_many_a_page_at_a_time_and_all_in_the_file(opened, rows, acme, monkeypatch):
    monkeypatch.setattr("portal.views.shared.PAGE_SIZE", 2)
    for number in range(5):
        rows.invoice(acme, number=f"A-{number}", date=date(2026, 1, 1 + number))
    browser, page = opened()

    first = browser.get(page)
    assert numbers(first) == ["A-4", "A-3"]
    assert "1–2 of 5" in first.one(".pager").text
    assert numbers(browser.click(first, "a[rel=next]")) == ["A-2", "A-1"]
    assert len(browser.get(f"{page}invoices.csv").csv()) == 5


def test_it_asks_the_database_the_same_however_much_there_is(opened, rows):
    def asked():
        with CaptureQueriesContext(connection) as queries:
            browser.get(page)
        return len(queries)

    rows.invoice(rows.account("Acme", "EUR"))
    browser, page = opened()
    few = asked()
    for number in range(20):
        rows.invoice(rows.account(f"Beta {number}", "USD"))
    assert asked() == few


def test_it_shows_hostile_names_as_text(opened, rows):
    rows.invoice(rows.account("<script>alert(1)</script>"), number="=cmd()<b>")
    browser, page = opened()

    shown = browser.get(page)
    assert numbers(shown) == ["=cmd()<b>"]
    assert all("src" in script.attributes for script in shown.all("script"))
    assert browser.get(f"{page}invoices.csv").csv()[0][0] == "'=cmd()<b>"


def test_it_says_that_there_is_nothing_to_show(opened):
    browser, page = opened()

    assert browser.get(page).one(".empty").text == "There are no invoices to show."


def test_it_shows_a_member_who_holds_it_the_same_page(share, visit, people, three):
    _, address = share(accounts=[three["beta"]])
    browser = visit(people.member("Alma"))

    page = browser.follow(browser.get(address))

    assert numbers(page) == ["B-open"]
    assert page.all(".rail") == page.all(".menu") == []


def test_it_answers_while_ultahost_is_down(opened, sandbox, three):
    sandbox.stop()
    browser, page = opened()

    assert browser.get(page).status == 200


# Where its secret must not turn up

SECRET = "canary-SECRET_of-a-share-link-0123456789-abcd"


@pytest.mark.parametrize(
    "line",
    [
        f"Not Found: /s/{NOBODY}.{SECRET}",
        f'"GET /s/{NOBODY}.{SECRET} HTTP/1.1" 302',
        f'"GET /s/{NOBODY}%2E{SECRET}?x=1 HTTP/1.1" 302 "https://portal.example.com/s/{NOBODY}.{SECRET}"',
        f"Internal Server Error: /s/NOT-A-UUID.{SECRET}/",
        f"Not Found: /sign-in/password/new/1-{SECRET}/",
        f"Method Not Allowed (POST): /sign-in/password/link/{SECRET}/",
        f"Method Not Allowed (POST): /invitation/{SECRET}/",
        f"Not Found: /calendar/{SECRET}/agenda.ics",
    ],
)
def test_it_masks_the_secret_of_an_address_in_a_log_line(line):
    assert SECRET not in masked(line)


def test_it_leaves_other_addresses_as_they_are():
    line = f"GET /services/ /s/{NOBODY}/ /static/css/app.css /services.csv"
    assert masked(line) == line


MAKE_LINK = """
import django, json
django.setup()
from portal.running import preparing
preparing.prepare_database(allow_new_api=False)
preparing.collect_static_files()
from portal.models import Role, ShareLink, User
dana = User.objects.create_user("dana@example.com", name="Dana", role=Role.ADMIN)
link, secret = ShareLink.objects.make(dana, days=7, name="Adviser")
print(json.dumps([str(link.pk), secret]))
"""


class Gunicorn:
    """The portal's own web program, saying all that it can say."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            "DATABASE_URL": "",
            "PORTAL_DATA_DIR": str(folder),
            "PORTAL_PORT": str(self.port),
            "PORTAL_LOG_LEVEL": "DEBUG",
            "GUNICORN_CMD_ARGS": "--access-logfile - --log-level debug",
        }
        self.output = folder / "output"
        migrated.copy_to(folder / "portal.sqlite3")

    def run(self, code: str) -> str:
        command = [sys.executable, "-c", code]
        done = subprocess.run(
            command, cwd=BASE_DIR, env=self.environment, check=True, capture_output=True, text=True
        )
        return done.stdout

    @contextlib.contextmanager
    def running(self, command):
        with self.output.open("w") as output:
            process = subprocess.Popen(
                command, cwd=BASE_DIR, env=self.environment, stdout=output, stderr=output
            )
        try:
            deadline = time.monotonic() + 60
            while self._ask("/livez") is None:
                assert time.monotonic() < deadline, self.output.read_text()
                time.sleep(0.2)
            yield self
        finally:
            process.terminate()
            process.wait(30)

    def get(self, path, **headers):
        answer = self._ask(path, **headers)
        assert answer is not None
        return answer

    def _ask(self, path, **headers):
        with contextlib.suppress(OSError):
            link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            link.request("GET", path, headers=headers)
            answer = link.getresponse()
            answer.read()
            link.close()
            return answer
        return None


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_it_never_shows_in_what_the_web_server_says(tmp_path, settings):
    gunicorn = Gunicorn(tmp_path)
    settings.PORTAL_DATA_DIR, settings.PORTAL_PORT = tmp_path, gunicorn.port
    (web,) = (program for program in programs(None) if program.name == "web")
    pk, secret = json.loads(gunicorn.run(MAKE_LINK).splitlines()[-1])
    address = f"/s/{pk}.{secret}"

    with gunicorn.running(web.command):
        right = gunicorn.get(address)
        cookie = right.headers["Set-Cookie"].partition(";")[0]
        assert gunicorn.get(f"/s/{pk}/", Cookie=cookie).status == 200
        told = f"http://127.0.0.1:{gunicorn.port}{address}"
        assert gunicorn.get(f"/s/{pk}/", Cookie=cookie, Referer=told).status == 200
        assert gunicorn.get(f"{address}/").status == 404  # with a slash that somebody's mail added
        assert gunicorn.get(f"/s/{pk.upper()}X.{secret}").status == 404
        assert gunicorn.get(address, Host="evil.example").status == 400
        for _ in range(30):
            gunicorn.get(address)
        assert gunicorn.get(f"/s/{pk}/", Cookie=cookie).status == 429

    said = gunicorn.output.read_text()
    assert f"GET /s/{pk}.… HTTP/1.1" in said  # it did say all this
    assert "Not Found" in said
    assert secret not in said
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("portal.sqlite3*"))
    assert secret.encode() not in stored
    assert pk.replace("-", "").encode() in stored
