from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from portal.running import schema
from ultahost_api.models import Heartbeat
from ultahost_api.refresh import schedule


def test_it_lives_without_a_database(client):
    page = client.get("/livez")

    assert (page.status_code, page.content) == (200, b"ok")


def test_it_is_ready_and_has_heard_of_a_worker(visit):
    schedule.beat("worker")

    assert visit().get("/readyz").response.json() == {"database": "ok", "worker": "ok"}


@pytest.mark.parametrize(
    "ago", [-timedelta(minutes=2), timedelta(days=1)], ids=["silent", "of a wrong clock"]
)
def test_it_is_ready_without_a_worker_and_says_so(visit, ago):
    schedule.beat("worker")
    Heartbeat.objects.update(beat_at=timezone.now() + ago)

    page = visit().get("/readyz")

    assert page.status == 200
    assert page.response.json()["worker"] == "silent"


@pytest.fixture
def dead(db):
    """No connection comes about, whoever asks."""

    def silent():
        raise OperationalError("the database is gone, and its password is secret")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "ensure_connection", silent)
        yield


@pytest.mark.parametrize("cookies", [{}, {"portal_session": "a" * 32}], ids=["anonymous", "with a session"])
@pytest.mark.parametrize("was_ready", [True, False])
def test_it_is_not_ready_without_a_database(client, dead, monkeypatch, cookies, was_ready):
    monkeypatch.setattr(schema, "_ready", was_ready)
    client.cookies.load(cookies)

    page = client.get("/readyz")

    assert page.status_code == 503
    assert page.json() == {"database": "silent"}


def test_it_lives_without_a_database_and_with_a_session(client, dead):
    client.cookies["portal_session"] = "a" * 32

    assert client.get("/livez").content == b"ok"


def test_it_is_not_ready_before_the_database_is_of_its_version(client, db, monkeypatch):
    monkeypatch.setattr(schema, "_ready", False)
    MigrationRecorder.Migration.objects.filter(app="portal").order_by("id").last().delete()

    page = client.get("/readyz")

    assert page.status_code == 503
    assert page.json() == {"database": "old"}


def test_it_stays_ready_while_the_database_is_upgraded(client, db, monkeypatch):
    monkeypatch.setattr(schema, "_ready", False)
    assert client.get("/readyz").status_code == 200

    MigrationRecorder(connection).record_applied("portal", "9999_of_tomorrow")

    assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_it_refuses_a_wrong_method(client, path):
    assert client.post(path).status_code == 405
