from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from ultahost_api import refreshing
from ultahost_api.models import Heartbeat


def test_it_lives_without_a_database(client):
    page = client.get("/livez")

    assert (page.status_code, page.content) == (200, b"ok")


def test_it_is_ready_and_has_heard_of_a_worker(visit):
    refreshing.beat("worker")

    assert visit().get("/readyz").response.json() == {"database": "ok", "worker": "ok"}


@pytest.mark.parametrize(
    "ago", [-timedelta(minutes=2), timedelta(days=1)], ids=["silent", "of a wrong clock"]
)
def test_it_is_ready_without_a_worker_and_says_so(visit, ago):
    refreshing.beat("worker")
    Heartbeat.objects.update(beat_at=timezone.now() + ago)

    page = visit().get("/readyz")

    assert page.status == 200
    assert page.response.json()["worker"] == "silent"


def test_it_is_not_ready_without_a_database(client, monkeypatch):
    def silent(**_):
        raise OperationalError("the database is gone, and its password is secret")

    monkeypatch.setattr(Heartbeat.objects, "filter", silent)

    page = client.get("/readyz")

    assert page.status_code == 503
    assert page.json() == {"database": "silent"}


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_it_refuses_a_wrong_method(client, path):
    assert client.post(path).status_code == 405
