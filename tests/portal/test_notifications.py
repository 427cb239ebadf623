"""What people are told at once, and who of them: a browser nobody knew, a refused key, an open outcome."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from portal.mail import sending
from portal.mail.plain import plain
from portal.models import AccountPolicy, Device, Grant, Notification
from ultahost_api import operations
from ultahost_api.calls.clients import note_refusal
from ultahost_api.models import ApiKey, Operation

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
LINK = re.compile(r"https?://\S+")
CLICKABLE = re.compile(r"\w\.\w|://|\w@\w")


@pytest.fixture(autouse=True)
def _mail(settings, rung):
    settings.EMAIL_URL = "smtp://mail.example.com"
    settings.PORTAL_URL = "https://portal.example"


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def key(rows, alma):
    return rows.key(alma, rows.account("Acme"))


@pytest.fixture
def sign_in(visit, nothing_counted):
    def by_password(person, visitor=None, **headers):
        visitor = visitor or visit()
        form = {"login": person.email, "password": PASSWORD}
        page = visitor.post("/sign-in/", form, **{"User-Agent": FIREFOX} | headers)
        assert page.status == 302
        visitor.post("/sign-in/out/")
        return visitor

    return by_password


def send_all():
    """As a worker would, but for the digest; what was sent by it."""
    before = len(mail.outbox)
    for notification in Notification.objects.waiting().exclude(kind="digest").order_by("created_at"):
        sending.send(notification.pk)
    return mail.outbox[before:]


def readers(letters):
    return sorted(letter.to[0].partition("@")[0] for letter in letters)


# A new browser


def test_it_tells_of_a_second_browser_and_of_neither_again(sign_in, alma):
    first = sign_in(alma)
    assert send_all() == []  # after an invitation somebody comes in for the first time

    second = sign_in(alma)
    (letter,) = send_all()
    assert letter.to == ["alma@example.com"]

    sign_in(alma, first)
    sign_in(alma, second)
    assert send_all() == []


def test_it_says_when_where_and_with_what_in_the_reader_s_own_time(sign_in, alma, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    alma.time_zone = "Asia/Tokyo"
    alma.save()
    with time_machine.travel("2026-06-06T20:30:00Z"):
        sign_in(alma)
        sign_in(alma, **{"X-Forwarded-For": "203.0.113.9"})
        (letter,) = send_all()

    assert "When: 7\u00a0Jun\u00a02026, 05:30 (Asia/Tokyo)" in letter.body
    assert "Browser: Firefox, Linux" in letter.body
    assert "Address: 203.0.113.9" in letter.body
    assert LINK.findall(letter.body) == [
        "https://portal.example/sign-in/sessions/",
        "https://portal.example/sign-in/password/",
        "https://portal.example/profile/",
    ]


def test_it_repeats_nothing_that_a_stranger_wrote(sign_in, alma):
    sign_in(alma)
    sign_in(
        alma, **{"User-Agent": "evil.example click http://evil.example", "X-Forwarded-For": "evil.example"}
    )

    (letter,) = send_all()

    assert "evil" not in letter.message().as_string()
    assert "Browser: unknown" in letter.body


def test_a_browser_is_known_to_those_who_used_it(sign_in, alma, people):
    """A mark that is copied, made up or another person's is no mark of one's own."""
    ben = people.member("Ben")
    sign_in(ben)
    shared = sign_in(alma)

    sign_in(ben, shared)

    assert readers(send_all()) == ["ben"]


@pytest.mark.parametrize(
    "change", [lambda mark: mark[:-1] + ("A" if mark[-1] != "A" else "B"), lambda _: "made up"]
)
def test_a_mark_that_nobody_signed_is_none(sign_in, alma, change):
    visitor = sign_in(alma)
    visitor.client.cookies["portal_device"] = change(visitor.client.cookies["portal_device"].value)

    sign_in(alma, visitor)

    assert readers(send_all()) == ["alma"]


def test_a_deactivated_person_is_told_nothing(sign_in, alma, people):
    people.admin("Dana")
    sign_in(alma)
    sign_in(alma)
    alma.deactivate()

    assert send_all() == []


def test_the_mark_is_for_no_script_and_the_database_cannot_make_one(sign_in, alma):
    cookie = sign_in(alma).client.cookies["portal_device"]

    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] > 365 * 24 * 3600
    assert Device.objects.get().hash not in cookie.value


def test_browsers_are_known_before_mail_is_set_up(sign_in, alma, settings):
    settings.EMAIL_URL = ""
    first, second = sign_in(alma), sign_in(alma)
    settings.EMAIL_URL = "smtp://mail.example.com"

    sign_in(alma, first)
    sign_in(alma, second)

    assert send_all() == []


# A refused key


def test_it_tells_the_owner_and_the_admins_of_a_refused_key(key, people):
    people.admin("Dana")
    people.member("Ben")
    note_refusal(key)
    note_refusal(key)

    letters = send_all()

    assert readers(letters) == ["alma", "dana"]
    for letter in letters:
        assert f"https://portal.example/keys/{key.pk}/" in letter.body
        assert "Main" not in letter.subject
    assert ["of Alma" in letter.body for letter in letters if letter.to == ["dana@example.com"]] == [True]


def test_it_tells_nothing_of_a_key_that_works_again(key, people):
    people.admin("Dana")
    note_refusal(key)
    ApiKey.objects.update(refused_at=None)

    assert send_all() == []


def test_an_admin_need_not_hear_of_others_keys_but_does_of_their_own(key, people, rows):
    dana = people.admin("Dana", unwanted_mail=["key_refused"])
    own = rows.key(dana, rows.account())
    note_refusal(key)
    assert readers(send_all()) == ["alma"]

    note_refusal(own)

    assert readers(send_all()) == ["dana"]


def test_it_tells_no_former_admin(key, people):
    people.admin("Dana")
    former = people.admin("Canary")
    note_refusal(key)
    former.change_role("member")

    assert readers(send_all()) == ["alma", "dana"]


# An open outcome


@pytest.fixture
def later():
    """``later(minutes=6)``"""
    began = timezone.now()
    with time_machine.travel(began) as traveller:
        yield lambda **ago: traveller.move_to(began + timedelta(**ago))


def told():
    sending.look_round()
    return send_all()


def test_it_tells_who_sent_what_can_never_be_read_and_whose_key_acted(key, people, rows, later):
    ben = people.member("Ben")
    people.member("Canary")
    Grant.objects.create(user=ben, account=key.account, level="operate", given_by=key.owner)
    operation = rows.operation(key, action="service_reset_password", state="unknown", about="service 7")
    Operation.objects.update(user=ben)
    assert told() == []  # Ben is looking at its page

    later(minutes=6)
    letters = told()

    assert readers(letters) == ["alma", "ben"]
    by_reader = {letter.to[0]: letter.body for letter in letters}
    assert f"https://portal.example/activity/{operation.pk}/" in by_reader["ben@example.com"]
    assert str(operation.pk) not in by_reader["alma@example.com"]  # the page is Ben's
    assert "By: Ben" in by_reader["alma@example.com"]
    later(minutes=20)
    assert told() == []


@pytest.mark.parametrize(
    ("fields", "is_told"),
    [
        ({"state": "unknown", "action": "pay_invoice", "next_read_at": "soon"}, False),  # still being read
        ({"state": "unknown", "action": "pay_invoice", "next_read_at": None}, True),
        ({"state": "not_confirmed", "action": "pay_invoice"}, True),
        ({"state": "not_confirmed", "action": "toggle_autorenew"}, False),  # may simply be sent again
        ({"state": "confirmed", "action": "pay_invoice"}, False),
        ({"state": "done", "action": "pay_invoice"}, False),
    ],
)
def test_it_tells_of_what_only_a_person_can_find_out(key, rows, later, fields, is_told):
    if fields.get("next_read_at") == "soon":
        fields = fields | {"next_read_at": timezone.now() + timedelta(minutes=10)}
    rows.operation(key, **fields)
    later(minutes=6)

    assert readers(told()) == (["alma"] if is_told else [])


def test_it_tells_of_what_no_key_is_left_to_read(key, rows, later):
    rows.operation(key, state="unknown", next_read_at=timezone.now())
    later(hours=24)
    assert told() == []

    later(hours=26)

    assert readers(told()) == ["alma"]


def test_it_tells_nothing_that_somebody_has_decided(key, rows, later, alma):
    operation = rows.operation(key, state="unknown", next_read_at=None)
    later(minutes=6)
    sending.look_round()
    operations.decide(operation, alma, took_effect=False)

    assert send_all() == []


def test_it_tells_nobody_of_an_account_that_they_see_no_more(key, people, rows, later):
    canary = people.member("Canary")
    AccountPolicy.objects.create(account=key.account, private=True)
    grant = Grant.objects.create(user=canary, account=key.account, level="operate", given_by=key.owner)
    rows.operation(key, state="unknown", next_read_at=None)
    Operation.objects.update(user=canary)
    later(minutes=6)
    sending.look_round()

    grant.delete()

    assert readers(send_all()) == ["alma"]


def test_it_can_be_switched_off(key, rows, later, alma):
    alma.unwanted_mail = ["outcome"]
    alma.save()
    rows.operation(key, state="unknown", next_read_at=None)
    later(minutes=6)

    assert told() == []


def test_it_leaves_out_what_happened_before_mail_was_set_up(key, rows, later, settings):
    settings.EMAIL_URL = ""
    rows.operation(key, state="unknown", next_read_at=None)
    later(days=3)
    sending.look_round()
    settings.EMAIL_URL = "smtp://mail.example.com"

    assert told() == []


# Strangers' words


@pytest.mark.parametrize(
    "hostile",
    [
        "Acme\r\nBcc: eve@evil.example",
        "Acme\u2028http://evil.example/x",
        "www.evil.example",
        "https://evil.example:8080/pay?now",
        "mail eve@evil.example",
        "a\u202egnp.live",
        "x" * 5000,
        "evil\u3002example",
    ],
)
def test_strangers_words_are_one_short_line_without_links(hostile, key, rows, later):
    line = plain(hostile)
    assert len(line.splitlines()) == 1
    assert len(line.replace("\u2060", "")) <= 120
    assert not CLICKABLE.search(line)
    assert "\u202e" not in line

    key.account.name = hostile[:250]
    key.account.save()
    note_refusal(key)
    (letter,) = send_all()

    assert LINK.findall(letter.body) == [
        f"https://portal.example/keys/{key.pk}/",
        "https://portal.example/profile/",
    ]
    assert set(letter.message().keys()) == {
        *("Content-Type", "MIME-Version", "Content-Transfer-Encoding", "Subject", "From", "To", "Date"),
        *("Message-ID", "Auto-Submitted"),
    }


def test_words_of_ours_stay_as_they_are():
    assert plain("Acme & Söhne <b>, Inc.") == "Acme & Söhne <b>, Inc."
    assert plain("shop.example").replace("\u2060", "") == "shop.example"
