"""The mail of the day: who is told of which invoice and which domain, when, and that it is once."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from portal.mail import sending
from portal.models import AccountPolicy, Grant, Notification
from ultahost_api.models import Domain

DAY = date(2026, 6, 6)


@pytest.fixture(autouse=True)
def _mail(settings, rung):
    settings.EMAIL_URL = "smtp://mail.example.com"
    settings.PORTAL_URL = "https://portal.example"


@pytest.fixture
def clock():
    """``clock(2)``: ten o'clock UTC, two days after the first; ``clock(2, 7)`` is at seven."""
    with time_machine.travel(at(0)) as traveller:
        yield lambda days, hour=10, minute=0: traveller.move_to(at(days, hour, minute))


def at(days, hour=10, minute=0):
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=UTC) + timedelta(days=days)


@pytest.fixture
def alma(people, clock):
    return people.member("Alma")


@pytest.fixture
def acme(rows, alma):
    account = rows.account("Acme")
    rows.key(alma, account)
    return account


def morning():
    """What beat and a worker do; the mails that went out by it, their joiners removed."""
    before = len(mail.outbox)
    sending.look_round()
    for notification in Notification.objects.waiting():
        sending.send(notification.pk)
    return [letter.body.replace("\u2060", "").replace("\u00a0", " ") for letter in mail.outbox[before:]]


def readers():
    return sorted(letter.to[0].partition("@")[0] for letter in mail.outbox)


# Domains


def test_it_tells_of_a_domain_at_each_threshold_once(rows, acme, clock):
    end = DAY + timedelta(days=70)
    rows.domain(acme, name="shop.example", expiry_date=end, next_due_date=end + timedelta(days=15))
    told = {}
    for day in range(75):
        for hour in (7, 8, 12, 20, 23):
            clock(day, hour)
            for letter in morning():
                told[70 - day] = letter

    assert list(told) == [60, 30, 14, 7, 1]
    assert "shop.example (Acme): expires 15 Aug 2026, in 60 days" in told[60]
    assert "expires 15 Aug 2026, tomorrow" in told[1]


@pytest.mark.parametrize(
    ("auto_renew", "words"), [(True, "auto-renew on"), (False, "auto-renew off"), (None, "not read yet")]
)
def test_it_says_whether_the_domain_renews_itself(rows, acme, auto_renew, words):
    due = {"next_due_date": DAY - timedelta(days=5), "detailed_at": None}
    rows.domain(acme, name="shop.example", auto_renew=auto_renew, **due)

    (letter,) = morning()

    assert f"due 1 Jun 2026, 5 days ago; {'auto-renew ' * (auto_renew is None)}{words}\n" in letter


def test_who_meets_a_domain_late_is_told_of_the_nearest_threshold_alone(rows, acme, clock):
    rows.domain(acme, name="shop.example", expiry_date=DAY + timedelta(days=5))
    assert len(morning()) == 1

    clock(1)
    assert morning() == []
    clock(4)
    assert len(morning()) == 1


def test_days_without_a_worker_skip_thresholds_and_repeat_none(rows, acme, clock):
    rows.domain(acme, name="shop.example", expiry_date=DAY + timedelta(days=31))
    assert len(morning()) == 1  # 60

    clock(25)
    assert len(morning()) == 1  # 7, and neither 30 nor 14
    clock(26)
    assert morning() == []
    clock(33)
    assert "2 days ago" in morning()[0]


def test_a_clock_that_jumps_repeats_nothing(rows, acme, clock):
    rows.domain(acme, name="shop.example", expiry_date=DAY + timedelta(days=31))
    rows.invoice(acme, number="late-1", due_date=DAY - timedelta(days=1))
    told = []
    for day in (0, 40, 20, 0, 365, 1, 2, 18, 24, 30, 30, -3, 5):
        clock(day)
        told += morning()

    lines = [line.strip() for letter in told for line in letter.splitlines()]
    assert sum("late-1" in line for line in lines) == 1
    # Thresholds 60 and 1, since the clock came back from day 40; after that nothing is left to tell.
    assert [line.split(", ")[1].split(";")[0] for line in lines if "shop.example" in line] == [
        "in 31 days",
        "9 days ago",
    ]


@pytest.mark.parametrize("days_later", [1, 12, 32])
def test_an_end_that_was_corrected_is_the_same_end_and_a_renewal_is_another(rows, acme, clock, days_later):
    domain = rows.domain(acme, name="shop.example", next_due_date=DAY + timedelta(days=28))
    assert len(morning()) == 1

    corrected = DAY + timedelta(days=28 + days_later)
    domain.next_due_date = domain.expiry_date = corrected  # now that the details were read
    domain.save()
    clock(1)
    assert morning() == []

    domain.next_due_date = domain.expiry_date = corrected + timedelta(days=365)
    domain.save()
    clock(2)
    assert morning() == []
    clock(28 + days_later + 365 - 30)
    assert len(morning()) == 1


def test_it_leaves_out_domains_that_are_gone_or_end_nowhere(rows, acme):
    soon = {"expiry_date": DAY + timedelta(days=5)}
    rows.domain(acme, name="gone.example", gone_at=at(0), **soon)
    rows.domain(acme, name="cancelled.example", status="Cancelled", **soon)
    rows.domain(acme, name="undated.example")
    rows.domain(acme, name="far.example", expiry_date=DAY + timedelta(days=61))
    rows.domain(acme, name="expired.example", status="Expired", expiry_date=DAY - timedelta(days=76))
    rows.domain(acme, name="renewed.example", auto_renew=True, **soon)

    assert morning() == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (
            {"next_due_date": DAY - timedelta(days=40)},
            "due 27 Apr 2026, 40 days ago; auto-renew not read yet",
        ),
        (
            {"expiry_date": DAY + timedelta(days=365), "next_due_date": DAY - timedelta(days=2)},
            "due 4 Jun 2026, 2 days ago; auto-renew not read yet",
        ),
        (
            {"status": "Grace", "expiry_date": DAY - timedelta(days=18)},
            "expires 19 May 2026, 18 days ago; In its grace period: renew it now; auto-renew not read yet",
        ),
        (
            {"status": "Expired", "expiry_date": DAY - timedelta(days=3)},
            "expires 3 Jun 2026, 3 days ago; Expired: may still be rescued, ask Ultahost; auto-renew",
        ),
        (
            {"status": "Expired", "next_due_date": DAY + timedelta(days=300)},
            "due 2 Apr 2027, in 300 days; Expired: may still be rescued, ask Ultahost; auto-renew",
        ),
        (
            {"status": "Redemption", "auto_renew": False},
            "(Acme): In redemption: Ultahost can still restore it, for a fee; auto-renew off",
        ),
    ],
)
def test_it_tells_of_what_has_passed_and_can_still_be_saved(rows, acme, fields, words):
    rows.domain(acme, name="shop.example", detailed_at=None, **fields)

    (letter,) = morning()

    assert words in letter
    assert morning() == []


def test_it_tells_of_each_stage_after_the_end_once(rows, acme, clock):
    end = DAY + timedelta(days=1)
    domain = rows.domain(acme, name="shop.example", expiry_date=end)
    told = []
    for day, status in enumerate(
        ["Active", "Active", "Grace", "Grace", "Redemption", "Redemption", "Expired"]
    ):
        Domain.objects.filter(pk=domain.pk).update(status=status)
        clock(day)
        told += [status for _ in morning()]

    assert told == ["Active", "Grace", "Redemption"]


def test_it_tells_of_a_transfer_that_hangs_and_later_of_the_date(rows, acme, clock):
    domain = rows.domain(
        acme,
        name="shop.example",
        status="Pending Transfer",
        expiry_date=DAY + timedelta(days=61),
        changed_at=at(-9),
    )
    assert morning() == []
    clock(1)
    assert "The transfer has been pending for 10 days or more" in morning()[0]

    Domain.objects.filter(pk=domain.pk).update(status="Active")
    clock(2)
    assert "in 59 days" in morning()[0]


def test_what_was_mailed_by_the_expiry_is_not_mailed_again_by_the_due_date(rows, acme, alma):
    """Before, mails went by the expiry alone."""
    due, expiry = DAY + timedelta(days=9), DAY + timedelta(days=12)
    domain = rows.domain(acme, name="shop.example", next_due_date=due, expiry_date=expiry)
    told = Notification(person=alma, kind=Notification.Kind.LAPSING, subject=f"{domain.pk} 14 {expiry}")
    told.state = Notification.State.SENT
    told.save()

    assert morning() == []


# Invoices


def test_it_tells_of_each_overdue_invoice_once(rows, acme, clock):
    rows.invoice(acme, number="late-1", due_date=DAY - timedelta(days=1), total="10.00")
    (first,) = morning()
    assert "Acme: 1 invoice, €10.00\n" in first
    assert "late-1, due 5 Jun 2026: €10.00" in first
    assert "https://portal.example/invoices/?status=Overdue" in first

    clock(1)
    assert morning() == []

    rows.invoice(acme, number="late-2", due_date=DAY + timedelta(days=1), total="5.50")
    clock(2)
    (second,) = morning()
    assert "Acme: 1 invoice, €5.50 (overdue in total: 2, €15.50)" in second
    assert "late-1" not in second


def test_it_says_of_each_sum_what_it_does_not_contain(rows, acme, clock):
    """Also of the sum of all, which holds invoices that were told before."""
    late = {"due_date": DAY - timedelta(days=1)}
    rows.invoice(acme, number="late-1", total=None, unreadable={"total": "1,044"}, **late)
    (first,) = morning()
    assert "late-1, due 5 Jun 2026: unreadable (“1,044”)" in first

    rows.invoice(acme, total="5.50", **late)
    clock(1)
    (second,) = morning()
    assert "Acme: 1 invoice, €5.50 (overdue in total: 2, €5.50)" in second
    for letter in (first, second):
        assert "1 amount could not be read, not included" in letter


def test_no_sum_holds_a_payment_of_other_invoices(rows, acme, clock):
    late = {"due_date": DAY - timedelta(days=1)}
    rows.invoice(acme, number="late-1", total="5.50", **late)
    rows.invoice(acme, number="MASS", total="5.50", only_moves_money=True, **late)
    (letter,) = morning()

    assert "Acme: 2 invoices, €5.50" in letter
    assert "MASS" in letter


@pytest.mark.parametrize("total", ["0.00", "-120.00"])
def test_it_mails_of_no_invoice_that_asks_for_no_money(rows, acme, clock, total):
    rows.invoice(acme, due_date=DAY - timedelta(days=1), total=total)
    assert morning() == []


def test_what_becomes_overdue_after_the_day_s_mail_waits_for_the_next(rows, acme, clock):
    rows.domain(acme, name="shop.example", expiry_date=DAY + timedelta(days=5))
    assert len(morning()) == 1

    rows.invoice(acme, number="late-1", due_date=DAY - timedelta(days=1))
    clock(0, 15)
    assert morning() == []
    clock(1)
    assert "late-1" in morning()[0]


def test_an_invoice_that_is_paid_and_comes_back_is_not_told_again(rows, acme, clock):
    invoice = rows.invoice(acme, number="late-1", due_date=DAY - timedelta(days=1))
    assert len(morning()) == 1
    for day, status in ((1, "Paid"), (2, "Unpaid")):
        invoice.status = status
        invoice.save()
        clock(day)
        assert morning() == []


def test_it_rounds_no_amount_and_no_sum(rows, clock, alma):
    account = rows.account("Gulf", currency="KWD")
    rows.key(alma, account, "Gulf")
    for number, total in {"late-1": "12.3450", "late-2": "0.0001"}.items():
        rows.invoice(account, number=number, total=total, due_date=DAY - timedelta(days=1))
    (letter,) = morning()
    assert "Gulf: 2 invoices, KWD 12.3451" in letter
    assert "late-1, due 5 Jun 2026: KWD 12.345\n" in letter


def test_it_never_adds_two_currencies(rows, acme, people):
    dollars = rows.account("Acme", currency="USD")
    late = {"due_date": DAY - timedelta(days=1)}
    rows.invoice(acme, total="10.00", **late)
    rows.invoice(acme, total="7.00", currency="CHF", **late)  # from before the account's currency changed
    rows.invoice(dollars, total="3.00", **late)
    rows.invoice(acme, total=None, **late)

    (letter,) = morning()

    assert "Acme: 2 invoices, €10.00" in letter
    assert "Acme: 1 invoice, CHF7.00" in letter.replace("CHF ", "CHF")
    assert "Acme: 1 invoice, $3.00" in letter


def test_a_long_list_is_cut_and_counts_as_told(rows, acme, clock):
    for _ in range(25):
        rows.invoice(acme, due_date=DAY - timedelta(days=1), total="1.00")

    (letter,) = morning()

    assert "Acme: 25 invoices, €25.00" in letter
    assert letter.count("due 5 Jun") == 20
    assert "and 5 more" in letter
    clock(1)
    assert morning() == []


# Who


def test_each_is_told_of_what_they_may_see(rows, acme, people):
    private, shared = rows.account("Canary"), rows.account("Shared")
    AccountPolicy.objects.create(account=private, private=True)
    for account, name in ((private, "canary-1"), (shared, "shared-1")):
        rows.invoice(account, number=name, due_date=DAY - timedelta(days=1))
        rows.domain(account, name=f"{name}.example", expiry_date=DAY + timedelta(days=5))
    people.admin("Dana")
    people.billing("Emil")
    ben = people.member("Ben")
    Grant.objects.create(user=ben, account=private, level="view", given_by=ben)
    Grant.objects.create(user=people.member("Cleo"), account=private, level="view", given_by=ben).delete()

    letters = morning()

    seen = {
        letter.split(",")[0].removeprefix("Hello "): {
            word
            for word in ("canary-1,", "shared-1,", "canary-1.example", "shared-1.example")
            if word in letter
        }
        for letter in letters
    }
    assert seen == {
        "Alma": {"shared-1,"},
        "Ben": {"canary-1,", "shared-1,", "canary-1.example"},
        "Cleo": {"shared-1,"},
        "Dana": {"canary-1,", "shared-1,", "canary-1.example", "shared-1.example"},
        "Emil": {"canary-1,", "shared-1,"},
    }


def test_rights_are_those_of_the_moment_of_sending(rows, acme, people):
    grant = Grant.objects.create(
        user=people.member("Ben"), account=acme, level="view", given_by=people.admin("Dana")
    )
    rows.domain(acme, name="canary.example", expiry_date=DAY + timedelta(days=5))
    sending.look_round()  # Ben's mail is planned

    grant.delete()
    morning()

    assert readers() == ["alma", "dana"]


def test_a_deactivated_person_is_told_nothing(rows, acme, people, alma):
    people.admin("Dana")
    rows.invoice(acme, due_date=DAY - timedelta(days=1))
    sending.look_round()
    alma.deactivate()

    morning()

    assert readers() == ["dana"]


@pytest.mark.parametrize(("unwanted", "left"), [("overdue", "shop.example"), ("lapsing", "late-1")])
def test_either_half_can_be_switched_off(rows, acme, alma, clock, unwanted, left):
    alma.unwanted_mail = [unwanted]
    alma.save()
    rows.invoice(acme, number="late-1", due_date=DAY - timedelta(days=1))
    rows.domain(acme, name="shop.example", expiry_date=DAY + timedelta(days=5))

    (letter,) = morning()

    assert [name for name in ("late-1", "shop.example") if name in letter] == [left]


def test_names_from_ultahost_make_no_link(rows, acme):
    rows.invoice(acme, number="http://evil.example/1", due_date=DAY - timedelta(days=1))
    rows.domain(acme, name="evil.example\nhttp://evil.example", expiry_date=DAY + timedelta(days=5))
    morning()

    links = [line for line in mail.outbox[0].body.splitlines() if "://" in line]

    assert all(line.startswith("https://portal.example/") for line in links)
    assert "evil.example" not in mail.outbox[0].body


@pytest.mark.parametrize(
    ("language", "sum_"), [("", "€1,234.50"), ("de", "1.234,50 €"), ("tlh", "€1,234.50")]
)
def test_it_speaks_the_reader_s_language_and_not_that_of_the_one_before(
    rows, acme, alma, people, settings, language, sum_
):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    people.billing("Emil")
    alma.language = language
    alma.save()
    rows.invoice(acme, due_date=DAY - timedelta(days=1), total="1234.50")

    to_alma, to_emil = sorted(morning())

    assert f": {sum_}" in to_alma
    assert ": €1,234.50" in to_emil


# When


@pytest.mark.parametrize(
    ("zone", "hour"),
    [("", 8), ("Asia/Tokyo", 23), ("America/Lima", 13), ("Asia/Kathmandu", 3), ("Pacific/Kiritimati", 18)],
)
def test_it_comes_at_eight_where_the_person_is(rows, acme, alma, zone, hour):
    alma.time_zone = zone
    alma.save()
    came = []
    for later in range(-48, 24):
        with time_machine.travel(at(0, 0) + timedelta(hours=later)):
            rows.invoice(acme, due_date=date(2026, 1, 1))
            if morning():
                came.append(later)

    assert came[-2:] == [hour - 24, hour]


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_a_day_of_23_or_25_hours_has_one_mail(rows, acme, alma, day):
    """When Berlin's clocks change; something new is there every hour."""
    alma.time_zone = "Europe/Berlin"
    alma.save()
    came = []
    for hour in range(-24, 48):
        with time_machine.travel(day + timedelta(hours=hour)):
            rows.invoice(acme, due_date=date(2026, 1, 1))
            if morning():
                came.append((day + timedelta(hours=hour)).hour)

    summer_from = day.month == 3
    assert came == ([7, 6, 6] if summer_from else [6, 7, 7])


def test_nobody_is_mailed_in_the_night(rows, acme, clock):
    """Neither by a portal that comes up late, nor from a queue that was slow."""
    rows.invoice(acme, number="late-1", due_date=DAY - timedelta(days=1))
    clock(0, 22)
    assert morning() == []
    clock(1, 7)
    assert morning() == []
    clock(1, 20, 55)
    sending.look_round()
    clock(1, 21, 5)
    assert morning() == []

    clock(2, 8)
    assert len(morning()) == 1


def test_an_empty_day_has_no_mail_and_is_forgotten_in_time(acme, clock):
    assert morning() == []
    assert Notification.objects.get().state == "pointless"

    clock(40)
    morning()

    assert Notification.objects.get().subject == "2026-07-16"


def test_it_comes_later_the_same_day_when_mail_was_down_and_once(rows, acme, clock, settings):
    rows.invoice(acme, number="late-1", due_date=DAY - timedelta(days=1))
    settings.EMAIL_BACKEND = "tests.portal.test_digests.Down"
    clock(0, 8)
    assert morning() == []

    rows.invoice(acme, number="late-2", due_date=DAY - timedelta(days=1))
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    clock(0, 14)
    (letter,) = morning()
    assert "late-1" in letter
    assert "late-2" in letter
    for hour in (15, 20):
        clock(0, hour)
        assert morning() == []


def test_what_a_lost_day_did_not_tell_the_next_one_does(rows, acme, clock, settings):
    rows.invoice(acme, number="late-1", due_date=DAY - timedelta(days=1))
    settings.EMAIL_BACKEND = "tests.portal.test_digests.Down"
    for hour in (8, 12, 20):
        clock(0, hour)
        morning()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    clock(0, 22)  # nobody wants it at that hour
    assert morning() == []

    clock(1)
    (letter,) = morning()

    assert "late-1" in letter


class Down:
    """A mail server that is not there."""

    def __init__(self, **_):
        pass

    def open(self):
        raise ConnectionRefusedError

    def close(self):
        pass


def test_mail_that_is_set_up_late_begins_with_one_mail(rows, acme, clock, settings):
    settings.EMAIL_URL = ""
    rows.domain(acme, name="shop.example", expiry_date=DAY + timedelta(days=61))
    for day in range(58):
        clock(day)
        rows.invoice(acme, due_date=DAY)
        assert morning() == []
    assert not Notification.objects.exists()

    settings.EMAIL_URL = "smtp://mail.example.com"
    clock(58)

    (letter,) = morning()
    assert "58 invoices" in letter
    assert "in 3 days" in letter


# At once


@pytest.mark.django_db(transaction=True)
def test_of_two_beats_and_two_workers_one_sends(rows, acme, clock, slow_letters):
    rows.invoice(acme, due_date=DAY - timedelta(days=1))
    rows.domain(acme, name="shop.example", expiry_date=DAY + timedelta(days=5))
    together = threading.Barrier(4)

    def work():
        try:
            together.wait(10)
            sending.look_round()
            for notification in Notification.objects.waiting():
                sending.send(notification.pk)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert readers() == ["alma"]
    assert Notification.objects.filter(state="sent").count() == 3


def test_it_asks_as_many_queries_for_many_rows_as_for_few(rows, acme, clock, people):
    def fill(number):
        for count in range(number):
            account = rows.account(f"Account {count}")
            Grant.objects.create(user=acme.keys.get().owner, account=account, given_by=acme.keys.get().owner)
            rows.invoice(account, due_date=DAY - timedelta(days=1))
            rows.domain(account, name=f"d{count}.example", expiry_date=DAY + timedelta(days=5))

    def queries(day):
        clock(day)
        sending.look_round()
        (notification,) = Notification.objects.waiting()
        with CaptureQueriesContext(connection) as captured:
            sending.send(notification.pk)
        assert len(mail.outbox) == day + 1
        return len(captured)

    fill(2)
    few = queries(0)
    fill(40)
    assert queries(1) == few
    assert few < 20


def test_a_look_round_asks_as_many_queries_for_many_people_as_for_few(people, clock, acme):
    def queries():
        sending.look_round()
        with CaptureQueriesContext(connection) as captured:
            sending.look_round()
        return len(captured)

    few = queries()
    for number in range(20):
        people.member(f"P{number}")
    for notification in Notification.objects.waiting():
        sending.send(notification.pk)
    assert queries() <= few + 20 + 1  # one for each mail that waits to be rung
