"""The calendar feed of a person: made, read by calendars, revoked."""

import logging
from datetime import date, timedelta

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone
from icalendar import Calendar

from portal.acts import feeds
from portal.acts import people as people_acts
from portal.backups import after_restore
from portal.log_masking import masked
from portal.models import AccountPolicy, Act, AuditEntry, CalendarFeed, Grant
from portal.wording.agenda import Kind
from tests.portal.statements import all_statements
from tests.portal.stored import places_of
from ultahost_api.models import Invoice, Service

DUE = date(2026, 12, 5)


@pytest.fixture(autouse=True)
def today(db):
    cache.clear()
    with time_machine.travel("2026-11-29T12:00:00Z", tick=False):
        yield


def address(person, kinds=None):
    made = feeds.make(person, kinds or [kind.value for kind in Kind])
    return made.removeprefix("http://localhost:8000")


def read(page):
    assert page.status == 200
    return Calendar.from_ical(page.html)


def summaries(page):
    return [str(event["summary"]) for event in read(page).events]


def uids(page):
    return [str(event["uid"]) for event in read(page).events]


# Made and shown once


def test_it_is_made_with_a_confirmed_identity_and_shown_once(visit, alma):
    assert visit(alma, proven=False).get("/agenda/link/make/").leads_to.startswith("/sign-in/again/")
    browser = visit(alma)
    page = browser.get("/agenda/link/make/")
    assert len(page.all("main form input[name=kinds][checked]")) == 4

    made = browser.post("/agenda/link/make/", {"kinds": ["invoices", "domains"]})

    shown = made.one(".made-link input")["value"]
    secret = shown.split("/")[-2]
    assert shown == f"http://localhost:8000/calendar/{secret}/agenda.ics"
    assert made.one(".made-link button")["data-copy"] == shown
    assert len(secret) >= 43
    assert places_of(secret) == set()
    for path in ("/agenda/link/", "/agenda/", "/agenda/link/make/", "/agenda/link/revoke/"):
        assert secret not in browser.get(path).html
    assert "Invoices, Domains" in browser.get("/agenda/link/").one("dl.facts").text
    assert AuditEntry.objects.get(act=Act.FEED_MADE).actor == alma


@pytest.mark.parametrize("bad", [{}, {"kinds": "people"}])
def test_it_is_not_made_from_a_bad_form(visit, alma, bad):
    page = visit(alma).post("/agenda/link/make/", bad)

    assert page.status == 422
    assert page.all(".errorlist li")
    assert not CalendarFeed.objects.exists()


def test_it_offers_billing_the_invoices_alone(visit, people):
    page = visit(people.billing("Emil")).get("/agenda/link/make/")

    assert [one["value"] for one in page.all("input[name=kinds]")] == ["invoices"]


def test_a_new_one_replaces_the_one_before(visit, alma, rows, acme):
    first, second = address(alma), address(alma)

    assert visit().get(first).status == 404
    assert visit().get(second).status == 200
    assert CalendarFeed.objects.unrevoked().count() == 1


# What a calendar reads


def test_it_is_valid_for_calendars(visit, alma, rows, acme):
    long = "Ein sehr langer Name, mit Komma; und Semikolon \\ und Ümläuten " * 4
    rows.invoice(acme, number=long, total="20.50", due_date=DUE)

    page = visit().get(address(alma))

    assert page.headers["Content-Type"] == "text/calendar; charset=utf-8"
    content = page.response.content
    assert content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    calendar = read(page)
    assert (calendar["version"], str(calendar["calscale"])) == ("2.0", "GREGORIAN")
    assert calendar["prodid"].startswith("-//")
    assert "method" not in calendar
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n" in content
    assert str(calendar["x-wr-calname"]) == str(calendar["name"]) == "Team portal: agenda"
    (event,) = calendar.events
    assert not calendar.errors
    assert not event.errors
    assert str(event["summary"]) == f"Invoice {long} is due · €20.50 (Acme)"
    assert event["dtstamp"].dt == Invoice.objects.get().changed_at.replace(microsecond=0)
    assert str(event["url"]) == f"http://localhost:8000/invoices/{Invoice.objects.get().pk}/"


def test_it_has_all_kinds_and_says_what_is_expected(visit, alma, rows, acme):
    rows.invoice(acme, number="A-1", total="1", due_date=DUE)
    rows.service(acme, domain="shop.example.com", billing_cycle="Monthly", amount="10", next_due_date=DUE)
    rows.domain(acme, name="gone.com", auto_renew=False, expiry_date=DUE)
    rows.quote(acme, subject="Racks", total="5", valid_until=DUE)

    assert summaries(visit().get(address(alma))) == [
        "Invoice A-1 is due · €1.00 (Acme)",
        "shop.example.com renews · €10.00 · expected (Acme)",
        "gone.com expires (Acme)",
        "Quote ends: Racks · €5.00 (Acme)",
        "shop.example.com renews · €10.00 · expected (Acme)",
        "shop.example.com renews · €10.00 · expected (Acme)",
    ]


def test_it_has_the_chosen_kinds_alone(visit, alma, rows, acme):
    rows.invoice(acme, number="A-1", due_date=DUE)
    rows.domain(acme, name="gone.com", auto_renew=False, expiry_date=DUE)

    assert len(summaries(visit().get(address(alma, ["domains"])))) == 1


def test_it_keeps_its_uids_when_days_and_amounts_change(visit, alma, rows, acme):
    rows.invoice(acme, number="A-1", total="1", due_date=DUE)
    rows.service(acme, domain="a.com", billing_cycle="Monthly", amount="10", next_due_date=DUE)
    path = address(alma)
    before = visit().get(path)

    Invoice.objects.update(due_date=DUE + timedelta(days=3), total="2", changed_at=timezone.now())
    Service.objects.update(next_due_date=DUE + timedelta(days=3), amount="11")
    after = visit().get(path)

    assert {*uids(before)} == {*uids(after)}
    assert len({*uids(before)}) == len(uids(before)) == 4
    assert summaries(before) != summaries(after)


def test_it_numbers_the_revisions_of_an_event(visit, alma, rows, acme):
    """Google shows a new date only with a greater number."""
    rows.invoice(acme, number="A-1", total="1", due_date=DUE)
    path = address(alma)
    ((before,), (same,)) = read(visit().get(path)).events, read(visit().get(path)).events

    later = timezone.now() + timedelta(seconds=2)
    Invoice.objects.update(due_date=DUE + timedelta(days=3), changed_at=later)
    (after,) = read(visit().get(path)).events

    assert before["sequence"] == same["sequence"] == after["sequence"] - 2
    assert 0 < after["sequence"] < 2**31


def test_it_has_no_character_that_a_strict_calendar_refuses(visit, alma, rows, acme):
    rows.service(
        acme, domain="a\x0b\x1f\x85\u2028b.com", billing_cycle="Monthly", amount="10", next_due_date=DUE
    )

    (first, *_) = summaries(visit().get(address(alma)))

    assert "b.com" in first
    assert not {"\x0b", "\x1f", "\x85", "\u2028"} & {*first}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Honolulu", "UTC", ""])
def test_a_day_is_the_same_day_east_and_west_of_utc(visit, alma, rows, acme, zone):
    alma.time_zone = zone
    alma.save()
    rows.invoice(acme, number="A-1", due_date=DUE)

    page = visit().get(address(alma))

    assert "DTSTART;VALUE=DATE:20261205" in page.html
    assert "DTEND;VALUE=DATE:20261206" in page.html
    (event,) = read(page).events
    assert (event.start, event.end) == (DUE, DUE + timedelta(days=1))


def test_it_speaks_the_language_of_its_person_and_leaves_no_trace_of_it(visit, alma, rows, acme):
    with all_statements():
        page = visit().get(address(alma))

    assert page.status == 200
    assert timezone.get_current_timezone_name() == timezone.get_default_timezone_name()


# Rights, at each request


def test_it_shows_nothing_of_another_account(visit, alma, rows, acme):
    theirs = rows.account("Canary")
    AccountPolicy.objects.create(account=theirs, private=True)
    rows.invoice(theirs, number="canary", due_date=DUE)
    rows.service(theirs, domain="canary.com", billing_cycle="Monthly", amount="1", next_due_date=DUE)
    rows.domain(theirs, name="canary.org", recurring_amount="1", next_due_date=DUE)
    rows.quote(theirs, subject="canary", valid_until=DUE)

    assert "canary" not in visit().get(address(alma)).html.lower()


def test_it_reads_the_rights_at_each_request(visit, people, alma, rows, acme, dana):
    AccountPolicy.objects.create(account=acme, private=True)
    rows.invoice(acme, number="A-1", due_date=DUE)
    ben = people.member("Ben")
    path = address(ben)
    assert summaries(visit().get(path)) == []

    grant = Grant.objects.create(user=ben, account=acme, level="view", given_by=alma)
    assert len(summaries(visit().get(path))) == 1

    grant.delete()
    assert summaries(visit().get(path)) == []


# The end


def test_it_is_dead_at_the_request_after_it_was_revoked(visit, alma, rows, acme):
    rows.invoice(acme, number="A-1", due_date=DUE)
    path, calendar, browser = address(alma), visit(), visit(alma)
    assert calendar.get(path).status == 200

    assert browser.post("/agenda/link/revoke/").leads_to == "/agenda/link/"

    gone = calendar.get(path)
    assert (gone.status, gone.html) == (404, "")
    assert AuditEntry.objects.filter(act=Act.FEED_REVOKED).count() == 1
    assert browser.get("/agenda/link/").one(".empty a.primary")["href"] == "/agenda/link/make/"


def test_it_ends_with_its_person_and_does_not_come_back(visit, alma, dana):
    path = address(alma)

    people_acts.deactivate(dana, alma)
    assert visit().get(path).status == 404
    people_acts.reactivate(dana, alma)

    assert visit().get(path).status == 404
    assert AuditEntry.objects.filter(act=Act.FEED_REVOKED, actor=dana).exists()


def test_it_is_dead_while_its_person_is_not_active_however_that_came(visit, alma):
    path = address(alma)

    type(alma).objects.filter(pk=alma.pk).update(is_active=False)

    assert visit().get(path).status == 404


def test_it_ends_when_a_backup_is_restored(visit, alma):
    path = address(alma)

    after_restore.revive()

    assert visit().get(path).status == 404


# The door


@pytest.mark.parametrize("secret", ["x", "A" * 43, "%20", "'"])
def test_it_takes_no_wrong_secret(visit, alma, secret):
    address(alma)

    assert visit().get(f"/calendar/{secret}/agenda.ics").status == 404


def test_it_takes_thirty_requests_a_minute_from_an_address(visit, alma):
    path, browser = address(alma), visit()

    answers = [browser.get(path).status for _ in range(31)]

    assert answers == [200] * 30 + [429]
    assert browser.get(path).headers["Retry-After"] == "60"


def test_it_stays_out_of_caches_indexes_and_referrers_and_is_not_compressed(visit, alma, rows, acme):
    for n in range(30):
        rows.invoice(acme, number=f"A-{n}", due_date=DUE)
    browser = visit()
    browser.client.defaults["HTTP_ACCEPT_ENCODING"] = "gzip, br"

    for page in (browser.get(address(alma)), browser.get("/calendar/x/agenda.ics")):
        assert "no-store" in page.headers["Cache-Control"]
        assert "private" in page.headers["Cache-Control"]
        assert "noindex" in page.headers["X-Robots-Tag"]
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert not page.is_compressed


def test_it_needs_no_session_and_makes_none(visit, alma):
    browser = visit()

    assert browser.get(address(alma)).status == 200
    assert not Session.objects.exists()
    assert not browser.client.cookies


def test_its_secret_is_in_no_log(visit, alma, caplog, monkeypatch):
    for name in ("", "django", "django.request"):
        caplog.set_level(logging.DEBUG, logger=name)
    path, browser = address(alma), visit()
    secret = path.split("/")[2]
    browser.client.raise_request_exception = False

    browser.get(path)
    CalendarFeed.objects.all().revoke()
    browser.get(path)
    for _ in range(30):
        browser.get(path)

    assert secret not in caplog.text
    for line in (f"GET {path} 200", f"Internal Server Error: {path}", f"Method Not Allowed (POST): {path}"):
        assert secret not in masked(line)


def test_it_notes_when_a_calendar_read_it_and_changes_nothing_else(visit, alma):
    path = address(alma)
    visit().get(path)

    assert CalendarFeed.objects.get().last_read_at == timezone.now()
    assert visit().post(path).status == 405


def test_it_asks_as_many_statements_for_many_rows_as_for_one(visit, alma, rows, acme):
    path = address(alma)

    def asked(count):
        for _ in range(count):
            rows.invoice(acme, due_date=DUE)
            rows.service(acme, billing_cycle="Monthly", amount="1", next_due_date=DUE)
        with all_statements() as caught:
            visit().get(path)
        return len(caught)

    asked(1)
    assert asked(1) == asked(20)


def test_it_has_one_account_alone_where_its_address_says_so(visit, alma, rows, acme):
    other, hidden = rows.account("Other"), rows.account("Hidden")
    AccountPolicy.objects.create(account=hidden, private=True)
    rows.invoice(acme, number="ours", total="10", due_date=DUE)
    rows.invoice(other, number="theirs", total="10", due_date=DUE)
    page = visit(alma).post("/agenda/link/make/", {"kinds": ["invoices"]})
    whole, *alone = [
        field["value"].removeprefix("http://localhost:8000") for field in page.all("input[readonly]")
    ]

    calendars = [visit().get(path) for path in alone]

    assert len(read(visit().get(whole)).events) == 2
    assert [(str(read(one)["x-wr-calname"]), len(read(one).events)) for one in calendars] == [
        ("Acme", 1), ("Other", 1),
    ]  # fmt: skip
    assert "ours" in summaries(calendars[0])[0]
    for unknown in (hidden.pk, "nonsense"):
        assert visit().get(f"{whole}?account={unknown}").status == 404
