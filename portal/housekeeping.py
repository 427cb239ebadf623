"""Deletes rows that are no longer needed, and counts those that stay: once an hour and in small steps."""

from datetime import datetime, timedelta
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from portal.models import NeedNote
from ultahost_api import conf
from ultahost_api.models import Event

EVENTS_FOR = timedelta(days=400)  # a year, and some weeks more
LONGEST_LIMIT = timedelta(hours=1)  # nothing stays in a cache for longer


def tidy() -> None:
    """Any number of processes may run this at once, and it may be killed."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    for cache in settings.CACHES.values():
        _clear_expired(str(cache["LOCATION"]))
    NeedNote.objects.forget(conf.today())
    Event.objects.prune(timezone.now() - EVENTS_FOR)
    _take_statistics()


def forget_the_future() -> None:
    """Delete cache rows that expire too far in the future, written by a clock that was ahead."""
    for cache in settings.CACHES.values():
        _delete(str(cache["LOCATION"]), ">", timezone.now() + LONGEST_LIMIT)


def _take_statistics() -> None:
    """How many rows a value of an index has: SQLite chooses by that whether an index is worth its while.

    PostgreSQL does so by itself. The limit keeps it short: it looks at some rows of each index.
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit = 1000")
            cursor.execute("ANALYZE")


def _clear_expired(cache_table: str) -> None:
    """Django's own cache does that only when it is full."""
    _delete(cache_table, "<", timezone.now())


def _delete(cache_table: str, comparison: str, when: datetime) -> None:
    table, expires = (connection.ops.quote_name(name) for name in (cache_table, "expires"))
    value = connection.ops.adapt_datetimefield_value(when.replace(microsecond=0))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {expires} {comparison} %s", [value])  # noqa: S608
