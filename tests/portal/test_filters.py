"""Filters that say what they do: pills, periods, and dates that filter nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from portal.pages.periods import Period, days_of


def titles(page):
    return page.texts("tbody td.name a")


def exported(browser, query):
    return [line[1] for line in browser.get(f"/invoices.csv?{query}").csv()]


def test_it_keeps_the_filter_form_outside_the_list_that_is_replaced(browser, rows, acme):
    rows.invoice(acme, number="one")

    whole = browser.get("/invoices/?status=Unpaid&sort=due&q=one")
    part = browser.htmx("/invoices/?status=Unpaid&sort=due&q=one", "invoices")

    assert whole.all("form#filters") != []
    assert whole.all("#invoices form#filters") == part.all("form#filters") == []
    for page in (whole, part):
        kept = {(i["name"], i["value"]) for i in page.all("#invoices input[form=filters]")}
        assert kept == {("status", "Unpaid"), ("sort", "due")}


@pytest.mark.parametrize(
    "path", ["/accounts/", "/contacts/", "/services/", "/audit/", "/changes/", "/activity/"]
)
def test_it_keeps_the_filter_form_of_every_list_outside(visit, people, rows, path):
    admin = people.admin("Ada")
    rows.operation(rows.key(admin, rows.account()))

    page = visit(admin).get(path)

    assert page.one("form#filters")["data-filters"] == page.one("section.list")["id"]
    assert page.all("section.list form#filters") == []


def test_it_tells_the_new_count_to_a_screen_reader(browser, rows, acme):
    rows.invoice(acme)
    rows.invoice(acme)

    assert browser.get("/invoices/").one("[role=status][data-told-here]").text == ""
    assert browser.htmx("/invoices/", "invoices").one("#invoices")["data-told"] == "1–2 of 2"
    nothing = browser.htmx("/invoices/?q=nothing-like-this", "invoices")
    assert nothing.one("#invoices")["data-told"] == "Nothing matches these filters."


def test_it_shows_each_active_filter_as_a_pill_that_is_removed_alone(browser, rows, alma, acme):
    rows.key(alma, rows.account("Other"), "Second")
    rows.invoice(acme, number="A-1", date=date(2026, 3, 2))
    query = f"q=a-1&status=Unpaid&account={acme.pk}&since=2026-03-01&sort=due"

    page = browser.get(f"/invoices/?{query}")

    assert titles(page) == ["A-1"]
    assert page.texts(".pills li") == [
        "Search: a-1", "Status: Unpaid", "Account: Acme", "Dated from: 1 Mar 2026", "Clear all",
    ]  # fmt: skip
    assert page.one("[data-filter-count]").text == page.one(".pills")["data-count"] == "4"
    without = browser.click(page, "#pill-since")
    assert without.texts(".pills li") == ["Search: a-1", "Status: Unpaid", "Account: Acme", "Clear all"]
    assert "sort=due" in without.one("#pill-q")["href"]
    assert browser.click(page, "#clear-filters").all(".pills") == []
    assert page.one("#clear-filters")["href"] == "/invoices/?sort=due"


def test_it_shows_no_pills_without_a_filter(browser, rows, acme):
    rows.invoice(acme)

    page = browser.get("/invoices/?sort=due&size=50&page=1&period=custom")

    assert page.all(".pills") == []
    assert page.one("[data-filter-count]").text == ""


def test_it_shows_a_filter_that_cannot_be_used_as_a_pill_as_well(browser, rows, acme):
    rows.invoice(acme)

    page = browser.get("/invoices/?account=nonsense")

    assert page.texts(".pills li") == ["Account: not known", "Clear all"]
    assert titles(browser.click(page, "#pill-account")) != []


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("since=0002-11-21", "Dated from: a date before 1990 filters nothing."),
        ("until=1989-12-31", "Dated to: a date before 1990 filters nothing."),
        ("since=2026-02-", "Dated from: an incomplete date filters nothing."),
        ("until=2026-02-30", "Dated to: an incomplete date filters nothing."),
        ("since=%00", "Dated from: an incomplete date filters nothing."),
    ],
)
def test_it_says_that_an_early_or_half_typed_date_filters_nothing(browser, rows, acme, query, words):
    rows.invoice(acme, number="one", date=date(2026, 3, 2))

    page = browser.get(f"/invoices/?{query}")

    assert titles(page) == exported(browser, query) == ["one"]
    assert page.texts(".list .banner[data-hue=soon] .words") == [words]
    assert page.all(".pills") == []


def test_it_says_that_a_list_has_no_such_filter(browser, rows, acme):
    """An address may come from another list, or from an earlier version of the portal."""
    rows.invoice(acme)
    page = browser.get("/invoices/?label=none&other=1&sort=due&size=50&gone=0&page=1")
    assert page.texts(".banner") == ["This list cannot be filtered by “Label”."]
    assert len(page.all("tbody tr")) == 1


def test_it_finds_the_rows_of_an_account_by_its_name_and_asks_nothing_for_that(browser, rows, alma, acme):
    other = rows.account("Bakery Müller")
    rows.key(alma, other, "Second")
    rows.invoice(acme, number="A-1")
    rows.invoice(other, number="B-1")

    with CaptureQueriesContext(connection) as asked:
        page = browser.get("/invoices/?q=bakery+muller")

    assert titles(page) == ["B-1"]
    assert not [one for one in asked if "words_ultahost_api_account" in one["sql"]]
    assert titles(browser.get("/invoices/?q=muller+a-1")) == []


@pytest.mark.parametrize("path", ["/invoices/", "/orders/", "/changes/", "/quotes/"])
def test_it_says_that_days_run_backwards(browser, rows, acme, path):
    rows.invoice(acme, date=date(2026, 3, 1))
    (told,) = browser.get(f"{path}?since=2026-03-02&until=2026-03-01").texts(".banner")
    assert told.endswith("so that nothing can match.")
    assert browser.get(f"{path}?since=2026-03-01&until=2026-03-01").all(".banner") == []


def test_it_says_so_in_every_list_that_has_dates(visit, people):
    browser = visit(people.admin("Ada"))
    for path in ("/audit/", "/changes/"):
        assert browser.get(f"{path}?since=2026-1").texts(".list .banner .words") == [
            "From: an incomplete date filters nothing."
        ]


@pytest.mark.parametrize("query", ["since=0002-11-21", "until=0002-11-21", "until=1989-12-31"])
def test_an_early_date_filters_no_list_of_moments(visit, people, rows, query):
    """Half a year would else empty the list while it is typed."""
    ada, account = people.admin("Ada"), rows.account("Acme")
    key = rows.key(ada, account)
    rows.event(rows.service(account), changes={"status": ["Unpaid", "Paid"]})
    rows.order(account, date=datetime(2026, 3, 2, tzinfo=UTC))
    rows.email(account, date=datetime(2026, 3, 2, tzinfo=UTC))
    rows.operation(key)
    browser = visit(ada)

    for noun in ("changes", "orders", "emails", "activity"):
        assert len(browser.get(f"/{noun}.csv?{query}").csv()) == 1, noun
    assert browser.get(f"/audit.csv?{query}").csv()  # of the files


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("this-month", date(2026, 2, 1), date(2026, 2, 28)),
        ("last-month", date(2026, 1, 1), date(2026, 1, 31)),
        ("this-quarter", date(2026, 1, 1), date(2026, 3, 31)),
        ("last-quarter", date(2025, 10, 1), date(2025, 12, 31)),
        ("this-year", date(2026, 1, 1), date(2026, 12, 31)),
        ("last-12-months", date(2025, 2, 11), date(2026, 2, 10)),
    ],
)
@time_machine.travel(datetime(2026, 2, 10, 12, tzinfo=UTC), tick=False)
def test_it_filters_by_a_period(visit, alma, rows, acme, period, first, last):
    browser = visit(alma)
    for day in (first - timedelta(days=1), first, last, last + timedelta(days=1)):
        rows.invoice(acme, number=str(day), date=day)

    page = browser.get(f"/invoices/?period={period}&sort=date")

    assert titles(page) == exported(browser, f"period={period}&sort=date") == [str(first), str(last)]
    assert page.texts(".pills li")[0].startswith(f"Period: {Period(period).label}: ")
    assert page.one("select[name=period] option[selected]")["value"] == period


@time_machine.travel(datetime(2026, 2, 28, 23, tzinfo=UTC), tick=False)
def test_it_counts_a_period_in_the_person_s_time_zone(visit, people, rows, alma, acme):
    rows.invoice(acme, number="February", date=date(2026, 2, 28))
    rows.invoice(acme, number="March", date=date(2026, 3, 31))

    assert titles(visit(alma).get("/invoices/?period=this-month")) == ["February"]
    alma.time_zone = "Asia/Tokyo"
    alma.save()
    assert titles(visit(alma).get("/invoices/?period=this-month")) == ["March"]


@pytest.mark.parametrize("path", ["/orders/", "/emails/", "/quotes/"])
@time_machine.travel(datetime(2026, 2, 10, 12, tzinfo=UTC), tick=False)
def test_other_lists_filter_by_day_and_period_too(visit, rows, alma, acme, path):
    """Of moments: by the day that it was where the person is."""
    alma.time_zone = "Asia/Tokyo"  # nine hours ahead
    alma.save()
    moments = {
        "before": datetime(2026, 1, 31, 14, 59, 59, tzinfo=UTC),
        "first": datetime(2026, 1, 31, 15, tzinfo=UTC),
        "last": datetime(2026, 2, 28, 14, 59, 59, tzinfo=UTC),
        "after": datetime(2026, 2, 28, 15, tzinfo=UTC),
    }
    for name, at in moments.items():
        if path == "/orders/":
            rows.order(acme, number=name, date=at)
        elif path == "/emails/":
            rows.email(acme, subject=name, date=at)
        else:
            rows.quote(acme, subject=name, created_on=(at + timedelta(hours=9)).date())
    browser = visit(alma)

    for query in ("period=this-month", "since=2026-02-01&until=2026-02-28"):
        page = browser.get(f"{path}?{query}")
        assert sorted(title.strip("#") for title in titles(page)) == ["first", "last"]
        assert page.one("[data-filter-count]").text == str(query.count("="))
    assert len(titles(browser.get(f"{path}?since=1026-02-01&until=9999-12-31"))) == 4
    assert browser.get(f"{path}?until=2026-").texts(".list .banner .words") != []


@time_machine.travel(datetime(2026, 2, 10, 12, tzinfo=UTC), tick=False)
def test_it_filters_by_both_a_period_and_a_day_that_stand_in_the_address(visit, alma, rows, acme):
    for day in (1, 15):
        rows.invoice(acme, number=str(day), date=date(2026, 2, day))

    page = visit(alma).get("/invoices/?period=this-month&since=2026-02-10")

    assert titles(page) == ["15"]
    assert page.one("[data-filter-count]").text == "2"


@given(
    st.dates(date(1991, 1, 1), date(2200, 1, 1)), st.sampled_from([p for p in Period if p != Period.CUSTOM])
)
def test_it_takes_the_same_period_of_every_day_in_it(today, period):
    first, last = days_of(period, today)

    assert first <= last
    if period.startswith("this"):
        assert first <= today <= last
        assert days_of(period, first) == days_of(period, last) == (first, last)
    elif period == Period.LAST_12_MONTHS:
        assert last == today
        assert (today - first).days in {364, 365}
    elif period in {Period.NEXT_30_DAYS, Period.NEXT_90_DAYS}:
        assert (first, (last - today).days) == (today, int(period.split("-")[1]))
    elif period == Period.NEXT_MONTH:
        assert days_of(Period.THIS_MONTH, first) == (first, last)
        assert first - timedelta(days=1) == days_of(Period.THIS_MONTH, today)[1]
    else:
        assert days_of(period.replace("last", "this"), last) == (first, last)
        assert last < today
        assert last + timedelta(days=1) == days_of(period.replace("last", "this"), today)[0]


def test_it_comes_to_last_month_s_csv_in_two_steps_without_a_script(browser, rows, acme):
    """A period is chosen and sent; then the file is a link."""
    last = days_of(Period.LAST_MONTH, timezone.localdate())[1]
    rows.invoice(acme, number="last", date=last)
    rows.invoice(acme, number="this", date=last + timedelta(days=1))
    form = browser.get("/invoices/").one("form#filters")
    assert form["method"] == "get"

    chosen = browser.get("/invoices/?period=last-month")

    assert [line[1] for line in browser.get(chosen.one("a.csv")["href"]).csv()] == ["last"]


def test_it_has_a_menu_for_filters_without_a_place_in_the_toolbar(browser, rows, acme):
    """A filter that only links set has no field there, and is kept beside the form."""
    rows.invoice(acme)

    page = browser.get("/invoices/?product=domains")

    offered = {field["name"] for field in page.all("#more-filters [name]")}
    assert offered == {"period", "since", "until", "unreadable", "currency", "credit"}
    assert [field["value"] for field in page.all("input[type=hidden][form=filters][name=product]")] == [
        "domains"
    ]


@pytest.mark.parametrize("noun", ["service", "domain"])
@time_machine.travel("2026-11-30 12:00", tick=False)
def test_it_finds_what_falls_due_in_a_time_ahead(visit, alma, rows, acme, noun):
    for day in ("2026-11-29", "2026-12-01", "2026-12-31", "2027-01-01", None):
        getattr(rows, noun)(acme, next_due_date=day)
    browser = visit(alma)

    def found(query):
        return len(browser.get(f"/{noun}s/?{query}").all("tbody tr"))

    assert found("period=next-month") == 2
    assert found("period=next-30-days") == 1
    assert found("period=next-90-days") == 3
    assert found("since=2026-12-31") == 2
    assert found("until=2026-11-30") == 1
    page = browser.get(f"/{noun}s/?period=next-month")
    label = {"service": "Due", "domain": "Due or expires"}[noun]
    assert page.texts(".pills li")[0] == f"{label}: Next month: 1 Dec 2026 – 31 Dec 2026"
    assert len(browser.get(f"/{noun}s.csv?period=next-month").csv()) == 2


@pytest.mark.parametrize(
    "noun", ["services", "domains", "invoices", "orders", "quotes", "emails", "changes", "activity", "audit"]
)
def test_it_has_words_for_not_filtering(visit, people, rows, acme, noun):
    for one in ("service", "domain", "invoice", "order", "quote", "email"):
        getattr(rows, one)(acme)
    dana = people.admin("Dana")
    rows.operation(rows.key(dana, acme))
    page = visit(dana).get(f"/{noun}/")

    empty = page.texts("form#filters option[value='']")

    assert empty
    assert not [words for words in empty if not words.strip("-–— ")]
    names = [field["name"] for field in page.all("form#filters select")]
    assert "unreadable" not in names or names[-1] == "unreadable"
