"""What nobody needs any more goes, once an hour and a little at a time."""

from datetime import timedelta
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from ultahost_api.models import Event

EVENTS_FOR = timedelta(days=400)  # a year, and time to look back on it


def tidy() -> None:
    """Safe to run any number of times at once, and to be killed."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
    for cache in settings.CACHES.values():
        _clear_expired(str(cache["LOCATION"]))
    Event.objects.prune(timezone.now() - EVENTS_FOR)


def _clear_expired(cache_table: str) -> None:
    """Django's own cache does that only when it is full."""
    table, expires = (connection.ops.quote_name(name) for name in (cache_table, "expires"))
    now = connection.ops.adapt_datetimefield_value(timezone.now().replace(microsecond=0))
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE {expires} < %s", [now])  # noqa: S608
