"""Cycles brought to a month, and what falls due in the next twelve, against figures worked out by hand."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from portal.queries import forecast
from portal.queries.agenda import Agenda
from portal.queries.agenda_days import Span
from portal.queries.cycles import due_days, later, monthly, months_of, rounded
from portal.queries.forecast import Month, Recurring
from portal.queries.run_rate import RunRate
from portal.wording.agenda import Kind
from ultahost_api.models import ApiKey, Operation

TODAY = date(2026, 11, 29)


@pytest.mark.parametrize(
    ("word", "months"),
    [
        ("Monthly", 1),
        ("Quarterly", 3),
        ("Semi-Annually", 6),
        ("semiannually", 6),
        ("Annually", 12),
        ("Biennially", 24),
        ("Triennially", 36),
        ("One Time", 0),
        ("One-Time", 0),
        ("onetime", 0),
        ("Free Account", 0),
        ("Free", 0),
        ("Fortnightly", None),
        ("", None),
    ],
)
def test_it_knows_how_long_each_cycle_lasts(word, months):
    assert months_of(word) == months


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2026, 1, 31), 2, date(2026, 3, 31)),
        (date(2027, 12, 31), 2, date(2028, 2, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 11, 30), 36, date(2029, 11, 30)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
    ],
)
def test_it_ends_a_month_where_that_month_ends(day, months, then):
    assert later(day, months) == then


def days(due, months, since=date(2026, 1, 1), before=date(2027, 1, 1)):
    return [str(day) for day in due_days(due, months, since, before)]


def test_a_cycle_of_thousands_of_years_ends_where_days_do():
    """An odd answer of the provider's tells one."""
    assert [*due_days(date(2027, 1, 5), 9_000 * 12, date(2026, 12, 1), date(2027, 12, 1))] == [
        date(2027, 1, 5)
    ]


def test_it_returns_to_the_31st_after_a_shorter_month():
    found = days(date(2026, 1, 31), 1, before=date(2026, 6, 1))

    assert found == ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"]


def test_it_finds_the_leap_day_again_after_four_years():
    found = days(date(2028, 2, 29), 12, before=date(2032, 3, 1))

    assert found == ["2028-02-29", "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29"]


def test_it_is_due_on_the_first_day_and_not_on_the_day_after_the_last():
    assert days(date(2026, 1, 1), 12, before=date(2027, 1, 1)) == ["2026-01-01"]


def test_it_counts_on_from_a_due_date_that_has_passed():
    assert days(date(2020, 5, 31), 6) == ["2026-05-31", "2026-11-30"]
    assert days(date(2025, 12, 30), 1, date(2026, 1, 30), date(2026, 2, 1)) == ["2026-01-30"]
    assert days(date(2025, 12, 30), 1, date(2026, 1, 31), date(2026, 3, 1)) == ["2026-02-28"]


def test_it_waits_for_a_triennial_one():
    assert days(date(2027, 3, 1), 36) == []
    assert days(date(2027, 3, 1), 36, date(2027, 1, 1), date(2030, 3, 2)) == ["2027-03-01", "2030-03-01"]


@pytest.mark.parametrize(
    ("amounts", "currency", "sum"),
    [
        # 10 a quarter and 10 a year: 3.3333… + 0.8333… = 4.1666…
        ([("10.00", 3), ("10.00", 12)], "EUR", "4.17"),
        # Three times a third is a whole, which rounding each to 3.33 would miss.
        ([("10.00", 3)] * 3, "EUR", "10.00"),
        # 1,980 in three years is 55; half a yen is rounded up.
        ([("1980", 36)], "JPY", "55"),
        ([("18", 36), ("12", 12)], "JPY", "2"),
        ([("-18", 36), ("-12", 12)], "JPY", "-2"),
        # 12.345 in six months: 2.0575, and its half 0.0005 up.
        ([("12.345", 6)], "KWD", "2.058"),
        ([("0.0149", 1), ("0.0001", 1)], "EUR", "0.02"),
    ],
)
def test_it_brings_cycles_to_a_month_and_rounds_the_sum_once(amounts, currency, sum):
    total = Fraction(0)
    for amount, months in amounts:
        total += monthly(Decimal(amount), months)

    assert str(rounded(total, currency)) == sum


def test_it_adds_up_twelve_months_by_hand():
    found = forecast.by_month(
        [
            Recurring(date(2026, 11, 30), 1, Decimal("10.00")),  # 30 Nov to 30 Oct, and 28 Feb: 12 times
            Recurring(date(2027, 1, 31), 3, Decimal("30.00"), 2),  # 31 Jan, 30 Apr, 31 Jul, 31 Oct
            Recurring(date(2026, 11, 28), 12, Decimal("99.99")),  # was due yesterday: again in a year
            Recurring(date(2027, 11, 29), 12, Decimal("1000")),  # the day after the last
            Recurring(date(2025, 2, 28), 36, Decimal("5.005")),  # again on 28 Feb 2028
            Recurring(date(2024, 2, 29), 12, Decimal("7.5")),  # 28 Feb 2027
        ],
        TODAY,
    )

    by_hand = [
        ("2026-11-01", "10.00", 1),
        ("2026-12-01", "10.00", 1),
        ("2027-01-01", "40.00", 3),
        ("2027-02-01", "17.50", 2),
        ("2027-03-01", "10.00", 1),
        ("2027-04-01", "40.00", 3),
        ("2027-05-01", "10.00", 1),
        ("2027-06-01", "10.00", 1),
        ("2027-07-01", "40.00", 3),
        ("2027-08-01", "10.00", 1),
        ("2027-09-01", "10.00", 1),
        ("2027-10-01", "40.00", 3),
        ("2027-11-01", "99.99", 1),
    ]
    assert found == [Month(date.fromisoformat(first), Decimal(sum), count) for first, sum, count in by_hand]


def test_it_has_no_thirteenth_month_when_today_is_the_first():
    found = forecast.by_month([Recurring(date(2026, 12, 1), 12, Decimal(5))], date(2026, 12, 1))

    assert [month.first.month for month in found] == [12, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert sum(month.count for month in found) == 1


@pytest.mark.parametrize(
    "today", [date(2027, 2, 28), date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1), date(2026, 11, 30)]
)
def test_what_is_due_once_a_year_is_in_the_year_once(today):
    """Also what is due on the 28th of February, seen from the 29th."""
    for n in range(365):
        due = date(2025, 1, 1) + timedelta(days=n)
        assert sum(month.count for month in forecast.by_month([Recurring(due, 12, Decimal(5))], today)) == 1


def test_the_year_that_begins_on_29_february_ends_on_28_february(visit, rows, alma, acme, time_machine):
    time_machine.move_to("2028-02-29T12:00:00Z", tick=False)
    due = {"billing_cycle": "Annually", "next_due_date": date(2029, 2, 28)}
    rows.service(acme, amount="5", **due)
    rows.service(acme, amount="7", **due | {"next_due_date": date(2029, 3, 1)})

    last = visit(alma).get("/spend.csv?table=forecast").csv()[-2]

    assert [told.replace("\xa0", " ") for told in last] == [
        "2029-02", "5.00", "EUR", "1 renewal to 28 Feb 2029",
    ]  # fmt: skip


def test_it_takes_what_is_active_and_may_be_viewed(rows, acme, alma):
    kept = rows.service(acme, billing_cycle="Monthly")
    rows.service(acme, status="Cancelled")
    rows.service(rows.account("Harbour"))
    renewed = [rows.domain(acme), rows.domain(acme, auto_renew=True)]
    rows.domain(acme, auto_renew=False)
    rows.domain(acme, status="Expired")

    assert [*forecast.services_that_recur(alma)] == [kept]
    assert {*forecast.domains_that_recur(alma)} == {*renewed}


def test_it_counts_as_renewals_what_costs_something(rows, acme, alma):
    """In the same group as what is free, or of an amount that could not be read."""
    for amount in (Decimal("9.90"), Decimal(0), None):
        rows.service(acme, amount=amount, billing_cycle="Annually", next_due_date=date(2027, 1, 31))
        rows.domain(acme, recurring_amount=amount, registration_period=1, next_due_date=date(2027, 1, 31))

    found = RunRate(alma, "EUR").forecast(TODAY)

    assert [month for month in found if month.count or month.amount] == [
        Month(date(2027, 1, 1), Decimal("19.80"), 2, unread=2)
    ]


def cancel(rows, service, **fields):
    key = ApiKey.objects.get(account=service.account)
    usual = {"state": Operation.State.DONE, "parameters": {"type": "End of Billing Period"}}
    rows.operation(key, f"service {service.remote_id}", **{"action": "request_cancellation"} | usual | fields)


@pytest.mark.parametrize("type", ["Immediate", "End of Billing Period"])
def test_it_ends_a_service_whose_cancellation_was_requested(rows, acme, alma, type):
    cancelled, kept = rows.service(acme), rows.service(acme)
    cancel(rows, cancelled, parameters={"type": type})

    assert [*forecast.services_that_recur(alma)] == [kept]


def test_it_keeps_a_service_whose_cancellation_lapsed_or_was_refused(rows, acme, alma):
    lapsed = rows.service(acme, next_due_date=date(2027, 1, 5))
    cancel(rows, lapsed, before={"next_due_date": "2026-12-05"})
    refused = rows.service(acme)
    cancel(rows, refused, state=Operation.State.REFUSED)

    assert {*forecast.services_that_recur(alma)} == {lapsed, refused}


def test_it_does_not_take_another_account_s_request_for_its_own(rows, acme, alma):
    harbour = rows.account("Harbour")
    rows.key(alma, harbour, "Harbour")
    ours, theirs = rows.service(acme, remote_id=5), rows.service(harbour, remote_id=5)
    cancel(rows, theirs)

    assert [*forecast.services_that_recur(alma)] == [ours]


DUE = {"next_due_date": date(2027, 1, 31)}


def test_it_tells_what_recurs_of_a_service_and_of_a_domain(rows, acme):
    service = rows.service(acme, amount=Decimal("9.90"), billing_cycle="Quarterly", **DUE)
    domain = rows.domain(acme, recurring_amount=Decimal("30"), registration_period=3, **DUE)

    assert forecast.recurring(service) == Recurring(date(2027, 1, 31), 3, Decimal("9.90"))
    assert forecast.recurring(domain) == Recurring(date(2027, 1, 31), 36, Decimal("30"))


@pytest.mark.parametrize(
    "fields",
    [
        {"billing_cycle": "One Time"},
        {"billing_cycle": "Free Account"},
        {"amount": Decimal(0)},
        {"next_due_date": None},
    ],
)
def test_it_expects_nothing_of_what_does_not_recur_or_costs_nothing(rows, acme, fields):
    usual = {"amount": Decimal("9.90"), "billing_cycle": "Monthly", **DUE}

    assert forecast.recurring(rows.service(acme, **usual | fields)) is None


RENEWALS = (Kind.SERVICES, Kind.DOMAINS)


def in_agenda(user, first):
    """What a month of the agenda says of renewals."""
    agenda = Agenda(user, Span(first, later(first, 1)), kinds=RENEWALS)
    entries = [one for one in agenda.entries([day.day for day in agenda.days], 1000) if one.is_counted]
    amounts = [one.amount for one in entries if one.amount is not None]
    sums = agenda.sums
    assert sum((one.all for one in sums), Decimal(0)) == sum(amounts)
    return Month(first, sum(amounts, Decimal(0)), len(amounts), sum(one.unread for one in sums))


@pytest.fixture
def year_of_odd_rows(rows, acme, alma):
    """Cycles, amounts and days of every kind, also those that a reader would not expect."""
    days = [TODAY, date(2026, 12, 31), date(2027, 3, 15), date(2027, 11, 28), date(2027, 11, 29)]
    cycles = ["Monthly", "Annually", "Triennially", "Fortnightly", "", "One Time", "Free Account"]
    for day in days:
        for amount in (Decimal("9.95"), Decimal("-9.95"), Decimal("-0.01"), Decimal(0), None):
            for cycle in cycles:
                rows.service(acme, amount=amount, billing_cycle=cycle, next_due_date=day)
            for years in (1, 3, 0, None):
                for renews in (True, False, None):
                    told = {"registration_period": years, "auto_renew": renews, "next_due_date": day}
                    rows.domain(acme, recurring_amount=amount, **told)
    for amount in (Decimal("-9.95"), Decimal("9.95"), Decimal(0), None):
        for cycle in ("Monthly", "Fortnightly"):
            asked = {"amount": amount, "billing_cycle": cycle, "next_due_date": days[1]}
            cancel(rows, rows.service(acme, **asked))
    rows.service(acme, next_due_date=None, amount=Decimal(7))


def test_the_forecast_and_the_agenda_say_the_same_of_each_month(year_of_odd_rows, alma, time_machine):
    time_machine.move_to("2026-11-29T12:00:00Z", tick=False)

    forecast = RunRate(alma, "EUR").forecast(TODAY)

    agenda = [in_agenda(alma, one.first) for one in forecast[:-1]]
    assert forecast[:-1] == agenda
    # The last month ends with the year; what Ultahost tells of the days after it is in the agenda alone.
    last = Agenda(alma, Span(date(2027, 11, 1), date(2027, 11, 29)), kinds=RENEWALS)
    assert forecast[-1].amount == last.sums[0].all


def test_the_agenda_of_29_february_ends_its_year_on_28_february(rows, acme, alma, time_machine):
    time_machine.move_to("2028-02-29T12:00:00Z", tick=False)
    for due in (date(2028, 2, 28), date(2028, 3, 1)):
        rows.service(acme, amount="5", billing_cycle="Annually", next_due_date=due)

    found = RunRate(alma, "EUR").forecast(date(2028, 2, 29))[-1]

    assert found == in_agenda(alma, date(2029, 2, 1)) == Month(date(2029, 2, 1), Decimal(5), 1)


def test_it_expects_a_credit_that_recurs(rows, acme, alma):
    rows.service(acme, amount=Decimal("-5"), billing_cycle="Annually", **DUE)
    rows.service(acme, amount=Decimal("5"), billing_cycle="Annually", **DUE)

    found = RunRate(alma, "EUR").forecast(TODAY)

    assert [month for month in found if month.count] == [Month(date(2027, 1, 1), Decimal(0), 2)]


def test_it_expects_a_cycle_that_is_not_known_on_the_day_that_was_told(rows, acme, alma):
    rows.service(acme, amount=Decimal("5"), billing_cycle="Fortnightly", **DUE)
    rows.domain(acme, recurring_amount=Decimal("7"), **DUE)

    found = RunRate(alma, "EUR").forecast(TODAY)

    assert [month for month in found if month.count] == [Month(date(2027, 1, 1), Decimal(12), 2)]
