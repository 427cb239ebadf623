"""A worker's connection to the database: kept from task to task, and never for longer than it works."""

import psycopg
import pytest
from celery import signals
from celery.fixups.django import DjangoWorkerFixup
from django.db import connection

from portal.celery import app
from portal.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def task_starts(monkeypatch):
    """What Celery does between two tasks of a worker."""
    monkeypatch.setitem(connection.settings_dict, "CONN_MAX_AGE", 60)
    fixup = DjangoWorkerFixup(app)

    @app.task(name="tests.nothing")
    def nothing():
        pass

    def start():
        fixup.on_task_postrun(nothing)
        fixup.on_task_prerun(nothing)
        signals.task_postrun.send(nothing)
        signals.task_prerun.send(nothing)

    yield start
    app.tasks.pop("tests.nothing")


def test_it_is_kept(task_starts):
    connection.close()
    User.objects.exists()
    kept = connection.connection
    for _ in range(3):
        task_starts()
        User.objects.exists()
    assert connection.connection is kept is not None


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server that could hang up")
def test_it_is_made_anew_when_the_server_hung_up(task_starts):
    connection.close()
    User.objects.exists()
    pid = connection.connection.info.backend_pid
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
    task_starts()
    assert not User.objects.exists()
