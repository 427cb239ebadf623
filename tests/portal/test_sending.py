"""Mail over a real socket: it arrives once, whatever the mail server, the workers and the clock do."""

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from portal.mail import sending
from portal.models import MailTrouble, Notification
from tests.smtp import mail_server
from ultahost_api.calls.clients import note_refusal

State = Notification.State


@pytest.fixture
def server(settings, rung):
    with mail_server() as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 0.5
        yield server


@pytest.fixture
def alma(people):
    return people.member("Alma")


@pytest.fixture
def key(rows, alma):
    return rows.key(alma, rows.account())


@pytest.fixture
def clock():
    """``clock(minutes=5)``: what o'clock it is then, counted from the beginning."""
    began = timezone.now()
    with time_machine.travel(began) as traveller:
        yield lambda **later: traveller.move_to(began + timedelta(**later))


def refuse(key):
    """Ultahost refuses the key; its row of who is to be told."""
    note_refusal(key)
    return Notification.objects.get(person=key.owner)


def look_round():
    """What a worker does with what beat rings for."""
    sending.look_round()
    for notification in Notification.objects.waiting():
        sending.send(notification.pk)


def test_it_arrives_once(server, key, alma):
    row = refuse(key)

    for _ in range(3):
        sending.send(str(row.pk))

    (mail,) = server.mails
    assert mail["To"] == "alma@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert str(row.pk) in mail["Message-ID"]
    assert f"http://localhost:8000/keys/{key.pk}/" in mail.get_content()
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.SENT, 1)
    assert row.sent_at


def test_it_is_rung_at_once_by_its_id_alone_after_commit(
    server, key, rung, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        row = refuse(key)

    assert ("portal.tasks.send", str(row.pk), "refresh") in rung


def test_the_tick_finds_what_the_bell_lost(server, key, clock, rung, django_capture_on_commit_callbacks):
    row = refuse(key)
    rung.clear()

    for minutes, times in ((0.2, 1), (1, 1), (4, 2)):
        clock(minutes=minutes)
        with django_capture_on_commit_callbacks(execute=True):
            sending.look_round()
        assert rung.count(("portal.tasks.send", str(row.pk), "refresh")) == times


@pytest.mark.parametrize("fault", ["hang", "stall", "cut"])
def test_it_is_sent_later_when_the_server_surely_did_not_take_it(server, key, clock, fault):
    row = refuse(key)
    server.fault = fault
    sending.send(row.pk)
    row.refresh_from_db()
    assert row.state == State.WAITING
    word = {"hang": "silent", "stall": "silent", "cut": "cut"}[fault]
    assert MailTrouble.objects.get().word == word

    server.fault = ""
    clock(minutes=2)
    look_round()

    assert server.recipients == ["alma@example.com"]
    assert not MailTrouble.objects.exists()


def test_it_is_not_sent_again_when_the_server_may_have_taken_it(server, key, clock):
    row = refuse(key)
    server.fault = "cut after words"
    sending.send(row.pk)

    server.fault = ""
    for hours in (1, 2, 11, 13, 30):
        clock(hours=hours)
        look_round()

    assert len(server.mails) == 1
    row.refresh_from_db()
    assert row.state == State.TRIED


def test_it_asks_a_silent_server_seldom_and_gives_up_in_the_end(server, key, people, visit, clock):
    dana = people.admin("Dana")
    for name in ("Ben", "Cleo", "Emil"):
        people.admin(name)
    note_refusal(key)
    server.fault = "cut"

    for minute in range(0, 12 * 60, 2):
        clock(minutes=minute)
        look_round()
    assert 40 < server.connections < 60
    page = visit(dana).get("/")
    assert ["the connection breaks" in banner for banner in page.texts(".banner[data-hue=soon] .words")] == [
        True
    ]
    assert "the connection breaks" not in visit(key.owner).get("/").html

    clock(hours=13)
    look_round()
    assert set(Notification.objects.exclude(kind="digest").values_list("state", flat=True)) == {"given_up"}
    server.fault = ""
    clock(hours=13.5)
    look_round()
    assert server.mails == []


def test_the_admin_s_page_says_nothing_when_mail_goes_out_again(server, key, people, visit, clock):
    browser = visit(people.admin("Dana"))
    server.fault = "cut"
    sending.send(refuse(key).pk)
    assert browser.get("/").all(".banner[data-hue=soon]")

    server.fault = ""
    clock(minutes=2)
    look_round()

    assert server.recipients == ["alma@example.com", "dana@example.com"]
    assert browser.get("/").all(".banner[data-hue=soon]") == []


def test_one_refused_recipient_stops_nobody_else_s_mail(server, key, people, visit, clock):
    dana = people.admin("Dana")
    note_refusal(key)
    server.refuse["alma@"] = "550 no such user"

    for minutes in (0, 5, 60):
        clock(minutes=minutes)
        look_round()

    assert server.recipients == ["dana@example.com"]
    assert Notification.objects.get(person=key.owner, kind="key_refused").state == State.REFUSED
    (banner,) = visit(dana).get("/").texts(".banner[data-hue=soon] .words")
    assert "Alma (alma@example.com)" in banner


def test_a_recipient_refused_for_now_gets_it_later(server, key, clock):
    row = refuse(key)
    server.refuse["alma@"] = "450 greylisted"
    sending.send(row.pk)
    assert server.mails == []

    server.refuse.clear()
    clock(minutes=1.5)
    look_round()

    assert server.recipients == ["alma@example.com"]


def test_a_clock_that_ran_ahead_and_back_keeps_no_mail_waiting(server, key, clock):
    row = refuse(key)
    server.fault = "cut"
    clock(days=2)
    Notification.objects.update(created_at=timezone.now())
    sending.send(row.pk)
    clock(minutes=1)
    server.fault = ""

    look_round()

    assert server.recipients == ["alma@example.com"]


def test_no_page_waits_for_a_server_that_hangs(server, key, visit, people, settings):
    """Whatever it costs the page to write it down, it never asks the mail server."""
    settings.EMAIL_TIMEOUT = 30
    server.fault = "hang"
    browser = visit()
    for agent in ("Firefox/140.0", "Chrome/140.0"):
        browser.client.cookies.clear()
        form = {"login": "alma@example.com", "password": "correct horse battery"}
        assert browser.client.post("/sign-in/", form, headers={"User-Agent": agent}).status_code == 302

    assert Notification.objects.filter(kind="new_device").count() == 1
    assert server.connections == 0


def test_without_mail_nothing_is_kept_and_nothing_is_asked(server, key, people, visit, settings, clock):
    settings.EMAIL_URL = ""
    note_refusal(key)
    look_round()
    assert not Notification.objects.exists()

    settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
    look_round()
    assert server.mails == []


def test_what_is_old_when_mail_is_set_up_again_is_not_sent(server, key, settings, clock):
    row = refuse(key)
    settings.EMAIL_URL = ""
    clock(hours=13)
    sending.send(row.pk)
    look_round()

    settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
    look_round()

    assert server.mails == []


def test_a_deactivated_person_is_sent_nothing(server, key, alma, people):
    row = refuse(key)
    people.admin("Dana")
    alma.deactivate()

    sending.send(row.pk)

    assert server.mails == []


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_at_once_one_sends(server, rows, people, slow_letters):
    row = refuse(rows.key(people.member("Alma"), rows.account()))
    together = threading.Barrier(4)

    def work():
        try:
            together.wait(10)
            sending.send(row.pk)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert len(server.mails) == 1
    assert Notification.objects.get().state == State.SENT


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_while_it_sends_leaves_nothing_to_send_twice(server, rows, people):
    row = refuse(rows.key(people.member("Alma"), rows.account()))
    server.fault = "stall"
    code = f"import django; django.setup(); from portal.mail import sending; sending.send('{row.pk}')"
    process = subprocess.Popen([sys.executable, "-c", code], env=environment_of_a_worker(server))
    assert server.hangs.wait(60)

    process.send_signal(signal.SIGKILL)
    process.wait()
    server.fault = ""
    sending.send(row.pk)

    row.refresh_from_db()
    assert (row.state, server.mails) == (State.TRIED, [])


def environment_of_a_worker(server):
    """The portal's own settings on the database of this test."""
    database = connection.settings_dict
    code = (
        "from tests.settings import *\n"
        f"DATABASES['default']['NAME'] = {str(database['NAME'])!r}\n"
        f"EMAIL_URL = 'smtp://'; EMAIL_HOST = '127.0.0.1'; EMAIL_PORT = {server.port}\n"
        "EMAIL_BACKEND = 'django.core.mail.backends.smtp.EmailBackend'; EMAIL_TIMEOUT = 60\n"
    )
    folder = Path(os.environ["PORTAL_DATA_DIR"])
    (folder / "worker_settings.py").write_text(code)
    path = f"{folder}:{Path.cwd()}"
    return os.environ | {"DJANGO_SETTINGS_MODULE": "worker_settings", "PYTHONPATH": path}
