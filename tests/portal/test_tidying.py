from datetime import timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection
from django.utils import timezone

from portal import celery
from portal.tasks import notify, tidy
from ultahost_api.models import Account, Event, events

pytestmark = pytest.mark.django_db


def session(person, expires_in):
    store = SessionStore()
    store["by"] = str(person.pk)
    store.create()
    Session.objects.filter(pk=store.session_key).update(expire_date=timezone.now() + expires_in)
    UserSession.objects.create(user=person, ip="127.0.0.1", session_key=store.session_key, user_agent="")
    return store.session_key


def test_it_removes_sessions_that_have_ended_and_no_other(people):
    alma = people.member("Alma")
    session(alma, timedelta(seconds=-1))
    living = session(alma, timedelta(hours=1))

    for _ in range(2):
        tidy()

    assert list(Session.objects.values_list("pk", flat=True)) == [living]
    assert list(UserSession.objects.values_list("session_key", flat=True)) == [living]


@pytest.mark.parametrize("name", settings.CACHES)
def test_it_removes_what_has_expired_from_the_caches_and_nothing_else(name):
    caches[name].set("spent", 1, timeout=60)
    caches[name].set("counting", 2, timeout=60)
    table = settings.CACHES[name]["LOCATION"]
    with connection.cursor() as cursor:
        long_ago = connection.ops.adapt_datetimefield_value(timezone.now() - timedelta(days=1))
        cursor.execute(f"UPDATE {table} SET expires = %s WHERE cache_key LIKE '%%spent%%'", [long_ago])

        tidy()

        cursor.execute(f"SELECT cache_key FROM {table}")
        assert [key.rpartition(":")[2] for (key,) in cursor.fetchall()] == ["counting"]
    assert caches[name].get("counting") == 2


@pytest.mark.parametrize("name", settings.CACHES)
def test_it_forgets_what_a_clock_that_was_ahead_would_keep_for_a_day(name):
    caches[name].set("counting", 2, timeout=300)
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        caches[name].set("tomorrow", 1, timeout=300)
    assert caches[name].get("tomorrow") == 1

    notify()

    assert caches[name].get("tomorrow") is None
    assert caches[name].get("counting") == 2


def test_it_removes_old_changes_of_every_account_in_small_statements(
    monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(events, "_AT_ONCE", 3)
    accounts = [Account.objects.create(remote_uuid=name, name=name, currency="EUR") for name in "ab"]
    ages = [0, 399, 401, 402, 403, 404, 800]
    Event.objects.bulk_create(
        Event(account=account, noun="invoices", kind="gone", at=timezone.now() - timedelta(days=age))
        for account in accounts
        for age in ages
    )

    with django_assert_max_num_queries(40):
        tidy()

    assert Event.objects.count() == 4
    assert not Event.objects.filter(at__lt=timezone.now() - timedelta(days=400)).exists()


def test_beat_rings_for_it_every_hour():
    entry = celery.app.conf.beat_schedule["tidy"]

    assert (entry["task"], entry["schedule"]) == (tidy.name, 3600)
    assert tidy.name in celery.app.tasks
