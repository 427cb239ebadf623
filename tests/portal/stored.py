"""Everything that the portal has stored, in the clear: where no secret may stand."""

import base64
from binascii import Error as NotBase64
from collections.abc import Iterator

from django.contrib.sessions.models import Session
from django.db import connection


def everything_stored() -> Iterator[tuple[str, bytes]]:
    """Every value of every table, and in the clear what caches and sessions hold packed."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for value in row:
                    raw = bytes(value) if isinstance(value, memoryview | bytes) else str(value).encode()
                    yield table, raw
                    yield table, _unpacked(raw)
    for session in Session.objects.all():
        yield "a session", repr(session.get_decoded()).encode()


def places_of(secret: str) -> set[str]:
    """The tables that hold ``secret``, and "a session"."""
    return {place for place, value in everything_stored() if secret.encode() in value}


def _unpacked(raw: bytes) -> bytes:
    try:
        return base64.b64decode(raw, validate=True)
    except NotBase64:
        return b""
