"""Django's cache in the database, with signed JSON in its rows where Django itself keeps pickles.

Reading a pickle runs code: with pickles here, a person who can write in the database runs code in the portal.
"""

import hmac
import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connections, router
from django.utils import timezone

from ultahost_api.crypto.digests import keyed_digest

_NEVER = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_DIGEST = 64  # characters


class _Row(NamedTuple):
    stored: Any = None  # the text of the column; None where there is no row
    is_hit: bool = False
    value: Any = None


class SignedCache(DatabaseCache):
    """Takes what JSON can hold. A row that the portal did not write for its key is a miss."""

    _table: str
    _cull: Callable[[str, Any, datetime, int], None]

    def get_many(self, keys: Iterable[Any], version: int | None = None) -> dict[Any, Any]:
        asked = {self.make_and_validate_key(key, version=version): key for key in keys}
        return {asked[made]: row.value for made, row in self._read(list(asked)).items() if row.is_hit}

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self.get_many([key], version))

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._write(self.make_and_validate_key(key, version=version), value, timeout)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        made = self.make_and_validate_key(key, version=version)
        row = self._read([made]).get(made, _Row())
        return not row.is_hit and self._write(made, value, timeout, instead_of=row)

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        made = self.make_and_validate_key(key, version=version)
        row = self._read([made]).get(made, _Row())
        return row.is_hit and self._write(made, row.value, timeout, instead_of=row)

    def _read(self, keys: list[str]) -> dict[str, _Row]:
        if not keys:
            return {}
        places = ", ".join(["%s"] * len(keys))
        query = f"SELECT cache_key, value FROM {self._quoted} WHERE cache_key IN ({places})"  # noqa: S608
        with connections[router.db_for_read(self.cache_model_class)].cursor() as cursor:
            cursor.execute(query, keys)
            return {key: self._opened(key, stored) for key, stored in cursor.fetchall()}

    def _opened(self, key: str, stored: Any) -> _Row:
        text = str(stored)[_DIGEST:]
        if not hmac.compare_digest(str(stored)[:_DIGEST].encode(), self._digest(key, text).encode()):
            return _Row(stored)
        expires, value = json.loads(text)
        return _Row(stored, expires >= time.time(), value)

    def _write(self, key: str, value: Any, timeout: Any, instead_of: _Row | None = None) -> bool:
        """Whether it was written: with ``instead_of`` only if the row is still as it was read."""
        expires = self.get_backend_timeout(timeout) or _NEVER
        text = json.dumps([expires, value], allow_nan=False)
        connection = connections[router.db_for_write(self.cache_model_class)]
        until = datetime.fromtimestamp(expires, UTC).replace(microsecond=0)
        values = [key, self._digest(key, text) + text, connection.ops.adapt_datetimefield_value(until)]
        statement = (
            f"INSERT INTO {self._quoted} (cache_key, value, expires) VALUES (%s, %s, %s)"  # noqa: S608
            " ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
        )
        if instead_of is not None:
            statement += f" WHERE {self._quoted}.value = %s"
            values.append(instead_of.stored)
        with connection.cursor() as cursor:
            self._make_room(connection.alias, cursor)
            cursor.execute(statement, values)
            return bool(cursor.rowcount)

    @property
    def _quoted(self) -> str:
        connection = connections[router.db_for_read(self.cache_model_class)]
        return connection.ops.quote_name(self._table)

    def _make_room(self, alias: str, cursor: Any) -> None:
        cursor.execute(f"SELECT count(*) FROM {self._quoted}")  # noqa: S608
        (count,) = cursor.fetchone()
        if count > self._max_entries:
            self._cull(alias, cursor, timezone.now().replace(microsecond=0), count)

    def _digest(self, key: str, text: str) -> str:
        """Over all that a row says, so that its value counts under no other key and for no longer."""
        return keyed_digest("cache", json.dumps([self._table, key, text]))
